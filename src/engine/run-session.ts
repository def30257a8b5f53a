import type { RunFold } from '../core/apply.ts';
import { isRetryable, StemmaError, toStemmaError } from '../core/errors.ts';
import type { Instant, StepPath } from '../core/ids.ts';
import type { Fault, Wait } from '../core/schema.ts';
import type { Clock, CommandType, Lease, RunLog } from '../core/ports.ts';
import { RunWriter } from './run-writer.ts';

/** Why a session stops before the run has ended. */
export type Halt =
  | ({ readonly kind: 'waiting' } & Waiting)
  | { readonly kind: 'paused' }
  /** The worker goes; another one carries on. */
  | { readonly kind: 'released' }
  /** The lease is lost or the store failed: nothing may be written any more. */
  | { readonly kind: 'broken'; readonly error: StemmaError };

export type Gate = 'open' | 'halted' | 'canceled';

/** What a step, or a run all of whose steps wait, is woken by; without a time only by an answer. */
export interface Waiting {
  readonly for: Wait['for'];
  readonly until?: Instant;
}

/**
 * One holder's time with one run: what has been folded, what is going on, and whether to go on.
 *
 * Steps ask `gate()` before each attempt. A session halts when someone pauses the run, when its worker goes, when its
 * lease is lost, or when every step that could go on waits for a time; then the run is parked and nobody holds it.
 * The reasons are kept apart, because a pause may be taken back before it has taken hold and must not hide the others.
 */
export class RunSession {
  readonly lease: Lease;
  readonly fold: RunFold;
  readonly writer: RunWriter;
  readonly #clock: Clock;
  /** Reaches running attempts. */
  readonly #stop = new AbortController();
  /** Reaches steps that wait for a time; a new one after a resume. */
  #halting = new AbortController();
  readonly #commanded = Promise.withResolvers<void>();
  #broken: StemmaError | undefined;
  #canceled = false;
  #paused = false;
  #released = false;
  #expired: Fault | undefined;
  #waiting: Waiting | undefined;
  #wakeBy: Instant | undefined;
  #busy = 0;
  readonly #waits = new Map<StepPath, Waiting & { readonly wake: () => void }>();

  constructor(at: { log: RunLog; clock: Clock }, lease: Lease, fold: RunFold) {
    this.lease = lease;
    this.fold = fold;
    this.#clock = at.clock;
    this.writer = new RunWriter({ log: at.log, lease, fold }, (error) => this.break(error));
  }

  /** The strongest reason there is. */
  get halted(): Halt | undefined {
    if (this.#broken !== undefined) return { kind: 'broken', error: this.#broken };
    if (this.#paused) return { kind: 'paused' };
    if (this.#released) return { kind: 'released' };
    return this.#waiting === undefined ? undefined : { kind: 'waiting', ...this.#waiting };
  }

  get broken(): StemmaError | undefined {
    return this.#broken;
  }

  get canceled(): boolean {
    return this.#canceled;
  }

  /** Why the run fails instead of being canceled: its time is over. */
  get expired(): Fault | undefined {
    return this.#expired;
  }

  /** Reaches running provider calls when the run is canceled or the session breaks. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted when the session stops: what waits inside an attempt need not wait on. */
  get halting(): AbortSignal {
    return this.#halting.signal;
  }

  /** Resolves when the first command has arrived. */
  get firstCommand(): Promise<void> {
    return this.#commanded.promise;
  }

  /** Cancel tells running attempts to stop, pause lets them finish; nothing new starts in either case. */
  commanded(type: CommandType): void {
    switch (type) {
      case 'cancel':
        this.#canceled = true;
        this.#stop.abort(new StemmaError('STATE_CONFLICT', 'The run was canceled.'));
        break;
      case 'pause':
        this.pause();
        break;
      case 'resume':
        this.#resume();
        break;
    }
    this.#commanded.resolve();
  }

  pause(): void {
    this.#paused = true;
    this.#halting.abort();
  }

  /** The run's time is over: running attempts are told to stop, and it fails with the fault. */
  expire(fault: Fault): void {
    if (this.#canceled) return;
    this.#expired = fault;
    this.#canceled = true;
    this.#halting.abort();
    this.#stop.abort(new StemmaError('RUN_TIMEOUT', 'The run took longer than it may.'));
  }

  /** The run is not to sleep longer than that, whatever its steps wait for. */
  wakeBy(at: Instant): void {
    this.#wakeBy = at;
  }

  /** Steps that wait for a person or a signal look again whether there is an answer. */
  answered(): void {
    for (const { for: what, wake } of this.#waits.values()) if (what !== 'time') wake();
  }

  /** The worker goes. */
  release(): void {
    this.#released = true;
    this.#halting.abort();
  }

  /** The lease or the store is gone; what runs is told to stop, and the next holder finds out what was stored. */
  break(error: StemmaError): void {
    this.#broken ??= error;
    this.#halting.abort();
    this.#stop.abort(error);
  }

  /** Whether the session is over with what was thrown. The store's trouble is no fault of the step that met it. */
  isBrokenBy(thrown: unknown): boolean {
    const error = toStemmaError(thrown);
    if (isPassing(error)) this.break(error);
    return this.#broken !== undefined;
  }

  /** Whether the next attempt may start. */
  gate(): Gate {
    if (this.halted !== undefined) return 'halted';
    return this.#canceled ? 'canceled' : 'open';
  }

  /** Runs a step; while any step is busy the run does not wait. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.#parkWhenIdle();
    }
  }

  /** Waits inside `busy` until it is woken, or until there is a reason to stop; the run is parked when nothing else goes on. */
  async wait(path: StepPath, on: Waiting): Promise<void> {
    const woken = new AbortController();
    const stop = AbortSignal.any([this.#halting.signal, this.#stop.signal, woken.signal]);
    this.#busy -= 1;
    this.#waits.set(path, { ...on, wake: () => woken.abort() });
    this.#parkWhenIdle();
    const ms = on.until === undefined ? undefined : Math.max(0, on.until - this.#clock.now());
    await (ms === undefined ? aborted(stop) : this.#clock.sleep(ms, stop).catch(() => {})); // gate() says why it stopped
    this.#waits.delete(path);
    this.#busy += 1;
  }

  /** A pause that has not been recorded yet is taken back; steps that have stopped for it are run on by `executeRun`. */
  #resume(): void {
    this.#paused = false;
    if (this.halted === undefined && this.#halting.signal.aborted) this.#halting = new AbortController();
  }

  /** Steps hand over to the next one within the turn, so a turn later an idle run is really idle. */
  #parkWhenIdle(): void {
    if (this.#waits.size === 0) return;
    setImmediate(() => {
      if (this.#busy > 0 || this.#waits.size === 0 || this.gate() !== 'open') return;
      this.#waiting = togetherOf([...this.#waits.values()], this.#wakeBy);
      this.#halting.abort();
    });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The store's trouble or another holder's gain: no fault of the run, which goes on later or elsewhere. */
const isPassing = ({ code }: StemmaError): boolean =>
  code === 'LEASE_LOST' || (code.startsWith('STORE_') && isRetryable(code));

/** What a run waits for whose steps all wait: an answer goes before a time, and the first time wakes it. */
function togetherOf(waits: readonly Waiting[], wakeBy: Instant | undefined): Waiting {
  const times = [...waits.map(({ until }) => until), wakeBy].filter((time) => time !== undefined);
  const what = (['person', 'signal'] as const).find((one) => waits.some((wait) => wait.for === one)) ?? 'time';
  return times.length === 0 ? { for: what } : { for: what, until: Math.min(...times) as Instant };
}
