import type { Instant } from '../core/ids.ts';
import type { Clock, PermitNeed } from '../core/ports.ts';
import { exceeds } from './budgets.ts';

const MINUTE_MS = 60_000;

/** Capacity that was taken, as the store keeps it; a key is never given twice. */
export interface Taken {
  readonly key: number;
  readonly amount: number;
  readonly takenAt: Instant;
}

export interface Window {
  /** Keys of what was taken longer than a minute ago. */
  readonly over: readonly number[];
  /** How long until the need fits, when it does not fit now. */
  readonly waitMs: number | undefined;
}

/**
 * What was taken in the last 60 s, as one observer sees it. Times of the store's clock say how long ago that was; what
 * lies in the future, because the clock was set back, counts as taken now. What this observer has seen for 60 s of its
 * own monotonic clock is over in any case.
 */
export class MinuteWindow {
  readonly #clock: Clock;
  /** By the permit's name and the key: when it was first seen here. */
  readonly #seen = new Map<string, ReadonlyMap<number, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  look(need: PermitNeed, rows: readonly Taken[]): Window {
    const [now, monotonic] = [this.#clock.now(), this.#clock.monotonicMs()];
    const before = this.#seen.get(need.name);
    const seen = new Map(rows.map(({ key }) => [key, before?.get(key) ?? monotonic]));
    if (seen.size === 0) this.#seen.delete(need.name);
    else this.#seen.set(need.name, seen);
    const aged = rows.map(({ key, amount, takenAt }) => {
      const ageMs = Math.max(0, now - takenAt, monotonic - (seen.get(key) ?? monotonic));
      return { key, amount, leftMs: MINUTE_MS - ageMs };
    });
    const over = aged.filter(({ leftMs }) => leftMs <= 0).map(({ key }) => key);
    const counting = aged.filter(({ leftMs }) => leftMs > 0).sort((left, right) => left.leftMs - right.leftMs);
    return { over, waitMs: waitFor(need, counting) };
  }
}

/** Until enough of what was taken first is over. */
function waitFor(need: PermitNeed, counting: readonly { amount: number; leftMs: number }[]): number | undefined {
  let used = counting.reduce((sum, { amount }) => sum + amount, 0);
  let waitMs: number | undefined;
  for (const { amount, leftMs } of counting) {
    if (!exceeds(used, need)) return waitMs;
    used -= amount;
    waitMs = leftMs;
  }
  return waitMs;
}
