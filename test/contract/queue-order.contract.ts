import { describe, expect, test } from 'vitest';
import type { Instant, RunId, WorkerId } from '../../src/core/ids.ts';
import type { Priority } from '../../src/core/schema.ts';
import {
  HandClock,
  codeOf,
  nextRunId,
  register,
  runEnded,
  startedRun,
  submission,
  worker,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

/** In which order a WorkQueue gives runs out, to whom, and what it says about it. */
export function queueOrderContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`WorkQueue, order and modes: ${name}`, () => {
    takingTurns(openFixture);
    rising(openFixture);
    placing(openFixture);
    settingModes(openFixture);
    tellingTheInstallation(openFixture);
  });
}

const MINUTES = 60_000;
const HOUR = 60 * MINUTES;

async function queued(session: Session, share: string, priority: Priority = 'normal'): Promise<RunId> {
  const run = submission({ share, priority });
  await session.queue.submit(run);
  return run.runId;
}

async function claimed(session: Session, holder: WorkerId, atMost = 1): Promise<readonly RunId[]> {
  return (await session.queue.claim(holder, { atMost })).map(({ runId }) => runId);
}

function takingTurns(openFixture: () => Promise<StoreFixture>): void {
  test('a share that has submitted a hundred runs does not hold up one that submits one', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const many: RunId[] = [];
    for (let run = 0; run < 100; run += 1) many.push(await queued(session, 'school'));
    expect(await claimed(session, holder, 3)).toEqual(many.slice(0, 3));
    const one = await queued(session, 'pupil');
    expect(await claimed(session, holder, 2)).toContain(one);
    expect(await claimed(session, holder)).toEqual(many.slice(4, 5));
  });

  test('shares take turns, and each keeps its own order', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runs: RunId[] = [];
    for (const share of ['a', 'a', 'a', 'b', 'b', 'c']) runs.push(await queued(session, share));
    const order = [0, 3, 5, 1, 4, 2].map((index) => runs[index]);
    expect(await claimed(session, holder, 9)).toEqual(order);
  });

  test('a share that comes back later is neither punished nor owed anything', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    for (let run = 0; run < 20; run += 1) await queued(session, 'early');
    await claimed(session, holder, 20);
    for (let run = 0; run < 5; run += 1) await queued(session, 'other');
    await claimed(session, holder, 5);
    const [early, other, next] = [
      await queued(session, 'early'),
      await queued(session, 'other'),
      await queued(session, 'early'),
    ];
    expect(await claimed(session, holder, 2)).toEqual(expect.arrayContaining([early, other]));
    expect(await claimed(session, holder)).toEqual([next]);
  });

  test('a share that comes late takes turns with those that were there before', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    for (let run = 0; run < 10; run += 1) await queued(session, 'early');
    await claimed(session, holder, 7);
    const late = [await queued(session, 'late'), await queued(session, 'late'), await queued(session, 'late')];
    const next = await claimed(session, holder, 4);
    expect(next.filter((run) => late.includes(run))).toEqual(late.slice(0, 2));
  });

  test('runs without a share stand in one place together', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runs = Array.from({ length: 3 }, () => submission());
    for (const run of runs) await session.queue.submit(run);
    const shared = await queued(session, 'room');
    expect(await claimed(session, holder, 2)).toEqual([runs[0]?.runId, shared]);
  });

  test('a run that is held from its submission takes nobody their turn', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    for (let run = 0; run < 10; run += 1) await session.queue.submit(submission({ share: 'a' }), holder);
    const [a, b] = [await queued(session, 'a'), await queued(session, 'b')];
    expect(await claimed(session, holder, 2)).toEqual([a, b]);
  });
}

function rising(openFixture: () => Promise<StoreFixture>): void {
  test('a run rises by one class for every ten minutes that it waits', async () => {
    await using fixture = await openFixture();
    const clock = new HandClock();
    await using session = await fixture.open({ clock });
    const holder = await register(session, 'a');
    const low = await queued(session, 'a', 'low');
    clock.pass(10 * MINUTES - 1);
    const normal = await queued(session, 'b');
    expect(await claimed(session, holder)).toEqual([normal]);
    clock.pass(1);
    const later = await queued(session, 'b');
    const high = await queued(session, 'b', 'high');
    expect(await claimed(session, holder, 2)).toEqual([high, low]);
    expect(await claimed(session, holder)).toEqual([later]);
  });

  test('after half an hour a low run stands among the critical ones', async () => {
    await using fixture = await openFixture();
    const clock = new HandClock();
    await using session = await fixture.open({ clock });
    const holder = await register(session, 'a');
    const low = await queued(session, 'a', 'low');
    for (let run = 0; run < 5; run += 1) await queued(session, 'b', 'critical');
    await claimed(session, holder, 5);
    clock.pass(30 * MINUTES);
    const critical = [await queued(session, 'b', 'critical'), await queued(session, 'b', 'critical')];
    expect(await claimed(session, holder, 2)).toEqual(expect.arrayContaining([low, critical[0]]));
  });

  test('time asleep, paused or held is no time of waiting', async () => {
    await using fixture = await openFixture();
    const clock = new HandClock();
    await using session = await fixture.open({ clock });
    const holder = await register(session, 'a');
    const [asleep, paused, held] = await Promise.all(
      ['d', 'e', 'f'].map((share) => startedRun(session, holder, { priority: 'low', share })),
    );
    if (asleep === undefined || paused === undefined || held === undefined) throw new Error('no leases');
    await session.queue.park(asleep, { until: (clock.wall + HOUR) as Instant });
    await session.queue.park(paused, 'paused');
    clock.pass(HOUR);
    await session.queue.release(held);
    await session.queue.send(paused.runId, { type: 'resume', by: 'cli' });
    const normal = await queued(session, 'b');
    expect(await claimed(session, holder)).toEqual([normal]);
    clock.pass(10 * MINUTES);
    const later = await queued(session, 'c');
    const risen = await claimed(session, holder, 3);
    expect([...risen].sort()).toEqual([asleep, paused, held].map(({ runId }) => runId).sort());
    expect(await claimed(session, holder)).toEqual([later]);
  });

  test('a sleeper that has mail when it is put to sleep waits from that moment', async () => {
    await using fixture = await openFixture();
    const clock = new HandClock();
    await using session = await fixture.open({ clock });
    const holder = await register(session, 'a');
    const lease = await startedRun(session, holder, { priority: 'low' });
    await session.queue.send(lease.runId, { type: 'pause', by: 'cli' });
    await session.queue.park(lease, {});
    clock.pass(10 * MINUTES);
    await queued(session, 'b');
    expect(await claimed(session, holder)).toEqual([lease.runId]);
  });
}

function placing(openFixture: () => Promise<StoreFixture>): void {
  test('a waiting run knows how many come before it, and any other has no place', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const held = await startedRun(session, holder);
    const [parked, paused, ended] = await Promise.all([1, 2, 3].map(() => startedRun(session, holder)));
    if (parked === undefined || paused === undefined || ended === undefined) throw new Error('no leases');
    await session.queue.park(parked, { until: (session.clock.wall + 1) as Instant });
    await session.queue.park(paused, 'paused');
    await session.log.append(ended, { drafts: [runEnded] });
    const [first, second, urgent] = [
      await queued(session, 'a'),
      await queued(session, 'a'),
      await queued(session, 'b', 'high'),
    ];
    const positions = await Promise.all([urgent, first, second].map((run) => session.queue.place(run)));
    expect(positions.map((place) => place?.position)).toEqual([1, 2, 3]);
    for (const { runId } of [held, parked, paused, ended]) expect(await session.queue.place(runId)).toBeUndefined();
    expect(await session.queue.place(nextRunId())).toBeUndefined();
    expect(await claimed(session, holder, 3)).toEqual([urgent, first, second]);
  });

  test('the estimate follows from how long runs took and how many are worked on at once', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a', 2);
    for (const tookMs of [1000, 9000, 2000]) {
      const lease = await startedRun(session, holder);
      session.clock.pass(tookMs);
      await session.log.append(lease, { drafts: [runEnded] });
    }
    const runs = [await queued(session, 'a'), await queued(session, 'a'), await queued(session, 'a')];
    const last = runs[2] ?? nextRunId();
    expect(await session.queue.place(last)).toEqual({ position: 3, estimateMs: 3000 });
    await register(session, 'b', 4);
    expect(await session.queue.place(last)).toEqual({ position: 3, estimateMs: 1000 });
    await session.queue.setMode(worker('b'), 'draining', 'cli');
    expect(await session.queue.place(last)).toEqual({ position: 3, estimateMs: 3000 });
  });

  test('the time that a run waited before anybody began with it does not count', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a', 1);
    const run = await queued(session, 'a');
    session.clock.pass(HOUR);
    const [lease] = await session.queue.claim(holder, { atMost: 1, only: run });
    if (lease === undefined) throw new Error('no lease');
    await session.log.append(lease, { drafts: [{ type: 'run.started', data: {} }] });
    session.clock.pass(4000);
    await session.log.append(lease, { drafts: [runEnded] });
    expect(await session.queue.place(await queued(session, 'a'))).toEqual({ position: 1, estimateMs: 4000 });
  });

  test('there is no estimate before a run has ended, or while nobody is known to live', async () => {
    await using fixture = await openFixture();
    const [here, there] = [await fixture.open(), await fixture.open()];
    const holder = await register(there, 'a', 1);
    const run = await queued(here, 'a');
    expect(await there.queue.place(run)).toEqual({ position: 1, estimateMs: null });
    const lease = await startedRun(there, holder);
    there.clock.pass(5000);
    await there.log.append(lease, { drafts: [runEnded] });
    expect(await there.queue.place(run)).toEqual({ position: 1, estimateMs: 5000 });
    expect(await here.queue.place(run)).toEqual({ position: 1, estimateMs: null });
    await there.beat(holder);
    expect(await here.queue.place(run)).toEqual({ position: 1, estimateMs: 5000 });
    here.clock.monotonic += 4000;
    expect(await here.queue.place(run)).toEqual({ position: 1, estimateMs: null });
  });

  test('the runs of a dead worker count among those that come before', async () => {
    await using fixture = await openFixture();
    const [dead, here] = [await fixture.open(), await fixture.open()];
    await startedRun(dead, await register(dead, 'dead'));
    await register(here, 'a');
    const run = await queued(here, 'a');
    expect((await here.queue.place(run))?.position).toBe(1);
    here.clock.monotonic += 4000;
    expect((await here.queue.place(run))?.position).toBe(2);
  });
}

function settingModes(openFixture: () => Promise<StoreFixture>): void {
  test.each(['paused', 'draining', 'quarantined'] as const)('a worker that is %s gets no runs', async (mode) => {
    await using fixture = await openFixture();
    const [here, there] = [await fixture.open(), await fixture.open()];
    const holder = await register(here, 'a');
    const lease = await startedRun(here, holder);
    const run = await queued(here, 'a');
    await there.queue.setMode(holder, mode, 'cli');
    expect(await here.queue.mode(holder)).toBe(mode);
    expect(await here.queue.claim(holder, { atMost: 1 })).toEqual([]);
    expect(await here.queue.claim(holder, { atMost: 1, only: run })).toEqual([]);
    expect(await here.queue.holds(lease)).toBe(true);
    expect(await claimed(there, await register(there, 'b'))).toEqual([run]);
    await there.queue.setMode(holder, 'active', 'cli');
    const next = await queued(here, 'a');
    expect(await claimed(here, holder)).toEqual([next]);
  });

  test('a worker is active unless people have said otherwise, and one that nobody knows has no mode to set', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    expect(await session.queue.mode(await register(session, 'a'))).toBe('active');
    expect(await session.queue.mode(worker('nobody'))).toBe('active');
    expect(await codeOf(session.queue.setMode(worker('nobody'), 'paused', 'cli'))).toBe('NOT_FOUND');
  });

  test('what people have set outlives the end of a worker', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    await session.queue.setMode(holder, 'quarantined', 'cli');
    await session.queue.retire(holder);
    await register(session, 'b');
    await register(session, 'a');
    await queued(session, 'a');
    expect(await claimed(session, holder)).toEqual([]);
  });
}

function tellingTheInstallation(openFixture: () => Promise<StoreFixture>): void {
  const told = async ({ installation }: Session): Promise<readonly string[]> => {
    const lines: string[] = [];
    for await (const { type, data } of installation.read())
      if ('worker' in data) lines.push([type, data.worker, ...('mode' in data ? [data.mode, data.by] : [])].join(' '));
    return lines;
  };

  test("the installation's log says who comes, goes, and what people have set", async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    await session.queue.setMode(holder, 'draining', 'cli');
    await session.queue.retire(holder);
    await session.queue.retire(holder);
    expect(await told(session)).toEqual([
      'worker.started worker-a',
      'worker.modeSet worker-a draining cli',
      'worker.stopped worker-a',
    ]);
  });

  test('a worker that died is told once, when its last run is taken over, and starts anew when it goes on', async () => {
    await using fixture = await openFixture();
    const [dead, here] = [await fixture.open(), await fixture.open()];
    const holder = await register(dead, 'dead', 3);
    await startedRun(dead, holder);
    const own = await register(here, 'a');
    expect((await here.queue.workers())[0]).toMatchObject({ held: 1, slots: 3, stopped: false, crashed: false });
    here.clock.monotonic += 4000;
    await claimed(here, own, 5);
    await claimed(here, own, 5);
    expect((await here.queue.workers())[0]).toMatchObject({ held: 0, slots: 3, stopped: true, crashed: true });
    await queued(here, 'a');
    await claimed(dead, holder);
    expect((await here.queue.workers())[0]).toMatchObject({ held: 1, stopped: false, crashed: false });
    await dead.queue.retire(holder);
    expect(await told(here)).toEqual([
      'worker.started worker-dead',
      'worker.started worker-a',
      'worker.crashed worker-dead',
      'worker.started worker-dead',
      'worker.stopped worker-dead',
    ]);
  });
}
