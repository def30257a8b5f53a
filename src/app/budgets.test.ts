import { describe, expect, it } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import { listBudgets, removeBudget, setBudget } from './budgets.ts';

describe('budgets', () => {
  it('are listed with what is spent of them, runs first and days last', async () => {
    await using app = await openTestApp();
    expect(await listBudgets(app)).toEqual([]);
    expect(await setBudget(app, { scope: 'day', usd: 5 })).toEqual({
      scope: 'day',
      subject: '*',
      limitMicroUsd: 5_000_000,
      mode: 'halt',
    });
    await setBudget(app, { scope: 'room', subject: 'blue', usd: 0.1, mode: 'ask' });
    await setBudget(app, { scope: 'run', subject: '*', usd: 0, mode: 'warn' });
    const nothing = { spentMicroUsd: 0, reservedMicroUsd: 0 };
    expect(await listBudgets(app)).toEqual([
      { scope: 'run', subject: '*', mode: 'warn', limitMicroUsd: 0, ...nothing, percent: null },
      { scope: 'room', subject: 'blue', mode: 'ask', limitMicroUsd: 100_000, ...nothing, percent: 0 },
      { scope: 'day', subject: '*', mode: 'halt', limitMicroUsd: 5_000_000, ...nothing, percent: 0 },
    ]);
  });

  it('get another limit, and go again', async () => {
    await using app = await openTestApp();
    await setBudget(app, { scope: 'config', subject: 'dada', usd: 1 });
    await setBudget(app, { scope: 'config', subject: 'dada', usd: 2.5 });
    expect(await listBudgets(app)).toMatchObject([{ subject: 'dada', limitMicroUsd: 2_500_000 }]);
    expect(await removeBudget(app, { scope: 'config', subject: 'dada' })).toEqual({ scope: 'config', subject: 'dada' });
    expect(await listBudgets(app)).toEqual([]);
    await expect(removeBudget(app, { scope: 'day' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stand in the log of the installation, with who set them', async () => {
    await using app = await openTestApp();
    await setBudget(app, { scope: 'day', usd: 1, by: 'teacher' });
    await removeBudget(app, { scope: 'day', by: 'teacher' });
    const said: unknown[] = [];
    for await (const { type, data } of app.store.installation.read())
      if (type.startsWith('budget.')) said.push([type, data]);
    expect(said).toEqual([
      ['budget.set', { scope: 'day', subject: '*', limitMicroUsd: 1_000_000, mode: 'halt', by: 'teacher' }],
      ['budget.removed', { scope: 'day', subject: '*', by: 'teacher' }],
    ]);
  });

  it('of a run need the id of one', async () => {
    await using app = await openTestApp();
    const wrong = setBudget(app, { scope: 'run', subject: 'mine', usd: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const subject = app.ids.runId();
    const asTrace = subject.replaceAll('-', '').toUpperCase();
    expect(await setBudget(app, { scope: 'run', subject: asTrace, usd: 1 })).toMatchObject({ subject });
  });

  it('count what is spent and reserved, in percent of the limit', async () => {
    await using app = await openTestApp();
    const standing = { scope: 'day', subject: '2026-03-01', mode: 'halt', limitMicroUsd: 300 } as const;
    const standings = () => Promise.resolve([{ ...standing, spentMicroUsd: 100, reservedMicroUsd: 99 }]);
    const own = { ...app, store: { ...app.store, ledger: { ...app.store.ledger, standings } } };
    expect(await listBudgets(own)).toMatchObject([{ percent: 66 }]);
  });

  it.each([
    [{ scope: 'config', usd: 1 }, 'Which config the budget is for is missing.'],
    [{ scope: 'year', usd: 1 }, '"scope" must be one of: run, config, room, person, day.'],
    [{ scope: 'day', usd: -1 }, '"usd" must be at least 0.'],
    [{ scope: 'day', usd: 2e9 }, '"usd" must be at most'],
    [{ scope: 'room', subject: 'two words', usd: 1 }, '"subject" is no id.'],
    [{ scope: 'day', subject: 'monday', usd: 1 }, '"monday" is no day.'],
    [{ scope: 'day', usd: 1, mode: 'never' }, '"mode" must be one of: warn, halt, ask.'],
  ])('refuse %j', async (input, words) => {
    await using app = await openTestApp();
    await expect(setBudget(app, input as never)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(words),
    });
  });
});
