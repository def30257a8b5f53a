/**
 * A database with very many attempts, written fast: a few runs are made by the engine, and every row that belongs to
 * them is copied again and again under a new run id, at another time, with its own span ids and its own chain of hashes.
 * Tables and columns come from the database, so that what a migration adds is copied too.
 */
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { spanIdOf } from '../src/core/ids.ts';
import type { RunId, StepPath } from '../src/core/ids.ts';
import { executeRun } from '../src/engine/execute-run.ts';
import { prepareQuery } from '../src/store/sqlite/connection.ts';
import { openSqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import { systemClock } from '../src/store/system/clock.ts';
import { nodeDigest } from '../src/store/system/digest.ts';
import { systemIds } from '../src/store/system/ids.ts';
import { noopSteps, openBenchEngine } from './bench-engine.ts';
import { scratchFolder } from './scratch-folder.ts';

const STEPS = 10;
/** Of this many runs one fails, in its seventh step. */
const ONE_FAILS_OF = 20;
const FAILS_AT = 7;
const APART_MS = 6000;
const RUNS_PER_TRANSACTION = 500;
/** Integers from here on are instants; everything else that is counted stays far below. */
const FIRST_INSTANT = 1_000_000_000_000;
const INSTANT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

type Row = Readonly<Record<string, SQLInputValue>>;

/** What is different in every copy. */
interface Copy {
  readonly key: number;
  readonly runId: RunId;
  readonly laterMs: number;
  readonly spanIds: readonly string[];
  /** The end of the chain of hashes so far. */
  head: Uint8Array;
}
type Value = (copy: Copy) => SQLInputValue;

interface RowTemplate {
  readonly table: string;
  readonly columns: readonly string[];
  readonly values: readonly Value[];
}

interface RunTemplate {
  readonly rows: readonly RowTemplate[];
  readonly attempts: readonly { readonly path: StepPath; readonly attempt: number }[];
}

interface StoredRun {
  readonly key: number;
  readonly runId: RunId;
}

export interface ManyAttempts {
  readonly attempts: number;
  readonly runIds: readonly RunId[];
}

/** Writes runs into a new database until there are so many attempts. */
export async function writeManyAttempts(attempts: number, file: string, parent: string): Promise<ManyAttempts> {
  using scratch = scratchFolder(parent);
  const template = scratch.file('template.db');
  await makeTemplate(template);
  await (await openSqliteLogAndQueue({ file, clock: systemClock, digest: nodeDigest, beats: 'manual' })).close();
  using from = new DatabaseSync(template, { readOnly: true });
  using to = new DatabaseSync(file);
  to.exec('pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -65536');
  for (const table of ['workers', 'definition_sets']) copyTable(table, from, to);
  const runs = prepareQuery<StoredRun>(from, 'select key, id as runId from runs order by key').all();
  const [succeeded, failed] = runs.map((run) => templateOf(from, run));
  if (succeeded === undefined || failed === undefined) throw new Error('There are no runs to copy.');
  const insert = inserter(to);
  const runIds: RunId[] = [];
  let written = 0;
  while (written < attempts) {
    if (runIds.length % RUNS_PER_TRANSACTION === 0) to.exec(runIds.length === 0 ? 'begin' : 'commit; begin');
    const run = runIds.length % ONE_FAILS_OF === ONE_FAILS_OF - 1 ? failed : succeeded;
    const laterMs = (runIds.length - attempts) * APART_MS;
    runIds.push(writeCopy(run, { key: runIds.length + 1, laterMs }, insert));
    written += run.attempts.length;
  }
  to.exec('commit');
  return { attempts: written, runIds };
}

/** One run that succeeds and one that fails. */
async function makeTemplate(file: string): Promise<void> {
  let begun = 0;
  const body = (): void => {
    begun += 1;
    if (begun === STEPS + FAILS_AT) throw new Error('The paint has run out.');
  };
  const steps = noopSteps(STEPS).map((step) => ({ ...step, retry: { maxAttempts: 1 } }));
  await using bench = await openBenchEngine({ file, steps, body });
  for (let run = 0; run < 2; run += 1) {
    const { lease } = await bench.submit(bench.engine.worker.id);
    if (lease !== undefined) await executeRun(bench.engine, lease, new AbortController().signal);
  }
}

function writeCopy(
  run: RunTemplate,
  at: Pick<Copy, 'key' | 'laterMs'>,
  insert: (row: RowTemplate, copy: Copy) => void,
): RunId {
  const runId = systemIds.runId();
  const spanIds = run.attempts.map((attempt) => spanIdOf(nodeDigest, runId, attempt));
  const copy: Copy = { ...at, runId, spanIds, head: new Uint8Array(32) };
  for (const row of run.rows) insert(row, copy);
  return runId;
}

/** The rows of a run in the order of its tables, the run itself last: its hash is that of its last event. */
function templateOf(database: DatabaseSync, { key, runId }: StoredRun): RunTemplate {
  const attempts = prepareQuery<RunTemplate['attempts'][number]>(
    database,
    'select path, attempt from attempts where run_key = ? order by path, attempt',
  ).all(key);
  const spanIds = attempts.map((attempt) => spanIdOf(nodeDigest, runId, attempt));
  const marks = { runId, spanIds };
  const rowsOf = (table: string, column: string): RowTemplate[] =>
    prepareQuery<Row>(database, `select * from "${table}" where ${column} = ? order by 1`)
      .all(key)
      .map((row) => toTemplate(database, { table, row, marks }));
  const rows = tablesOfRuns(database).flatMap((table) => rowsOf(table, 'run_key'));
  return { attempts, rows: [...rows, ...rowsOf('runs', 'key')] };
}

/** Tables that may hold rows of a run. Those that are filled from the log later on are still empty. */
function tablesOfRuns(database: DatabaseSync): string[] {
  const sql = `select tables.name as name from pragma_table_list as tables join pragma_table_info(tables.name) as columns
    where tables.schema = 'main' and columns.name = 'run_key'`;
  return prepareQuery<{ name: string }>(database, sql)
    .all()
    .map(({ name }) => name);
}

interface Marks {
  readonly runId: RunId;
  readonly spanIds: readonly string[];
}

function toTemplate(database: DatabaseSync, at: { table: string; row: Row; marks: Marks }): RowTemplate {
  const { table, row, marks } = at;
  const columns = Object.keys(row).filter((column) => !isNumbered(database, table, column));
  return { table, columns, values: columns.map((column) => toValue({ table, column, row, marks })) };
}

/** A number that the database gives by itself. */
function isNumbered(database: DatabaseSync, table: string, column: string): boolean {
  if (table === 'runs') return false;
  const sql = `select 1 from pragma_table_info(?) where name = ? and pk = 1 and type = 'INTEGER' collate nocase
    and (select count(*) from pragma_table_info(?) where pk > 0) = 1`;
  return database.prepare(sql).get(table, column, table) !== undefined;
}

function toValue(at: { table: string; column: string; row: Row; marks: Marks }): Value {
  const { table, column, row, marks } = at;
  const value = row[column] ?? null;
  if (column === 'run_key' || (table === 'runs' && column === 'key')) return ({ key }) => key;
  if (column === 'hash') return table === 'events' ? chain(row['body'], marks) : ({ head }) => head;
  if (typeof value === 'string') return toText(value, marks);
  if (typeof value === 'number' && value >= FIRST_INSTANT) return ({ laterMs }) => value + laterMs;
  return () => value;
}

function chain(body: SQLInputValue | undefined, marks: Marks): Value {
  if (typeof body !== 'string') throw new Error('The body of an event is no text.');
  const text = toText(body, marks);
  return (copy) => {
    copy.head = hash('sha256', Buffer.concat([copy.head, Buffer.from(text(copy))]), 'buffer');
    return copy.head;
  };
}

/** A text in which run id, span ids and instants stand. */
function toText(text: string, { runId, spanIds }: Marks): (copy: Copy) => string {
  const pieces = text.split(new RegExp(`(${[runId, ...spanIds, INSTANT].join('|')})`));
  const parts = pieces.map((piece, index): string | ((copy: Copy) => string) => {
    if (index % 2 === 0) return piece;
    if (piece === runId) return (copy) => copy.runId;
    const span = spanIds.indexOf(piece);
    if (span >= 0) return (copy) => copy.spanIds[span] ?? '';
    const instant = Date.parse(piece);
    return ({ laterMs }) => new Date(instant + laterMs).toISOString();
  });
  return (copy) => parts.map((part) => (typeof part === 'string' ? part : part(copy))).join('');
}

function inserter(database: DatabaseSync): (row: RowTemplate, copy: Copy) => void {
  const statements = new Map<string, StatementSync>();
  return ({ table, columns, values }, copy) => {
    const statement = statements.get(table) ?? database.prepare(insertInto(table, columns));
    statements.set(table, statement);
    statement.run(...values.map((value) => value(copy)));
  };
}

function copyTable(table: string, from: DatabaseSync, to: DatabaseSync): void {
  for (const row of from.prepare(`select * from ${table}`).all())
    to.prepare(insertInto(table, Object.keys(row))).run(...Object.values(row));
}

const insertInto = (table: string, columns: readonly string[]): string =>
  `insert into "${table}" (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
