import { isRetryable, toStemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { Lease, QueueSurvey } from '../core/ports.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { WorkerMode } from '../core/states.ts';
import type { Engine } from './engine.ts';
import { executeRun } from './execute-run.ts';
import type { SessionEnd } from './execute-run.ts';
import { LeaseGuard } from './lease-guard.ts';
import { retryDelayMs } from './retry.ts';

export interface WorkerOptions {
  /** How many runs it holds at once. */
  readonly slots: number;
  /** Carries on only this run, until it has ended or stands still. */
  readonly only?: RunId;
  /** Leases it already has, from a submission. */
  readonly held?: readonly Lease[];
  /** Stops when nothing is runnable and every other holder has been seen alive. */
  readonly once?: boolean;
  /** Aborted: takes nothing new, lets running attempts finish, gives its runs back. */
  readonly signal: AbortSignal;
  /** Told when a run starts and when its session is over: for the summary beside the record, and for logs. */
  readonly onSession?: (runId: RunId, end: SessionEnd | undefined) => Promise<void>;
  /** Told when people have set another mode for this worker, within a second. */
  readonly onMode?: (mode: WorkerMode) => void;
}

const IDLE_MS = 1000;
/** How long a run whose session broke is kept before it is given back: longer each time, so that a full disk is not worn. */
const AFTER_FAULT = { backoff: 'exponential', baseMs: 500, maxMs: 60_000 } as const;

interface Session {
  /** Aborted: the run is given back once its running attempts are over; with an error: nothing of it is written any more. */
  readonly leave: AbortController;
  readonly over: Promise<void>;
}

/** A lease whose session broke. */
interface Owed {
  readonly lease: Lease;
  /** By the monotonic clock. */
  readonly dueMs: number;
}

/**
 * Holds runs and executes their steps until its signal, or until its work is done.
 *
 * It heeds the mode that people set: draining, it finishes what it has and takes nothing new; paused or quarantined, it
 * lets running attempts finish and gives its runs back, so that others go on. Either way it stays until it is active
 * again; one that works once, or on one run only, has nothing to stay for when it has drained.
 *
 * @returns what is left to do, and how the last session of the run given by `only` ended
 */
export async function runWorker(
  engine: Engine,
  options: WorkerOptions,
): Promise<{ survey: QueueSurvey; last: SessionEnd | undefined }> {
  const guard = new LeaseGuard(engine);
  const shift = new Shift(engine, options, guard);
  const over = new AbortController();
  const ticking = guard.tick(over.signal);
  try {
    await shift.work();
  } finally {
    await shift.end();
    over.abort();
    await ticking;
  }
  return { survey: await engine.queue.survey(engine.worker.id), last: shift.last };
}

class Shift {
  last: SessionEnd | undefined;
  readonly #engine: Engine;
  readonly #options: WorkerOptions;
  readonly #guard: LeaseGuard;
  /** By lease: a run that was lost and won back may be here twice for a moment. */
  readonly #sessions = new Map<Lease, Session>();
  readonly #owed = new Map<RunId, Owed>();
  /** Sessions of a run that broke one after the other. */
  readonly #breaks = new Map<RunId, number>();
  #mode: WorkerMode = 'active';
  #wake = new AbortController();

  constructor(engine: Engine, options: WorkerOptions, guard: LeaseGuard) {
    this.#engine = { ...engine, log: guard.guard(engine.log) };
    this.#options = options;
    this.#guard = guard;
  }

  async work(): Promise<void> {
    const { held = [], signal } = this.#options;
    for (const lease of held) this.#start(lease);
    while (!signal.aborted) {
      this.#wake = new AbortController(); // before looking, so that nothing that ends meanwhile is slept through
      await this.#giveBack('due');
      const claimed = (await this.#ask(() => this.#claim())) ?? [];
      for (const lease of claimed) this.#start(lease);
      if (claimed.length > 0) continue;
      if ((await this.#ask(() => this.#isDone())) === true) return;
      await this.#rest();
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ over }) => over));
    await this.#giveBack('all');
  }

  async #heedMode(): Promise<void> {
    const mode = await this.#engine.queue.mode(this.#engine.worker.id);
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#options.onMode?.(mode);
    if (mode === 'paused' || mode === 'quarantined') for (const { leave } of this.#sessions.values()) leave.abort();
  }

  /** Undefined while the store is in trouble, unless one run is all there is to do: its caller hears of it. */
  async #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (thrown) {
      if (this.#options.only !== undefined || !isRetryable(toStemmaError(thrown).code)) throw thrown;
      return undefined;
    }
  }

  async #claim(): Promise<readonly Lease[]> {
    const { slots, only } = this.#options;
    await this.#heedMode();
    const atMost = slots - this.#sessions.size;
    const isFull = atMost <= 0 || (only !== undefined && this.#sessions.size > 0);
    if (isFull || this.#mode !== 'active') return [];
    return this.#engine.queue.claim(this.#engine.worker.id, { atMost, ...(only === undefined ? {} : { only }) });
  }

  #start(lease: Lease): void {
    const leave = new AbortController();
    this.#guard.watch(lease, (lost) => leave.abort(lost));
    const over = this.#hold(lease, AbortSignal.any([this.#options.signal, leave.signal])).finally(() => {
      this.#guard.leave(lease);
      this.#sessions.delete(lease);
      this.#wake.abort();
    });
    this.#sessions.set(lease, { leave, over });
  }

  async #hold(lease: Lease, signal: AbortSignal): Promise<void> {
    await this.#tell(lease.runId, undefined);
    const end = await executeRun(this.#engine, lease, signal).catch((thrown: unknown): SessionEnd => ({
      kind: 'broken',
      error: toStemmaError(thrown),
    }));
    this.last = end;
    this.#note(lease, end);
    await this.#tell(lease.runId, end);
  }

  /** Who watches cannot harm the run. */
  async #tell(runId: RunId, end: SessionEnd | undefined): Promise<void> {
    await this.#options.onSession?.(runId, end).catch(() => {});
  }

  #note(lease: Lease, end: SessionEnd): void {
    if (end.kind !== 'broken' || end.error.code === 'LEASE_LOST') {
      this.#breaks.delete(lease.runId);
      return;
    }
    const breaks = (this.#breaks.get(lease.runId) ?? 0) + 1;
    this.#breaks.set(lease.runId, breaks);
    const dueMs = this.#engine.clock.monotonicMs() + retryDelayMs(breaks, AFTER_FAULT, { random: Math.random });
    this.#owed.set(lease.runId, { lease, dueMs });
  }

  async #giveBack(which: 'due' | 'all'): Promise<void> {
    const now = this.#engine.clock.monotonicMs();
    for (const [runId, { lease, dueMs }] of this.#owed) {
      if (which === 'due' && dueMs > now) continue;
      await this.#engine.queue.release(lease).then(
        () => this.#owed.delete(runId),
        // tried again; a lost lease needs no giving back and does not come here
        () => this.#owed.set(runId, { lease, dueMs: now + AFTER_FAULT.baseMs }),
      );
    }
  }

  async #isDone(): Promise<boolean> {
    if (this.#sessions.size > 0) return false;
    const { only, once } = this.#options;
    const hasDrained = this.#mode === 'draining';
    if (only !== undefined) return hasDrained || this.#isDoneWith(only);
    if (once !== true || this.#owed.size > 0) return false;
    if (hasDrained) return true;
    const { runnable, heldByUnknown } = await this.#engine.queue.survey(this.#engine.worker.id);
    return runnable === 0 && heldByUnknown === 0;
  }

  /** A run that was given back for this worker's mode is taken up again, unless others have ended it meanwhile. */
  async #isDoneWith(runId: RunId): Promise<boolean> {
    if (this.last === undefined || this.last.kind === 'released') return this.#standsStill(runId);
    return this.last.kind !== 'waiting' || this.last.for !== 'time';
  }

  /** Nothing to carry on: it has ended, is paused without a command, or waits for what only others can say. */
  async #standsStill(runId: RunId): Promise<boolean> {
    const { log } = this.#engine;
    const head = await log.head(runId);
    if (head === undefined || head.state === 'paused' || isTerminal(RUN_MOVES, head.state)) return true;
    if (head.state !== 'waiting' || head.holder !== undefined) return false;
    for await (const last of log.read(runId, { afterSeq: head.seq - 1 }))
      if (last.type === 'run.waiting') return last.data.for !== 'time';
    return false;
  }

  /** Until something may have become claimable, a session has ended, a lease is to be given back, or a second has passed. */
  async #rest(): Promise<void> {
    const stop = AbortSignal.any([this.#wake.signal, this.#options.signal]);
    const now = this.#engine.clock.monotonicMs();
    const due = [...this.#owed.values()].map(({ dueMs }) => Math.max(1, Math.ceil(dueMs - now)));
    const { queue, clock } = this.#engine;
    const restMs = Math.min(IDLE_MS, ...due);
    const isRested = await this.#ask(async () => {
      await queue.idle(restMs, stop);
      return true;
    });
    if (isRested === undefined) await clock.sleep(restMs, stop).catch(() => {}); // the store cannot say when to look
  }
}
