/** Connections to the database. Every one of them writes through to the disk before a commit returns. */
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementResultingChanges } from 'node:sqlite';
import { toStoreError } from './sqlite-errors.ts';

/** Readers are blocked only while the log is recovered after a crash or taken in at the last close. */
const READ_TIMEOUT_MS = 2000;
const CACHE_KIB = 16_384;
/** So few that taking them into the database, at the end of a commit, does not stop the event loop for long. */
const CHECKPOINT_PAGES = 1000;

const SETTINGS = [
  'pragma synchronous = full',
  'pragma foreign_keys = on',
  'pragma trusted_schema = off',
  'pragma cell_size_check = on',
  'pragma temp_store = memory',
  `pragma cache_size = -${CACHE_KIB}`,
  `pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
].join(';');

/**
 * The connection that writes. It never waits for a lock: a wait would stop the event loop.
 *
 * What is moved between pages leaves no copy behind, from the first write on: zeros only while something is deleted
 * would come too late for the copies of before.
 */
export function openForWriting(file: string): DatabaseSync {
  return open(file, (database) => database.exec(`pragma journal_mode = wal;pragma secure_delete = on;${SETTINGS}`));
}

/** A connection for reads; it sees what was committed when a statement begins. */
export function openForReading(file: string): DatabaseSync {
  const options = { readOnly: true, timeout: READ_TIMEOUT_MS };
  return open(file, (database) => database.exec(SETTINGS), options);
}

function open(file: string, configure: (database: DatabaseSync) => void, options = {}): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0, ...options });
    configure(database);
    return database;
  } catch (error) {
    database?.close();
    throw error;
  }
}

/** How a connection keeps its promises, as SQLite reports it. */
export interface ConnectionReport {
  readonly journalMode: string;
  readonly synchronous: number;
  readonly foreignKeys: number;
  readonly busyTimeoutMs: number;
}

export function reportConnection(database: DatabaseSync): ConnectionReport {
  return {
    journalMode: String(pragma(database, 'journal_mode')),
    synchronous: Number(pragma(database, 'synchronous')),
    foreignKeys: Number(pragma(database, 'foreign_keys')),
    busyTimeoutMs: Number(pragma(database, 'busy_timeout')),
  };
}

/** The one value of a pragma. */
export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
}

/** A prepared query whose rows have the shape that its SQL gives them. */
export interface Query<Row> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): readonly Row[];
}

/** Prepares a query; its errors are errors of the store. */
export function prepareQuery<Row>(database: DatabaseSync, sql: string): Query<Row> {
  const file = database.location() ?? 'in memory';
  const statement = translated(file, () => database.prepare(sql));
  return {
    get: (...values) => translated(file, () => statement.get(...values) as unknown as Row | undefined),
    all: (...values) => translated(file, () => statement.all(...values) as unknown as readonly Row[]),
  };
}

/** A prepared statement that changes rows. Runs inside a group commit, which translates its errors. */
export type Change = (...values: SQLInputValue[]) => StatementResultingChanges;

export function prepareChange(database: DatabaseSync, sql: string): Change {
  const statement = database.prepare(sql);
  return statement.run.bind(statement);
}

function translated<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw toStoreError(error, file);
  }
}
