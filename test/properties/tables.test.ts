import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEvent, createRunFold, foldRun } from '../../src/core/apply.ts';
import type { RunFold } from '../../src/core/apply.ts';
import { StemmaError } from '../../src/core/errors.ts';
import type { EventDraft, RunEvent } from '../../src/core/events.ts';
import type { Lease, WorkerRow } from '../../src/core/ports.ts';
import {
  ATTEMPT_MOVES,
  isTerminal,
  LIVENESS_MOVES,
  REPEATABLE_ENDS,
  RUN_MOVES,
  WORKER_MODES,
} from '../../src/core/states.ts';
import type { AttemptState, RunState, WorkerLiveness } from '../../src/core/states.ts';
import {
  attemptEnded,
  attemptStarted,
  codeOf,
  collect,
  memoryFixture,
  nextRunId,
  register,
  runStarted,
  sqliteFixture,
  startedRun,
  submission,
  worker,
} from '../support/store-fixtures.ts';
import type { Session, SqliteFixture } from '../support/store-fixtures.ts';

const RUNS = 5 * Number(process.env['STEMMA_PROPERTY_RUNS'] ?? 8);
const STORES = [
  ['sqlite', sqliteFixture],
  ['memory', memoryFixture],
] as const;

const runStates = Object.keys(RUN_MOVES) as RunState[];
const attemptStates = Object.keys(ATTEMPT_MOVES) as AttemptState[];
const repeats = (state: AttemptState): boolean => REPEATABLE_ENDS.includes(state);

/** What would move a run there, whether it may or not. */
function movesTo(to: RunState): readonly EventDraft[] {
  switch (to) {
    case 'pending':
      return [submission().created];
    case 'running':
      return [runStarted, { type: 'run.resumed', data: {} }];
    case 'waiting':
      return [{ type: 'run.waiting', data: { for: 'time' } }];
    case 'paused':
      return [{ type: 'run.paused', data: {} }];
    default:
      return [{ type: 'run.ended', data: { state: to } }];
  }
}

/** The events of a run in the state, after its first. */
const pathTo = (state: RunState): readonly EventDraft[] => {
  if (state === 'pending') return [];
  return state === 'running' ? [runStarted] : [runStarted, ...movesTo(state)];
};

const forcedEnd = (path: string, state: AttemptState, attempt = 1): EventDraft =>
  attemptEnded(path, state as Exclude<AttemptState, 'running'>, attempt);

/** Whether the guard of the core takes them after those. */
function isTaken(before: readonly EventDraft[], drafts: readonly EventDraft[]): boolean {
  const fold = foldRun([submission().created, ...before]);
  try {
    for (const draft of drafts) applyEvent(fold, draft);
    return true;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(StemmaError);
    expect((thrown as StemmaError).code).toBe('STATE_CONFLICT');
    return false;
  }
}

/** A new run that stands after the events. */
async function runAfter(session: Session, before: readonly EventDraft[]): Promise<Lease> {
  const lease = await session.queue.submit(submission({ runId: nextRunId() }), worker('a'));
  if (lease === undefined) throw new Error('the queue gave no lease');
  for (const draft of before) await session.log.append(lease, { drafts: [draft] });
  return lease;
}

async function answerOf(session: Session, lease: Lease, drafts: readonly EventDraft[]): Promise<unknown> {
  const before = await session.log.head(lease.runId);
  const answer = await codeOf(session.log.append(lease, { drafts }));
  if (answer !== 'stored') expect(await session.log.head(lease.runId)).toEqual(before);
  return answer;
}

describe.each(STORES)('the %s store and the guard', (_name, openFixture) => {
  test('let a run go from a state to another exactly where its table lists the move', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    for (const from of runStates)
      for (const to of runStates)
        for (const draft of movesTo(to)) {
          const may = RUN_MOVES[from].includes(to);
          expect(isTaken(pathTo(from), [draft]), `guard: ${from} → ${to}`).toBe(may);
          const lease = await runAfter(session, pathTo(from));
          expect(await answerOf(session, lease, [draft]), `${from} → ${to}`).toBe(may ? 'stored' : 'STATE_CONFLICT');
        }
  });

  test('let an attempt end once, and in a state of its table', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    for (const from of attemptStates)
      for (const to of attemptStates) {
        const before = [runStarted, attemptStarted('s'), ...(from === 'running' ? [] : [forcedEnd('s', from)])];
        const may = ATTEMPT_MOVES[from].includes(to);
        expect(isTaken(before, [forcedEnd('s', to)]), `guard: ${from} → ${to}`).toBe(may);
        const lease = await runAfter(session, before);
        const answer = await answerOf(session, lease, [forcedEnd('s', to)]);
        expect(answer, `${from} → ${to}`).toBe(may ? 'stored' : 'STATE_CONFLICT');
      }
  });

  test('let an attempt follow another only after an end that can be repeated', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    for (const end of attemptStates) {
      const before = [runStarted, attemptStarted('s'), ...(end === 'running' ? [] : [forcedEnd('s', end)])];
      expect(isTaken(before, [attemptStarted('s', 2)]), `guard: after ${end}`).toBe(repeats(end));
      const answer = await answerOf(session, await runAfter(session, before), [attemptStarted('s', 2)]);
      expect(answer, `after ${end}`).toBe(repeats(end) ? 'stored' : 'STATE_CONFLICT');
    }
  });
});

const path = fc.constantFrom('a', 'b[2].c');
const number = fc.nat(4);
const draft: fc.Arbitrary<EventDraft> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(path, number).map(([at, attempt]) => attemptStarted(at, attempt)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(path, fc.constantFrom(...attemptStates), number)
      .map(([at, state, attempt]) => forcedEnd(at, state, attempt)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...runStates.filter((one) => !isTerminal(RUN_MOVES, one)).flatMap(movesTo)) },
  { weight: 1, arbitrary: fc.constantFrom(...runStates.flatMap(movesTo)) },
);
/** Appends, and hours by which the wall clock jumps before each. */
const forgeries = fc.array(
  fc.record({ drafts: fc.array(draft, { minLength: 1, maxLength: 3 }), hours: fc.integer({ min: -2, max: 2 }) }),
  { minLength: 3, maxLength: 40, size: 'max' },
);

/** The fold after the drafts, or undefined when the guard refuses one of them. */
function guarded(before: readonly EventDraft[], drafts: readonly EventDraft[]): RunFold | undefined {
  const fold = createRunFold();
  try {
    for (const one of [...before, ...drafts]) applyEvent(fold, one);
    return fold;
  } catch {
    return undefined;
  }
}

test.each(STORES)(
  'whatever is appended, the %s store takes what the guard takes and nothing else',
  async (_name, openFixture) => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    const property = fc.asyncProperty(forgeries, async (appends) => {
      const lease = await runAfter(session, [runStarted]);
      const taken: EventDraft[] = [submission().created, runStarted];
      for (const { drafts, hours } of appends) {
        session.clock.wall += hours * 3_600_000;
        const may = guarded(taken, drafts) !== undefined;
        expect(await answerOf(session, lease, drafts)).toBe(may ? 'stored' : 'STATE_CONFLICT');
        if (may) taken.push(...drafts);
      }
      const events: readonly RunEvent[] = await collect(session.log.read(lease.runId));
      expect(events.map(({ type }) => type)).toEqual(taken.map(({ type }) => type));
      for (const { startedAt, endedAt = startedAt } of await session.log.attempts(lease.runId))
        expect(endedAt).toBeGreaterThanOrEqual(startedAt);
    });
    await fc.assert(property, { numRuns: RUNS });
  },
);

/** A run whose step `s` has ended so, as someone finds it who writes to the database past Stemma. */
async function opened(fixture: SqliteFixture, end: AttemptState): Promise<{ database: DatabaseSync; key: number }> {
  const session = await fixture.open();
  const lease = await startedRun(session, await register(session, 'a'));
  await session.log.append(lease, { drafts: [attemptStarted('s')] });
  if (end !== 'running') await session.log.append(lease, { drafts: [forcedEnd('s', end)] });
  const database = new DatabaseSync(fixture.file);
  const row = database.prepare('select key from runs where id = ?').get(lease.runId);
  return { database, key: Number(row?.['key']) };
}

const attempt = (columns: string): string => `insert into attempts (run_key, path, attempt, retry_of_attempt, state,
  started_at, ended_at) values (:key, ${columns})`;

const FORGED_ATTEMPTS: readonly (readonly [what: string, end: AttemptState, sql: string])[] = [
  ['an attempt with the number 0', 'failed', attempt("'t', 0, null, 'running', 1, null")],
  ['a first attempt that is a retry', 'failed', attempt("'t', 1, 1, 'running', 1, null")],
  ['a second attempt that is none', 'failed', attempt("'s', 2, null, 'running', 1, null")],
  ['an attempt that leaves a number out', 'failed', attempt("'s', 3, 2, 'running', 1, null")],
  ['a retry of another than the one before', 'failed', attempt("'s', 3, 1, 'running', 1, null")],
  ['a retry of another step', 'failed', attempt("'t', 2, 1, 'running', 1, null")],
  ['the same attempt twice', 'failed', attempt("'s', 1, null, 'running', 1, null")],
  ['an end before the beginning', 'failed', attempt("'t', 1, null, 'failed', 2, 1")],
  ['an end without a time', 'failed', attempt("'t', 1, null, 'failed', 2, null")],
  ['a time of an end while it runs', 'failed', attempt("'t', 1, null, 'running', 1, 2")],
  ['a state that there is not', 'failed', attempt("'t', 1, null, 'lost', 1, 2")],
  ['a time that goes back', 'running', "update attempts set state = 'failed', ended_at = started_at - 1"],
  ['another beginning of one that has ended', 'failed', 'update attempts set started_at = 0'],
  ['a run that ends with an attempt that runs', 'running', "update runs set state = 'paused' where key = :key"],
];

describe('the database itself', () => {
  test.each(FORGED_ATTEMPTS)('refuses %s', async (_what, end, sql) => {
    await using fixture = await sqliteFixture();
    const { database, key } = await opened(fixture, end);
    using _closing = database;
    const statement = database.prepare(sql);
    expect(() => (sql.includes(':key') ? statement.run({ key }) : statement.run())).toThrow(/constraint|cannot|never/);
  });

  test('refuses a retry after every end that is final', async () => {
    for (const end of attemptStates.filter((state) => state !== 'running')) {
      await using fixture = await sqliteFixture();
      const { database, key } = await opened(fixture, end);
      using _closing = database;
      const retry = (): unknown => database.prepare(attempt("'s', 2, 1, 'running', 9e15, null")).run({ key });
      if (repeats(end)) retry();
      else expect(retry).toThrow('never executed again');
    }
  });

  test('lets runs and attempts move only as their tables say', async () => {
    await using fixture = await sqliteFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    using database = new DatabaseSync(fixture.file);
    const moveRun = database.prepare('update runs set state = ?, ended_at = ?, holder = null where id = ?');
    const moveAttempt = database.prepare(
      "update attempts set state = ?, ended_at = iif(? = 'running', null, 9e15) where run_key = (select key from runs where id = ?)",
    );
    const does = (change: () => unknown): boolean => {
      database.exec('begin');
      try {
        change();
        return true;
      } catch {
        return false;
      } finally {
        database.exec('rollback');
      }
    };
    for (const from of runStates) {
      const { runId } = await runAfter(session, pathTo(from));
      for (const to of runStates) {
        const endedAt = isTerminal(RUN_MOVES, to) ? 9e15 : null;
        expect(
          does(() => moveRun.run(to, endedAt, runId)),
          `${from} → ${to}`,
        ).toBe(RUN_MOVES[from].includes(to));
      }
    }
    for (const from of attemptStates) {
      const end = from === 'running' ? [] : [forcedEnd('s', from)];
      const { runId } = await runAfter(session, [runStarted, attemptStarted('s'), ...end]);
      for (const to of attemptStates.filter((one) => one !== 'running'))
        expect(
          does(() => moveAttempt.run(to, to, runId)),
          `${from} → ${to}`,
        ).toBe(ATTEMPT_MOVES[from].includes(to));
    }
  });

  test('takes the modes of workers that there are, from any to any, and no other', async () => {
    await using fixture = await sqliteFixture();
    await using session = await fixture.open();
    await register(session, 'a');
    using database = new DatabaseSync(fixture.file);
    const set = database.prepare('update workers set mode = ?');
    for (const from of WORKER_MODES)
      for (const to of WORKER_MODES) expect([set.run(from).changes, set.run(to).changes]).toEqual([1, 1]);
    expect(() => set.run('asleep')).toThrow('CHECK constraint');
  });
});

const HAPPENINGS = ['beats', 'stands', 'retires', 'registers', 'others look'] as const;
type Happening = (typeof HAPPENINGS)[number];

async function happen(what: Happening, own: Session, other: Session): Promise<void> {
  own.clock.pass(5000);
  await other.beat(worker('b'));
  if (what === 'beats') await own.beat(worker('a'));
  else if (what === 'retires') await own.queue.retire(worker('a'));
  else if (what === 'registers') await register(own, 'a');
  else if (what === 'others look') await other.queue.claim(worker('b'), { atMost: 1 });
}

/** As `listWorkers` tells it; one that is no longer in the list has stopped. */
function livenessOf(row: WorkerRow | undefined, isMoving: boolean): WorkerLiveness {
  if (row?.stopped !== false) return row?.crashed === true ? 'crashed' : 'stopped';
  return isMoving ? 'live' : 'unresponsive';
}

test.each(STORES)('a worker of the %s store lives and dies as its table says', async (_name, openFixture) => {
  const happenings = fc.array(fc.constantFrom(...HAPPENINGS), { minLength: 3, maxLength: 20, size: 'max' });
  const property = fc.asyncProperty(happenings, async (all) => {
    await using fixture = await openFixture();
    const own = await fixture.open();
    const other = await fixture.open({ clock: own.clock });
    await register(own, 'a');
    await register(other, 'b');
    let before: WorkerLiveness = 'live';
    for (const what of all) {
      await happen(what, own, other);
      const row = (await other.queue.workers()).find(({ id }) => id === 'worker-a');
      const after = livenessOf(row, what === 'registers' || what === 'beats');
      const isMove = after === before || what === 'registers' || LIVENESS_MOVES[before].includes(after);
      expect(isMove, `${what}: ${before} → ${after}`).toBe(true);
      before = after;
    }
  });
  await fc.assert(property, { numRuns: RUNS });
});

test.each(STORES)(
  'the goodbye of a worker that the %s store has down as crashed comes too late',
  async (_name, openFixture) => {
    await using fixture = await openFixture();
    await using own = await fixture.open();
    await using other = await fixture.open({ clock: own.clock });
    await register(own, 'a');
    await register(other, 'b');
    own.clock.pass(4000);
    await other.queue.claim(worker('b'), { atMost: 1 });
    await own.queue.retire(worker('a'));
    expect((await other.queue.workers())[0]).toMatchObject({ id: 'worker-a', stopped: true, crashed: true });
    const types = (await collect(other.installation.read())).map(({ type }) => type);
    expect(types).toEqual(['worker.started', 'worker.started', 'worker.crashed']);
  },
);
