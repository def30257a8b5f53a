import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { RunId, StepPath } from '../../core/ids.ts';
import type { Append } from '../../core/ports.ts';
import { chainFaults } from '../check/chain-faults.ts';
import { readRecord } from '../check/run-record.ts';
import type { KitResult, OnProgress } from '../kit-result.ts';
import { oneOf, resultOf } from '../kit-result.ts';
import { placesIn, submitRun } from '../kit-session.ts';
import type { KitSession } from '../kit-session.ts';
import type { KitStore } from '../kit-store.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import { SCRIPT_DEFINITIONS } from '../script/definitions.ts';
import { kitIds } from '../system.ts';
import { readWal } from './wal-file.ts';

const APPENDS = 6;

/** What was acknowledged, and how long the log was then. */
interface Acknowledged {
  readonly seq: number;
  readonly walBytes: number;
}

/** A database and its log as they were while the store was at work. */
interface Recording {
  readonly runId: RunId;
  /** Of the database, inside the store's folder. */
  readonly path: string;
  readonly database: Buffer;
  readonly wal: Buffer;
  readonly acknowledged: readonly Acknowledged[];
}

/** A power cut may leave any beginning of the log: the store must come back with exactly what was acknowledged by then. */
export async function walCutAnywhere(tried: Tried, onProgress?: OnProgress): Promise<readonly KitResult[]> {
  const recording = await record(tried);
  if (recording === undefined) return [];
  const cuts = oneOf(readWal(recording.wal).cuts, tried.oneIn);
  onProgress?.(`the log is cut at ${cuts.length} places`);
  const results: KitResult[] = [];
  for (const cut of cuts)
    results.push(await resultOf(`the log cut after ${cut} bytes`, () => recoverFrom(tried, recording, cut)));
  return results;
}

async function record(tried: Tried): Promise<Recording | undefined> {
  await using bench = new KitBench(tried);
  await using session = await bench.session();
  const { sqlite } = session.store;
  if (sqlite === undefined) return undefined;
  const wal = `${sqlite.file}-wal`;
  const runId = kitIds.runId();
  const acknowledged: Acknowledged[] = [];
  for await (const seq of appendsTo(session, runId)) acknowledged.push({ seq, walBytes: statSync(wal).size });
  const path = relative(placesIn(bench.folder).store, sqlite.file);
  return { runId, path, database: readFileSync(sqlite.file), wal: readFileSync(wal), acknowledged };
}

/** One acknowledged number of the run's last event after the other. */
async function* appendsTo(session: KitSession, runId: RunId): AsyncGenerator<number> {
  const { engine } = session;
  await engine.queue.register(engine.worker);
  const lease = await submitRun(session, { runId, claim: true });
  if (lease === undefined) throw new Error('The queue gave no lease to the worker that it was asked for.');
  yield 1;
  yield (await engine.log.append(lease, { drafts: [{ type: 'run.started', data: {} }] })).seq;
  for (let index = 1; index <= APPENDS; index += 1)
    yield (await engine.log.append(lease, startOf(session, `by[${index}]` as StepPath))).seq;
}

const startOf = ({ engine }: KitSession, stepPath: StepPath): Append => {
  const definition = SCRIPT_DEFINITIONS.digest;
  const data = { stage: 'kit.hand', stageVersion: 1, definition, inputs: [], queuedMs: 0, worker: engine.worker.id };
  return { drafts: [{ type: 'attempt.started', stepPath, attempt: 1, data }] };
};

async function recoverFrom(tried: Tried, recording: Recording, cut: number): Promise<readonly string[]> {
  await using bench = new KitBench(tried);
  const file = join(placesIn(bench.folder).store, recording.path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, recording.database);
  writeFileSync(`${file}-wal`, recording.wal.subarray(0, cut));
  await using session = await bench.session();
  return await prefixFaults(session.store, recording, cut);
}

async function prefixFaults(store: KitStore, recording: Recording, cut: number): Promise<readonly string[]> {
  const record = await readRecord(store, recording.runId);
  const seq = record?.bodies.length ?? 0;
  const expected = expectedAt(recording, cut);
  const faults = record === undefined ? [] : chainFaults(record);
  if (expected.includes(seq)) return faults;
  return [...faults, `there are ${seq} events, where ${expected.join(' or ')} were acknowledged`];
}

/**
 * The number of events that must be there. Other writes of the same process (its counter) may stand between a commit
 * and the moment at which the log was measured: from the first transaction after the last one known, either may hold.
 */
function expectedAt({ acknowledged, wal }: Recording, cut: number): readonly number[] {
  const done = acknowledged.findLast(({ walBytes }) => walBytes <= cut) ?? { seq: 0, walBytes: 0 };
  const next = acknowledged.find(({ walBytes }) => walBytes > cut);
  const first = readWal(wal).commitEnds.find((end) => end > done.walBytes) ?? Number.POSITIVE_INFINITY;
  return next !== undefined && first <= cut && first < next.walBytes ? [done.seq, next.seq] : [done.seq];
}
