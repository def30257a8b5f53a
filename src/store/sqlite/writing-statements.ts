/** The statements that write about runs, prepared once per connection. Values are in the order of the question marks. */
import type { DatabaseSync } from 'node:sqlite';
import { prepareChange } from './connection.ts';
import type { Change } from './connection.ts';

/** Only the holder of the token that counts changes a row, and only if the run stands where it thinks; an ended run has no holder. */
const FENCE = 'where key = ? and lease_token = ? and seq = ? and holder is not null';

const STATEMENTS = {
  /** seq, hash, at, change of open attempts; key, token, seq before. */
  advance: `update runs set seq = ?, hash = ?, at = ?, open_attempts = open_attempts + ? ${FENCE}`,
  /** seq, hash, at, change of open attempts, state, ended at; key, token, seq before. */
  move: `update runs set seq = ?, hash = ?, at = ?, open_attempts = open_attempts + ?, state = ?, ended_at = ?, holder = iif(?6 is null, holder, null) ${FENCE}`,
  /** signature, key id; key of the run. */
  sign: 'update runs set signature = ?, signature_key = ? where key = ?',
  /** key of the run, seq, body, hash. */
  insertEvent: 'insert into events (run_key, seq, body, hash) values (?, ?, ?, ?)',
  /** key of the run, path, attempt, attempt before, at, candidate of its route. */
  startAttempt: `insert into attempts (run_key, path, attempt, retry_of_attempt, state, started_at, candidate) values (?, ?, ?, ?, 'running', ?, ?)`,
  /** state, at; key of the run, path, attempt. */
  endAttempt: 'update attempts set state = ?, ended_at = ? where run_key = ? and path = ? and attempt = ?',
  insertArtifact: `insert into artifacts (run_key, id, step_path, span_id, type, media_type, language, sha256, salt, size_bytes, width, height, sources) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  /** digest, body. */
  insertDefinitions: 'insert into definition_sets (digest, body) values (?, ?) on conflict do nothing',
  /** id, hash, at, token, holder, priority, digest of the definitions, share, turn. */
  insertRun: `insert into runs (id, state, seq, hash, at, created_at, lease_token, holder, priority, definitions, share, turn, class, class_since) values (?1, 'pending', 1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?6, ?3)`,
  /** key of the run, key, value. */
  insertLabel: 'insert into labels (run_key, key, value) values (?, ?, ?)',
  /** id of the command, key of the run. */
  handleCommand: 'delete from commands where id = ? and run_key = ?',
  /** key of the run. */
  clearCommands: 'delete from commands where run_key = ?',
} as const;

export type WritingStatements = Readonly<Record<keyof typeof STATEMENTS, Change>>;

export function writingStatements(database: DatabaseSync): WritingStatements {
  const entries = Object.entries(STATEMENTS).map(([name, sql]) => [name, prepareChange(database, sql)]);
  return Object.fromEntries(entries) as WritingStatements;
}
