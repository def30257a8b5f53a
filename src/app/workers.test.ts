import { describe, expect, test } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import { TestClock } from '../../test/support/test-clock.ts';
import type { WorkerId } from '../core/ids.ts';
import type { App } from './context.ts';
import { changeWorker, listWorkers } from './workers.ts';
import { startRun } from './start-run.ts';

async function registered(app: TestApp, id: string): Promise<WorkerId> {
  const worker = { ...app.engine.worker, id: id as WorkerId };
  await app.store.queue.register(worker);
  return worker.id;
}

/** The same app where time passes as it is slept, and this happens every second. */
function inTestTime(app: TestApp, everySecond: () => Promise<void> = async () => {}): { app: App; clock: TestClock } {
  const clock = new TestClock();
  const sleep = async (ms: number): Promise<void> => {
    clock.advance(ms);
    if (clock.monotonicMs() % 1000 === 0) await everySecond();
  };
  const own = { now: () => clock.now(), monotonicMs: () => clock.monotonicMs(), sleep };
  return { app: { ...app, clock: own }, clock };
}

const codeOf = (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.then(
    () => 'done',
    ({ code }: { code: string }) => code,
  );

describe('listing workers', () => {
  test('says who lives as soon as all counters have moved', async () => {
    await using app = await openTestApp();
    const id = await registered(app, 'first');
    await startRun(app, { config: 'your-own', text: 'A cat', outputs: ['text'] }, id);
    const seen = inTestTime(app, () => app.beat(id));
    expect(await listWorkers(seen.app)).toEqual([
      {
        id,
        mode: 'active',
        liveness: 'live',
        host: app.engine.worker.host,
        pid: process.pid,
        slots: { used: 1, of: app.engine.worker.slots },
        version: app.version,
      },
    ]);
    expect(seen.clock.monotonicMs()).toBe(1000);
  });

  test('calls one unresponsive whose counter stands still for 4 s, beside others that live', async () => {
    await using app = await openTestApp();
    const [living] = [await registered(app, 'living'), await registered(app, 'silent')];
    const seen = inTestTime(app, () => app.beat(living));
    expect((await listWorkers(seen.app)).map(({ id, liveness }) => `${id} ${liveness}`)).toEqual([
      'living live',
      'silent unresponsive',
    ]);
    expect(seen.clock.monotonicMs()).toBe(4000);
  });

  test('needs no time for those that have stopped', async () => {
    await using app = await openTestApp();
    await app.store.queue.retire(await registered(app, 'gone'));
    const seen = inTestTime(app);
    expect((await listWorkers(seen.app)).map(({ liveness }) => liveness)).toEqual(['stopped']);
    expect(seen.clock.monotonicMs()).toBe(0);
  });

  test('tells a worker that has died from one that has stopped', async () => {
    await using app = await openTestApp();
    const id = await registered(app, 'dead');
    const { queue } = app.store;
    queue.workers = async () => [
      { ...app.engine.worker, id, mode: 'active', beats: 1, stopped: true, crashed: true, held: 0 },
    ];
    expect((await listWorkers(app)).map(({ liveness }) => liveness)).toEqual(['crashed']);
  });
});

describe('changing a worker', () => {
  test.each([
    ['pause', 'paused'],
    ['drain', 'draining'],
    ['quarantine', 'quarantined'],
    ['resume', 'active'],
  ] as const)('%s makes it %s', async (action, mode) => {
    await using app = await openTestApp();
    const id = await registered(app, 'first');
    expect(await changeWorker(app, { worker: 'firs', action })).toEqual({ id, mode });
    expect(await app.store.queue.mode(id)).toBe(mode);
  });

  test('release is for a quarantined one only', async () => {
    await using app = await openTestApp();
    const id = await registered(app, 'first');
    await changeWorker(app, { worker: id, action: 'pause' });
    expect(await codeOf(changeWorker(app, { worker: id, action: 'release' }))).toBe('STATE_CONFLICT');
    await changeWorker(app, { worker: id, action: 'quarantine' });
    expect(await changeWorker(app, { worker: id, action: 'release' })).toEqual({ id, mode: 'active' });
  });

  test('resume does not end a quarantine', async () => {
    await using app = await openTestApp();
    const id = await registered(app, 'first');
    await changeWorker(app, { worker: id, action: 'quarantine' });
    expect(await codeOf(changeWorker(app, { worker: id, action: 'resume' }))).toBe('STATE_CONFLICT');
    expect(await app.store.queue.mode(id)).toBe('quarantined');
  });

  test('takes a beginning of 4 characters or more that only one has, and a whole id before any beginning', async () => {
    await using app = await openTestApp();
    for (const id of ['worker', 'worker-two', 'abc']) await registered(app, id);
    const pause = (worker: string): Promise<unknown> => changeWorker(app, { worker, action: 'pause' });
    expect(await codeOf(pause('work'))).toBe('INPUT_INVALID');
    expect(await pause('worker')).toMatchObject({ id: 'worker' });
    expect(await pause('worker-')).toMatchObject({ id: 'worker-two' });
    expect(await pause('abc')).toMatchObject({ id: 'abc' });
    expect(await codeOf(pause('ab'))).toBe('NOT_FOUND');
    expect(await codeOf(pause('nobody'))).toBe('NOT_FOUND');
  });
});
