import { describe, expect, test } from 'vitest';
import { GENESIS, eventHash } from '../../src/core/events.ts';
import type { EventDraft, LogEvent, RunEvent } from '../../src/core/events.ts';
import { canonicalJson } from '../../src/core/canonical.ts';
import type { Json } from '../../src/core/json.ts';
import {
  artifactRow,
  attemptEnded,
  attemptStarted,
  codeOf,
  collect,
  never,
  nextRunId,
  register,
  breakerClosed,
  runEnded,
  runStarted,
  sha,
  startedRun,
  submission,
  testDigest,
  testSigner,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

/** What every RunLog does. The sessions of a fixture stand for processes on one store. */
export function runLogContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`RunLog: ${name}`, () => {
    appending(openFixture);
    refusing(openFixture);
    committing(openFixture);
    reading(openFixture);
    following(openFixture);
  });
}

const typesOf = (events: readonly RunEvent[]): readonly string[] => events.map(({ type }) => type);
const seqsOf = (events: readonly LogEvent[]): readonly number[] => events.map(({ seq }) => seq);
const step = (index: number): EventDraft[] => [attemptStarted(`s${index}`), attemptEnded(`s${index}`)];

function hashOfText(event: RunEvent, previous: Uint8Array): Uint8Array {
  const { position: _position, hash: _hash, at, ...rest } = event;
  const body = canonicalJson({ ...rest, data: rest.data as Json, at: new Date(at).toISOString() });
  return eventHash(testDigest, previous, body);
}

function appending(openFixture: () => Promise<StoreFixture>): void {
  test('an append numbers its events on from the last without a gap and says where they are', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const first = await session.log.append(lease, { drafts: step(1) });
    const second = await session.log.append(lease, { drafts: step(2) });
    expect([first.seq, second.seq, second.position - first.position]).toEqual([4, 6, 2]);
    const events = await collect(session.log.read(lease.runId));
    expect(events.at(-1)?.position).toBe(second.position);
    expect(seqsOf(events)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(typesOf(events).slice(0, 3)).toEqual(['run.created', 'run.started', 'attempt.started']);
  });

  test('two appends to one run in the same turn are stored in the order of the calls', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const answers = [step(1), step(2), step(3)].map((drafts) => session.log.append(lease, { drafts }));
    expect((await Promise.all(answers)).map(({ seq }) => seq)).toEqual([4, 6, 8]);
  });

  test('the hash of every event recomputes from the text and the hash before', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.log.append(lease, { drafts: [...step(1), runEnded] });
    let previous: Uint8Array = GENESIS;
    for await (const event of session.log.read(lease.runId)) {
      previous = hashOfText(event, previous);
      expect(event.hash).toBe(Buffer.from(previous).toString('hex'));
    }
    expect((await session.log.head(lease.runId))?.hash).toBe(Buffer.from(previous).toString('hex'));
  });

  test('times never decrease inside a run when the clock jumps back', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    session.clock.wall -= 3_600_000;
    await session.log.append(lease, { drafts: step(1) });
    session.clock.wall += 7_200_000;
    await session.log.append(lease, { drafts: [runEnded] });
    const times = (await collect(session.log.read(lease.runId))).map(({ at }) => at);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(times.at(-1)).toBe(session.clock.wall);
  });

  test('the head tells state, number and holder; an end signs the last hash and gives the lease back', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open({ signer: testSigner });
    const holder = await register(session, 'a');
    const lease = await startedRun(session, holder);
    expect(await session.log.head(lease.runId)).toMatchObject({ state: 'running', seq: 2, holder });
    await session.log.append(lease, { drafts: [runEnded] });
    const head = await session.log.head(lease.runId);
    expect(head).toMatchObject({ state: 'succeeded', seq: 3, at: session.clock.wall });
    expect(head?.holder).toBeUndefined();
    expect(head?.signature).toEqual({ keyId: 'test-key', value: `signed:${head?.hash}` });
    expect(await session.queue.holds(lease)).toBe(false);
  });

  test('artifact rows come back as they were written, in order, with those of the submission first', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runId = nextRunId();
    const [first, second, third] = [artifactRow(runId, 1), artifactRow(runId, 2), artifactRow(runId, 3)] as const;
    const lease = await startedRun(session, holder, { runId, artifacts: [first] });
    await session.log.append(lease, { drafts: step(1), artifacts: [third, { ...second, width: 4, height: 3 }] });
    expect(await session.log.artifacts(runId)).toEqual([first, third, { ...second, width: 4, height: 3 }]);
  });

  test('the head tells when the run began and ended, what it was made with, and how many attempts are open', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const createdAt = session.clock.wall;
    const run = submission({ priority: 'high' });
    const lease = await startedRun(session, await register(session, 'a'), { runId: run.runId, priority: 'high' });
    await session.log.append(lease, { drafts: [attemptStarted('s1')] });
    const made = { createdAt, priority: 'high', definitions: run.definitions.digest };
    expect(await session.log.head(run.runId)).toMatchObject({ ...made, openAttempts: 1 });
    expect((await session.log.head(run.runId))?.endedAt).toBeUndefined();
    session.clock.pass(5000);
    await session.log.append(lease, { drafts: [attemptEnded('s1'), runEnded] });
    const ended = { ...made, openAttempts: 0, endedAt: session.clock.wall };
    expect(await session.log.head(run.runId)).toMatchObject(ended);
  });

  test('the rows of attempts say how each began and ended, by path and number', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const startedAt = session.clock.wall;
    await session.log.append(lease, { drafts: [attemptStarted('s2'), attemptStarted('s1')] });
    session.clock.pass(1000);
    const endedAt = session.clock.wall;
    await session.log.append(lease, { drafts: [attemptEnded('s1', 'failed'), attemptStarted('s1', 2)] });
    expect(await session.log.attempts(lease.runId)).toEqual([
      { path: 's1', attempt: 1, state: 'failed', startedAt, endedAt },
      { path: 's1', attempt: 2, retryOf: 1, state: 'running', startedAt: endedAt },
      { path: 's2', attempt: 1, state: 'running', startedAt },
    ]);
  });

  test('equal sets of definitions are kept once and found by their digest', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const [one, two] = [submission(), submission()];
    await Promise.all([session.queue.submit(one), session.queue.submit(two)]);
    expect(await session.log.definitionSet(one.definitions.digest)).toEqual(two.definitions);
    const text = await session.log.definitionText(one.definitions.digest);
    expect(text).toBe(JSON.stringify(one.definitions));
    expect(await session.log.definitionSet(sha('something else'))).toBeUndefined();
    expect(await session.log.definitionText(sha('something else'))).toBeUndefined();
  });
}

function refusing(openFixture: () => Promise<StoreFixture>): void {
  test('an append with a wrong token is refused alone; the others of the same turn are stored', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const leases = await Promise.all([1, 2, 3].map(() => startedRun(session, holder)));
    const outcomes = leases.map((lease, index) =>
      codeOf(session.log.append(index === 1 ? { ...lease, token: 99 } : lease, { drafts: step(1) })),
    );
    expect(await Promise.all(outcomes)).toEqual(['stored', 'LEASE_LOST', 'stored']);
    const heads = await Promise.all(leases.map(({ runId }) => session.log.head(runId)));
    expect(heads.map((head) => head?.seq)).toEqual([4, 2, 4]);
  });

  test('one refused append among many leaves the chains of the others whole, and all of them go on', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const leases = await Promise.all(Array.from({ length: 20 }, () => startedRun(session, holder)));
    const draftsOf = (index: number): EventDraft[] => (index === 7 ? [attemptEnded('s9')] : step(1));
    const outcomes = leases.map((lease, index) => codeOf(session.log.append(lease, { drafts: draftsOf(index) })));
    expect(await Promise.all(outcomes)).toEqual(leases.map((_, index) => (index === 7 ? 'STATE_CONFLICT' : 'stored')));
    const appended = await Promise.all(leases.map((lease) => session.log.append(lease, { drafts: step(2) })));
    expect(appended.map(({ seq }) => seq)).toEqual(leases.map((_, index) => (index === 7 ? 4 : 6)));
    for (const { runId } of leases) {
      let last: Uint8Array = GENESIS;
      for await (const { body, hash } of session.log.bodies(runId)) {
        last = eventHash(testDigest, last, body);
        expect(Buffer.from(last).toString('hex')).toBe(hash);
      }
      expect((await session.log.head(runId))?.hash).toBe(Buffer.from(last).toString('hex'));
    }
  });

  test('a refused append leaves nothing of itself, and the holder goes on after it', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const artifacts = [artifactRow(lease.runId, 1)];
    const drafts = [...step(1), attemptStarted('s1')];
    expect(await codeOf(session.log.append(lease, { drafts, artifacts }))).toBe('STATE_CONFLICT');
    expect(await session.log.artifacts(lease.runId)).toEqual([]);
    expect(await session.log.append(lease, { drafts: step(1), artifacts })).toMatchObject({ seq: 4 });
    expect(seqsOf(await collect(session.log.read(lease.runId)))).toEqual([1, 2, 3, 4]);
  });

  const afterOneAttempt: readonly [string, EventDraft[]][] = [
    ['a second first attempt of a step', [attemptStarted('s1', 1)]],
    ['an attempt that leaves a number out', [attemptStarted('s1', 3)]],
    ['an attempt with the number 0', [attemptStarted('s2', 0)]],
    ['an attempt that begins with 2', [attemptStarted('s2', 2)]],
    ['the end of an attempt that never started', [attemptEnded('s9')]],
    ['a second end of an attempt', [attemptEnded('s1', 'succeeded')]],
    [
      'a new attempt of a step that succeeded',
      [attemptStarted('s1', 2), attemptEnded('s1', 'succeeded', 2), attemptStarted('s1', 3)],
    ],
    ['an attempt of no step', [{ ...attemptStarted('s1', 2), stepPath: undefined } as unknown as EventDraft]],
    ['a second creation', [submission().created]],
    ['a second start of a run that is running', [runStarted]],
    [
      'an event after the end of the run',
      [runEnded, { type: 'step.canceled', stepPath: 's3', data: {} } as EventDraft],
    ],
    ['a move from a terminal state', [runEnded, { type: 'run.resumed', data: {} }]],
    ['the end of a run with an attempt that is running', [attemptStarted('s1', 2), runEnded]],
    ['an attempt in a run that is paused', [{ type: 'run.paused', data: {} }, attemptStarted('s1', 2)]],
    [
      'a text without a canonical form',
      [{ ...runStarted, type: 'step.skipped', data: { because: '\ud800' } } as unknown as EventDraft],
    ],
  ];
  test.each(afterOneAttempt)('%s is refused by the store itself', async (_what, drafts) => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.log.append(lease, { drafts: [attemptStarted('s1'), attemptEnded('s1', 'failed')] });
    expect(['STATE_CONFLICT', 'INTERNAL']).toContain(await codeOf(session.log.append(lease, { drafts })));
    expect(await session.log.head(lease.runId)).toMatchObject({ seq: 4, state: 'running' });
    expect(await collect(session.log.read(lease.runId))).toHaveLength(4);
  });

  test('a run that has ended takes no further event from its last holder', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.log.append(lease, { drafts: [runEnded] });
    expect(await codeOf(session.log.append(lease, { drafts: step(1) }))).toBe('STATE_CONFLICT');
  });

  test('a run is submitted once', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const run = submission();
    await session.queue.submit(run);
    expect(await codeOf(session.queue.submit(run))).toBe('STATE_CONFLICT');
    expect(await collect(session.log.read(run.runId))).toHaveLength(1);
  });

  test('an append to a run that does not exist is refused', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = { runId: nextRunId(), worker: await register(session, 'a'), token: 1 };
    expect(await codeOf(session.log.append(lease, { drafts: step(1) }))).toBe('LEASE_LOST');
  });
}

function committing(openFixture: () => Promise<StoreFixture>): void {
  test('when the commit fails, every append of it is rejected and nothing is stored; the next one goes on', async () => {
    await using fixture = await openFixture();
    let failing = false;
    const beforeCommit = (): void => {
      if (failing) throw new Error('the commit failed');
    };
    await using session = await fixture.open({ beforeCommit });
    const holder = await register(session, 'a');
    const leases = await Promise.all([1, 2, 3].map(() => startedRun(session, holder)));
    failing = true;
    const outcomes = leases.map((lease) => codeOf(session.log.append(lease, { drafts: step(1) })));
    expect(await Promise.all(outcomes)).toEqual(['INTERNAL', 'INTERNAL', 'INTERNAL']);
    failing = false;
    for (const lease of leases) {
      expect(await collect(session.log.read(lease.runId))).toHaveLength(2);
      expect(await session.log.append(lease, { drafts: step(1) })).toMatchObject({ seq: 4 });
    }
  });

  test('an append is not acknowledged before its commit', async () => {
    await using fixture = await openFixture();
    const order: string[] = [];
    await using session = await fixture.open({ beforeCommit: () => order.push('commit') });
    const lease = await startedRun(session, await register(session, 'a'));
    order.length = 0;
    await Promise.all(
      [1, 2].map((index) => session.log.append(lease, { drafts: step(index) }).then(() => order.push('ack'))),
    );
    expect(order).toEqual(['commit', 'ack', 'ack']);
  });

  test('another session sees what was acknowledged, and nothing is lost when the first one is dropped', async () => {
    await using fixture = await openFixture();
    const first = await fixture.open();
    const lease = await startedRun(first, await register(first, 'a'));
    await first.log.append(lease, { drafts: step(1) });
    await first.close();
    await using second = await fixture.open();
    expect(seqsOf(await collect(second.log.read(lease.runId)))).toEqual([1, 2, 3, 4]);
    expect(await second.log.append(lease, { drafts: step(2) })).toMatchObject({ seq: 6 });
  });

  test('a session whose memory of the head is stale reads it anew and appends behind the other', async () => {
    await using fixture = await openFixture();
    await using first = await fixture.open();
    await using second = await fixture.open();
    const lease = await startedRun(first, await register(first, 'a'));
    await second.log.append(lease, { drafts: step(1) });
    expect(await first.log.append(lease, { drafts: step(2) })).toMatchObject({ seq: 6 });
    expect(await second.log.append(lease, { drafts: step(3) })).toMatchObject({ seq: 8 });
  });

  test('a closed store refuses writes and its followers end', async () => {
    await using fixture = await openFixture();
    const session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const followed = collect(session.log.follow({ position: 0 }, never));
    const last = session.log.append(lease, { drafts: step(1) });
    await session.close();
    expect(await last).toMatchObject({ seq: 4 });
    expect(await codeOf(session.log.append(lease, { drafts: step(2) }))).toBe('INTERNAL');
    expect((await followed).length).toBeLessThanOrEqual(5);
  });
}

async function longRun(session: Session, events: number): Promise<RunEvent['runId']> {
  const lease = await startedRun(session, await register(session, 'a'));
  const drafts = Array.from({ length: (events - 2) / 2 }, (_, index) => step(index)).flat();
  await session.log.append(lease, { drafts });
  return lease.runId;
}

function reading(openFixture: () => Promise<StoreFixture>): void {
  test('more than two thousand events are read in order, each once', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const runId = await longRun(session, 2600);
    const seqs = seqsOf(await collect(session.log.read(runId)));
    expect(seqs).toEqual(Array.from({ length: 2600 }, (_, index) => index + 1));
  });

  test('the stored texts are those that were hashed, in order over pages too', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const runId = await longRun(session, 2600);
    const [bodies, events] = [await collect(session.log.bodies(runId)), await collect(session.log.read(runId))];
    expect(bodies.map(({ seq, position, hash }) => ({ seq, position, hash }))).toEqual(
      events.map(({ seq, position, hash }) => ({ seq, position, hash })),
    );
    let previous: Uint8Array = GENESIS;
    for (const { body, hash } of bodies) {
      previous = eventHash(testDigest, previous, body);
      expect(Buffer.from(previous).toString('hex')).toBe(hash);
    }
  });

  test('a range begins after a number and ends at its limit, over pages too', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const runId = await longRun(session, 2600);
    const range = seqsOf(await collect(session.log.read(runId, { afterSeq: 100, limit: 2001 })));
    expect([range.length, range[0], range.at(-1)]).toEqual([2001, 101, 2101]);
    expect(await collect(session.log.read(runId, { limit: 0 }))).toEqual([]);
    expect(await collect(session.log.read(runId, { afterSeq: 2600 }))).toEqual([]);
  });

  test('a reader that stops between two pages does not hinder the writer', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const runId = await longRun(session, 1200);
    const reader = session.log.read(runId)[Symbol.asyncIterator]();
    await reader.next();
    const other = await startedRun(session, await register(session, 'b'));
    expect(await session.log.append(other, { drafts: step(1) })).toMatchObject({ seq: 4 });
    await reader.return?.();
  });

  test('a run that does not exist has no events, no head, no attempts and no artifacts', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const runId = nextRunId();
    expect(await collect(session.log.read(runId))).toEqual([]);
    expect(await session.log.head(runId)).toBeUndefined();
    expect(await session.log.artifacts(runId)).toEqual([]);
    expect(await session.log.attempts(runId)).toEqual([]);
    expect(await collect(session.log.bodies(runId))).toEqual([]);
  });
}

function following(openFixture: () => Promise<StoreFixture>): void {
  test('a follower gets stored events first and live ones after, each once and in order', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const followed = collect(session.log.follow({ position: 0 }, never), 43);
    for (let index = 0; index < 20; index += 1) await session.log.append(lease, { drafts: step(index) });
    expect((await followed).map(({ position }) => position)).toEqual(
      Array.from({ length: 43 }, (_, index) => index + 1),
    );
  });

  test('a follower from a position gets only what comes after it', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const { position } = await session.log.append(lease, { drafts: step(1) });
    const followed = collect(session.log.follow({ position: position - 1, runId: lease.runId }, never), 3);
    await session.log.append(lease, { drafts: step(2) });
    expect(seqsOf(await followed)).toEqual([4, 5, 6]);
  });

  test('a follower of everything gets the events of runs and of the installation in the order of their positions', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const followed = collect(session.log.follow({ position: 0 }, never), 5);
    const holder = await register(session, 'a');
    await startedRun(session, holder);
    await session.installation.append([breakerClosed]);
    await startedRun(session, holder);
    expect((await followed).map(({ position, type }) => [position, type])).toEqual([
      [1, 'worker.started'],
      [2, 'run.created'],
      [3, 'run.started'],
      [4, 'breaker.closed'],
      [5, 'run.created'],
    ]);
  });

  test('a follower of one run gets nothing of the others, even when the run comes later', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const runId = nextRunId();
    const followed = collect(session.log.follow({ position: 0, runId }, never), 2);
    await startedRun(session, holder);
    await startedRun(session, holder, { runId });
    expect((await followed).map((event) => [event.runId, event.seq])).toEqual([
      [runId, 1],
      [runId, 2],
    ]);
  });

  test('a follower sees what other sessions write, each event once', async () => {
    await using fixture = await openFixture();
    await using watching = await fixture.open();
    await using writing = await fixture.open();
    const followed = collect(watching.log.follow({ position: 0 }, never), 13);
    const holder = await register(writing, 'a');
    await Promise.all(
      [1, 2, 3].map(async () => {
        const lease = await startedRun(writing, holder);
        await writing.log.append(lease, { drafts: step(1) });
      }),
    );
    expect((await followed).map(({ position }) => position)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
  });

  test('a follower that fails harms neither the writer nor other followers', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const failing = (async () => {
      for await (const event of session.log.follow({ position: 0 }, never)) throw new Error(event.type);
    })();
    const other = collect(session.log.follow({ position: 1 }, never), 4);
    await expect(failing).rejects.toThrow('worker.started');
    expect(await session.log.append(lease, { drafts: step(1) })).toMatchObject({ seq: 4 });
    expect(seqsOf(await other)).toEqual([1, 2, 3, 4]);
  });

  test('a follower that is slow gets everything all the same', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const follower = session.log.follow({ position: 1 }, never)[Symbol.asyncIterator]();
    const seqs: (number | undefined)[] = [];
    for (let index = 0; index < 10; index += 1) {
      await session.log.append(lease, { drafts: step(index) });
      const { value } = (await follower.next()) as IteratorResult<RunEvent, undefined>;
      seqs.push(value?.seq);
    }
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await follower.return?.();
  });

  test('a follower ends at its signal', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await startedRun(session, await register(session, 'a'));
    const stop = new AbortController();
    const followed = collect(session.log.follow({ position: 3 }, stop.signal));
    stop.abort();
    expect(await followed).toEqual([]);
  });
}
