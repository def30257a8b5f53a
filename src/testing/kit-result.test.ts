import { describe, expect, test } from 'vitest';
import { inParallel, resultOf } from './kit-result.ts';

describe('in parallel', () => {
  test('results come in the order of the items, and no more than allowed are under way', async () => {
    let underWay = 0;
    let most = 0;
    const results = await inParallel([3, 1, 2], 2, async (turns) => {
      underWay += 1;
      most = Math.max(most, underWay);
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return turns * 10;
    });
    expect(results).toEqual([30, 10, 20]);
    expect(most).toBe(2);
  });
});

describe('a result', () => {
  test('has the faults that were found', async () => {
    expect(await resultOf('a', async () => ['b'])).toEqual({ name: 'a', faults: ['b'] });
  });

  test('of a check that fails is a fault itself', async () => {
    const { faults } = await resultOf('a', () => Promise.reject(new Error('it broke')));
    expect(faults).toEqual([expect.stringContaining('it broke')]);
  });
});
