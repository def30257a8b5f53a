import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { WorkerMode } from '../core/states.ts';
import {
  TestClock,
  failed,
  openTestEngine,
  path,
  settle,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';
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

/** A stage whose attempts last until they are let go on. */
function gatedStage() {
  const gate = Promise.withResolvers<void>();
  const stage = testStage('test.text', async (_input, context) => {
    const stopped = Promise.withResolvers<never>();
    const { signal } = context;
    signal.addEventListener('abort', () => stopped.reject(signal.reason), { once: true });
    await Promise.race([gate.promise, stopped.promise]);
    return wrote(context, 'x');
  });
  return { stage, open: () => gate.resolve() };
}

const hasStored = (engine: TestEngine, type: string): boolean =>
  engine.log.appends.some(({ types }) => types.includes(type));

const setMode = (engine: TestEngine, mode: WorkerMode): Promise<void> =>
  engine.engine.queue.setMode(engine.engine.worker.id, mode, 'test');

/** Lets time pass in small pieces until it is true. */
const inTime = (engine: TestEngine, isTrue: () => boolean, what: string): Promise<void> =>
  until(() => {
    if (!isTrue()) engine.clock.advance(100);
    return isTrue();
  }, what);

describe('a worker whose mode people set', () => {
  test.each(['paused', 'quarantined'] as const)(
    'lets running attempts finish when it is %s, gives its run back, and takes it up again when it is active',
    async (mode) => {
      const gated = gatedStage();
      await using engine = await openTestEngine({ stages: [gated.stage], steps });
      const runId = await engine.submit();
      const leaving = new AbortController();
      const modes: WorkerMode[] = [];
      const options = { slots: 2, signal: leaving.signal, onMode: (now: WorkerMode) => void modes.push(now) };
      const work = runWorker(engine.engine, options);
      await until(() => hasStored(engine, 'attempt.started'));
      await setMode(engine, mode);
      await inTime(engine, () => modes.length === 1, 'noticing the mode');
      expect((await engine.fold(runId)).open.size).toBe(1);
      gated.open();
      await settle();
      expect((await engine.fold(runId)).steps.get(path('one'))?.state).toBe('succeeded');
      expect((await engine.fold(runId)).steps.has(path('two'))).toBe(false);
      expect((await engine.engine.log.head(runId))?.holder).toBeUndefined();
      engine.clock.advance(5000);
      await settle();
      expect((await engine.engine.log.head(runId))?.holder).toBeUndefined();
      await setMode(engine, 'active');
      await inTime(engine, () => hasStored(engine, 'run.ended'), 'the end of the run');
      leaving.abort();
      await work;
      expect(modes).toEqual([mode, 'active']);
    },
  );

  test('finishes what it has when it drains, and takes nothing new', async () => {
    const gated = gatedStage();
    await using engine = await openTestEngine({ stages: [gated.stage], steps });
    const runId = await engine.submit();
    const leaving = new AbortController();
    let mode: WorkerMode = 'active';
    const options = { slots: 2, signal: leaving.signal, onMode: (now: WorkerMode) => void (mode = now) };
    const work = runWorker(engine.engine, options);
    await until(() => hasStored(engine, 'attempt.started'));
    await setMode(engine, 'draining');
    await inTime(engine, () => mode === 'draining', 'noticing the mode');
    const later = await engine.submit();
    gated.open();
    await inTime(engine, () => hasStored(engine, 'run.ended'), 'the end of the run');
    engine.clock.advance(3000);
    await settle();
    expect([(await engine.fold(runId)).state, (await engine.fold(later)).state]).toEqual(['succeeded', 'pending']);
    leaving.abort();
    await work;
  });

  test('has nothing to stay for when it works once and has drained', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    await engine.submit();
    await setMode(engine, 'draining');
    const { survey } = await runWorker(engine.engine, { slots: 2, once: true, signal: forever() });
    expect(survey).toMatchObject({ runnable: 1 });
  });

  test('goes from a run of its own that others have ended meanwhile', async () => {
    const gated = gatedStage();
    await using engine = await openTestEngine({ stages: [gated.stage], steps });
    const only = await engine.submit();
    let ended = false;
    let mode: WorkerMode = 'active';
    const options = { slots: 2, only, signal: forever(), onMode: (now: WorkerMode) => void (mode = now) };
    const work = runWorker(engine.engine, options).finally(() => (ended = true));
    await until(() => hasStored(engine, 'attempt.started'));
    await setMode(engine, 'paused');
    await inTime(engine, () => mode === 'paused', 'noticing the mode');
    gated.open();
    await settle();
    await using next = await engine.beside();
    await runWorker(next.engine, { slots: 2, only, signal: forever() });
    await inTime(engine, () => ended, 'the end of the work');
    expect((await work).last).toEqual({ kind: 'released' });
    expect((await engine.fold(only)).state).toBe('succeeded');
  });
});

describe("a worker that meets the store's trouble", () => {
  test.each(['idle', 'survey', 'mode'] as const)('when it asks for %s goes on once that is over', async (question) => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const { queue } = engine.engine;
    let asked = 0;
    const busy = new Proxy(queue, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name === question && (asked += 1) <= 2)
          return () => Promise.reject(new StemmaError('STORE_BUSY', 'locked'));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const leaving = new AbortController();
    const once = question === 'survey';
    const work = runWorker({ ...engine.engine, queue: busy }, { slots: 2, once, signal: leaving.signal });
    await inTime(engine, () => asked > 2, 'asking again');
    const runId = await engine.submit();
    await runWorker(engine.engine, { slots: 2, only: runId, signal: forever() });
    leaving.abort();
    expect((await work).survey).toMatchObject({ runnable: 0 });
  });
});

describe('a worker that stood still', () => {
  test('stops what it does for a run that others have taken over, and writes nothing to it', async () => {
    const gated = gatedStage();
    await using engine = await openTestEngine({ stages: [gated.stage], steps });
    const runId = await engine.submit();
    const clock = new TestClock();
    const ends: SessionEnd[] = [];
    const leaving = new AbortController();
    const onSession = async (_run: RunId, end: SessionEnd | undefined): Promise<void> => {
      if (end !== undefined) ends.push(end);
    };
    const work = runWorker({ ...engine.engine, clock }, { slots: 2, signal: leaving.signal, onSession });
    await until(() => hasStored(engine, 'attempt.started'));
    await using next = await engine.beside();
    next.clock.advance(5000);
    await next.claim(runId);
    const written = engine.log.appends.length;
    clock.advance(5000);
    await until(() => ends.length === 1);
    expect(ends).toMatchObject([{ kind: 'broken', error: { code: 'LEASE_LOST' } }]);
    leaving.abort();
    await work;
    expect(engine.log.appends).toHaveLength(written);
    expect((await engine.engine.log.head(runId))?.holder).toBe(next.engine.worker.id);
  });
});
