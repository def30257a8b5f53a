/** The installation's own log: a chain of its own among the events, with its end in a row of its own. */
import type { DatabaseSync } from 'node:sqlite';
import { GENESIS, assertInstallationData, eventBody, eventHash, parseLogEvent } from '../../core/events.ts';
import type { InstallationDraft, InstallationEvent } from '../../core/events.ts';
import type { Digest, Instant } from '../../core/ids.ts';
import type { Clock, InstallationLog, StoredBody } from '../../core/ports.ts';
import { INSTALLATION, LOG } from '../changes.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import { EVENT_COLUMNS, rowsOf, toStoredBody } from './stored-events.ts';
import type { EventRow, SeqRange } from './stored-events.ts';

interface Head {
  readonly seq: number;
  readonly at: number;
  readonly hash: Uint8Array;
  readonly position: number;
}

const NOTHING_YET: Head = { seq: 0, at: 0, hash: GENESIS, position: 0 };

export interface SqliteInstallationLogParts {
  readonly database: DatabaseSync;
  readonly reader: DatabaseSync;
  readonly writes: GroupCommit;
  readonly clock: Clock;
  readonly digest: Digest;
}

export class SqliteInstallationLog implements InstallationLog {
  readonly #parts: SqliteInstallationLogParts;
  readonly #head: Query<Head>;
  readonly #page: Query<EventRow>;
  readonly #insert: Change;
  readonly #move: Change;

  constructor(parts: SqliteInstallationLogParts) {
    this.#parts = parts;
    const { database, reader } = parts;
    this.#head = prepareQuery(
      database,
      `select installation.seq, at, installation.hash, position
       from installation join events on run_key is null and events.seq = installation.seq`,
    );
    this.#page = prepareQuery(
      reader,
      `select ${EVENT_COLUMNS} from events where run_key is null and seq > ? order by seq limit ?`,
    );
    this.#insert = prepareChange(database, 'insert into events (run_key, seq, body, hash) values (null, ?, ?, ?)');
    this.#move = prepareChange(
      database,
      `insert into installation (key, seq, at, hash) values (1, ?, ?, ?)
       on conflict do update set seq = excluded.seq, at = excluded.at, hash = excluded.hash`,
    );
  }

  append(drafts: readonly InstallationDraft[]): Promise<{ seq: number; position: number }> {
    return this.#parts.writes.write((topics) => this.appendNow(drafts, topics));
  }

  /**
   * Inside a write: the events are stored with whatever else it writes, or not at all.
   *
   * @throws {StemmaError} INTERNAL for a malformed event
   */
  appendNow(drafts: readonly InstallationDraft[], topics: Set<string>): { seq: number; position: number } {
    const head = this.#head.get() ?? NOTHING_YET;
    const at = Math.max(this.#parts.clock.now(), head.at) as Instant;
    let { seq, hash, position } = head;
    for (const draft of drafts) {
      seq += 1;
      const body = eventBody(null, { seq, at }, assertInstallationData(draft));
      hash = eventHash(this.#parts.digest, hash, body);
      position = Number(this.#insert(seq, body, hash).lastInsertRowid);
    }
    if (drafts.length > 0) this.#move(seq, at, hash);
    topics.add(LOG).add(INSTALLATION);
    return { seq, position };
  }

  async *read(range: SeqRange = {}): AsyncGenerator<InstallationEvent> {
    for (const row of this.#rows(range)) yield parseLogEvent(row.body, row) as InstallationEvent;
  }

  async *bodies(): AsyncGenerator<StoredBody> {
    for (const row of this.#rows()) yield toStoredBody(row);
  }

  #rows(range?: SeqRange): Generator<EventRow> {
    return rowsOf((afterSeq, limit) => this.#page.all(afterSeq, limit), range);
  }
}
