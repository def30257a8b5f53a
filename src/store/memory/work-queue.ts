import type { RunId, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  Command,
  Lease,
  QueueSurvey,
  ReceivedCommand,
  Submission,
  WorkQueue,
  WorkerInfo,
  WorkerRow,
} from '../../core/ports.ts';
import type { Wait } from '../../core/stage.ts';
import { LOG, QUEUE, logOf, mailOf } from '../changes.ts';
import { leaseLost, runHasEnded, runNotFound, workerUnknown } from '../refusals.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { Observed } from '../worker-watch.ts';
import type { GroupedWrites } from './grouped-writes.ts';
import type { MemoryRunLog } from './run-log.ts';
import { hasEnded } from './state.ts';
import type { MemoryRun, MemoryState } from './state.ts';

const BEAT_EVERY_MS = 1000;

export interface MemoryWorkQueueParts {
  readonly state: MemoryState;
  readonly writes: GroupedWrites;
  readonly log: MemoryRunLog;
  readonly clock: Clock;
  /** `thread`, or for tests `manual`: the counters move by hand only. */
  readonly beats: 'thread' | 'manual';
  readonly closing: AbortSignal;
}

export class MemoryWorkQueue implements WorkQueue {
  readonly #parts: MemoryWorkQueueParts;
  readonly #watch: WorkerWatch;
  /** The workers registered here and not retired: they live, whatever another session thinks of them. */
  readonly #own = new Map<WorkerId, WorkerInfo>();
  readonly #beating = new Map<WorkerId, NodeJS.Timeout>();

  /** How far the changes had come at the last look for work. */
  #looked = -1;

  constructor(parts: MemoryWorkQueueParts) {
    this.#parts = parts;
    this.#watch = new WorkerWatch(parts.clock);
    parts.closing.addEventListener('abort', () => this.#beating.forEach((timer) => clearInterval(timer)));
  }

  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined> {
    const { runId } = submission;
    return this.#parts.writes.write((topics) => {
      if (claimFor !== undefined) this.#known(claimFor);
      const token = this.#parts.log.submit(submission, claimFor);
      topics.add(LOG).add(logOf(runId)).add(QUEUE);
      return claimFor === undefined ? undefined : { runId, worker: claimFor, token };
    });
  }

  claim(worker: WorkerId, { atMost, only }: { atMost: number; only?: RunId }): Promise<readonly Lease[]> {
    const seen = this.#observe(worker);
    this.#looked = this.#parts.state.changes.count;
    return this.#parts.writes.write(() => {
      this.#known(worker);
      const runs = [...this.#parts.state.runs.values()].filter(
        (run) => (only === undefined || run.runId === only) && this.#isClaimable(run, seen),
      );
      const taken = runs.sort(byUrgency).slice(0, Math.max(0, atMost));
      for (const run of taken)
        Object.assign(run, { holder: worker, token: run.token + 1, wakeAt: undefined, paused: false });
      this.#markCrashed(seen);
      return taken.map(({ runId, token }) => ({ runId, worker, token }));
    });
  }

  park(lease: Lease, until: Wait | 'paused'): Promise<void> {
    return this.#parts.writes.write((topics) => {
      const run = this.#heldBy(lease);
      if (run === undefined) throw leaseLost(lease);
      const wakeAt = until === 'paused' ? undefined : until.until;
      Object.assign(run, { holder: undefined, paused: until === 'paused', wakeAt });
      topics.add(QUEUE);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#parts.writes.write((topics) => {
      const run = this.#heldBy(lease);
      if (run === undefined) return;
      run.holder = undefined;
      topics.add(QUEUE);
    });
  }

  async holds(lease: Lease): Promise<boolean> {
    return this.#heldBy(lease) !== undefined;
  }

  async register(worker: WorkerInfo): Promise<void> {
    const { writes, beats } = this.#parts;
    await writes.write(() => {
      this.#forgetStopped(worker.id);
      this.#insert(worker);
    });
    this.#own.set(worker.id, worker);
    if (beats === 'thread' && !this.#beating.has(worker.id))
      this.#beating.set(worker.id, setInterval(() => this.beat(worker.id), BEAT_EVERY_MS).unref());
    this.#observe(worker.id); // the watch over the others begins now
  }

  async retire(worker: WorkerId): Promise<void> {
    this.#own.delete(worker);
    clearInterval(this.#beating.get(worker));
    this.#beating.delete(worker);
    await this.#parts.writes.write((topics) => {
      for (const run of this.#parts.state.runs.values()) if (run.holder === worker) run.holder = undefined;
      this.#change(worker, { stopped: true });
      topics.add(QUEUE);
    });
  }

  /** Raises a worker's counter. */
  beat(worker: WorkerId): void {
    this.#change(worker, { beats: (this.#parts.state.workers.get(worker)?.beats ?? 0) + 1 });
  }

  async workers(): Promise<readonly WorkerRow[]> {
    return [...this.#parts.state.workers.values()];
  }

  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean> {
    const { state, closing } = this.#parts;
    return this.#watch.isLiving(
      () => {
        const holder = state.runs.get(runId)?.holder;
        return holder === undefined ? undefined : state.workers.get(holder);
      },
      AbortSignal.any([signal, closing]),
    );
  }

  send(runId: RunId, command: Command): Promise<void> {
    const { writes, state } = this.#parts;
    return writes.write((topics) => {
      const run = state.runs.get(runId);
      if (run === undefined) throw runNotFound(runId);
      if (hasEnded(run)) throw runHasEnded(runId);
      state.lastCommand += 1;
      state.commands.push({ id: state.lastCommand, runId, type: command.type, by: command.by });
      topics.add(mailOf(runId)).add(QUEUE);
    });
  }

  async *inbox(lease: Lease, signal: AbortSignal): AsyncGenerator<ReceivedCommand> {
    const { state, closing } = this.#parts;
    const until = AbortSignal.any([signal, closing]);
    let last = 0;
    while (!until.aborted) {
      const next = state.commands.find(({ id, runId }) => runId === lease.runId && id > last);
      if (next === undefined) await state.changes.next(mailOf(lease.runId), until);
      else {
        last = next.id;
        yield { id: next.id, type: next.type, by: next.by };
      }
    }
  }

  async survey(worker: WorkerId): Promise<QueueSurvey> {
    const seen = this.#observe(worker);
    const survey = { runnable: 0, parked: 0, paused: 0, heldByLive: 0, heldByUnknown: 0 };
    for (const run of this.#parts.state.runs.values()) {
      if (hasEnded(run) || run.holder === worker) continue;
      if (this.#isClaimable(run, seen)) survey.runnable += 1;
      else if (run.holder === undefined) survey[run.paused ? 'paused' : 'parked'] += 1;
      else survey[seen.get(run.holder) === 'live' ? 'heldByLive' : 'heldByUnknown'] += 1;
    }
    return survey;
  }

  async idle(maxMs: number, signal: AbortSignal): Promise<void> {
    const { state, clock, closing } = this.#parts;
    const isAnyClaimable = (): boolean => [...state.runs.values()].some((run) => this.#isClaimable(run, new Map()));
    // What came between the last claim and now must not be slept through.
    const missed = this.#looked !== state.changes.count && isAnyClaimable();
    this.#looked = state.changes.count;
    if (missed) return;
    const over = new AbortController();
    const until = AbortSignal.any([signal, closing, over.signal]);
    const stop = (): void => over.abort();
    const timeUp = clock.sleep(maxMs, until).then(stop, stop);
    do await state.changes.next(QUEUE, until);
    while (!until.aborted && !isAnyClaimable());
    this.#looked = state.changes.count;
    over.abort();
    await timeUp;
  }

  #isClaimable(run: MemoryRun, seen: ReadonlyMap<WorkerId, Observed>): boolean {
    if (hasEnded(run)) return false;
    if (run.holder !== undefined && seen.get(run.holder) !== 'dead') return false;
    const isDue = !run.paused && (run.wakeAt ?? 0) <= this.#parts.clock.now();
    return isDue || this.#parts.state.commands.some(({ runId }) => runId === run.runId);
  }

  /** How every worker but the one that asks looks from this session. */
  #observe(asker: WorkerId): ReadonlyMap<WorkerId, Observed> {
    const holders = this.#holders();
    const watched = [...this.#parts.state.workers.values()].filter(({ id, stopped }) => !stopped || holders.has(id));
    this.#watch.keepOnly(new Set(watched.map(({ id }) => id)));
    const others = watched.filter(({ id }) => id !== asker);
    return new Map(others.map((worker) => [worker.id, this.#watch.observe(worker)]));
  }

  #heldBy({ runId, token }: Lease): MemoryRun | undefined {
    const run = this.#parts.state.runs.get(runId);
    return run?.token === token && run.holder !== undefined ? run : undefined;
  }

  #holders(): ReadonlySet<WorkerId> {
    return new Set(
      [...this.#parts.state.runs.values()].flatMap(({ holder }) => (holder === undefined ? [] : [holder])),
    );
  }

  /** Who stands still and holds nothing any more counts as stopped. */
  #markCrashed(seen: ReadonlyMap<WorkerId, Observed>): void {
    const holders = this.#holders();
    for (const [id, observed] of seen) if (observed === 'dead' && !holders.has(id)) this.#change(id, { stopped: true });
  }

  /** Lets go of the rows of workers that have stopped, unless people have set something in them. */
  #forgetStopped(but: WorkerId): void {
    const { workers } = this.#parts.state;
    const holders = this.#holders();
    for (const { id, mode, stopped } of workers.values())
      if (stopped && mode === 'active' && id !== but && !holders.has(id)) workers.delete(id);
  }

  #insert(worker: WorkerInfo): void {
    const { workers } = this.#parts.state;
    const { mode = 'active', beats = 0 } = workers.get(worker.id) ?? {};
    workers.set(worker.id, { ...worker, mode, beats, stopped: false });
  }

  /** One that stood still so long that another session took it for crashed, and that goes on now, is registered anew. */
  #known(worker: WorkerId): void {
    const own = this.#own.get(worker);
    if (this.#parts.state.workers.get(worker)?.stopped !== false && own !== undefined) this.#insert(own);
    if (this.#parts.state.workers.get(worker)?.stopped !== false) throw workerUnknown(worker);
  }

  #change(worker: WorkerId, to: Partial<WorkerRow>): void {
    const row = this.#parts.state.workers.get(worker);
    if (row !== undefined) this.#parts.state.workers.set(worker, { ...row, ...to });
  }
}

const byUrgency = (left: MemoryRun, right: MemoryRun): number => left.priority - right.priority || left.key - right.key;
