import type { DatabaseSync } from 'node:sqlite';
import type { RunId, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  Command,
  CommandType,
  Lease,
  QueueSurvey,
  ReceivedCommand,
  Submission,
  WorkQueue,
  WorkerInfo,
  WorkerRow,
} from '../../core/ports.ts';
import type { Wait } from '../../core/stage.ts';
import { LOG, QUEUE, logOf, mailOf } from '../changes.ts';
import type { Changes } from '../changes.ts';
import { leaseLost, runHasEnded, runNotFound } from '../refusals.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { OtherWorker, Roster } from './roster.ts';
import type { Head, RunWriter } from './run-writer.ts';

const PAGE = 100;

/** Free, or held by one of the workers in the list (JSON); due, or with mail. ?1 the list, ?2 now. */
const CLAIMABLE = `ended_at is null
  and (holder is null or holder in (select value from json_each(?1)))
  and ((paused = 0 and (wake_at is null or wake_at <= ?2))
    or exists (select 1 from commands where run_key = runs.key))`;

const SURVEY = `select holder, claimable, paused, count(*) as runs from (
  select holder, paused, ${CLAIMABLE} as claimable from runs where ended_at is null
) group by holder, claimable, paused`;

interface ClaimedRow extends Head {
  readonly id: RunId;
  readonly priority: number;
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
  readonly #anyClaimable: Query<{ readonly key: number }>;
  readonly #claimableOne: Query<{ readonly key: number }>;
  readonly #take: Query<ClaimedRow>;
  readonly #takeOne: Query<ClaimedRow>;
  readonly #holds: Query<{ readonly key: number }>;
  readonly #run: Query<{ readonly key: number; readonly ended: 0 | 1 }>;
  readonly #mail: Query<{ readonly id: number; readonly type: CommandType; readonly sender: string }>;
  readonly #survey: Query<SurveyRow>;
  readonly #park: Change;
  readonly #release: Change;
  readonly #releaseAll: Change;
  readonly #insertCommand: Change;

  /** How far the changes had come at the last look for work. */
  #looked = -1;

  constructor(parts: SqliteWorkQueueParts) {
    this.#parts = parts;
    const { database, reader } = parts;
    const taken = 'set holder = ?3, lease_token = lease_token + 1, wake_at = null, paused = 0';
    const returned = `returning key, id, priority, lease_token as token, state, seq, at, hash,
      (select position from events where run_key = runs.key and seq = runs.seq) as position`;
    this.#anyClaimable = prepareQuery(reader, `select key from runs where ${CLAIMABLE} limit 1`);
    this.#claimableOne = prepareQuery(reader, `select key from runs where ${CLAIMABLE} and id = ?3`);
    this.#take = prepareQuery(
      database,
      `update runs ${taken} where key in (
        select key from runs where ${CLAIMABLE} order by priority, key limit ?4
      ) ${returned}`,
    );
    this.#takeOne = prepareQuery(database, `update runs ${taken} where id = ?4 and ${CLAIMABLE} ${returned}`);
    this.#holds = prepareQuery(reader, 'select key from runs where id = ? and lease_token = ? and holder is not null');
    this.#run = prepareQuery(database, 'select key, ended_at is not null as ended from runs where id = ?');
    this.#mail = prepareQuery(
      reader,
      `select commands.id, type, sender from commands join runs on runs.key = run_key
       where runs.id = ? and commands.id > ? order by commands.id limit ${PAGE}`,
    );
    this.#survey = prepareQuery(reader, SURVEY);
    const held = 'where id = ? and lease_token = ? and holder is not null';
    this.#park = prepareChange(database, `update runs set holder = null, paused = ?, wake_at = ? ${held}`);
    this.#release = prepareChange(database, `update runs set holder = null ${held}`);
    this.#releaseAll = prepareChange(
      database,
      'update runs set holder = null where holder = (select key from workers where id = ?)',
    );
    this.#insertCommand = prepareChange(database, 'insert into commands (run_key, type, sender) values (?, ?, ?)');
  }

  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined> {
    const { writes, writer, roster } = this.#parts;
    const { runId } = submission;
    return writes.write((topics) => {
      const token = writer.submit(submission, claimFor === undefined ? null : roster.keyOf(claimFor));
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
    return this.#parts.writes.write(() => {
      if (isNoneClaimable) {
        this.#parts.roster.markCrashed(dead);
        return [];
      }
      const values = [dead, this.#parts.clock.now(), this.#parts.roster.keyOf(worker)] as const;
      const rows =
        options.only === undefined
          ? this.#take.all(...values, options.atMost)
          : this.#takeOne.all(...values, options.only);
      this.#parts.roster.markCrashed(dead);
      return [...rows].sort(byUrgency).map((row) => {
        this.#parts.writer.rememberHead(row.id, row);
        return { runId: row.id, worker, token: row.token };
      });
    });
  }

  park(lease: Lease, until: Wait | 'paused'): Promise<void> {
    const paused = until === 'paused';
    return this.#parts.writes.write((topics) => {
      const { changes } = this.#park(paused ? 1 : 0, paused ? null : until.until, lease.runId, lease.token);
      if (changes !== 1) throw leaseLost(lease);
      this.#parts.writer.forgetHead(lease.runId);
      topics.add(QUEUE);
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#parts.writes.write((topics) => {
      if (this.#release(lease.runId, lease.token).changes !== 1) return;
      this.#parts.writer.forgetHead(lease.runId);
      topics.add(QUEUE);
    });
  }

  async holds(lease: Lease): Promise<boolean> {
    return this.#holds.get(lease.runId, lease.token) !== undefined;
  }

  async register(worker: WorkerInfo): Promise<void> {
    const { writes, roster } = this.#parts;
    await writes.write(() => roster.insert(worker));
    roster.startBeating(worker);
    roster.others(worker.id); // the watch over the others begins now
  }

  async retire(worker: WorkerId): Promise<void> {
    const { writes, roster, writer } = this.#parts;
    await roster.stopBeating(worker);
    await writes.write((topics) => {
      this.#releaseAll(worker);
      roster.markStopped(worker);
      writer.forgetHeads();
      topics.add(QUEUE);
    });
  }

  async workers(): Promise<readonly WorkerRow[]> {
    return this.#parts.roster.workers();
  }

  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean> {
    return this.#parts.roster.isHeldByLiving(runId, AbortSignal.any([signal, this.#parts.closing]));
  }

  send(runId: RunId, command: Command): Promise<void> {
    return this.#parts.writes.write((topics) => {
      const run = this.#run.get(runId);
      if (run === undefined) throw runNotFound(runId);
      if (run.ended === 1) throw runHasEnded(runId);
      this.#insertCommand(run.key, command.type, command.by);
      topics.add(mailOf(runId)).add(QUEUE);
    });
  }

  async *inbox(lease: Lease, signal: AbortSignal): AsyncGenerator<ReceivedCommand> {
    const until = AbortSignal.any([signal, this.#parts.closing]);
    let last = 0;
    while (!until.aborted) {
      const mail = this.#mail.all(lease.runId, last);
      for (const { id, type, sender } of mail) {
        if (until.aborted) return;
        last = id;
        yield { id, type, by: sender };
      }
      if (mail.length === 0) await this.#parts.changes.next(mailOf(lease.runId), until);
    }
  }

  async survey(worker: WorkerId): Promise<QueueSurvey> {
    const others = this.#parts.roster.others(worker);
    const seen = new Map(others.map((other) => [other.key, other.seen]));
    const survey = { runnable: 0, parked: 0, paused: 0, heldByLive: 0, heldByUnknown: 0 };
    for (const row of this.#survey.all(keysOfDead(others), this.#parts.clock.now())) {
      const place = placeOf(row, row.holder === null ? undefined : seen.get(row.holder));
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

const byUrgency = (left: ClaimedRow, right: ClaimedRow): number =>
  left.priority - right.priority || left.key - right.key;

/** Where a group of runs counts; those that the asking worker holds count nowhere. */
function placeOf(row: SurveyRow, holder: 'live' | 'unknown' | 'dead' | undefined): keyof QueueSurvey | undefined {
  if (row.claimable === 1) return 'runnable';
  if (row.holder === null) return row.paused === 1 ? 'paused' : 'parked';
  if (holder === undefined) return undefined;
  return holder === 'live' ? 'heldByLive' : 'heldByUnknown';
}
