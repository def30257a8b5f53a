import { parseEvent } from '../../core/events.ts';
import type { Instant, RunId, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  Command,
  Lease,
  QueuePlace,
  QueueSurvey,
  ReceivedCommand,
  Submission,
  WorkQueue,
  WorkerInfo,
  WorkerRow,
} from '../../core/ports.ts';
import { prioritySchema } from '../../core/schema.ts';
import type { WorkerMode } from '../../core/states.ts';
import { LOG, QUEUE, logOf, mailOf } from '../changes.ts';
import { NEVER, TIMED_RUNS, placeOf } from '../queue-order.ts';
import { assertReceivable, leaseLost, runHasEnded, runNotFound, workerNotFound, workerUnknown } from '../refusals.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { Observed } from '../worker-watch.ts';
import type { GroupedWrites } from './grouped-writes.ts';
import type { MemoryInstallationLog } from './installation-log.ts';
import type { MemoryRunLog } from './run-log.ts';
import { hasEnded } from './state.ts';
import type { MemoryRun, MemoryState } from './state.ts';
import { Turns } from './turns.ts';

const BEAT_EVERY_MS = 1000;

export interface MemoryWorkQueueParts {
  readonly state: MemoryState;
  readonly writes: GroupedWrites;
  readonly log: MemoryRunLog;
  /** Told who comes and goes, in the same write. */
  readonly installation: Pick<MemoryInstallationLog, 'appendNow'>;
  readonly clock: Clock;
  /** `thread`, or for tests `manual`: the counters move by hand only. */
  readonly beats: 'thread' | 'manual';
  readonly closing: AbortSignal;
}

type Seen = ReadonlyMap<WorkerId, Observed>;

export class MemoryWorkQueue implements WorkQueue {
  readonly #parts: MemoryWorkQueueParts;
  readonly #turns: Turns;
  readonly #watch: WorkerWatch;
  /** The workers registered here and not retired: they live, whatever another session thinks of them. */
  readonly #own = new Map<WorkerId, WorkerInfo>();
  readonly #beating = new Map<WorkerId, NodeJS.Timeout>();

  /** How far the changes had come at the last look for work. */
  #looked = -1;

  constructor(parts: MemoryWorkQueueParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.state);
    this.#watch = new WorkerWatch(parts.clock);
    parts.closing.addEventListener('abort', () => this.#beating.forEach((timer) => clearInterval(timer)));
  }

  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined> {
    const { runId } = submission;
    return this.#parts.writes.write((topics) => {
      if (claimFor !== undefined) this.#known(claimFor, topics);
      const joined = prioritySchema.options.indexOf(submission.priority);
      const turn =
        claimFor === undefined ? this.#turns.next(submission.share ?? '', joined) : this.#turns.current(joined);
      const token = this.#parts.log.submit(submission, { holder: claimFor, class: joined, turn });
      topics.add(LOG).add(logOf(runId)).add(QUEUE);
      return claimFor === undefined ? undefined : { runId, worker: claimFor, token };
    });
  }

  claim(worker: WorkerId, options: { atMost: number; only?: RunId }): Promise<readonly Lease[]> {
    const seen = this.#observe(worker);
    this.#looked = this.#parts.state.changes.count;
    return this.#parts.writes.write((topics) => {
      const { mode } = this.#known(worker, topics);
      const taken = mode === 'active' ? this.#next(seen, options) : [];
      for (const run of taken)
        Object.assign(run, { holder: worker, token: run.token + 1, wakeAt: undefined, paused: false });
      this.#markCrashed(seen, topics);
      return taken.map(({ runId, token }) => ({ runId, worker, token }));
    });
  }

  /** The runs that are next, or the one asked for. */
  #next(seen: Seen, { atMost, only }: { atMost: number; only?: RunId }): readonly MemoryRun[] {
    const runs = [...this.#parts.state.runs.values()].filter((run) => this.#isClaimable(run, seen));
    if (only !== undefined) return runs.filter(({ runId }) => runId === only).slice(0, Math.max(0, atMost));
    this.#turns.raise(runs, this.#parts.clock.now());
    const taken = runs.toSorted(inOrder).slice(0, Math.max(0, atMost));
    this.#turns.reached(taken);
    return taken;
  }

  park(lease: Lease, until: { readonly until?: Instant } | 'paused'): Promise<void> {
    return this.#parts.writes.write((topics) => {
      const run = this.#heldBy(lease);
      if (run === undefined) throw leaseLost(lease);
      const paused = until === 'paused';
      const wakeAt = paused ? undefined : (until.until ?? NEVER);
      const classSince = this.#hasMail(run) ? this.#parts.clock.now() : (wakeAt ?? NEVER);
      Object.assign(run, { holder: undefined, paused, wakeAt, classSince });
      topics.add(QUEUE);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#parts.writes.write((topics) => {
      const run = this.#heldBy(lease);
      if (run === undefined) return;
      this.#free(run);
      topics.add(QUEUE);
    });
  }

  #free(run: MemoryRun): void {
    run.holder = undefined;
    run.classSince = this.#parts.clock.now();
  }

  async holds(lease: Lease): Promise<boolean> {
    return this.#heldBy(lease) !== undefined;
  }

  async register(worker: WorkerInfo): Promise<void> {
    const { writes, beats } = this.#parts;
    await writes.write((topics) => {
      this.#forgetStopped(worker.id);
      this.#insert(worker, topics);
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
      for (const run of this.#parts.state.runs.values()) if (run.holder === worker) this.#free(run);
      topics.add(QUEUE);
      // one that others have taken for crashed stays so: its goodbye comes too late
      if (this.#parts.state.workers.get(worker)?.stopped !== false) return;
      this.#change(worker, { stopped: true });
      this.#parts.installation.appendNow([{ type: 'worker.stopped', data: { worker } }], topics);
    });
  }

  /** Raises a worker's counter. */
  beat(worker: WorkerId): void {
    this.#change(worker, { beats: (this.#parts.state.workers.get(worker)?.beats ?? 0) + 1 });
  }

  async workers(): Promise<readonly WorkerRow[]> {
    const runs = [...this.#parts.state.runs.values()];
    return [...this.#parts.state.workers.values()].map((worker) => {
      return { ...worker, held: runs.filter(({ holder }) => holder === worker.id).length };
    });
  }

  setMode(worker: WorkerId, mode: WorkerMode, by: string): Promise<void> {
    return this.#parts.writes.write((topics) => {
      if (!this.#parts.state.workers.has(worker)) throw workerNotFound(worker);
      this.#change(worker, { mode });
      this.#parts.installation.appendNow([{ type: 'worker.modeSet', data: { worker, mode, by } }], topics);
      topics.add(QUEUE);
    });
  }

  async mode(worker: WorkerId): Promise<WorkerMode> {
    return this.#parts.state.workers.get(worker)?.mode ?? 'active';
  }

  async place(runId: RunId): Promise<QueuePlace | undefined> {
    const seen = this.#look();
    const runs = [...this.#parts.state.runs.values()];
    const own = runs.find((run) => run.runId === runId && run.holder === undefined && this.#isClaimable(run, seen));
    if (own === undefined) return undefined;
    const isBefore = (run: MemoryRun): boolean => this.#isClaimable(run, seen) && inOrder(run, own) <= 0;
    const position = runs.filter(isBefore).length;
    return placeOf(position, { slots: this.#liveSlots(seen), durations: durationsOf(runs) });
  }

  /** How many runs the workers that are known to live and may claim hold at once. */
  #liveSlots(seen: Seen): number {
    const able = [...this.#parts.state.workers.values()].filter(
      ({ id, mode, stopped }) => !stopped && mode === 'active' && (this.#own.has(id) || seen.get(id) === 'live'),
    );
    return able.reduce((sum, { slots }) => sum + slots, 0);
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
    const { writes, state, clock } = this.#parts;
    return writes.write((topics) => {
      const run = state.runs.get(runId);
      if (run === undefined) throw runNotFound(runId);
      if (hasEnded(run)) throw runHasEnded(runId);
      assertReceivable(command);
      state.lastCommand += 1;
      state.commands.push({ ...structuredClone(command), id: state.lastCommand, runId });
      if (run.holder === undefined) run.classSince = Math.min(run.classSince, clock.now());
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
        const { runId: _runId, ...command } = structuredClone(next);
        yield command;
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

  #isClaimable(run: MemoryRun, seen: Seen): boolean {
    if (hasEnded(run)) return false;
    if (run.holder !== undefined && seen.get(run.holder) !== 'dead') return false;
    const isDue = !run.paused && (run.wakeAt ?? 0) <= this.#parts.clock.now();
    return isDue || this.#hasMail(run);
  }

  #hasMail(run: MemoryRun): boolean {
    return this.#parts.state.commands.some(({ runId }) => runId === run.runId);
  }

  /** How every worker but the one that asks looks from this session. */
  #observe(asker: WorkerId): Seen {
    return this.#look(({ id }) => id !== asker);
  }

  #look(isAsked: (worker: WorkerRow) => boolean = () => true): Seen {
    const holders = this.#holders();
    const watched = [...this.#parts.state.workers.values()].filter(({ id, stopped }) => !stopped || holders.has(id));
    this.#watch.keepOnly(new Set(watched.map(({ id }) => id)));
    return new Map(watched.filter(isAsked).map((worker) => [worker.id, this.#watch.observe(worker)]));
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
  #markCrashed(seen: Seen, topics: Set<string>): void {
    const { state, installation } = this.#parts;
    const holders = this.#holders();
    for (const [worker, observed] of seen) {
      if (observed !== 'dead' || holders.has(worker) || state.workers.get(worker)?.stopped !== false) continue;
      this.#change(worker, { stopped: true, crashed: true });
      installation.appendNow([{ type: 'worker.crashed', data: { worker } }], topics);
    }
  }

  /** Lets go of the rows of workers that have stopped, unless people have set something in them. */
  #forgetStopped(but: WorkerId): void {
    const { workers } = this.#parts.state;
    const holders = this.#holders();
    for (const { id, mode, stopped } of workers.values())
      if (stopped && mode === 'active' && id !== but && !holders.has(id)) workers.delete(id);
  }

  #insert(worker: WorkerInfo, topics: Set<string>): void {
    const { workers } = this.#parts.state;
    const { mode = 'active', beats = 0 } = workers.get(worker.id) ?? {};
    workers.set(worker.id, { ...worker, mode, beats, stopped: false, crashed: false, held: 0 });
    const { id, pid, slots, version } = worker;
    const data = { worker: id, pid, slots, stemma: version };
    this.#parts.installation.appendNow([{ type: 'worker.started', data }], topics);
  }

  /** One that stood still so long that another session took it for crashed, and that goes on now, is registered anew. */
  #known(worker: WorkerId, topics: Set<string>): WorkerRow {
    const own = this.#own.get(worker);
    if (this.#parts.state.workers.get(worker)?.stopped !== false && own !== undefined) this.#insert(own, topics);
    const row = this.#parts.state.workers.get(worker);
    if (row?.stopped !== false) throw workerUnknown(worker);
    return row;
  }

  #change(worker: WorkerId, to: Partial<WorkerRow>): void {
    const row = this.#parts.state.workers.get(worker);
    if (row !== undefined) this.#parts.state.workers.set(worker, { ...row, ...to });
  }
}

const inOrder = (left: MemoryRun, right: MemoryRun): number =>
  left.class - right.class || left.turn - right.turn || left.key - right.key;

/** How long the runs that ended last took, from the first thing that a holder recorded. */
function durationsOf(runs: readonly MemoryRun[]): readonly number[] {
  const ended = runs.filter(hasEnded).toSorted((left, right) => right.at - left.at);
  return ended.slice(0, TIMED_RUNS).map(({ at, events: [, begun] }) => {
    return at - (begun === undefined ? at : parseEvent(begun.body, begun).at);
  });
}
