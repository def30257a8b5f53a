import { toStemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { Lease, QueueSurvey } from '../core/ports.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { Engine } from './engine.ts';
import { executeRun } from './execute-run.ts';
import type { SessionEnd } from './execute-run.ts';

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
}

const IDLE_MS = 1000;
const AFTER_STORE_FAULT_MS = 500;

/**
 * Holds runs and executes their steps until its signal, or until its work is done.
 *
 * @returns what is left to do, and how the last session of the run given by `only` ended
 */
export async function runWorker(
  engine: Engine,
  options: WorkerOptions,
): Promise<{ survey: QueueSurvey; last: SessionEnd | undefined }> {
  const shift = new Shift(engine, options);
  try {
    await shift.work();
  } finally {
    await shift.end();
  }
  return { survey: await engine.queue.survey(engine.worker.id), last: shift.last };
}

class Shift {
  last: SessionEnd | undefined;
  readonly #engine: Engine;
  readonly #options: WorkerOptions;
  readonly #sessions = new Map<RunId, Promise<void>>();
  /** Leases that could not be given back because the store failed. */
  readonly #owed = new Set<Lease>();
  #wake = new AbortController();

  constructor(engine: Engine, options: WorkerOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  async work(): Promise<void> {
    const { held = [], signal } = this.#options;
    for (const lease of held) this.#start(lease);
    while (!signal.aborted) {
      await this.#giveBackOwed();
      const claimed = await this.#claim();
      for (const lease of claimed) this.#start(lease);
      if (claimed.length === 0 && (await this.#isDone())) return;
      if (claimed.length === 0) await this.#rest();
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#sessions.values());
    await this.#giveBackOwed();
  }

  async #claim(): Promise<readonly Lease[]> {
    const { slots, only } = this.#options;
    const atMost = slots - this.#sessions.size;
    if (atMost <= 0 || (only !== undefined && this.#sessions.size > 0)) return [];
    return this.#engine.queue.claim(this.#engine.worker.id, { atMost, ...(only === undefined ? {} : { only }) });
  }

  #start(lease: Lease): void {
    const session = this.#hold(lease).finally(() => {
      this.#sessions.delete(lease.runId);
      this.#wake.abort();
    });
    this.#sessions.set(lease.runId, session);
  }

  async #hold(lease: Lease): Promise<void> {
    const { onSession, signal } = this.#options;
    await onSession?.(lease.runId, undefined);
    const end = await executeRun(this.#engine, lease, signal).catch((thrown: unknown): SessionEnd => ({
      kind: 'broken',
      error: toStemmaError(thrown),
    }));
    this.last = end;
    if (end.kind === 'broken' && end.error.code !== 'LEASE_LOST') this.#owed.add(lease);
    await onSession?.(lease.runId, end);
  }

  async #giveBackOwed(): Promise<void> {
    for (const lease of this.#owed) {
      await this.#engine.queue.release(lease).then(
        () => this.#owed.delete(lease),
        () => {}, // tried again on the next round; a lost lease needs no giving back
      );
    }
  }

  async #isDone(): Promise<boolean> {
    if (this.#sessions.size > 0) return false;
    const { only, once } = this.#options;
    if (only !== undefined) return this.last === undefined ? this.#standsStill(only) : this.last.kind !== 'waiting';
    if (once !== true) return false;
    const { runnable, heldByUnknown } = await this.#engine.queue.survey(this.#engine.worker.id);
    return runnable === 0 && heldByUnknown === 0;
  }

  /** Nothing to carry on: it has ended, or is paused without a command. */
  async #standsStill(runId: RunId): Promise<boolean> {
    const head = await this.#engine.log.head(runId);
    return head === undefined || head.state === 'paused' || isTerminal(RUN_MOVES, head.state);
  }

  /** Until something may have become claimable, a session has ended, or a second has passed. */
  async #rest(): Promise<void> {
    this.#wake = this.#wake.signal.aborted ? new AbortController() : this.#wake;
    const stop = AbortSignal.any([this.#wake.signal, this.#options.signal]);
    await this.#engine.queue.idle(this.#owed.size > 0 ? AFTER_STORE_FAULT_MS : IDLE_MS, stop);
  }
}
