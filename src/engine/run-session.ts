import type { RunFold } from '../core/apply.ts';
import { StemmaError } from '../core/errors.ts';
import type { Instant, StepPath } from '../core/ids.ts';
import type { Clock, CommandType, Lease, RunLog } from '../core/ports.ts';
import { RunWriter } from './run-writer.ts';

/** Why a session stops before the run has ended. */
export type Halt =
  | { readonly kind: 'waiting'; readonly until: Instant }
  | { readonly kind: 'paused' }
  /** The worker goes; another one carries on. */
  | { readonly kind: 'released' }
  /** The lease is lost or the store failed: nothing may be written any more. */
  | { readonly kind: 'broken'; readonly error: StemmaError };

/**
 * One holder's time with one run: what has been folded, what is going on, and whether to go on.
 *
 * Steps ask `gate()` before each attempt. A session halts when someone pauses the run, when its worker goes, when its
 * lease is lost, or when every step that could go on waits for a time; then the run is parked and nobody holds it.
 */
export class RunSession {
  readonly lease: Lease;
  readonly fold: RunFold;
  readonly writer: RunWriter;
  readonly #clock: Clock;
  readonly #canceled = new AbortController();
  readonly #halted = new AbortController();
  readonly #commanded = Promise.withResolvers<void>();
  #halt: Halt | undefined;
  #busy = 0;
  readonly #waits = new Map<StepPath, Instant>();

  constructor(at: { log: RunLog; clock: Clock }, lease: Lease, fold: RunFold) {
    this.lease = lease;
    this.fold = fold;
    this.#clock = at.clock;
    this.writer = new RunWriter({ log: at.log, lease, fold }, (error) => {
      this.halt({ kind: 'broken', error });
      this.#canceled.abort(error);
    });
  }

  get halted(): Halt | undefined {
    return this.#halt;
  }

  get canceled(): boolean {
    return this.#canceled.signal.aborted;
  }

  /** Reaches running provider calls when the run is canceled or its lease is lost. */
  get signal(): AbortSignal {
    return this.#canceled.signal;
  }

  /** Resolves when the first command has arrived. */
  get firstCommand(): Promise<void> {
    return this.#commanded.promise;
  }

  /** Cancel tells running attempts to stop, pause lets them finish; nothing new starts in either case. */
  commanded(type: CommandType): void {
    if (type === 'cancel') this.#canceled.abort(new StemmaError('STATE_CONFLICT', 'The run was canceled.'));
    if (type === 'pause') this.halt({ kind: 'paused' });
    this.#commanded.resolve();
  }

  /** Running attempts finish; nothing new starts. The first reason stands, but a broken session stays broken. */
  halt(halt: Halt): void {
    if (this.#halt === undefined || halt.kind === 'broken') this.#halt = halt;
    this.#halted.abort();
  }

  /** Whether the next attempt may start. */
  gate(): 'open' | 'halted' | 'canceled' {
    if (this.#halt !== undefined) return 'halted';
    return this.canceled ? 'canceled' : 'open';
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

  /** Waits inside `busy` until the time; the run is parked when nothing else goes on meanwhile. */
  async waitUntil(path: StepPath, until: Instant): Promise<'open' | 'halted' | 'canceled'> {
    const stop = AbortSignal.any([this.#halted.signal, this.#canceled.signal]);
    this.#busy -= 1;
    this.#waits.set(path, until);
    this.#parkWhenIdle();
    try {
      await this.#clock.sleep(Math.max(0, until - this.#clock.now()), stop);
    } catch {
      // stopped: gate() says why
    }
    this.#waits.delete(path);
    this.#busy += 1;
    return this.gate();
  }

  /** Steps hand over to the next one within the turn, so a turn later an idle run is really idle. */
  #parkWhenIdle(): void {
    if (this.#waits.size === 0) return;
    setImmediate(() => {
      if (this.#busy > 0 || this.#waits.size === 0) return;
      this.halt({ kind: 'waiting', until: Math.min(...this.#waits.values()) as Instant });
    });
  }
}
