import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Instant } from '../../core/ids.ts';
import type { Clock } from '../../core/ports.ts';

/** Longer waits overflow the timer and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    for (let left = Math.max(0, ms); ; left -= LONGEST_TIMER_MS) {
      await wait(Math.min(left, LONGEST_TIMER_MS), undefined, signal === undefined ? {} : { signal });
      if (left <= LONGEST_TIMER_MS) return;
    }
  } catch (cause) {
    // The timer rejects with an AbortError of its own; the caller is promised the signal's reason.
    signal?.throwIfAborted();
    throw cause;
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  monotonicMs: () => performance.now(),
  sleep,
};
