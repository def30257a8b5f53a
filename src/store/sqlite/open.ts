import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { StemmaError } from '../../core/errors.ts';
import type { Digest, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  InstallationLog,
  Ledger,
  RouteStatistics,
  RunLog,
  Signer,
  StoreHealth,
  WorkQueue,
} from '../../core/ports.ts';
import { Changes } from '../changes.ts';
import { StoredLedger } from '../stored-ledger.ts';
import { openForReading, openForWriting, pragma, prepareQuery, reportConnection } from './connection.ts';
import type { ConnectionReport } from './connection.ts';
import { ContentDeletion } from './content-deletion.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteInstallationLog } from './installation-log.ts';
import { SqliteLedgerTables } from './ledger.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { Roster } from './roster.ts';
import { SqliteRouteStatistics } from './route-statistics.ts';
import { SqliteRunLog } from './run-log.ts';
import { RunWriter } from './run-writer.ts';
import { systemCode, toFileError } from '../system/file-errors.ts';
import { isBusy, toStoreError } from './sqlite-errors.ts';
import { SqliteWorkQueue } from './work-queue.ts';

const OPEN_WITHIN_MS = 10_000;
const OPEN_RETRY_MS = 10;

export interface SqliteOptions {
  /** The database; its folder is made when it is not there. */
  readonly file: string;
  readonly clock: Clock;
  readonly digest: Digest;
  /** Signs the last hash of runs that end; without one they stay unsigned. */
  readonly signer?: Signer;
  /** `manual` for tests: no thread, the counters move by `beat`. */
  readonly beats?: 'thread' | 'manual';
  /** Right before every commit; an error makes the commit fail. For tests. */
  readonly beforeCommit?: () => void;
  /** Instead of the own ones, for tests of migrating. */
  readonly migrations?: readonly string[];
}

export interface SqliteLogAndQueue extends AsyncDisposable {
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly installation: InstallationLog;
  readonly routes: RouteStatistics;
  /** Where a further connection for queries finds the database. */
  readonly file: string;
  health(): Promise<StoreHealth>;
  /** The database grows no further than this; for tests of a full disk. */
  limitPages(pages: number): void;
  /** How the connections of this session are set. */
  connections(): readonly ConnectionReport[];
  /** Raises a worker's counter by hand. */
  beat(worker: WorkerId): Promise<void>;
  /** Commits what was requested, ends followers, stops the counters' threads. Runs held stay held until `retire`. */
  close(): Promise<void>;
}

/**
 * The log and the queue in one SQLite database, created and migrated when needed.
 *
 * @throws {StemmaError} STORE_CORRUPT · STORE_NEWER · STORE_BUSY · STORE_FULL · FORBIDDEN for a file that cannot be written
 */
export async function openSqliteLogAndQueue(options: SqliteOptions): Promise<SqliteLogAndQueue> {
  const database = await openDatabase(options);
  let reader: DatabaseSync | undefined;
  try {
    reader = openForReading(options.file);
    return assemble(options, database, reader);
  } catch (error) {
    reader?.close();
    database.close();
    throw toStoreError(error, options.file);
  }
}

/** Opens and migrates; while another process does the same, it is tried again. */
async function openDatabase({ file, clock, migrations = MIGRATIONS }: SqliteOptions): Promise<DatabaseSync> {
  makeFolder(dirname(file));
  const deadline = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    let database: DatabaseSync | undefined;
    try {
      database = openForWriting(file);
      await migrate(database, { file, clock, migrations });
      return database;
    } catch (error) {
      database?.close();
      if (!isBusy(error) || performance.now() > deadline) throw toStoreError(error, file);
      await sleep(OPEN_RETRY_MS);
    }
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new StemmaError('INPUT_INVALID', `${path} is a file; the database needs a folder there.`, {
        cause: error,
        hint: 'Name another folder with --data.',
      });
    throw toFileError(error, { doing: 'the database', path });
  }
}

function assemble(options: SqliteOptions, database: DatabaseSync, reader: DatabaseSync): SqliteLogAndQueue {
  const { file, clock, digest, signer, beats = 'thread' } = options;
  const versionSeen = prepareQuery<{ data_version: number }>(database, 'pragma data_version');
  let version = versionSeen.get()?.data_version;
  const changes = new Changes(() => {
    const before = version;
    version = versionSeen.get()?.data_version;
    return before !== version;
  });
  const writer = new RunWriter({ database, clock, digest, signer });
  const writes = new GroupCommit(database, {
    file,
    clock,
    beforeCommit: options.beforeCommit,
    onCommitted: (topics) => changes.publish(topics),
    onFailed: () => writer.forgetHeads(),
  });
  const installation = new SqliteInstallationLog({ database, reader, writes, clock, digest });
  const roster = new Roster({ database, reader, clock, file, beats, installation });
  const closing = new AbortController();
  const shared = { database, reader, writes, writer, clock, installation, changes, closing: closing.signal };
  let closed: Promise<void> | undefined;
  const shut = async (): Promise<void> => {
    await writes.close();
    closing.abort();
    await roster.close();
    reader.close();
    database.close();
  };
  const close = (): Promise<void> => (closed ??= shut());
  return {
    file,
    close,
    [Symbol.asyncDispose]: close,
    log: new SqliteRunLog({ ...shared, deletion: new ContentDeletion(shared) }),
    queue: new SqliteWorkQueue({ ...shared, roster }),
    ledger: new StoredLedger({ ...shared, tables: new SqliteLedgerTables({ database, clock, roster }) }),
    installation,
    routes: new SqliteRouteStatistics(reader),
    health: async () => healthOf(reader, file),
    limitPages: (pages) => database.exec(`pragma max_page_count = ${pages}`),
    connections: () => [database, reader].map((connection) => reportConnection(connection)),
    beat: (worker) => writes.write(() => roster.beat(worker)),
  };
}

function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function healthOf(reader: DatabaseSync, file: string): StoreHealth {
  const counts = prepareQuery<{ runs: number; events: number }>(
    reader,
    'select (select count(*) from runs) as runs, (select count(*) from events) as events',
  ).get();
  return {
    schemaVersion: Number(pragma(reader, 'user_version')),
    integrity: String(pragma(reader, 'integrity_check(1)')),
    runs: counts?.runs ?? 0,
    events: counts?.events ?? 0,
    sizeBytes: statSync(file).size,
    freeBytes: freeBytesAt(dirname(file)),
  };
}
