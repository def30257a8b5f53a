/** The raw limit: the rows, batches and hashes of a recorded measurement, through bare `node:sqlite`. */
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { openForReading, openForWriting } from '../src/store/sqlite/connection.ts';
import { openSqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import { systemClock } from '../src/store/system/clock.ts';
import { nodeDigest } from '../src/store/system/digest.ts';
import type { Write } from './write-recording.ts';

/** Filled by other threads and at other times. */
const NOT_COMPARED = new Set(['workers']);

/**
 * Milliseconds for the writes of each part, one after the other, without anything around them. The connection is set
 * as the engine's is; the chain of hashes is computed anew.
 */
export async function replayRaw(parts: readonly (readonly Write[])[], file: string): Promise<number[]> {
  await (await openSqliteLogAndQueue({ file, clock: systemClock, digest: nodeDigest, beats: 'manual' })).close();
  const database = openForWriting(file);
  const replay = replayOn(database, parts.flat());
  const times = parts.map((part) => {
    const before = performance.now();
    for (const write of part) replay(write);
    return performance.now() - before;
  });
  database.close();
  return times;
}

/** @throws when two databases differ in a row of any table */
export function assertSameRows(left: string, right: string): void {
  const [ours, theirs] = [contentOf(left), contentOf(right)];
  for (const [table, digest] of ours)
    if (theirs.get(table) !== digest) throw new Error(`The raw limit has written other rows into ${table}.`);
}

function contentOf(file: string): Map<string, string> {
  const database = openForReading(file);
  const tables = database.prepare(`select name from pragma_table_list where type = 'table' and schema = 'main'`).all();
  const names = tables.map(({ name }) => String(name)).filter((name) => !NOT_COMPARED.has(name));
  const digests = names.map((name): [string, string] => {
    const rows = database.prepare(`select * from "${name}"`).all();
    return [name, hash('sha256', JSON.stringify(rows))];
  });
  database.close();
  return new Map(digests);
}

function replayOn(database: DatabaseSync, writes: readonly Write[]): (write: Write) => void {
  const statements = new Map<string, StatementSync>();
  for (const { sql } of writes) if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
  const chained = chainOfEvents(writes);
  return (write) => statements.get(write.sql)?.run(...chained(write));
}

/** Gives the values of a write, with hashes of events that were computed at this moment. */
function chainOfEvents(writes: readonly Write[]): (write: Write) => readonly SQLInputValue[] {
  const places = new Map(writes.map(({ sql }) => [sql, placesIn(sql)]));
  const heads = new Map<SQLInputValue | undefined, Uint8Array>();
  return (write) => {
    const at = places.get(write.sql);
    if (at === undefined) return write.values;
    const values = [...write.values];
    const [run, body] = [values[at.run], values[at.body]];
    if (typeof body !== 'string') throw new Error(`The body of an event is no text: ${write.sql}`);
    const previous = heads.get(run) ?? new Uint8Array(32);
    const own = hash('sha256', Buffer.concat([previous, Buffer.from(body)]), 'buffer');
    heads.set(run, own);
    values[at.hash] = own;
    return values;
  };
}

/** Which of the values of an insert are the run, the body and the hash of an event; undefined for other statements. */
function placesIn(sql: string): { run: number; body: number; hash: number } | undefined {
  const [, columns, values] = /^\s*insert into events \(([^)]+)\)\s+values \(([^)]+)\)\s*$/.exec(sql) ?? [];
  if (columns === undefined || values === undefined) {
    if (/^\s*insert into events\b/.test(sql)) throw new Error(`Events are inserted in a way unknown here: ${sql}`);
    return undefined;
  }
  const given = values.split(',').map((value) => value.trim());
  const bound = columns
    .split(',')
    .map((column) => column.trim())
    .filter((_, index) => given[index] === '?');
  return { run: bound.indexOf('run_key'), body: bound.indexOf('body'), hash: bound.indexOf('hash') };
}
