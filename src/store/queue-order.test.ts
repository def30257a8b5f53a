import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RISES_AFTER_MS, nextTurn, placeOf, risenClass } from './queue-order.ts';

describe('the time that a run waits', () => {
  test.each([
    [[4000], 4000],
    [[9000, 1000, 2000], 2000],
    [[1000, 9000, 2000, 4000], 3000],
  ])('follows from the middle of how long runs took: %j', (durations, estimateMs) => {
    expect(placeOf(1, { slots: 1, durations })).toEqual({ position: 1, estimateMs });
  });

  test('is unknown when nothing has ended or nobody works', () => {
    expect(placeOf(3, { slots: 2, durations: [] }).estimateMs).toBeNull();
    expect(placeOf(3, { slots: 0, durations: [1000] }).estimateMs).toBeNull();
  });
});

describe('a turn', () => {
  test('is behind the last one of its share, and never before the round', () => {
    const numbers = integer({ min: 0, max: 1000 });
    assert(
      property(numbers, numbers, (last, round) => {
        const turn = nextTurn(last, round);
        expect(turn).toBeGreaterThan(last);
        expect(turn).toBeGreaterThanOrEqual(round);
        expect(turn === round || turn === last + 1).toBe(true);
      }),
    );
    expect(nextTurn(undefined, 7)).toBe(7);
  });
});

describe('a class', () => {
  test('is one higher for every ten minutes, and never higher than the highest', () => {
    const since = 1000;
    const after = (ms: number): number => risenClass({ class: 3, since }, since + ms);
    expect([0, 1, 2, 3, 4].map((times) => after(times * RISES_AFTER_MS))).toEqual([3, 2, 1, 0, 0]);
    expect(after(RISES_AFTER_MS - 1)).toBe(3);
  });
});
