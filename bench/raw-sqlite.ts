/** The raw limit: the rows, batches and hashes of a recorded measurement, through bare `node:sqlite`. */
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { openSqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import { systemClock } from '../src/store/system/clock.ts';
import { nodeDigest } from '../src/store/system/digest.ts';

interface StoredEvent {
  readonly position: number;
  readonly run_key: number;
  readonly seq: number;
  readonly body: string;
}
type Row = Readonly<Record<string, SQLInputValue>>;

/** What an engine has stored, and where its transactions ended. */
export interface Recording {
  readonly events: readonly StoredEvent[];
  readonly runs: ReadonlyMap<number, Row>;
  readonly artifacts: ReadonlyMap<number, readonly Row[]>;
  readonly definitions: readonly Row[];
  /** The last position of each transaction, ascending. */
  readonly commits: readonly number[];
}

export function readRecording(file: string, commits: readonly number[]): Recording {
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (sql: string): Row[] => database.prepare(sql).all();
  const events = all('select position, run_key, seq, body from events order by position') as unknown as StoredEvent[];
  const runs = new Map(all('select * from runs').map((row) => [Number(row['key']), row]));
  const artifacts = Map.groupBy(all('select * from artifacts'), (row) => Number(row['run_key']));
  const definitions = all('select * from definition_sets');
  database.close();
  return { events, runs, artifacts, definitions, commits };
}

/** Milliseconds for the same writes without anything around them. */
export async function replayRaw(recording: Recording, file: string): Promise<number> {
  await (await openSqliteLogAndQueue({ file, clock: systemClock, digest: nodeDigest, beats: 'manual' })).close();
  const database = new DatabaseSync(file);
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 4000',
  );
  const replay = new Replay(database, recording);
  const before = performance.now();
  replay.all();
  const elapsed = performance.now() - before;
  database.close();
  return elapsed;
}

class Replay {
  readonly #database: DatabaseSync;
  readonly #recording: Recording;
  readonly #hashes = new Map<number, Uint8Array>();
  readonly #sql;

  constructor(database: DatabaseSync, recording: Recording) {
    this.#database = database;
    this.#recording = recording;
    for (const row of recording.definitions)
      database.prepare('insert into definition_sets (digest, body) values (?, ?)').run(...Object.values(row));
    this.#sql = {
      begin: database.prepare('begin immediate'),
      commit: database.prepare('commit'),
      run: database.prepare(
        'insert into runs (key, id, state, seq, hash, at, created_at, lease_token, priority, definitions) values (?, ?, ?, 1, ?, ?, ?, 1, ?, ?)',
      ),
      artifact: this.#insertLike('artifacts'),
      head: database.prepare(
        'update runs set seq = ?, hash = ?, at = ?, open_attempts = open_attempts + ? where key = ?',
      ),
      state: database.prepare('update runs set state = ?, ended_at = ? where key = ?'),
      event: database.prepare('insert into events (run_key, seq, body, hash) values (?, ?, ?, ?)'),
      start: database.prepare(
        "insert into attempts (run_key, path, attempt, retry_of_attempt, state, started_at) values (?, ?, ?, null, 'running', ?)",
      ),
      end: database.prepare(
        'update attempts set state = ?, ended_at = ? where run_key = ? and path = ? and attempt = ?',
      ),
    };
  }

  all(): void {
    const { events, commits } = this.#recording;
    let next = 0;
    for (const last of commits) {
      if ((events[next]?.position ?? Number.POSITIVE_INFINITY) > last) continue;
      this.#sql.begin.run();
      for (let event = events[next]; event !== undefined && event.position <= last; event = events[next]) {
        this.#store(event);
        next += 1;
      }
      this.#sql.commit.run();
    }
  }

  #store({ run_key: key, seq, body }: StoredEvent): void {
    const { type, stepPath, attempt, data, at } = JSON.parse(body) as {
      readonly [name in 'type' | 'stepPath' | 'at']: string;
    } & { readonly attempt: number; readonly data: { readonly state: string } };
    const previous = this.#hashes.get(key) ?? new Uint8Array(32);
    const own = hash('sha256', Buffer.concat([previous, Buffer.from(body)]), 'buffer');
    this.#hashes.set(key, own);
    const instant = Date.parse(at);
    if (type === 'run.created') this.#create(key, own, instant);
    else this.#sql.head.run(seq, own, instant, opens(type), key);
    this.#sql.event.run(key, seq, body, own);
    if (type === 'run.started') this.#sql.state.run('running', null, key);
    if (type === 'run.ended') this.#sql.state.run(data.state, instant, key);
    if (type === 'attempt.started') this.#sql.start.run(key, stepPath, attempt, instant);
    if (type === 'attempt.ended') this.#sql.end.run(data.state, instant, key, stepPath, attempt);
  }

  #create(key: number, own: Uint8Array, at: number): void {
    const run = this.#recording.runs.get(key) ?? {};
    this.#sql.run.run(key, run['id'] ?? '', 'pending', own, at, at, run['priority'] ?? 0, run['definitions'] ?? '');
    for (const row of this.#recording.artifacts.get(key) ?? []) this.#sql.artifact.run(...Object.values(row));
  }

  #insertLike(table: 'artifacts') {
    const columns = this.#database.prepare(`select * from ${table} limit 0`).columns();
    return this.#database.prepare(`insert into ${table} values (${columns.map(() => '?').join(', ')})`);
  }
}

const opens = (type: string): number => (type === 'attempt.started' ? 1 : type === 'attempt.ended' ? -1 : 0);
