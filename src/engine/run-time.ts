import type { RunEvent } from '../core/events.ts';
import type { Instant } from '../core/ids.ts';
import type { Clock } from '../core/ports.ts';
import type { RunSession } from './run-session.ts';

/** How long a run has been under way so far, waits included and pauses not; fed with its events in order. */
export class RunTime {
  #since: Instant | undefined;
  #before = 0;

  take({ type, at }: RunEvent): void {
    if (type === 'run.started') this.#since = at;
    else if (type === 'run.paused') this.#stop(at);
    else if (type === 'run.resumed') this.goesOn(at);
  }

  /** Also what no event tells (yet): a session that has begun, or a pause that was taken back before it took hold. */
  goesOn(at: Instant): void {
    this.#since ??= at;
  }

  /** Milliseconds up to now. */
  spentMs(now: Instant): number {
    return this.#before + (this.#since === undefined ? 0 : Math.max(0, now - this.#since));
  }

  #stop(at: Instant): void {
    this.#before = this.spentMs(at);
    this.#since = undefined;
  }
}

/** Lets the run fail with RUN_TIMEOUT after the time that is left of it, unless what it returns is disposed of before. */
export function limitRun(session: RunSession, clock: Clock, at: { timeoutMs: number; leftMs: number }): Disposable {
  const over = new AbortController();
  const expire = (): void =>
    session.expire({ code: 'RUN_TIMEOUT', type: 'StemmaError', facts: { timeoutMs: at.timeoutMs } });
  session.wakeBy((clock.now() + at.leftMs) as Instant);
  if (at.leftMs <= 0) expire();
  else clock.sleep(at.leftMs, over.signal).then(expire, () => {});
  return { [Symbol.dispose]: () => over.abort() };
}
