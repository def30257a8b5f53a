import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { WorkerId } from '../core/ids.ts';
import type { App } from './context.ts';
import { readStatistics } from './statistics.ts';

/** The same app, where every look at the workers takes a second in which this happens. */
function lookingAt(app: TestApp, meanwhile: () => Promise<void>): App {
  let ms = 0;
  const sleep = async (): Promise<void> => {
    ms += 1000;
    await meanwhile();
  };
  return { ...app, clock: { ...app.clock, now: () => app.clock.now(), monotonicMs: () => ms, sleep } };
}

async function registered(app: TestApp): Promise<WorkerId> {
  const id = app.ids.workerId();
  await app.store.queue.register({ ...app.engine.worker, id });
  return id;
}

describe('statistics', () => {
  it('have every state with 0 where nothing has happened', async () => {
    await using app = await openTestApp();
    const statistics = await readStatistics(app);
    expect(statistics).toMatchObject({
      queue: { depth: 0, oldestWaitMs: null },
      workers: { modes: { active: 0, quarantined: 0 }, liveness: { live: 0, crashed: 0 } },
      calls: [5, 15, 60].map((minutes) => ({ minutes, models: [] })),
      breakers: [],
      costPerHourMicroUsd: 0,
    });
    expect(Object.keys(statistics.runs)).toHaveLength(9);
  });

  it('tell runs by state, and calls by model in each window', async () => {
    await using app = await openTestApp();
    await carryOut(app);
    const { runs, calls, workers } = await readStatistics(app);
    expect(runs.succeeded).toBe(1);
    expect(workers).toMatchObject({ modes: { active: 0 }, liveness: { stopped: 1 } });
    expect(calls).toHaveLength(3);
    for (const { models } of calls)
      expect(models).toContainEqual({
        provider: 'offline',
        model: 'procedure/language-detection@1',
        calls: 1,
        failed: 0,
        errorRate: 0,
        p50Ms: expect.any(Number),
        p95Ms: expect.any(Number),
        p99Ms: expect.any(Number),
      });
  });

  it('see at once who lives, and within four seconds who does not', async () => {
    await using app = await openTestApp();
    const [live] = [await registered(app), await registered(app)];
    await app.store.queue.setMode(live, 'draining', 'admin');
    let looks = 0;
    const statistics = await readStatistics(
      lookingAt(app, async () => {
        looks += 1;
        await app.beat(live);
      }),
    );
    expect(statistics.workers.liveness).toEqual({ live: 1, unresponsive: 1, stopped: 0, crashed: 0 });
    expect(statistics.workers.modes).toEqual({ active: 1, paused: 0, draining: 1, quarantined: 0 });
    expect(looks).toBe(4);
    const other = await readStatistics(lookingAt(app, async () => void (await registered(app))));
    expect(other.workers.liveness.live).toBeGreaterThan(0);
  });

  it('count a worker that has crashed as one', async () => {
    await using app = await openTestApp();
    const rows = await app.store.queue.workers();
    const crashed = { ...app.engine.worker, mode: 'active', beats: 3, stopped: true, crashed: true, held: 0 } as const;
    const queue = { workers: () => Promise.resolve([...rows, crashed]) };
    const { workers } = await readStatistics({
      ...app,
      store: { ...app.store, queue: { ...app.store.queue, ...queue } },
    });
    expect(workers.liveness).toMatchObject({ crashed: 1, stopped: 0 });
    expect(workers.modes.active).toBe(0);
  });

  it('tell the last state of each breaker, but of no worker that has gone', async () => {
    await using app = await openTestApp();
    const [one, two] = ['worker-1', 'worker-2'] as WorkerId[] as [WorkerId, WorkerId];
    await app.store.installation.append([
      { type: 'breaker.opened', data: { candidate: 'z/slow', worker: one, failures: 5 } },
      { type: 'breaker.opened', data: { candidate: 'a/fast', worker: one, failures: 5 } },
      { type: 'breaker.opened', data: { candidate: 'z/slow', worker: two, failures: 5 } },
      { type: 'breaker.halfOpened', data: { candidate: 'z/slow', worker: one } },
      { type: 'breaker.closed', data: { candidate: 'a/fast', worker: one } },
      { type: 'worker.crashed', data: { worker: two } },
    ]);
    expect((await readStatistics(app)).breakers).toEqual([
      { candidate: 'a/fast', worker: one, state: 'closed' },
      { candidate: 'z/slow', worker: one, state: 'halfOpen' },
    ]);
  });
});
