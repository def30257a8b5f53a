import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { StemmaError } from '../../core/errors.ts';
import type { Instant, RunId } from '../../core/ids.ts';
import type { Clock, CostFilter, FileStore, RunListFilter, RunListRow, RunQueries, Work } from '../../core/ports.ts';
import { attemptStatisticsProjection } from './attempt-statistics.ts';
import { openForReading, openForWriting } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { kyselyOver } from './kysely-dialect.ts';
import { localDays } from './local-days.ts';
import { EventPages, catchUp } from './projection.ts';
import type { Projection } from './projection.ts';
import { formatCursor, labelsOf, parseCursor, selectBranches, selectRuns, toListRow } from './run-list-query.ts';
import type { Tables } from './run-list-query.ts';
import { runListProjection } from './run-list.ts';
import { textProjection } from './search.ts';
import { toStoreError } from './sqlite-errors.ts';
import { selectCallRates, selectCosts, selectCounts, selectMedian } from './statistics-query.ts';

export interface SqliteRunQueriesOptions {
  /** A database whose schema is up to date. */
  readonly file: string;
  readonly clock: Clock;
  readonly files: Pick<FileStore, 'read'>;
  /** `privacy.search`: off keeps no index of texts and takes away the one there is. */
  readonly search: 'on' | 'off';
  /** `time.zone`, whose days costs are counted by; the system's when there is none. */
  readonly zone?: string;
}

/** The connections with what is prepared on them. */
interface Session {
  readonly reader: Kysely<Tables>;
  readonly database: DatabaseSync;
  readonly writes: GroupCommit;
  readonly log: EventPages;
  /** The list of runs first. */
  readonly kept: readonly Projection[];
  /** Those whose tables are to be empty. */
  readonly dropped: readonly Projection[];
}

/**
 * Lists and search over the read models of one database. Every list first takes in what the log has grown by, so it
 * shows every event that was stored before it was asked for, whichever process stored it.
 *
 * Nothing is opened before the first question. Several processes may ask at once: each page of events is taken in once.
 */
export class SqliteRunQueries implements RunQueries, AsyncDisposable {
  readonly #options: SqliteRunQueriesOptions;
  #session: Session | undefined;
  #closed = false;
  /** The last thing that was asked of the read models; they are filled by one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SqliteRunQueriesOptions) {
    this.#options = options;
  }

  async list(filter: RunListFilter): Promise<{ items: readonly RunListRow[]; nextCursor: string | null }> {
    const after = filter.cursor === undefined ? undefined : parseCursor(filter.cursor);
    this.#assertSearchable(filter);
    const { reader } = await this.#caughtUp();
    return this.#explained(async () => {
      const rows = await selectRuns(reader, filter, after);
      const shown = rows.slice(0, filter.limit);
      const labels = await labelsOf(reader, shown);
      const last = rows.length > filter.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => toListRow(row, labels.get(row.run_key) ?? {})),
        nextCursor: last === undefined ? null : formatCursor(last),
      };
    });
  }

  async labels(runId: RunId): Promise<Readonly<Record<string, string>>> {
    return this.#explained(async () => {
      const { reader } = this.#opened();
      const query = reader.selectFrom('labels').innerJoin('runs', 'runs.key', 'labels.run_key');
      const rows = await query.select(['labels.key', 'labels.value']).where('runs.id', '=', runId).execute();
      return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    });
  }

  async branches(runId: RunId): Promise<readonly RunId[]> {
    const { reader } = await this.#caughtUp();
    return this.#explained(() => selectBranches(reader, runId));
  }

  async costs(filter: CostFilter): ReturnType<RunQueries['costs']> {
    const { reader } = await this.#caughtUp();
    return this.#explained(() => selectCosts(reader, filter));
  }

  async medians(of: readonly Work[]): Promise<readonly (number | null)[]> {
    const { reader } = await this.#caughtUp();
    return this.#explained(() => Promise.all(of.map((work) => selectMedian(reader, work))));
  }

  async callRates(since: Instant): ReturnType<RunQueries['callRates']> {
    const { reader } = await this.#caughtUp();
    return this.#explained(() => selectCallRates(reader, since));
  }

  async counts(): ReturnType<RunQueries['counts']> {
    const { database } = await this.#caughtUp();
    return selectCounts(database, this.#options.clock.now());
  }

  rebuild(): Promise<{ events: number }> {
    return this.#inTurn(async (session) => {
      await session.writes.write(() => {
        for (const projection of [...session.kept, ...session.dropped]) session.log.restart(projection);
      });
      return { events: await catchUpAll(session) };
    });
  }

  /** Waits for what is going on, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last.catch(() => undefined);
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    await session.writes.close();
    await session.reader.destroy();
    session.database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertSearchable(filter: RunListFilter): void {
    if (filter.search === undefined || this.#options.search === 'on') return;
    throw new StemmaError('INPUT_INVALID', 'The texts of runs are not searched here: privacy.search is off.', {
      hint: 'Set privacy.search to on in the settings, or leave --search out.',
    });
  }

  #caughtUp(): Promise<Session> {
    return this.#inTurn(async (session) => {
      await catchUpAll(session);
      return session;
    });
  }

  #inTurn<T>(act: (session: Session) => Promise<T>): Promise<T> {
    const go = (): Promise<T> => this.#explained(() => act(this.#opened()));
    const turn = this.#last.then(go, go);
    this.#last = turn;
    return turn;
  }

  #opened(): Session {
    if (this.#closed) throw new StemmaError('INTERNAL', 'The store is closed.');
    this.#session ??= openSession(this.#options);
    return this.#session;
  }

  async #explained<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw cause instanceof StemmaError ? cause : toStoreError(cause, this.#options.file);
    }
  }
}

function openSession(options: SqliteRunQueriesOptions): Session {
  const { file, clock, files, search, zone } = options;
  const database = openForWriting(file);
  try {
    // What leaves the index of texts is to be gone from the file too.
    // They can be filled again, so their commits need not wait for the disk.
    database.exec('pragma secure_delete = on; pragma synchronous = normal');
    const nothing = (): void => undefined;
    const writes = new GroupCommit(database, { file, clock, onCommitted: nothing, onFailed: nothing });
    const always = [runListProjection(database), attemptStatisticsProjection(database, localDays(zone))];
    const texts = textProjection(database, files);
    const kept = search === 'on' ? [...always, texts] : always;
    const dropped = search === 'on' ? [] : [texts];
    const reader = kyselyOver<Tables>(openForReading(file));
    return { reader, database, writes, log: new EventPages(database), kept, dropped };
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** Says how many events the list of runs has read. */
async function catchUpAll({ writes, log, kept, dropped }: Session): Promise<number> {
  for (const projection of dropped)
    if (log.positionOf(projection) > 0) await writes.write(() => log.restart(projection));
  const counts: number[] = [];
  for (const projection of kept) counts.push(await catchUp(projection, log, writes));
  return counts[0] ?? 0;
}
