/** The workers: who is registered, who still lives, as this session sees it. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunId, WorkerId } from '../../core/ids.ts';
import type { Clock, WorkerInfo, WorkerRow } from '../../core/ports.ts';
import type { WorkerMode } from '../../core/states.ts';
import { workerNotFound, workerUnknown } from '../refusals.ts';
import { WorkerWatch } from '../worker-watch.ts';
import type { Beating, Observed } from '../worker-watch.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SqliteInstallationLog } from './installation-log.ts';

interface StoredWorker {
  readonly key: number;
  readonly id: WorkerId;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly slots: number;
  readonly mode: WorkerMode;
  readonly beats: number;
  readonly stopped: 0 | 1;
  readonly crashed: 0 | 1;
}

const COLUMNS = 'key, id, host, pid, version, slots, mode, beats, stopped, crashed';
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
  /** Told who comes and goes, in the same transaction. */
  readonly installation: Pick<SqliteInstallationLog, 'appendNow'>;
}

/** What a write tells those who wait. */
type Topics = Set<string>;

export class Roster {
  readonly #file: string;
  readonly #beats: 'thread' | 'manual';
  readonly #watch: WorkerWatch;
  readonly #installation: RosterParts['installation'];
  readonly #heartbeats = new Map<WorkerId, Heartbeat>();
  /** The workers registered here and not retired: they live, whatever another process thinks of them. */
  readonly #own = new Map<WorkerId, WorkerInfo>();
  readonly #all: Query<StoredWorker & { readonly held: number }>;
  readonly #watched: Query<StoredWorker & { readonly holds: 0 | 1 }>;
  readonly #holder: Query<StoredWorker>;
  readonly #modeOf: Query<{ readonly mode: WorkerMode }>;
  readonly #entry: Query<{ readonly key: number; readonly mode: WorkerMode }>;
  readonly #insert: Change;
  readonly #beat: Change;
  readonly #stop: Change;
  readonly #setMode: Change;
  readonly #stopCrashed: Query<{ readonly id: WorkerId }>;
  readonly #forgetStopped: Change;

  constructor({ database, reader, clock, file, beats, installation }: RosterParts) {
    this.#file = file;
    this.#beats = beats;
    this.#installation = installation;
    this.#watch = new WorkerWatch(clock);
    this.#all = prepareQuery(
      reader,
      `select ${COLUMNS}, (select count(*) from runs where holder = workers.key) as held from workers order by key`,
    );
    this.#watched = prepareQuery(
      reader,
      `select ${COLUMNS}, key in (${HOLDERS}) as holds from workers where stopped = 0 or key in (${HOLDERS})`,
    );
    this.#holder = prepareQuery(
      reader,
      `select ${COLUMNS} from workers where key = (select holder from runs where id = ?)`,
    );
    this.#modeOf = prepareQuery(reader, 'select mode from workers where id = ?');
    this.#entry = prepareQuery(database, 'select key, mode from workers where id = ? and stopped = 0');
    this.#insert = prepareChange(
      database,
      `insert into workers (id, host, pid, version, slots) values (?, ?, ?, ?, ?)
       on conflict (id) do update set host = excluded.host, pid = excluded.pid, version = excluded.version,
         slots = excluded.slots, stopped = 0, crashed = 0`,
    );
    this.#beat = prepareChange(database, 'update workers set beats = beats + 1 where id = ?');
    // One that others have taken for crashed stays so: its goodbye comes too late.
    this.#stop = prepareChange(database, 'update workers set stopped = 1 where id = ? and stopped = 0');
    this.#setMode = prepareChange(database, 'update workers set mode = ? where id = ?');
    this.#stopCrashed = prepareQuery(
      database,
      `update workers set stopped = 1, crashed = 1
       where key in (select value from json_each(?)) and stopped = 0 and key not in (${HOLDERS}) returning id`,
    );
    // What people have set (quarantine) outlives the worker's own end: it may come back under this id.
    this.#forgetStopped = prepareChange(
      database,
      `delete from workers where stopped = 1 and mode = 'active' and id <> ? and key not in (${HOLDERS})`,
    );
  }

  workers(): readonly WorkerRow[] {
    return this.#all.all().map(({ key: _key, stopped, crashed, ...worker }) => {
      return { ...worker, stopped: stopped === 1, crashed: crashed === 1 };
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

  /** Whose runs may be taken over, and how many runs those that are known to live and may claim hold at once. */
  strength(): { readonly dead: readonly number[]; readonly slots: number } {
    const dead: number[] = [];
    let slots = 0;
    for (const worker of this.#watched.all()) {
      const seen = this.#own.has(worker.id) ? 'live' : this.#watch.observe(toBeating(worker));
      if (seen === 'dead') dead.push(worker.key);
      if (seen === 'live' && worker.mode === 'active') slots += worker.slots;
    }
    return { dead, slots };
  }

  /** Whether the worker that holds the run lives. */
  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean> {
    return this.#watch.isLiving(() => {
      const holder = this.#holder.get(runId);
      return holder === undefined ? undefined : toBeating(holder);
    }, signal);
  }

  mode(worker: WorkerId): WorkerMode {
    return this.#modeOf.get(worker)?.mode ?? 'active';
  }

  /**
   * Inside a write: a worker that may hold runs. One that stood still so long that another process took it for crashed,
   * and that goes on now, is registered anew.
   */
  entry(worker: WorkerId, topics: Topics): { readonly key: number; readonly mode: WorkerMode } {
    const own = this.#own.get(worker);
    if (this.#entry.get(worker) === undefined && own !== undefined) this.#write(own, topics);
    const row = this.#entry.get(worker);
    if (row === undefined) throw workerUnknown(worker);
    return row;
  }

  /** Inside a write: also lets go of the rows of workers that have stopped. Events name them by their id. */
  insert(worker: WorkerInfo, topics: Topics): void {
    this.#forgetStopped(worker.id);
    this.#write(worker, topics);
  }

  #write({ id, host, pid, version, slots }: WorkerInfo, topics: Topics): void {
    this.#insert(id, host, pid, version, slots);
    const data = { worker: id, pid, slots, stemma: version };
    this.#installation.appendNow([{ type: 'worker.started', data }], topics);
  }

  /** Inside a write: those of the list (JSON) that hold nothing any more count as stopped. */
  markCrashed(keys: string, topics: Topics): void {
    for (const { id } of this.#stopCrashed.all(keys))
      this.#installation.appendNow([{ type: 'worker.crashed', data: { worker: id } }], topics);
  }

  beat(worker: WorkerId): void {
    this.#beat(worker);
  }

  /** Inside a write. */
  markStopped(worker: WorkerId, topics: Topics): void {
    if (this.#stop(worker).changes === 0) return;
    this.#installation.appendNow([{ type: 'worker.stopped', data: { worker } }], topics);
  }

  /** Inside a write. @throws {StemmaError} NOT_FOUND */
  setMode(worker: WorkerId, { mode, by }: { mode: WorkerMode; by: string }, topics: Topics): void {
    if (this.#setMode(mode, worker).changes === 0) throw workerNotFound(worker);
    this.#installation.appendNow([{ type: 'worker.modeSet', data: { worker, mode, by } }], topics);
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
