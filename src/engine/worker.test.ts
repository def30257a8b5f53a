import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import { failed, openTestEngine, settle, testStage, until, wrote } from '../../test/support/engine-fixtures.ts';
import type { SessionEnd } from './execute-run.ts';
import { runWorker } from './worker.ts';

const text = testStage('test.text', (_input, context) => wrote(context, context.stepPath));
const steps = ['one', 'two'].map((id) => ({ id, use: 'test-text' }));
const forever = (): AbortSignal => new AbortController().signal;
const full = new StemmaError('STORE_FULL', 'no space');

describe('a worker that works once', () => {
  test('ends when nothing is runnable, with every run carried to its end', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runs: RunId[] = [];
    for (let run = 0; run < 7; run += 1) runs.push(await engine.submit());
    const { survey } = await runWorker(engine.engine, { slots: 2, once: true, signal: forever() });
    expect(survey).toEqual({ runnable: 0, parked: 0, paused: 0, heldByLive: 0, heldByUnknown: 0 });
    for (const runId of runs) expect((await engine.fold(runId)).state).toBe('succeeded');
  });

  test('holds no more runs at once than it has slots', async () => {
    let most = 0;
    const held = new Set<RunId>();
    await using engine = await openTestEngine({ stages: [text], steps });
    for (let run = 0; run < 7; run += 1) await engine.submit();
    const onSession = async (runId: RunId, end: SessionEnd | undefined): Promise<void> => {
      if (end === undefined) held.add(runId);
      else held.delete(runId);
      most = Math.max(most, held.size);
    };
    await runWorker(engine.engine, { slots: 3, once: true, signal: forever(), onSession });
    expect(most).toBe(3);
  });

  test('leaves runs that wait for later, and counts them', async () => {
    const waits = testStage('test.waits', () => failed('PROVIDER_UNREACHABLE'));
    await using engine = await openTestEngine({ stages: [waits], steps: [{ id: 'one', use: 'test-waits' }] });
    await engine.submit();
    const { survey, last } = await runWorker(engine.engine, { slots: 2, once: true, signal: forever() });
    expect(survey).toMatchObject({ runnable: 0, parked: 1 });
    expect(last?.kind).toBe('waiting');
  });

  test('waits out a holder that may be dead, and takes over its runs', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    await engine.claim(runId);
    engine.die();
    await using next = await engine.beside();
    const work = runWorker(next.engine, { slots: 2, once: true, signal: forever() });
    for (let second = 0; second < 6; second += 1) {
      await settle();
      next.clock.advance(1000);
    }
    await work;
    expect((await next.fold(runId)).state).toBe('succeeded');
  });
});

describe('a worker for one run', () => {
  test('stays with it while it waits, and ends with it', async () => {
    let calls = 0;
    const flaky = testStage('test.flaky', (_input, context) =>
      (calls += 1) < 3 ? failed('PROVIDER_UNREACHABLE') : wrote(context, 'x'),
    );
    await using engine = await openTestEngine({ stages: [flaky], steps: [{ id: 'one', use: 'test-flaky' }] });
    const other = await engine.submit();
    const only = await engine.submit();
    let ended = false;
    const work = runWorker(engine.engine, { slots: 2, only, signal: forever() }).finally(() => (ended = true));
    await until(() => {
      engine.clock.advance(100);
      return ended;
    });
    expect((await work).last).toEqual({ kind: 'ended' });
    expect((await engine.fold(only)).state).toBe('succeeded');
    expect((await engine.fold(other)).state).toBe('pending');
  });

  test('begins with the lease that it was given', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const only = await engine.submit();
    const held = [await engine.claim(only)];
    const { last } = await runWorker(engine.engine, { slots: 2, only, held, signal: forever() });
    expect(last).toEqual({ kind: 'ended' });
  });

  test('stops when the run is paused', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const only = await engine.submit();
    await engine.send(only, 'pause');
    const { last } = await runWorker(engine.engine, { slots: 2, only, signal: forever() });
    expect(last).toEqual({ kind: 'paused' });
  });

  test('has nothing to do for a run that has ended', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const only = await engine.submit();
    await engine.finish(only);
    const { last } = await runWorker(engine.engine, { slots: 2, only, signal: forever() });
    expect(last).toBeUndefined();
  });

  test('stops at a full disk and gives the run back', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const only = await engine.submit();
    engine.log.refuse = ({ drafts }) => (drafts.some(({ stepPath }) => stepPath === 'two') ? full : undefined);
    const { last } = await runWorker(engine.engine, { slots: 2, only, signal: forever() });
    expect(last).toMatchObject({ kind: 'broken', error: { code: 'STORE_FULL' } });
    engine.log.refuse = () => undefined;
    await engine.finish(only);
    expect((await engine.fold(only)).state).toBe('succeeded');
  });
});

describe('a worker that stays', () => {
  test('takes what comes later, until it is told to go', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const leaving = new AbortController();
    const work = runWorker(engine.engine, { slots: 2, signal: leaving.signal });
    await settle();
    const runId = await engine.submit();
    await until(() => engine.log.appends.some(({ types }) => types.includes('run.ended')));
    leaving.abort();
    await work;
    expect((await engine.fold(runId)).state).toBe('succeeded');
  });

  test('keeps a run whose disk is full for longer each time, and ends it once there is space', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    const tries: number[] = [];
    let space = false;
    engine.log.refuse = () => {
      if (space) return undefined;
      tries.push(engine.clock.monotonicMs());
      return full;
    };
    const leaving = new AbortController();
    const work = runWorker(engine.engine, { slots: 2, signal: leaving.signal });
    await until(() => {
      engine.clock.advance(50);
      return tries.length === 6;
    });
    const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(250 * 2 ** index);
    space = true;
    await until(() => {
      engine.clock.advance(1000);
      return engine.log.appends.some(({ types }) => types.includes('run.ended'));
    });
    leaving.abort();
    await work;
    expect((await engine.fold(runId)).state).toBe('succeeded');
  });

  test('outlives a store that cannot be written when it looks for work', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    const claim = engine.engine.queue.claim.bind(engine.engine.queue);
    let refusals = 3;
    engine.engine.queue.claim = (...given) => ((refusals -= 1) >= 0 ? Promise.reject(full) : claim(...given));
    const leaving = new AbortController();
    const work = runWorker(engine.engine, { slots: 2, signal: leaving.signal });
    await until(() => {
      engine.clock.advance(1000);
      return engine.log.appends.some(({ types }) => types.includes('run.ended'));
    });
    leaving.abort();
    await work;
    expect((await engine.fold(runId)).state).toBe('succeeded');
  });

  test('is not harmed by those who watch it', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    const onSession = (): Promise<void> => Promise.reject(new Error('watcher'));
    await runWorker(engine.engine, { slots: 2, once: true, signal: forever(), onSession });
    expect((await engine.fold(runId)).state).toBe('succeeded');
  });
});
