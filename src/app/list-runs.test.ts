import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, tamper } from '../../test/support/app.ts';
import { listRuns } from './list-runs.ts';
import { startRun } from './start-run.ts';

describe('the list of runs', () => {
  it('has a row as it is printed for each run, newest first', async () => {
    await using app = await openTestApp();
    const done = await carryOut(app, { ...QUICK, labels: { person: 'otter' } });
    const { runId } = await startRun(app, { ...QUICK, config: 'dada' });
    const { items, nextCursor } = await listRuns(app, {});
    expect(nextCursor).toBeNull();
    expect(items.map((item) => item.runId)).toEqual([runId, done]);
    expect(items[0]).toMatchObject({ state: 'pending', configName: 'Dada', endedAt: null, durationMs: null });
    expect(items[1]).toEqual({
      runId: done,
      state: 'succeeded',
      config: 'your-own',
      configName: 'Your own rules',
      pipeline: 'text-to-media',
      profile: 'offline',
      safety: 'youth',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      durationMs: expect.any(Number),
      outputs: ['text'],
      costMicroUsd: 0,
      parent: null,
      labels: { person: 'otter' },
    });
  });

  it('names a config that is no longer there by its id', async () => {
    const own =
      'name: Mine\npipeline: text-to-text\nprocedure: unchanged\nparameters: { iterations: 1 }\noutputs: [text]\n';
    await using app = await openTestApp({ definitions: { 'configs/mine.yaml': own } });
    await startRun(app, { ...QUICK, config: 'mine' });
    app.define('configs/mine.yaml', 'name: [');
    expect((await listRuns(app, {})).items[0]?.configName).toBe('mine');
  });

  it('is narrowed by state, config, label, text and time', async () => {
    await using app = await openTestApp();
    const otter = await carryOut(app, { ...QUICK, text: 'An otter swims', labels: { person: 'otter', goal: 'a=b' } });
    const { runId: gull } = await startRun(app, { ...QUICK, config: 'dada', text: 'A gull flies' });
    const found = async (filter: Parameters<typeof listRuns>[1]) =>
      (await listRuns(app, filter)).items.map(({ runId }) => runId);
    expect(await found({ state: 'pending' })).toEqual([gull]);
    expect(await found({ config: 'your-own' })).toEqual([otter]);
    expect(await found({ label: 'person=otter' })).toEqual([otter]);
    expect(await found({ label: 'goal=a=b' })).toEqual([otter]);
    expect(await found({ label: 'person=gull' })).toEqual([]);
    expect(await found({ search: 'otter' })).toEqual([otter]);
    expect(await found({ from: '2020-01-01', to: '2099-12-31T00:00:00Z' })).toEqual([gull, otter]);
    expect(await found({ from: '2099-01-01' })).toEqual([]);
    expect(await found({ to: '2020-01-01T00:00:00+02:00' })).toEqual([]);
  });

  it('goes on where the cursor stands', async () => {
    await using app = await openTestApp();
    const { runId: first } = await startRun(app, QUICK);
    const { runId: second } = await startRun(app, QUICK);
    const page = await listRuns(app, { limit: 1 });
    expect(page.items.map(({ runId }) => runId)).toEqual([second]);
    const rest = await listRuns(app, { limit: 1, cursor: page.nextCursor ?? '' });
    expect([rest.items.map(({ runId }) => runId), rest.nextCursor]).toEqual([[first], null]);
  });

  it.each([
    { what: 'a state that is none', filter: { state: 'happy' as 'running' }, says: '"state"' },
    { what: 'no rows', filter: { limit: 0 }, says: '"limit"' },
    { what: 'too many rows', filter: { limit: 101 }, says: '"limit"' },
    { what: 'a time that is none', filter: { from: 'yesterday' }, says: '"from"' },
    { what: 'a day that is none', filter: { to: '2026-02-30' }, says: '"to"' },
    { what: 'a label without a value', filter: { label: 'otter' }, says: '"otter" is no label' },
    { what: 'a label without a key', filter: { label: '=otter' }, says: 'is no label' },
    { what: 'a search that is too long', filter: { search: 'x'.repeat(401) }, says: '"search"' },
    { what: 'a cursor that is none', filter: { cursor: '???' }, says: 'ursor' },
    { what: 'an unknown filter', filter: { room: 'blue' } as object, says: 'room' },
  ])('refuses $what', async ({ filter, says }) => {
    await using app = await openTestApp();
    await expect(listRuns(app, filter)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(says),
    });
  });

  it('is the same after it was made anew from the events', async () => {
    const { rebuild } = await import('./doctor.ts');
    await using app = await openTestApp();
    await carryOut(app, { ...QUICK, labels: { person: 'otter' } });
    await startRun(app, QUICK);
    const before = await listRuns(app, {});
    tamper(app, "update run_list set config = 'lost'");
    expect((await listRuns(app, {})).items[0]?.config).toBe('lost');
    const { events } = await rebuild(app);
    const heads = await Promise.all(before.items.map(({ runId }) => app.store.log.head(runId)));
    expect(events).toBe(heads.reduce((sum, head) => sum + (head?.seq ?? 0), 0));
    expect(await listRuns(app, {})).toEqual(before);
  });
});
