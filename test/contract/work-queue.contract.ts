import { describe, expect, test } from 'vitest';
import type { Instant, RunId } from '../../src/core/ids.ts';
import type { Lease } from '../../src/core/ports.ts';
import {
  attemptEnded,
  attemptStarted,
  codeOf,
  collect,
  never,
  nextRunId,
  register,
  runEnded,
  runStarted,
  startedRun,
  submission,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

/** What every WorkQueue does. The sessions of a fixture stand for processes on one store. */
export function workQueueContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`WorkQueue: ${name}`, () => {
    claiming(openFixture);
    parking(openFixture);
    takingOver(openFixture);
    leaving(openFixture);
    tellingLife(openFixture);
    mailing(openFixture);
    surveying(openFixture);
    idling(openFixture);
  });
}

const idsOf = (leases: readonly Lease[]): readonly RunId[] => leases.map(({ runId }) => runId);
const pause = { type: 'pause', by: 'cli' } as const;
const resume = { type: 'resume', by: 'cli' } as const;
const cancel = { type: 'cancel', by: 'cli' } as const;

async function submitted(session: Session, count: number): Promise<readonly RunId[]> {
  const runs = Array.from({ length: count }, () => submission());
  await Promise.all(runs.map((run) => session.queue.submit(run)));
  return runs.map(({ runId }) => runId);
}

/** A run that its holder has parked until a time, or paused. */
async function parkedRun(session: Session, until: 'paused' | number): Promise<Lease> {
  const lease = await startedRun(session, await register(session, 'a'));
  await session.queue.park(lease, until === 'paused' ? until : { until: until as Instant });
  return lease;
}

function claiming(openFixture: () => Promise<StoreFixture>): void {
  test('a submitted run can be claimed once and no more than asked for', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runs = await submitted(session, 3);
    expect(idsOf(await session.queue.claim(holder, { atMost: 2 }))).toEqual(runs.slice(0, 2));
    expect(idsOf(await session.queue.claim(holder, { atMost: 2 }))).toEqual(runs.slice(2));
    expect(await session.queue.claim(holder, { atMost: 2 })).toEqual([]);
  });

  test('a run submitted for a worker is its from the start', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const lease = await session.queue.submit(submission(), holder);
    expect(lease).toMatchObject({ worker: holder });
    expect(lease && (await session.queue.holds(lease))).toBe(true);
    expect(await session.queue.claim(await register(session, 'b'), { atMost: 1 })).toEqual([]);
  });

  test('the most urgent run comes first, then the oldest', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runs = (['low', 'normal', 'critical', 'high', 'critical'] as const).map((priority) =>
      submission({ priority }),
    );
    for (const run of runs) await session.queue.submit(run);
    const order = [2, 4, 3, 1, 0].map((index) => runs[index]?.runId);
    const first = idsOf(await session.queue.claim(holder, { atMost: 3 }));
    expect([...first, ...idsOf(await session.queue.claim(holder, { atMost: 9 }))]).toEqual(order);
  });

  test('four sessions that claim at once get every run exactly once', async () => {
    await using fixture = await openFixture();
    const sessions = await Promise.all(['a', 'b', 'c', 'd'].map(() => fixture.open()));
    const workers = await Promise.all(sessions.map((session, index) => register(session, String(index))));
    const [first] = sessions;
    const runs = first === undefined ? [] : await submitted(first, 200);
    const claimAll = async (session: Session, index: number): Promise<readonly RunId[]> => {
      const claimed: RunId[] = [];
      for (;;) {
        const worker = workers[index];
        const leases = worker === undefined ? [] : await session.queue.claim(worker, { atMost: 7 });
        if (leases.length === 0) return claimed;
        claimed.push(...idsOf(leases));
      }
    };
    const claimed = (await Promise.all(sessions.map(claimAll))).flat();
    expect([...claimed].sort()).toEqual([...runs].sort());
  });

  test('a claim for one run takes that one only', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const [, second] = await submitted(session, 3);
    expect(second && idsOf(await session.queue.claim(holder, { atMost: 5, only: second }))).toEqual([second]);
    expect(second && (await session.queue.claim(holder, { atMost: 5, only: second }))).toEqual([]);
  });

  test('a run that was given back is runnable at once, and the old token counts no more', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const lease = await startedRun(session, holder);
    await session.queue.release(lease);
    expect(await session.queue.holds(lease)).toBe(false);
    expect(await codeOf(session.log.append(lease, { drafts: [attemptStarted('s1')] }))).toBe('LEASE_LOST');
    const [again] = await session.queue.claim(holder, { atMost: 1 });
    expect(again).toMatchObject({ runId: lease.runId });
    expect(again && again.token > lease.token).toBe(true);
    await session.queue.release(lease);
    expect(again && (await session.queue.holds(again))).toBe(true);
  });

  test('a run that has ended is never claimed, and giving it back is no error', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const lease = await startedRun(session, holder);
    await session.log.append(lease, { drafts: [runEnded] });
    await session.queue.release(lease);
    expect(await session.queue.claim(holder, { atMost: 1 })).toEqual([]);
    expect(await session.queue.claim(holder, { atMost: 1, only: lease.runId })).toEqual([]);
  });

  test('a worker that retires gives back what it holds and is marked as stopped', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const [leaving, staying] = [await register(session, 'a'), await register(session, 'b')];
    const leases = await Promise.all([1, 2].map(() => startedRun(session, leaving)));
    await session.queue.retire(leaving);
    expect([...idsOf(await session.queue.claim(staying, { atMost: 5 }))].sort()).toEqual([...idsOf(leases)].sort());
    const rows = await session.queue.workers();
    expect(rows.map(({ id, stopped }) => [id, stopped])).toEqual([
      [leaving, true],
      [staying, false],
    ]);
  });

  test('a worker that is not registered gets no run', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const gone = await register(session, 'a');
    await session.queue.retire(gone);
    await submitted(session, 1);
    expect(await codeOf(session.queue.claim(gone, { atMost: 1 }))).toBe('INTERNAL');
    expect(await codeOf(session.queue.submit(submission(), gone))).toBe('INTERNAL');
  });
}

function parking(openFixture: () => Promise<StoreFixture>): void {
  test('a run parked until a time comes back when the time has come', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await parkedRun(session, session.clock.wall + 1000);
    expect(await session.queue.claim(lease.worker, { atMost: 1 })).toEqual([]);
    session.clock.pass(999);
    expect(await session.queue.claim(lease.worker, { atMost: 1, only: lease.runId })).toEqual([]);
    session.clock.pass(1);
    expect(idsOf(await session.queue.claim(lease.worker, { atMost: 1 }))).toEqual([lease.runId]);
  });

  test('a paused run comes back on a command only', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await parkedRun(session, 'paused');
    session.clock.pass(86_400_000);
    expect(await session.queue.claim(lease.worker, { atMost: 1 })).toEqual([]);
    expect(await session.queue.claim(lease.worker, { atMost: 1, only: lease.runId })).toEqual([]);
    await session.queue.send(lease.runId, resume);
    expect(idsOf(await session.queue.claim(lease.worker, { atMost: 1 }))).toEqual([lease.runId]);
  });

  test('a run parked without a time sleeps until a command arrives, and counts as parked', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.queue.park(lease, {});
    session.clock.pass(10 * 365 * 86_400_000);
    expect(await session.queue.claim(lease.worker, { atMost: 1 })).toEqual([]);
    expect(await session.queue.survey(lease.worker)).toMatchObject({ runnable: 0, parked: 1, paused: 0 });
    await session.queue.send(lease.runId, { type: 'signal', by: 'cli', name: 'filled-in', body: 'x' });
    expect(idsOf(await session.queue.claim(lease.worker, { atMost: 1 }))).toEqual([lease.runId]);
  });

  test('a command that arrived before the run was parked brings it back at once', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await Promise.all([session.queue.send(lease.runId, cancel), session.queue.park(lease, 'paused')]);
    expect(idsOf(await session.queue.claim(lease.worker, { atMost: 1, only: lease.runId }))).toEqual([lease.runId]);
  });

  test.each(['a time', 'paused'])(
    'a run parked until %s, claimed and given back is runnable at once',
    async (until) => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const lease = await parkedRun(session, until === 'paused' ? until : session.clock.wall + 1000);
      await session.queue.send(lease.runId, resume);
      const [again] = await session.queue.claim(lease.worker, { atMost: 1 });
      const [mail] = again === undefined ? [] : await collect(session.queue.inbox(again, never), 1);
      if (again === undefined || mail === undefined) throw new Error('the command did not bring the run back');
      await session.log.append(again, { drafts: [], handled: [mail.id] });
      await session.queue.release(again);
      expect(await session.queue.claim(lease.worker, { atMost: 1 })).toHaveLength(1);
    },
  );

  test('a lease that no longer counts cannot park the run', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await parkedRun(session, 'paused');
    expect(await codeOf(session.queue.park(lease, 'paused'))).toBe('LEASE_LOST');
  });
}

/** A run held by a worker of another session, seen once by the observer. */
async function heldElsewhere(fixture: StoreFixture): Promise<{ holder: Session; observer: Session; lease: Lease }> {
  const [holder, observer] = [await fixture.open(), await fixture.open()];
  const lease = await startedRun(holder, await register(holder, 'holder'));
  await register(observer, 'observer');
  return { holder, observer, lease };
}

function takingOver(openFixture: () => Promise<StoreFixture>): void {
  const claim = async (observer: Session): Promise<readonly RunId[]> => {
    const watcher = (await observer.queue.workers()).find(({ id }) => id.endsWith('observer'));
    return watcher === undefined ? [] : idsOf(await observer.queue.claim(watcher.id, { atMost: 5 }));
  };

  test('a run is taken over when its holder stood still for 4 s of the observer', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    observer.clock.monotonic += 3999;
    expect(await claim(observer)).toEqual([]);
    observer.clock.monotonic += 1;
    expect(await claim(observer)).toEqual([lease.runId]);
    const drafts = [attemptStarted('s1'), attemptEnded('s1')];
    expect(await codeOf(holder.log.append(lease, { drafts }))).toBe('LEASE_LOST');
    expect(await holder.queue.holds(lease)).toBe(false);
    expect(await collect(holder.log.read(lease.runId))).toHaveLength(2);
  });

  test('a jump of the wall clock takes nobody their run', async () => {
    await using fixture = await openFixture();
    const { observer, lease, holder } = await heldElsewhere(fixture);
    observer.clock.wall += 86_400_000;
    expect(await claim(observer)).toEqual([]);
    observer.clock.wall -= 2 * 86_400_000;
    expect(await claim(observer)).toEqual([]);
    expect(await holder.queue.holds(lease)).toBe(true);
  });

  test('a holder whose counter moves keeps its run', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    for (let second = 0; second < 10; second += 1) {
      observer.clock.monotonic += 1000;
      await holder.beat(lease.worker);
      expect(await claim(observer)).toEqual([]);
    }
    observer.clock.monotonic += 4000;
    expect(await claim(observer)).toEqual([lease.runId]);
  });

  test('the new holder appends behind what the dead one had written', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    await holder.log.append(lease, { drafts: [attemptStarted('s1')] });
    observer.clock.monotonic += 4000;
    const watcher = (await observer.queue.workers()).find(({ id }) => id.endsWith('observer'));
    const [taken] = watcher === undefined ? [] : await observer.queue.claim(watcher.id, { atMost: 1 });
    const drafts = [attemptEnded('s1', 'abandoned'), attemptStarted('s1', 2)];
    expect(taken && (await observer.log.append(taken, { drafts }))).toMatchObject({ seq: 5 });
    expect(await observer.log.head(lease.runId)).toMatchObject({ holder: watcher?.id });
  });
}

const namesOf = async ({ queue }: Session): Promise<readonly string[]> =>
  (await queue.workers()).map(({ id, stopped }) => (stopped ? `${id} stopped` : id));

function leaving(openFixture: () => Promise<StoreFixture>): void {
  test('a worker that has retired is forgotten when another registers', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await session.queue.retire(await register(session, 'a'));
    await session.queue.retire(await register(session, 'b'));
    expect(await namesOf(session)).toEqual(['worker-b stopped']);
    await register(session, 'b');
    expect(await namesOf(session)).toEqual(['worker-b']);
  });

  test('a dead worker counts as stopped once its last run is taken over, and is then forgotten', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    await startedRun(holder, lease.worker);
    observer.clock.monotonic += 4000;
    const own = await register(observer, 'observer');
    expect(await observer.queue.claim(own, { atMost: 1 })).toHaveLength(1);
    expect(await namesOf(observer)).toEqual(['worker-holder', 'worker-observer']);
    expect(await observer.queue.claim(own, { atMost: 1 })).toHaveLength(1);
    expect(await namesOf(observer)).toEqual(['worker-holder stopped', 'worker-observer']);
    await register(observer, 'next');
    expect(await namesOf(observer)).toEqual(['worker-observer', 'worker-next']);
  });

  test('a dead worker that held nothing counts as stopped at the next claim', async () => {
    await using fixture = await openFixture();
    const [dead, observer] = [await fixture.open(), await fixture.open()];
    await register(dead, 'dead');
    const own = await register(observer, 'observer');
    observer.clock.monotonic += 4000;
    expect(await observer.queue.claim(own, { atMost: 1 })).toEqual([]);
    expect(await namesOf(observer)).toEqual(['worker-dead stopped', 'worker-observer']);
  });

  test('a worker that was taken for dead and goes on may hold runs again', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    observer.clock.monotonic += 4000;
    const own = await register(observer, 'observer');
    expect(await observer.queue.claim(own, { atMost: 1 })).toHaveLength(1);
    await register(observer, 'next');
    const [run] = await submitted(observer, 1);
    expect(idsOf(await holder.queue.claim(lease.worker, { atMost: 1 }))).toEqual([run]);
    expect(await namesOf(holder)).toContain('worker-holder');
  });
}

function tellingLife(openFixture: () => Promise<StoreFixture>): void {
  test('a run that nobody holds, or whose holder has stopped, is held by no living worker', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const [run = nextRunId()] = await submitted(session, 1);
    const lease = await startedRun(session, await register(session, 'a'));
    await session.queue.retire(lease.worker);
    for (const runId of [run, lease.runId, nextRunId()])
      expect(await session.queue.isHeldByLiving(runId, never)).toBe(false);
  });

  test('a holder lives as soon as its counter has moved', async () => {
    await using fixture = await openFixture();
    const { holder, observer, lease } = await heldElsewhere(fixture);
    const answer = observer.queue.isHeldByLiving(lease.runId, never);
    await holder.beat(lease.worker);
    observer.clock.pass(100);
    expect(await answer).toBe(true);
    expect(await observer.queue.isHeldByLiving(lease.runId, never)).toBe(true);
  });

  test('a holder whose counter stood still for 4 s of the observer does not live', async () => {
    await using fixture = await openFixture();
    const { observer, lease } = await heldElsewhere(fixture);
    observer.clock.monotonic += 3999;
    let known = false;
    const answer = observer.queue.isHeldByLiving(lease.runId, never).finally(() => (known = true));
    await observer.queue.workers();
    expect(known).toBe(false);
    observer.clock.pass(100);
    expect(await answer).toBe(false);
  });

  test('asking who lives ends at the signal', async () => {
    await using fixture = await openFixture();
    const { observer, lease } = await heldElsewhere(fixture);
    const stop = new AbortController();
    const answer = observer.queue.isHeldByLiving(lease.runId, stop.signal);
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
}

function mailing(openFixture: () => Promise<StoreFixture>): void {
  test('the holder gets commands oldest first, those of other sessions too, until the signal', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.queue.send(lease.runId, pause);
    const stop = new AbortController();
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type, by } of session.queue.inbox(lease, stop.signal)) {
        types.push(`${type} by ${by}`);
        if (types.length === 1) await other.queue.send(lease.runId, resume);
        if (types.length === 2) await session.queue.send(lease.runId, cancel);
        if (types.length === 3) stop.abort();
      }
    })();
    await reading;
    expect(types).toEqual(['pause by cli', 'resume by cli', 'cancel by cli']);
  });

  test('a command that no event could tell of is refused', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const sent = session.queue.send(lease.runId, { type: 'pause', by: 'x'.repeat(81) });
    expect(await codeOf(sent)).toBe('INTERNAL');
    await session.queue.park(lease, 'paused');
    expect(await session.queue.claim(lease.worker, { atMost: 1 })).toEqual([]);
  });

  test('a command leaves the mailbox with the append that answers it, and not before', async () => {
    await using fixture = await openFixture();
    const first = await fixture.open();
    const lease = await startedRun(first, await register(first, 'a'));
    await first.queue.send(lease.runId, pause);
    await first.queue.send(lease.runId, cancel);
    await first.close();
    await using second = await fixture.open();
    const [received] = await collect(second.queue.inbox(lease, never), 1);
    const drafts = [{ type: 'command.received', data: { command: 'pause', by: 'cli' } } as const];
    await second.log.append(lease, { drafts, handled: received === undefined ? [] : [received.id] });
    const [left] = await collect(second.queue.inbox(lease, never), 1);
    expect([received?.type, left?.type]).toEqual(['pause', 'cancel']);
  });

  test('a command to a run that does not exist or has ended is refused', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.log.append(lease, { drafts: [runEnded] });
    expect(await codeOf(session.queue.send(lease.runId, cancel))).toBe('STATE_CONFLICT');
    expect(await codeOf(session.queue.send(nextRunId(), cancel))).toBe('RUN_NOT_FOUND');
  });
}

function surveying(openFixture: () => Promise<StoreFixture>): void {
  test('the survey counts what is left, seen from one worker', async () => {
    await using fixture = await openFixture();
    const { holder, observer } = await heldElsewhere(fixture);
    const own = await register(observer, 'observer');
    await startedRun(observer, own);
    const ended = await startedRun(observer, own);
    await observer.log.append(ended, { drafts: [runEnded] });
    await parkedRun(holder, 'paused');
    await parkedRun(holder, observer.clock.wall + 1000);
    await submitted(holder, 2);
    const left = { runnable: 2, parked: 1, paused: 1, heldByLive: 0, heldByUnknown: 1 };
    expect(await observer.queue.survey(own)).toEqual(left);
    for (const { id } of await holder.queue.workers()) await holder.beat(id);
    expect(await observer.queue.survey(own)).toEqual({ ...left, heldByLive: 1, heldByUnknown: 0 });
    observer.clock.monotonic += 4000;
    expect(await observer.queue.survey(own)).toEqual({ ...left, runnable: 3, heldByUnknown: 0 });
  });
}

function idling(openFixture: () => Promise<StoreFixture>): void {
  const whatWakes: readonly [string, (session: Session) => Promise<unknown>][] = [
    ['a new run', (session) => session.queue.submit(submission())],
    [
      'a run given back',
      async (session) => session.queue.release(await startedRun(session, await register(session, 'b'))),
    ],
    [
      'a command to a paused run',
      async (session) => session.queue.send((await parkedRun(session, 'paused')).runId, resume),
    ],
    [
      'a worker that retires',
      async (session) => {
        const leaving = await register(session, 'c');
        await startedRun(session, leaving);
        await session.queue.retire(leaving);
      },
    ],
  ];
  test.each(whatWakes)('%s wakes a worker that idles, here and in another session', async (_what, act) => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const waiting = [session, other].map(({ queue }) => queue.idle(60_000, never));
    await act(session);
    await Promise.all(waiting);
    expect(await session.queue.claim(await register(session, 'd'), { atMost: 1 })).toHaveLength(1);
  });

  test('what came between a claim and the idling after it is not slept through', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    expect(await session.queue.claim(holder, { atMost: 1 })).toEqual([]);
    await submitted(session, 1);
    await session.queue.idle(60_000, never);
    expect(await session.queue.claim(holder, { atMost: 1 })).toHaveLength(1);
  });

  test('a run that a worker leaves to others does not keep it from idling', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    await submitted(session, 1);
    await session.queue.idle(60_000, never);
    const idle = session.queue.idle(1000, never);
    session.clock.pass(1000);
    await idle;
    expect(session.clock.monotonic).toBe(1000);
  });

  test('idling ends when the time is over, and at the signal', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const stop = new AbortController();
    const timed = session.queue.idle(500, never);
    const stopped = session.queue.idle(60_000, stop.signal);
    session.clock.pass(500);
    await timed;
    stop.abort();
    await stopped;
    expect(session.clock.monotonic).toBe(500);
  });

  test('a run that starts its own steps does not wake idlers of the queue', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await session.queue.submit(submission(), await register(session, 'a'));
    let woken = false;
    const idle = session.queue.idle(1000, never).then(() => (woken = true));
    if (lease !== undefined) await session.log.append(lease, { drafts: [runStarted] });
    expect(woken).toBe(false);
    session.clock.pass(1000);
    await idle;
    expect(woken).toBe(true);
  });
}
