import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, pick, shuffle } from './random.ts';
import type { RandomSource } from './random.ts';

const take = (random: RandomSource, count: number): number[] => Array.from({ length: count }, random);
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('a source of chance', () => {
  it('gives the same numbers for the same seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(take(createRandom(seed), 50)).toEqual(take(createRandom(seed), 50));
      }),
    );
  });

  it('gives exactly these numbers for seed 7, on every machine and in every version', () => {
    expect(take(createRandom(7), 4).map((value) => value * 2 ** 32)).toEqual(SEED_7);
  });

  it('gives other numbers for another seed, the high bits of which count too', () => {
    fc.assert(
      fc.property(seeds, seeds, (one, other) => {
        fc.pre(one !== other);
        expect(take(createRandom(one), 4)).not.toEqual(take(createRandom(other), 4));
      }),
    );
    expect(createRandom(1)()).not.toBe(createRandom(1 + 2 ** 32)());
  });

  it('stays in [0, 1)', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const value of take(createRandom(seed), 100)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThan(1);
        }
      }),
    );
  });

  it.each([0, 1, 7, 2 ** 32 - 1, 2 ** 53 - 1])('fills all parts of its range alike from seed %d', (seed) => {
    const bins = Array.from({ length: 16 }, () => 0);
    for (const value of take(createRandom(seed), 16_000)) {
      const bin = Math.floor(value * 16);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Chi-squared with 15 degrees of freedom: 37.7 is exceeded by chance once in a thousand.
    const chiSquared = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(37.7);
  });
});

describe('picking', () => {
  it('reaches every item', () => {
    const random = createRandom(3);
    const seen = new Set(Array.from({ length: 200 }, () => pick(random, ['a', 'b', 'c'])));
    expect([...seen].sort()).toEqual(['a', 'b', 'c']);
  });

  it('gives the first item should a source ever say 1', () => {
    expect(pick(() => 1, ['a', 'b'])).toBe('a');
  });
});

describe('shuffling', () => {
  it('keeps every item and leaves the list it was given alone', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer()), (seed, items) => {
        const before = [...items];
        const shuffled = shuffle(createRandom(seed), items);
        expect(items).toEqual(before);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
      }),
    );
  });

  it('reaches each order of three items about equally often', () => {
    const random = createRandom(11);
    const counts = new Map<string, number>();
    for (let round = 0; round < 6000; round++) {
      const order = shuffle(random, ['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

const SEED_7 = [3_754_171_247, 2_826_444_102, 3_540_072_189, 2_955_267_189];
