import { describe, expect, it } from 'vitest';
import { carryOut, gatedStudio, openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import type { RunState } from '../core/states.ts';
import { startRun } from './start-run.ts';
import { watchRun } from './watch-run.ts';
import { asWorker, work } from './work.ts';

const GATED = { config: 'gated', text: 'A cat' };
const forever = (): AbortSignal => new AbortController().signal;

describe('a run that is watched', () => {
  it('is shown at every news until it has ended', async () => {
    const studio = gatedStudio();
    await using app = await openTestApp(studio.options);
    const { runId } = await startRun(app, GATED);
    const seen: { state: RunState; steps: number }[] = [];
    const working = Promise.withResolvers<void>();
    for await (const { run, steps } of watchRun(app, runId, forever())) {
      seen.push({ state: run.state, steps: steps.filter(({ state }) => state === 'succeeded').length });
      if (seen.length === 1)
        void asWorker(app, () => work(app, { only: runId, signal: forever() })).then(() => working.resolve());
      if (run.state === 'running') studio.open();
    }
    await working.promise;
    expect(seen[0]).toEqual({ state: 'pending', steps: 0 });
    expect(seen[1]?.state).toBe('running');
    expect(seen.at(-1)).toEqual({ state: 'succeeded', steps: 2 });
  });

  it('is shown once when it has ended', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const seen: RunState[] = [];
    for await (const { run } of watchRun(app, runId, forever())) seen.push(run.state);
    expect(seen).toEqual(['succeeded']);
  });

  it('is left at the signal', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const leave = new AbortController();
    const seen: RunState[] = [];
    for await (const { run } of watchRun(app, runId, leave.signal)) {
      seen.push(run.state);
      leave.abort();
    }
    expect(seen).toEqual(['pending']);
  });

  it('is left when who watches goes', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const ended = Promise.withResolvers<boolean>();
    const log = withMethods(app.store.log, {
      async *follow(_from, signal) {
        const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        for await (const event of app.store.log.read(runId)) yield event;
        await gone;
        ended.resolve(signal.aborted);
      },
    });
    let seen = 0;
    for await (const _chronicle of watchRun({ ...app, store: { ...app.store, log } }, runId, forever())) {
      seen += 1;
      if (seen === 2) break;
    }
    expect(await ended.promise).toBe(true);
  });

  it('tells the fault of a log that can no longer be followed', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const fault = new Error('the log is gone');
    const log = withMethods(app.store.log, {
      // oxlint-disable-next-line require-yield -- a log that breaks before it tells anything
      async *follow() {
        await Promise.resolve();
        throw fault;
      },
    });
    const watch = async (): Promise<void> => {
      for await (const _chronicle of watchRun({ ...app, store: { ...app.store, log } }, runId, forever()));
    };
    await expect(watch()).rejects.toBe(fault);
  });

  it('is not found when there is none', async () => {
    const { parseRunId } = await import('./read-run.ts');
    await using app = await openTestApp();
    const missing = watchRun(app, parseRunId('01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10'), forever());
    await expect(missing[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
