import type { Digest, WorkerId } from '../../core/ids.ts';
import type {
  Clock,
  InstallationLog,
  Ledger,
  RouteStatistics,
  RunLog,
  Signer,
  StoreHealth,
  WorkQueue,
} from '../../core/ports.ts';
import { StoredLedger } from '../stored-ledger.ts';
import { GroupedWrites } from './grouped-writes.ts';
import { MemoryInstallationLog } from './installation-log.ts';
import { MemoryLedgerTables } from './ledger.ts';
import { MemoryRouteStatistics } from './route-statistics.ts';
import { MemoryRunLog } from './run-log.ts';
import type { MemoryState } from './state.ts';
import { MemoryWorkQueue } from './work-queue.ts';

export { createMemoryState } from './state.ts';
export type { MemoryState } from './state.ts';

export interface MemoryOptions {
  readonly clock: Clock;
  readonly digest: Digest;
  /** Signs the last hash of runs that end; without one they stay unsigned. */
  readonly signer?: Signer;
  /** `manual` for tests: the counters move by `beat` only. */
  readonly beats?: 'thread' | 'manual';
  /** Right before every commit; an error makes the commit fail. For tests. */
  readonly beforeCommit?: () => void;
}

export interface MemoryLogAndQueue extends AsyncDisposable {
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly installation: InstallationLog;
  readonly routes: RouteStatistics;
  health(): Promise<StoreHealth>;
  /** Raises a worker's counter by hand. */
  beat(worker: WorkerId): Promise<void>;
  /** Stores what was requested and ends followers. Runs held stay held until `retire`. */
  close(): Promise<void>;
}

/** The log and the queue over a state in memory; several sessions may share it. */
export async function openMemoryLogAndQueue(state: MemoryState, options: MemoryOptions): Promise<MemoryLogAndQueue> {
  const { clock, digest, signer, beats = 'thread' } = options;
  const writes = new GroupedWrites(state.changes, options.beforeCommit);
  const closing = new AbortController();
  const installation = new MemoryInstallationLog({ state, writes, clock, digest });
  const shared = { state, writes, clock, installation, changes: state.changes, closing: closing.signal };
  const log = new MemoryRunLog({ ...shared, digest, signer });
  const queue = new MemoryWorkQueue({ ...shared, log, beats });
  const close = async (): Promise<void> => {
    await writes.close();
    closing.abort();
  };
  return {
    log,
    queue,
    ledger: new StoredLedger({ ...shared, tables: new MemoryLedgerTables(state, clock) }),
    installation,
    routes: new MemoryRouteStatistics(state),
    close,
    [Symbol.asyncDispose]: close,
    health: async () => healthOf(state),
    beat: async (worker) => queue.beat(worker),
  };
}

function healthOf({ runs, events }: MemoryState): StoreHealth {
  const sizeBytes = events.reduce((sum, { body }) => sum + body.length, 0);
  const counts = { runs: runs.size, events: events.length };
  return { schemaVersion: 0, integrity: 'ok', ...counts, sizeBytes, freeBytes: Number.MAX_SAFE_INTEGER };
}
