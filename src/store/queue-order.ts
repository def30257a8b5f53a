/** How the queue orders runs and what it promises about their time; the same for every store. */
import type { QueuePlace } from '../core/ports.ts';

/** Waiting so long raises a run by one class of priority. */
export const RISES_AFTER_MS = 600_000;

/** Of the runs that ended last, so many tell how long one takes. */
export const TIMED_RUNS = 100;

/** Later than any clock: what sleeps until then is woken by a command only. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** Where a run stands that has waited since a time. */
export function risenClass(from: { readonly class: number; readonly since: number }, now: number): number {
  return Math.max(0, from.class - Math.floor((now - from.since) / RISES_AFTER_MS));
}

/**
 * The turn of a share's next run in a class (start-time fair queueing): right behind the share's last one, and never
 * before the round that the class is in. So a share with a hundred runs gets one of them each round, and one that was
 * away for long has saved nothing up and owes nothing.
 */
export const nextTurn = (last: number | undefined, round: number): number =>
  Math.max(round, last === undefined ? round : last + 1);

/** @param durations - of the runs that ended last, in any order */
export function placeOf(
  position: number,
  { slots, durations }: { readonly slots: number; readonly durations: readonly number[] },
): QueuePlace {
  const typical = median(durations);
  const estimateMs = slots === 0 || typical === undefined ? null : Math.round((position / slots) * typical);
  return { position, estimateMs };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return middle.length === 0 ? undefined : middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
