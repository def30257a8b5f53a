import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import type { App } from './context.ts';
import { startRun } from './start-run.ts';
import { asWorker, work } from './work.ts';

const { signal } = new AbortController();
const stateOf = async (app: App, id: string): Promise<string> => {
  const { parseRunId } = await import('./read-run.ts');
  return (await app.store.log.head(parseRunId(id)))?.state ?? 'gone';
};

describe('a process that is a worker for a while', () => {
  it('is registered meanwhile and has stopped afterwards', async () => {
    await using app = await openTestApp();
    const seen = await asWorker(app, () => app.store.queue.workers());
    expect(seen).toMatchObject([{ id: app.engine.worker.id, stopped: false }]);
    expect(await app.store.queue.workers()).toMatchObject([{ id: app.engine.worker.id, stopped: true }]);
  });

  it('gives back what it holds after an error too, and the error is told', async () => {
    await using app = await openTestApp();
    const fault = new Error('the body broke');
    const broken = asWorker(app, async () => {
      await startRun(app, QUICK, app.engine.worker.id);
      throw fault;
    });
    await expect(broken).rejects.toBe(fault);
    expect(await app.store.queue.workers()).toMatchObject([{ stopped: true }]);
    const { items } = await app.store.queries.list({ limit: 1 });
    const [run] = items;
    if (run === undefined) throw new Error('there is no run');
    expect((await app.store.log.head(run.runId))?.holder).toBeUndefined();
    await asWorker(app, () => work(app, { only: run.runId, signal }));
    expect(await stateOf(app, run.runId)).toBe('succeeded');
  });
});

describe('work', () => {
  it('tells the collector of every run that has ended, and of no other', async () => {
    await using app = await openTestApp();
    const told: string[] = [];
    const traces = { ended: (runId: string) => void told.push(runId), [Symbol.asyncDispose]: async () => {} };
    const paused = await startRun(app, QUICK);
    await app.store.queue.send(paused.runId, { type: 'pause', by: 'admin' });
    const { runId } = await startRun(app, QUICK);
    await asWorker(app, () => work({ ...app, traces }, { once: true, signal }));
    expect(told).toEqual([runId]);
  });

  it('carries out every run that is there, once, and says what is left', async () => {
    await using app = await openTestApp();
    const ids = [(await startRun(app, QUICK)).runId, (await startRun(app, QUICK)).runId];
    const { survey, last } = await asWorker(app, () => work(app, { once: true, signal }));
    expect(survey).toMatchObject({ runnable: 0, parked: 0, paused: 0 });
    expect(last).toEqual({ kind: 'ended' });
    expect(await Promise.all(ids.map((id) => stateOf(app, id)))).toEqual(['succeeded', 'succeeded']);
  });

  it('leaves the other runs alone when there is only one to carry out', async () => {
    await using app = await openTestApp();
    const { runId: other } = await startRun(app, QUICK);
    const { runId } = await startRun(app, QUICK);
    const { survey } = await asWorker(app, () => work(app, { only: runId, signal }));
    expect(survey.runnable).toBe(1);
    expect(await Promise.all([other, runId].map((id) => stateOf(app, id)))).toEqual(['pending', 'succeeded']);
  });

  it('takes nothing after its signal', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const { survey, last } = await asWorker(app, () => work(app, { signal: AbortSignal.abort() }));
    expect([survey.runnable, last, await stateOf(app, runId)]).toEqual([1, undefined, 'pending']);
  });

  it('tells when a session begins and when it is over', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const told: unknown[] = [];
    await asWorker(app, () => work(app, { once: true, signal, onSession: (id, end) => told.push([id, end?.kind]) }));
    expect(told).toEqual([
      [runId, undefined],
      [runId, 'ended'],
    ]);
  });

  it('writes the summary beside the record at the end, and a failure to do so harms nothing', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const { runId: unlucky } = await startRun(app, QUICK);
    const files = withMethods(app.store.files, { writeSummary: () => Promise.reject(new Error('no room')) });
    const stateWritten = (id: typeof runId): unknown =>
      JSON.parse(readFileSync(join(app.store.files.folder(id) ?? '', 'metadata.json'), 'utf8')).state;
    await asWorker(app, () => work(app, { only: runId, signal }));
    await asWorker(app, () => work({ ...app, store: { ...app.store, files } }, { only: unlucky, signal }));
    expect([stateWritten(runId), stateWritten(unlucky)]).toEqual(['succeeded', 'pending']);
    expect(await stateOf(app, unlucky)).toBe('succeeded');
  });
});
