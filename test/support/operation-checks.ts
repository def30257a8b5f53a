/** What must hold of every run whatever was done to it; each says in words what does not. */
import { openRunReader } from '../../src/app/read-run.ts';
import { checkAttempts, checkHead } from '../../src/app/verify/rows.ts';
import { isUnnamedFile, verifyRun } from '../../src/app/verify-run.ts';
import type { App } from '../../src/app/context.ts';
import { applyEvent, createRunFold, runStateOf } from '../../src/core/apply.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { spanIdOf } from '../../src/core/ids.ts';
import type { RunId } from '../../src/core/ids.ts';
import type { AttemptRow, RunHead } from '../../src/core/ports.ts';
import { isTerminal, LIVENESS_MOVES, REPEATABLE_ENDS, RUN_MOVES } from '../../src/core/states.ts';
import type { WorkerLiveness } from '../../src/core/states.ts';
import { collect } from './store-fixtures.ts';

/** A run at one moment; `events` are their bodies with their hashes. */
export interface Moment {
  readonly head: RunHead;
  readonly events: string;
}

/** Undefined for a run that was never stored. */
export async function momentOf({ store }: App, runId: RunId): Promise<Moment | undefined> {
  const head = await store.log.head(runId);
  return head && { head, events: JSON.stringify(await collect(store.log.bodies(runId))) };
}

export const hasEnded = ({ state }: Pick<RunHead, 'state'>): boolean => isTerminal(RUN_MOVES, state);

/** The rules of spec chapter 1, held against everything that is stored of the run. */
export async function runFaults({ store, digest }: App, runId: RunId): Promise<readonly string[]> {
  const head = await store.log.head(runId);
  if (head === undefined) return [];
  const events = await collect(store.log.read(runId));
  const rows = await store.log.attempts(runId);
  const fold = createRunFold();
  const faults: string[] = [];
  for (const event of events) {
    const before = runStateOf(fold);
    try {
      applyEvent(fold, event);
    } catch (thrown) {
      faults.push(`event ${event.seq}, ${event.type}, is refused by the fold: ${String(thrown)}`);
      break;
    }
    const after = runStateOf(fold);
    if (after !== before && event.seq > 1 && !RUN_MOVES[before].includes(after)) faults.push(`${before} → ${after}`);
  }
  const ends = events.filter(({ type }) => type === 'run.ended').length;
  if (ends > 1 || (ends === 1) !== hasEnded(head)) faults.push(`${head.state} with ${ends} ends`);
  if (head.state !== runStateOf(fold)) faults.push(`the head is ${head.state}, its events say ${fold.state}`);
  const said = [...checkHead(head, events, fold), ...checkAttempts(rows, events)];
  faults.push(...said.map(({ what, problem }) => `${what} ${problem}`), ...retryFaults(rows));
  for (const { stepPath: path, attempt, spanId, type } of events)
    if (path !== undefined && attempt !== undefined && spanId !== spanIdOf(digest, runId, { path, attempt }))
      faults.push(`${type} of ${path}#${attempt} has another span`);
  return faults.map((fault) => `${runId}: ${fault}`);
}

function retryFaults(rows: readonly AttemptRow[]): readonly string[] {
  const faults: string[] = [];
  const last = new Map<string, AttemptRow>();
  for (const row of rows) {
    const { path, attempt, retryOf, startedAt, endedAt } = row;
    const before = last.get(path);
    const is = `${path}#${attempt}`;
    if (attempt !== (before?.attempt ?? 0) + 1) faults.push(`${is} follows ${before?.attempt}`);
    if (retryOf !== before?.attempt) faults.push(`${is} is a retry of ${retryOf}`);
    if (before !== undefined && !REPEATABLE_ENDS.includes(before.state)) faults.push(`${is} follows ${before.state}`);
    if (before?.endedAt !== undefined && startedAt < before.endedAt) faults.push(`${is} began before the last ended`);
    if (endedAt !== undefined && endedAt < startedAt) faults.push(`${is} ended before it began`);
    last.set(path, row);
  }
  return faults;
}

/** What a run that has ended must be besides. */
export async function endedFaults(app: App, runId: RunId): Promise<readonly string[]> {
  const head = await app.store.log.head(runId);
  if (head === undefined) return [];
  const { ok, problems } = await verifyRun(app, runId);
  const faults = problems.filter((one) => !isUnnamedFile(one)).map(({ what, problem }) => `${what} ${problem}`);
  if (!ok && faults.length === 0) faults.push('is not ok and has no problem');
  if (!hasEnded(head)) faults.push(`is still ${head.state}`);
  else if (head.contentDeleted !== true) faults.push(...(await openSteps(app, runId)));
  return faults.map((fault) => `${runId}: ${fault}`);
}

const ENDS_OF_STEPS: ReadonlySet<string> = new Set(['succeeded', 'blocked', 'failed', 'skipped', 'canceled']);

async function openSteps(app: App, runId: RunId): Promise<readonly string[]> {
  const { chronicle } = await openRunReader(app, runId)();
  return chronicle.steps
    .filter(({ state }) => !ENDS_OF_STEPS.has(state))
    .map(({ path, state }) => `${path} is ${state}`);
}

/** What the installation's log says of its workers, held against their table; a registration begins it anew. */
export async function workerFaults({ store }: App): Promise<readonly string[]> {
  const faults: string[] = [];
  const liveness = new Map<string, WorkerLiveness>();
  for (const event of await collect(store.installation.read())) {
    if (event.type === 'worker.started') liveness.set(event.data.worker, 'live');
    if (event.type !== 'worker.stopped' && event.type !== 'worker.crashed') continue;
    const before = liveness.get(event.data.worker);
    const after = event.type === 'worker.stopped' ? 'stopped' : 'crashed';
    if (before === undefined || !LIVENESS_MOVES[before].includes(after))
      faults.push(`worker ${event.data.worker} went from ${before} to ${after}`);
    liveness.set(event.data.worker, after);
  }
  return faults;
}

/** What two stores that were done the same to must agree on. */
export async function statesOf({ store }: App, runId: RunId): Promise<unknown> {
  const head = await store.log.head(runId);
  if (head === undefined) return undefined;
  const rows = await store.log.attempts(runId);
  const types = (await collect(store.log.read(runId))).map(({ type }: RunEvent) => type).toSorted();
  const { state, openAttempts, holder, contentDeleted } = head;
  const attempts = rows.map(({ path, attempt, state }) => `${path}#${attempt} ${state}`);
  return { state, openAttempts, isHeld: holder !== undefined, contentDeleted, attempts, types };
}
