/** A run that is spoiled behind Stemma's back, by someone who knows the database. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import type { App } from '../../src/app/context.ts';
import { isUnnamedFile, verifyRun } from '../../src/app/verify-run.ts';
import type { VerifyProblem } from '../../src/app/verify-run.ts';
import { eventHash, GENESIS } from '../../src/core/events.ts';
import type { RunId } from '../../src/core/ids.ts';
import { carryOut, openTestApp } from './app.ts';
import type { TestApp } from './app.ts';

export interface Recorded {
  readonly app: TestApp;
  readonly runId: RunId;
  readonly folder: string;
}

/** A run that has ended, spoiled, and what is found. */
export async function afterwards(
  spoil: (at: Recorded) => App | void | Promise<App | void>,
): Promise<readonly VerifyProblem[]> {
  await using app = await openTestApp();
  const runId = await carryOut(app);
  const folder = app.store.files.folder(runId) ?? '';
  const spoiled = (await spoil({ app, runId, folder })) ?? app;
  const { ok, problems } = await verifyRun(spoiled, runId);
  if (ok !== problems.every(isUnnamedFile)) throw new Error('ok and the problems contradict each other');
  return problems.map(({ what, problem }) => ({ what: what.replaceAll(runId, 'ID'), problem }));
}

/** What someone does who knows the database: nothing in it stops them. */
export function forge(app: App, act: (database: DatabaseSync) => void): void {
  using database = new DatabaseSync(join(app.dataDirectory, 'stemma.db'));
  database.exec('pragma foreign_keys = off; pragma ignore_check_constraints = on');
  const triggers = database.prepare("select name from sqlite_schema where type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`drop trigger ${String(name)}`);
  act(database);
}

export const forgeWith = (app: App, sql: string, ...values: readonly SQLInputValue[]): void =>
  forge(app, (database) => database.prepare(sql).run(...values));

interface Forged {
  readonly database: DatabaseSync;
  readonly runId: RunId;
}

/** Changes texts of events and computes every hash anew, which takes no key. */
export function rechain(app: App, { database, runId }: Forged, edit: (body: string, seq: number) => string): void {
  const rows = database.prepare(
    'select position, events.seq, body from events join runs on runs.key = run_key where id = ? order by events.seq',
  );
  let hash: Uint8Array = GENESIS;
  for (const { position, seq, body } of rows.all(runId)) {
    const edited = edit(String(body), Number(seq));
    hash = eventHash(app.digest, hash, edited);
    database.prepare('update events set body = ?, hash = ? where position = ?').run(edited, hash, Number(position));
  }
  database.prepare('update runs set hash = ? where id = ?').run(hash, runId);
}

/** As only the holder of the key could. */
export function signAnew(app: App, { database, runId }: Forged): void {
  const hash = database.prepare('select hash from runs where id = ?').get(runId)?.['hash'] as Uint8Array;
  database.prepare('update runs set signature = ? where id = ?').run(app.signer.sign(hash), runId);
}
