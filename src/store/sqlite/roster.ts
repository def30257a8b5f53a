/** The workers: who is registered, who still lives, as this session sees it. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunId, WorkerId } from '../../core/ids.ts';
import type { Clock, WorkerInfo, WorkerRow } from '../../core/ports.ts';
import type { WorkerMode } from '../../core/states.ts';
import { workerUnknown } from '../refusals.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { Beating, Observed } from '../worker-watch.ts';
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

const COLUMNS = 'key, id, host, pid, version, mode, beats, stopped';
const HOLDERS = 'select holder from runs where holder is not null';

export interface OtherWorker {
  readonly key: number;
  readonly seen: Observed;
  /** Stands still and holds nothing, and its row does not say so yet. */
  readonly isCrashed: boolean;
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
  /** The workers registered here and not retired: they live, whatever another process thinks of them. */
  readonly #own = new Map<WorkerId, WorkerInfo>();
  readonly #all: Query<StoredWorker>;
  readonly #watched: Query<StoredWorker & { readonly holds: 0 | 1 }>;
  readonly #holder: Query<StoredWorker>;
  readonly #keyOf: Query<{ readonly key: number }>;
  readonly #insert: Change;
  readonly #beat: Change;
  readonly #stop: Change;
  readonly #stopCrashed: Change;
  readonly #forgetStopped: Change;

  constructor({ database, reader, clock, file, beats }: RosterParts) {
    this.#file = file;
    this.#beats = beats;
    this.#watch = new WorkerWatch(clock);
    this.#all = prepareQuery(reader, `select ${COLUMNS} from workers order by key`);
    this.#watched = prepareQuery(
      reader,
      `select ${COLUMNS}, key in (${HOLDERS}) as holds from workers where stopped = 0 or key in (${HOLDERS})`,
    );
    this.#holder = prepareQuery(
      reader,
      `select ${COLUMNS} from workers where key = (select holder from runs where id = ?)`,
    );
    this.#keyOf = prepareQuery(database, 'select key from workers where id = ? and stopped = 0');
    this.#insert = prepareChange(
      database,
      `insert into workers (id, host, pid, version) values (?, ?, ?, ?)
       on conflict (id) do update set host = excluded.host, pid = excluded.pid, version = excluded.version, stopped = 0`,
    );
    this.#beat = prepareChange(database, 'update workers set beats = beats + 1 where id = ?');
    this.#stop = prepareChange(database, 'update workers set stopped = 1 where id = ?');
    this.#stopCrashed = prepareChange(
      database,
      `update workers set stopped = 1
       where key in (select value from json_each(?)) and stopped = 0 and key not in (${HOLDERS})`,
    );
    // What people have set (quarantine) outlives the worker's own end: it may come back under this id.
    this.#forgetStopped = prepareChange(
      database,
      `delete from workers where stopped = 1 and mode = 'active' and id <> ? and key not in (${HOLDERS})`,
    );
  }

  workers(): readonly WorkerRow[] {
    return this.#all.all().map(({ id, host, pid, version, mode, beats, stopped }) => {
      return { id, host, pid, version, mode, beats, stopped: stopped === 1 };
    });
  }

  /** Every worker but the one that asks, as it stands now; without those that have stopped and hold nothing. */
  others(asker: WorkerId): readonly OtherWorker[] {
    const watched = this.#watched.all();
    this.#watch.keepOnly(new Set(watched.map(({ id }) => id)));
    return watched
      .filter(({ id }) => id !== asker)
      .map((worker) => {
        const seen = this.#watch.observe(toBeating(worker));
        return { key: worker.key, seen, isCrashed: seen === 'dead' && worker.stopped === 0 && worker.holds === 0 };
      });
  }

  /** Whether the worker that holds the run lives. */
  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean> {
    return this.#watch.isLiving(() => {
      const holder = this.#holder.get(runId);
      return holder === undefined ? undefined : toBeating(holder);
    }, signal);
  }

  /**
   * Inside a write: the key of a worker that may hold runs. One that stood still so long that another process took
   * it for crashed, and that goes on now, is registered anew.
   */
  keyOf(worker: WorkerId): number {
    const own = this.#own.get(worker);
    if (this.#keyOf.get(worker) === undefined && own !== undefined) this.#write(own);
    const row = this.#keyOf.get(worker);
    if (row === undefined) throw workerUnknown(worker);
    return row.key;
  }

  /** Inside a write: also lets go of the rows of workers that have stopped. Events name them by their id. */
  insert(worker: WorkerInfo): void {
    this.#forgetStopped(worker.id);
    this.#write(worker);
  }

  #write({ id, host, pid, version }: WorkerInfo): void {
    this.#insert(id, host, pid, version);
  }

  /** Inside a write: those of the list (JSON) that hold nothing any more count as stopped. */
  markCrashed(keys: string): void {
    this.#stopCrashed(keys);
  }

  beat(worker: WorkerId): void {
    this.#beat(worker);
  }

  markStopped(worker: WorkerId): void {
    this.#stop(worker);
  }

  startBeating(worker: WorkerInfo): void {
    this.#own.set(worker.id, worker);
    if (this.#beats === 'thread' && !this.#heartbeats.has(worker.id))
      this.#heartbeats.set(worker.id, new Heartbeat(this.#file, worker.id));
  }

  async stopBeating(worker: WorkerId): Promise<void> {
    this.#own.delete(worker);
    const heartbeat = this.#heartbeats.get(worker);
    this.#heartbeats.delete(worker);
    await heartbeat?.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#heartbeats.keys()].map((worker) => this.stopBeating(worker)));
  }
}

const toBeating = ({ id, beats, stopped }: StoredWorker): Beating => ({ id, beats, stopped: stopped === 1 });
