/** What readers wait for when the database is large. */
import { parseRunId } from '../src/app/read-run.ts';
import { traceIdOf } from '../src/core/ids.ts';
import type { RunId } from '../src/core/ids.ts';
import type { RunLog } from '../src/core/ports.ts';
import { MemoryFileStore } from '../src/store/files/memory/memory-file-store.ts';
import { openSqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import type { SqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import { SqliteRunQueries } from '../src/store/sqlite/run-queries.ts';
import { systemClock } from '../src/store/system/clock.ts';
import { nodeDigest } from '../src/store/system/digest.ts';
import { medianMsOf } from './figures.ts';
import { writeManyAttempts } from './many-attempts.ts';
import { scratchFolder } from './scratch-folder.ts';

const TURNS = 100;
const LIMIT = 20;

export interface QueriesMeasured {
  readonly attempts: number;
  readonly runs: number;
  /** A page of the newest runs. */
  readonly list: number;
  /** Everything that is stored about one run, found by its trace id. */
  readonly byTrace: number;
  /** A page of the newest runs that failed. */
  readonly lastFailed: number;
  /** The first list of all: it takes in the whole log. */
  readonly firstListMs: number;
}

/** Medians in milliseconds, over a database with so many attempts. */
export async function measureQueries(attempts: number, parent: string): Promise<QueriesMeasured> {
  using scratch = scratchFolder(parent);
  const file = scratch.file('many.db');
  const written = await writeManyAttempts(attempts, file, parent);
  const { runIds } = written;
  await using store = await openSqliteLogAndQueue({ file, clock: systemClock, digest: nodeDigest });
  const files = new MemoryFileStore();
  await using queries = new SqliteRunQueries({ file, clock: systemClock, files, search: 'off' });
  const firstListMs = await medianMsOf(1, () => queries.list({ limit: LIMIT }));
  const failed = await queries.list({ state: 'failed', limit: LIMIT });
  if (failed.items.length < LIMIT) throw new Error(`Only ${failed.items.length} runs of many are seen to have failed.`);
  return {
    attempts: written.attempts,
    runs: runIds.length,
    list: await medianMsOf(TURNS, () => queries.list({ limit: LIMIT })),
    byTrace: await medianMsOf(TURNS, (turn) => readByTrace(store, someOf(runIds, turn))),
    lastFailed: await medianMsOf(TURNS, () => queries.list({ state: 'failed', limit: LIMIT })),
    firstListMs,
  };
}

/** Spread over all of them, always the same. */
const someOf = (runIds: readonly RunId[], turn: number): RunId => {
  const runId = runIds[(turn * 7919) % runIds.length];
  if (runId === undefined) throw new Error('There are no runs.');
  return runId;
};

async function readByTrace({ log }: Pick<SqliteLogAndQueue, 'log'>, written: RunId): Promise<void> {
  const runId = parseRunId(traceIdOf(written));
  const [head, attempts] = [await log.head(runId), await log.attempts(runId)];
  await log.artifacts(runId);
  const events = await countEvents(log, runId);
  if (head?.seq !== events || attempts.length === 0) throw new Error(`Run ${runId} is not all there.`);
}

async function countEvents(log: RunLog, runId: RunId): Promise<number> {
  let events = 0;
  for await (const event of log.read(runId)) events = event.seq;
  return events;
}
