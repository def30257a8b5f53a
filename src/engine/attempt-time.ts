import { StemmaError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

export interface TimeLimits {
  /** The whole attempt, waits for permits apart. */
  readonly timeoutMs?: number | undefined;
  /** The longest without a sign of progress. */
  readonly idleTimeoutMs?: number | undefined;
}

/**
 * An attempt's time: its signal, aborted when the run is told to stop or a limit is over, and how long it has waited
 * for permits, which counts against no limit. One signal per attempt, so that what listens to it does not outlive it.
 */
export class AttemptTime implements Disposable {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #run: AbortSignal;
  readonly #onRunStop = (): void => this.#stop.abort(this.#run.reason);
  readonly #whole: Countdown | undefined;
  readonly #idle: Countdown | undefined;
  #queuedMs = 0;

  constructor(at: { readonly clock: Clock; readonly signal: AbortSignal }, limits: TimeLimits) {
    const { timeoutMs, idleTimeoutMs } = limits;
    this.#clock = at.clock;
    this.#run = at.signal;
    this.#run.addEventListener('abort', this.#onRunStop, { once: true });
    if (this.#run.aborted) this.#onRunStop();
    const over = (facts: StemmaError['facts'], what: string) => (): void =>
      this.#stop.abort(new StemmaError('STEP_TIMEOUT', what, { facts }));
    if (timeoutMs !== undefined)
      this.#whole = new Countdown(
        at.clock,
        timeoutMs,
        over({ timeoutMs }, `The step took longer than ${timeoutMs} ms.`),
      );
    if (idleTimeoutMs !== undefined) {
      const what = `The step gave no sign of progress for ${idleTimeoutMs} ms.`;
      this.#idle = new Countdown(at.clock, idleTimeoutMs, over({ idle: idleTimeoutMs }, what));
    }
    this.#start();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whole milliseconds. */
  get queuedMs(): number {
    return Math.round(this.#queuedMs);
  }

  /** It goes on. */
  progressed(): void {
    this.#idle?.renew();
  }

  /** What is still under way after the attempt's end is told to stop. */
  end(): void {
    this.#stop.abort(new StemmaError('STATE_CONFLICT', 'The attempt is over.'));
  }

  /** Waits in the queue: no limit runs meanwhile. */
  async queued(wait: () => Promise<void>): Promise<void> {
    const before = this.#clock.monotonicMs();
    this.#halt();
    try {
      await wait();
    } finally {
      this.#queuedMs += Math.max(0, this.#clock.monotonicMs() - before);
      this.#start();
    }
  }

  [Symbol.dispose](): void {
    this.#halt();
    this.#run.removeEventListener('abort', this.#onRunStop);
  }

  /** Not for an attempt that has ended while its call stood in the queue. */
  #start(): void {
    if (this.#stop.signal.aborted) return;
    this.#whole?.start();
    this.#idle?.start();
  }

  #halt(): void {
    this.#whole?.halt();
    this.#idle?.halt();
  }
}

/** Says that a time is over, unless it is renewed before. While it is halted, no time passes for it. */
class Countdown {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #over: () => void;
  #deadlineMs: number;
  #haltedAtMs: number;
  #running = new AbortController();

  constructor(clock: Clock, ms: number, over: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#over = over;
    this.#haltedAtMs = clock.monotonicMs();
    this.#deadlineMs = this.#haltedAtMs + ms;
  }

  start(): void {
    this.#deadlineMs += this.#clock.monotonicMs() - this.#haltedAtMs;
    this.#running = new AbortController();
    this.#sleep(this.#running.signal);
  }

  halt(): void {
    this.#running.abort();
    this.#haltedAtMs = this.#clock.monotonicMs();
  }

  /** Its timer stays as it is, so that a stream of signs of life costs nothing. */
  renew(): void {
    this.#deadlineMs = this.#clock.monotonicMs() + this.#ms;
  }

  #sleep(signal: AbortSignal): void {
    const look = (): void => {
      if (this.#clock.monotonicMs() >= this.#deadlineMs) this.#over();
      else this.#sleep(signal);
    };
    this.#clock.sleep(this.#deadlineMs - this.#clock.monotonicMs(), signal).then(look, () => {});
  }
}
