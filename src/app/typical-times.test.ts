import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { RunId } from '../core/ids.ts';
import type { TypicalMs } from '../core/remaining-time.ts';
import { readRun } from './read-run.ts';
import { startRun } from './start-run.ts';
import { typicalTimes } from './typical-times.ts';
import { watchRun } from './watch-run.ts';

async function typical(app: TestApp, runId: RunId): Promise<TypicalMs> {
  const { events, definitions: set } = await readRun(app, runId);
  const [created] = events;
  if (created?.type !== 'run.created') throw new Error('the run has no beginning');
  return typicalTimes(app, { created: created.data, definitions: await app.definitions.restore(set) });
}

const WITH_PICTURE = { ...QUICK, outputs: ['text', 'offline-image'] };

describe('typical times', () => {
  it('come from earlier runs: a new run knows how long it takes before it has begun', async () => {
    await using app = await openTestApp();
    const first = await startRun(app, QUICK);
    expect((await readRun(app, first.runId)).chronicle.progress.remainingMs).toBeNull();
    await carryOut(app, QUICK);
    const second = await startRun(app, QUICK);
    const { progress } = (await readRun(app, second.runId)).chronicle;
    expect(progress).toMatchObject({ percent: 0, remainingMs: expect.any(Number) });
    for await (const chronicle of watchRun(app, second.runId, AbortSignal.abort()))
      expect(chronicle.progress.remainingMs).toBe(progress.remainingMs);
  });

  it('are of the stage that an output is made with, and of its model', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, WITH_PICTURE);
    const typicalMs = await typical(app, runId);
    const [picture] = await app.store.queries.medians([{ stage: 'media.image', candidate: 'offline/composition' }]);
    const step = { id: 'generate', use: 'output.chunk' };
    expect(typicalMs(step, 2)).toBe(picture);
    expect(typicalMs(step, 1)).not.toBe(picture);
    expect(typicalMs(step, 3)).toBeUndefined();
    expect(typicalMs(step, undefined)).toBeUndefined();
    expect(typicalMs({ id: 'check', use: 'safety-input' }, undefined)).toEqual(expect.any(Number));
    expect(typicalMs({ id: 'none', use: 'nowhere' }, undefined)).toBeUndefined();
    expect(typicalMs({ id: 'many', forEach: 3 }, undefined)).toBeUndefined();
  });

  it('are left out of a view when they cannot be read', async () => {
    await using app = await openTestApp();
    await carryOut(app, QUICK);
    const { runId } = await startRun(app, QUICK);
    const queries = withMethods(app.store.queries, { medians: () => Promise.reject(new Error('busy')) });
    const { chronicle } = await readRun({ ...app, store: { ...app.store, queries } }, runId);
    expect(chronicle.progress.remainingMs).toBeNull();
  });
});
