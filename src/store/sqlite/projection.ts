/** Read models and how they follow the log. */
import type { DatabaseSync } from 'node:sqlite';
import { parseEvent } from '../../core/events.ts';
import type { RunEvent } from '../../core/events.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';

/** Events read at a time; a page is one transaction. */
const PAGE = 1000;

/** An event with the inner key of its run. */
export interface KeyedEvent {
  readonly runKey: number;
  readonly event: RunEvent;
}

/**
 * A read model: tables that are filled from the log and nothing else.
 *
 * Equal events give equal tables, whatever the pages they came in.
 */
export interface Projection {
  readonly name: string;
  /** Fetches what the events need from elsewhere; the writes it returns run inside a transaction, without waiting. */
  prepare(events: readonly KeyedEvent[]): Promise<() => void>;
  /** Takes everything out again; runs inside a transaction. */
  empty(): void;
}

/**
 * Takes in what the log has grown by; says how many events that were.
 *
 * Each page is one transaction. Several processes may do this at once: a page that another one has taken in meanwhile
 * is let go.
 */
export async function catchUp(projection: Projection, log: EventPages, writes: GroupCommit): Promise<number> {
  for (let read = 0; ;) {
    const from = log.positionOf(projection);
    const events = log.after(from);
    const last = events.at(-1);
    if (last === undefined) return read;
    const apply = await projection.prepare(events);
    await writes.write(() => {
      if (log.positionOf(projection) !== from) return;
      apply();
      log.moveTo(projection, last.event.position);
    });
    read += events.length;
  }
}

interface StoredEvent {
  readonly position: number;
  readonly run_key: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

/** The events of runs in pages, and how far each read model has come in them. */
export class EventPages {
  readonly #positionOf;
  readonly #page;
  readonly #moveTo;

  constructor(database: DatabaseSync) {
    this.#positionOf = prepareQuery<{ position: number }>(database, 'select position from projections where name = ?');
    this.#page = prepareQuery<StoredEvent>(
      database,
      `select position, run_key, body, hash from events where position > ? and run_key is not null
       order by position limit ${PAGE}`,
    );
    this.#moveTo = prepareChange(
      database,
      'insert into projections (name, position) values (?, ?) on conflict do update set position = excluded.position',
    );
  }

  positionOf({ name }: Projection): number {
    return this.#positionOf.get(name)?.position ?? 0;
  }

  after(position: number) {
    return this.#page.all(position).map((row) => ({ runKey: row.run_key, event: parseEvent(row.body, row) }));
  }

  moveTo({ name }: Projection, position: number): void {
    this.#moveTo(name, position);
  }

  restart(projection: Projection): void {
    projection.empty();
    this.moveTo(projection, 0);
  }
}
