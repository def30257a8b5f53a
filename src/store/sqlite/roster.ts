/** The workers: who is registered, who still lives, as this session sees it. */
import type { DatabaseSync } from 'node:sqlite';
import type { WorkerId } from '../../core/ids.ts';
import type { Clock, WorkerInfo, WorkerRow } from '../../core/ports.ts';
import type { WorkerMode } from '../../core/states.ts';
import { workerUnknown } from '../refusals.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { Observed } from '../worker-watch.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import { Heartbeat } from './heartbeat.ts';

interface StoredWorker {
  readonly key: number;
  readonly id: WorkerId;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly mode: WorkerMode;
  readonly beats: number;
  readonly stopped: 0 | 1;
}

export interface RosterParts {
  readonly database: DatabaseSync;
  readonly reader: DatabaseSync;
  readonly clock: Clock;
  readonly file: string;
  /** Whether a thread raises the counters of the workers registered here. */
  readonly beats: 'thread' | 'manual';
}

export class Roster {
  readonly #file: string;
  readonly #beats: 'thread' | 'manual';
  readonly #watch: WorkerWatch;
  readonly #heartbeats = new Map<WorkerId, Heartbeat>();
  readonly #all: Query<StoredWorker>;
  readonly #keyOf: Query<{ readonly key: number }>;
  readonly #insert: Change;
  readonly #beat: Change;
  readonly #stop: Change;

  constructor({ database, reader, clock, file, beats }: RosterParts) {
    this.#file = file;
    this.#beats = beats;
    this.#watch = new WorkerWatch(clock);
    this.#all = prepareQuery(
      reader,
      'select key, id, host, pid, version, mode, beats, stopped from workers order by key',
    );
    this.#keyOf = prepareQuery(database, 'select key from workers where id = ? and stopped = 0');
    this.#insert = prepareChange(
      database,
      `insert into workers (id, host, pid, version) values (?, ?, ?, ?)
       on conflict (id) do update set host = excluded.host, pid = excluded.pid, version = excluded.version, stopped = 0`,
    );
    this.#beat = prepareChange(database, 'update workers set beats = beats + 1 where id = ?');
    this.#stop = prepareChange(database, 'update workers set stopped = 1 where id = ?');
  }

  workers(): readonly WorkerRow[] {
    return this.#all.all().map(({ id, host, pid, version, mode, beats, stopped }) => {
      return { id, host, pid, version, mode, beats, stopped: stopped === 1 };
    });
  }

  /** Every worker but the one that asks, as it stands now. */
  others(asker: WorkerId): readonly { readonly key: number; readonly seen: Observed }[] {
    return this.#all
      .all()
      .filter(({ id }) => id !== asker)
      .map((worker) => ({ key: worker.key, seen: this.#watch.observe({ ...worker, stopped: worker.stopped === 1 }) }));
  }

  /** Inside a write: the key of a worker that may hold runs. */
  keyOf(worker: WorkerId): number {
    const row = this.#keyOf.get(worker);
    if (row === undefined) throw workerUnknown(worker);
    return row.key;
  }

  insert({ id, host, pid, version }: WorkerInfo): void {
    this.#insert(id, host, pid, version);
  }

  beat(worker: WorkerId): void {
    this.#beat(worker);
  }

  markStopped(worker: WorkerId): void {
    this.#stop(worker);
  }

  startBeating(worker: WorkerId): void {
    if (this.#beats === 'thread' && !this.#heartbeats.has(worker))
      this.#heartbeats.set(worker, new Heartbeat(this.#file, worker));
  }

  async stopBeating(worker: WorkerId): Promise<void> {
    const heartbeat = this.#heartbeats.get(worker);
    this.#heartbeats.delete(worker);
    await heartbeat?.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#heartbeats.keys()].map((worker) => this.stopBeating(worker)));
  }
}
