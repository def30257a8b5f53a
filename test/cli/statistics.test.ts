import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';

describe('stemma costs, budgets and runs stats', () => {
  it('tell what calls have cost, as one document and as a table', async () => {
    using place = openWorkplace();
    const { runId } = await place.json<{ runId: string }>(['run', 'dada', 'A cat on the roof', '--output', 'text']);
    const costs = await place.json(['costs', '--by', 'step', '--run', runId]);
    expect(costs).toMatchObject({ exit: 0, by: 'step', isCut: false, total: { microUsd: 0, unpriced: 0 } });
    const { stdout } = await place.run(['costs']);
    expect(stdout).toMatch(/^Model +Cost +Calls\noffline\//);
    expect(stdout).toContain('$0.000000');
    expect((await place.run(['costs', '--by', 'colour'])).code).toBe(2);
    expect((await place.run(['costs', '--run', '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10'])).code).toBe(4);
  });

  it('set, list and remove budgets', async () => {
    using place = openWorkplace();
    const day = { scope: 'day', subject: '*', limitMicroUsd: 5_000_000, mode: 'halt' };
    expect(await place.json(['budgets', 'set', 'day', '5'])).toEqual({ ...day, exit: 0 });
    const room = await place.run(['budgets', 'set', 'room', 'blue', '0.25', '--mode', 'ask']);
    expect([room.code, room.stdout]).toEqual([0, 'room blue: $0.250000, at the limit: ask\n']);
    expect(await place.json(['budgets', 'list'])).toMatchObject({ items: [{ subject: 'blue' }, day] });
    expect((await place.run(['budgets', 'list'])).stdout).toMatch(/day +\* +\$0\.000000 +\$5\.000000 +0 % +halt/);
    const removed = await place.json(['budgets', 'remove', 'day']);
    expect(removed).toEqual({ scope: 'day', subject: '*', removed: true, exit: 0 });
    expect((await place.run(['budgets', 'remove', 'day'])).code).toBe(4);
    const wrong = await place.run(['budgets', 'set', 'day', '0.0000001']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('is no sum in US dollars')]);
  });

  it('print metrics for Prometheus, and the same figures as a document', async () => {
    using place = openWorkplace();
    await place.json(['run', 'dada', 'A cat on the roof', '--output', 'text']);
    const { stdout, code } = await place.run(['runs', 'stats', '--prometheus']);
    expect(code).toBe(0);
    expect(stdout).toContain('# TYPE stemma_runs gauge\n');
    expect(stdout).toContain('stemma_runs{state="succeeded"} 1\n');
    expect(await place.json(['runs', 'stats'])).toMatchObject({ runs: { succeeded: 1 }, queue: { depth: 0 } });
  });
});
