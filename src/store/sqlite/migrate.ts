import type { DatabaseSync } from 'node:sqlite';
import { StemmaError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { pragma } from './connection.ts';
import { storeCorrupt } from './sqlite-errors.ts';

/** "Stem": says of a file that it is a database of this program. */
const APPLICATION_ID = 0x53_74_65_6d;
/** A worker whose counter stands still for this long is no obstacle. */
const WATCH_MS = 4000;

export interface MigrateOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly migrations: readonly string[];
}

/**
 * Brings the schema up to date: all that is missing in one transaction, after a backup beside the file, and only
 * when nobody else works on it.
 *
 * @throws {StemmaError} STORE_NEWER · STORE_CORRUPT for another program's database · STORE_BUSY while other workers live
 */
export async function migrate(database: DatabaseSync, options: MigrateOptions): Promise<void> {
  const version = versionOf(database, options);
  if (version === options.migrations.length) return;
  if (version > 0) {
    await refuseLiveWorkers(database, options);
    database.prepare('vacuum into ?').run(backupName(options, version));
  }
  database.exec('begin immediate');
  try {
    // Another process may have been faster.
    const missing = options.migrations.slice(versionOf(database, options));
    for (const sql of missing) database.exec(sql);
    database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${options.migrations.length};`);
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

const backupName = ({ file, clock }: MigrateOptions, version: number): string =>
  `${file}.schema-${version}.${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}.backup`;

function versionOf(database: DatabaseSync, { file, migrations }: MigrateOptions): number {
  const version = Number(pragma(database, 'user_version'));
  const isEmpty = database.prepare('select 1 from sqlite_schema limit 1').get() === undefined;
  if (!isEmpty && pragma(database, 'application_id') !== APPLICATION_ID) throw storeCorrupt(file);
  if (version > migrations.length)
    throw new StemmaError(
      'STORE_NEWER',
      `The database ${file} has schema ${version}; this version of Stemma knows up to ${migrations.length}.`,
      { facts: { version, known: migrations.length }, hint: 'Use the newer Stemma that wrote it, or another --data.' },
    );
  return version;
}

async function refuseLiveWorkers(database: DatabaseSync, { clock }: MigrateOptions): Promise<void> {
  const statement = database.prepare('select id, host, pid, beats from workers where stopped = 0');
  const before = new Map(statement.all().map(({ id, beats }) => [id, beats]));
  if (before.size === 0) return;
  await clock.sleep(WATCH_MS);
  const live = statement.all().find(({ id, beats }) => before.get(id) !== beats);
  if (live === undefined) return;
  throw new StemmaError(
    'STORE_BUSY',
    `The database must be migrated, but process ${String(live['pid'])} on ${String(live['host'])} still works on it.`,
    { hint: 'End the other workers, then try again.' },
  );
}
