import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp } from '../../test/support/app.ts';
import { readCosts } from './costs.ts';

const FREE = { microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0, estimated: 0 };

describe('costs', () => {
  it('are told by model, unless something else is asked for, with the sum', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const costs = await readCosts(app, {});
    expect(costs).toMatchObject({ by: 'model', total: { ...FREE, calls: costs.items.length }, isCut: false });
    expect(costs.items.map(({ key }) => key)).toContain('offline/procedure/language-detection@1');
    expect(await readCosts(app, { by: 'run' })).toMatchObject({ items: [{ key: runId, ...FREE }] });
  });

  it('take filters', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const calls = async (filter: object): Promise<number> => (await readCosts(app, filter)).total.calls;
    const all = await calls({});
    expect(await calls({ run: runId, config: 'your-own', from: '2020-01-01' })).toBe(all);
    expect(await calls({ to: '2020-01-01' })).toBe(0);
    expect(await calls({ room: 'blue' })).toBe(0);
  });

  it.each([
    [{ by: 'colour' }, 'INPUT_INVALID', '"by" must be one of: run, step, stage,'],
    [{ from: '1.3.2026' }, 'INPUT_INVALID', '"from" is no date: write it like 2026-11-21.'],
    [{ run: 'nonsense' }, 'RUN_NOT_FOUND', 'is no id of a run'],
    [{ run: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10' }, 'RUN_NOT_FOUND', 'There is no run'],
  ])('refuse %j', async (input, code, words) => {
    await using app = await openTestApp();
    await expect(readCosts(app, input as object)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });
});
