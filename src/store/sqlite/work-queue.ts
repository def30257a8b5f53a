import type { DatabaseSync } from 'node:sqlite';
import type { Instant, RunId, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  Command,
  Lease,
  QueuePlace,
  QueueSurvey,
  ReceivedCommand,
  Submission,
  WorkQueue,
  WorkerInfo,
  WorkerRow,
} from '../../core/ports.ts';
import { prioritySchema } from '../../core/schema.ts';
import type { WorkerMode } from '../../core/states.ts';
import { LOG, QUEUE, logOf, mailOf } from '../changes.ts';
import type { Changes } from '../changes.ts';
import { NEVER, TIMED_RUNS, placeOf } from '../queue-order.ts';
import { assertReceivable, leaseLost } from '../refusals.ts';
import { CLAIMABLE } from './claimable.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import { Mailbox } from './mailbox.ts';
import type { OtherWorker, Roster } from './roster.ts';
import type { Head, RunWriter } from './run-writer.ts';
import { Turns } from './turns.ts';

const SURVEY = `select holder, claimable, paused, count(*) as runs from (
  select holder, paused, ${CLAIMABLE} as claimable from runs where ended_at is null
) group by holder, claimable, paused`;

/** How long the runs that ended last took, from the first thing that a holder recorded. */
const DURATIONS = `select ended_at - (
  select cast(round(unixepoch(body ->> '$.at', 'subsec') * 1000) as integer)
  from events where run_key = runs.key and seq = 2
) as ms from runs where ended_at is not null order by ended_at desc limit ${TIMED_RUNS}`;

/** A run's place among those that wait: lower comes first, from left to right. */
interface Order {
  readonly class: number;
  readonly turn: number;
  readonly key: number;
}

interface ClaimedRow extends Head, Order {
  readonly id: RunId;
}

interface SurveyRow {
  readonly holder: number | null;
  readonly claimable: 0 | 1;
  readonly paused: 0 | 1;
  readonly runs: number;
}

export interface SqliteWorkQueueParts {
  readonly database: DatabaseSync;
  readonly reader: DatabaseSync;
  readonly clock: Clock;
  readonly writes: GroupCommit;
  readonly writer: RunWriter;
  readonly roster: Roster;
  readonly changes: Changes;
  /** Aborted when the store closes. */
  readonly closing: AbortSignal;
}

export class SqliteWorkQueue implements WorkQueue {
  readonly #parts: SqliteWorkQueueParts;
  readonly #turns: Turns;
  readonly #mailbox: Mailbox;
  readonly #anyClaimable: Query<{ readonly key: number }>;
  readonly #claimableOne: Query<{ readonly key: number }>;
  readonly #take: Query<ClaimedRow>;
  readonly #takeOne: Query<ClaimedRow>;
  readonly #holds: Query<{ readonly key: number }>;
  readonly #order: Query<Order>;
  readonly #before: Query<{ readonly runs: number }>;
  readonly #durations: Query<{ readonly ms: number }>;
  readonly #survey: Query<SurveyRow>;
  readonly #park: Change;
  readonly #release: Change;
  readonly #releaseAll: Change;

  /** How far the changes had come at the last look for work. */
  #looked = -1;

  constructor(parts: SqliteWorkQueueParts) {
    this.#parts = parts;
    const { database, reader } = parts;
    this.#turns = new Turns(database);
    this.#mailbox = new Mailbox(parts);
    const taken = 'set holder = ?3, lease_token = lease_token + 1, wake_at = null, paused = 0';
    const returned = `returning key, id, class, turn, lease_token as token, state, seq, at, hash,
      (select position from events where run_key = runs.key and seq = runs.seq) as position`;
    this.#anyClaimable = prepareQuery(reader, `select key from runs where ${CLAIMABLE} limit 1`);
    this.#claimableOne = prepareQuery(reader, `select key from runs where ${CLAIMABLE} and id = ?3`);
    this.#take = prepareQuery(
      database,
      `update runs ${taken} where key in (
        select key from runs where ${CLAIMABLE} order by class, turn, key limit ?4
      ) ${returned}`,
    );
    this.#takeOne = prepareQuery(database, `update runs ${taken} where id = ?4 and ${CLAIMABLE} ${returned}`);
    this.#holds = prepareQuery(reader, 'select key from runs where id = ? and lease_token = ? and holder is not null');
    this.#order = prepareQuery(
      reader,
      `select class, turn, key from runs where id = ?3 and holder is null and ${CLAIMABLE}`,
    );
    this.#before = prepareQuery(
      reader,
      `select count(*) as runs from runs where ${CLAIMABLE} and (class, turn, key) <= (?3, ?4, ?5)`,
    );
    this.#durations = prepareQuery(reader, DURATIONS);
    this.#survey = prepareQuery(reader, SURVEY);
    this.#park = prepareChange(
      database,
      `update runs set holder = null, paused = ?1, wake_at = ?2, class_since = iif(
         exists (select 1 from commands where run_key = runs.key), ?3, coalesce(?2, ${NEVER})
       ) where id = ?4 and lease_token = ?5 and holder is not null`,
    );
    const free = 'update runs set holder = null, class_since = ?1';
    this.#release = prepareChange(database, `${free} where id = ?2 and lease_token = ?3 and holder is not null`);
    this.#releaseAll = prepareChange(database, `${free} where holder = (select key from workers where id = ?2)`);
  }

  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined> {
    const { writes, writer, roster } = this.#parts;
    const { runId } = submission;
    return writes.write((topics) => {
      const { share = null, priority } = submission;
      const joined = prioritySchema.options.indexOf(priority);
      const holder = claimFor === undefined ? null : roster.entry(claimFor, topics).key;
      const turn = holder === null ? this.#turns.next(share, joined) : this.#turns.current(joined);
      const token = writer.submit(submission, { holder, class: joined, turn });
      topics.add(LOG).add(logOf(runId)).add(QUEUE);
      return claimFor === undefined ? undefined : { runId, worker: claimFor, token };
    });
  }

  async claim(worker: WorkerId, options: { atMost: number; only?: RunId }): Promise<readonly Lease[]> {
    const others = this.#parts.roster.others(worker);
    const dead = keysOfDead(others);
    this.#looked = this.#parts.changes.count;
    const isNoneClaimable = options.atMost < 1 || !this.#isAnyClaimable(dead, options.only);
    if (isNoneClaimable && !others.some(({ isCrashed }) => isCrashed)) return [];
    return this.#parts.writes.write((topics) => {
      const rows = isNoneClaimable ? [] : this.#takeRuns(worker, { ...options, dead }, topics);
      this.#parts.roster.markCrashed(dead, topics);
      return rows.map((row) => {
        this.#parts.writer.rememberHead(row.id, row);
        return { runId: row.id, worker, token: row.token };
      });
    });
  }

  /** Inside a write: the runs that are next, or the one asked for, now held by the worker. */
  #takeRuns(
    worker: WorkerId,
    { atMost, only, dead }: { atMost: number; only?: RunId; dead: string },
    topics: Set<string>,
  ): readonly ClaimedRow[] {
    const now = this.#parts.clock.now();
    const { key, mode } = this.#parts.roster.entry(worker, topics);
    if (mode !== 'active') return [];
    if (only !== undefined) return this.#takeOne.all(dead, now, key, only);
    this.#turns.raise(dead, now);
    const rows = this.#take.all(dead, now, key, atMost);
    this.#turns.reached(rows);
    return rows.toSorted(inOrder);
  }

  park(lease: Lease, until: { readonly until?: Instant } | 'paused'): Promise<void> {
    const paused = until === 'paused';
    const wakeAt = paused ? null : (until.until ?? NEVER);
    return this.#parts.writes.write((topics) => {
      const now = this.#parts.clock.now();
      if (this.#park(paused ? 1 : 0, wakeAt, now, lease.runId, lease.token).changes !== 1) throw leaseLost(lease);
      this.#parts.writer.forgetHead(lease.runId);
      topics.add(QUEUE);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#parts.writes.write((topics) => {
      if (this.#release(this.#parts.clock.now(), lease.runId, lease.token).changes !== 1) return;
      this.#parts.writer.forgetHead(lease.runId);
      topics.add(QUEUE);
    });
  }

  async holds(lease: Lease): Promise<boolean> {
    return this.#holds.get(lease.runId, lease.token) !== undefined;
  }

  async register(worker: WorkerInfo): Promise<void> {
    const { writes, roster } = this.#parts;
    await writes.write((topics) => {
      roster.insert(worker, topics);
      this.#turns.forget();
    });
    roster.startBeating(worker);
    roster.others(worker.id); // the watch over the others begins now
  }

  async retire(worker: WorkerId): Promise<void> {
    const { writes, roster, writer, clock } = this.#parts;
    await roster.stopBeating(worker);
    await writes.write((topics) => {
      this.#releaseAll(clock.now(), worker);
      roster.markStopped(worker, topics);
      writer.forgetHeads();
      topics.add(QUEUE);
    });
  }

  async workers(): Promise<readonly WorkerRow[]> {
    return this.#parts.roster.workers();
  }

  setMode(worker: WorkerId, mode: WorkerMode, by: string): Promise<void> {
    return this.#parts.writes.write((topics) => {
      this.#parts.roster.setMode(worker, { mode, by }, topics);
      topics.add(QUEUE);
    });
  }

  async mode(worker: WorkerId): Promise<WorkerMode> {
    return this.#parts.roster.mode(worker);
  }

  async place(runId: RunId): Promise<QueuePlace | undefined> {
    const { dead, slots } = this.#parts.roster.strength();
    const at = [JSON.stringify(dead), this.#parts.clock.now()] as const;
    const own = this.#order.get(...at, runId);
    if (own === undefined) return undefined;
    const position = this.#before.get(...at, own.class, own.turn, own.key)?.runs ?? 1;
    return placeOf(position, { slots, durations: this.#durations.all().map(({ ms }) => ms) });
  }

  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean> {
    return this.#parts.roster.isHeldByLiving(runId, AbortSignal.any([signal, this.#parts.closing]));
  }

  send(runId: RunId, command: Command): Promise<void> {
    return this.#parts.writes.write((topics) => {
      assertReceivable(command);
      this.#mailbox.put(runId, command, this.#parts.clock.now());
      topics.add(mailOf(runId)).add(QUEUE);
    });
  }

  async *inbox(lease: Lease, signal: AbortSignal): AsyncGenerator<ReceivedCommand> {
    const until = AbortSignal.any([signal, this.#parts.closing]);
    let last = 0;
    while (!until.aborted) {
      const mail = this.#mailbox.after(lease.runId, last);
      for (const command of mail) {
        if (until.aborted) return;
        last = command.id;
        yield command;
      }
      if (mail.length === 0) await this.#parts.changes.next(mailOf(lease.runId), until);
    }
  }

  async survey(worker: WorkerId): Promise<QueueSurvey> {
    const others = this.#parts.roster.others(worker);
    const seen = new Map(others.map((other) => [other.key, other.seen]));
    const survey = { runnable: 0, parked: 0, paused: 0, heldByLive: 0, heldByUnknown: 0 };
    for (const row of this.#survey.all(keysOfDead(others), this.#parts.clock.now())) {
      const place = countOf(row, row.holder === null ? undefined : seen.get(row.holder));
      if (place !== undefined) survey[place] += row.runs;
    }
    return survey;
  }

  async idle(maxMs: number, signal: AbortSignal): Promise<void> {
    const { changes, clock, closing } = this.#parts;
    // What came between the last claim and now must not be slept through.
    const missed = this.#looked !== changes.count && this.#isAnyClaimable('[]');
    this.#looked = changes.count;
    if (missed) return;
    const over = new AbortController();
    const until = AbortSignal.any([signal, closing, over.signal]);
    const stop = (): void => over.abort();
    const timeUp = clock.sleep(maxMs, until).then(stop, stop);
    do await changes.next(QUEUE, until);
    while (!until.aborted && !this.#isAnyClaimable('[]'));
    this.#looked = changes.count;
    over.abort();
    await timeUp;
  }

  /** A look before the write, so that a worker with nothing to do writes nothing. */
  #isAnyClaimable(dead: string, only?: RunId): boolean {
    const now = this.#parts.clock.now();
    const found = only === undefined ? this.#anyClaimable.get(dead, now) : this.#claimableOne.get(dead, now, only);
    return found !== undefined;
  }
}

/** Whose runs may be taken over, as JSON. */
const keysOfDead = (others: readonly OtherWorker[]): string =>
  JSON.stringify(others.filter(({ seen }) => seen === 'dead').map(({ key }) => key));

const inOrder = (left: Order, right: Order): number =>
  left.class - right.class || left.turn - right.turn || left.key - right.key;

/** Where a group of runs counts; those that the asking worker holds count nowhere. */
function countOf(row: SurveyRow, holder: 'live' | 'unknown' | 'dead' | undefined): keyof QueueSurvey | undefined {
  if (row.claimable === 1) return 'runnable';
  if (row.holder === null) return row.paused === 1 ? 'paused' : 'parked';
  if (holder === undefined) return undefined;
  return holder === 'live' ? 'heldByLive' : 'heldByUnknown';
}
