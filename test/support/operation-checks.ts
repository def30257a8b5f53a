/** What must hold of every run whatever was done to it; each says in words what does not. */
import { openRunReader } from '../../src/app/read-run.ts';
import { checkAttempts, checkHead } from '../../src/app/verify/rows.ts';
import { isUnnamedFile, verifyRun } from '../../src/app/verify-run.ts';
import type { App } from '../../src/app/context.ts';
import { applyEvent, createRunFold, runStateOf } from '../../src/core/apply.ts';
import type { RunFold } from '../../src/core/apply.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { spanIdOf } from '../../src/core/ids.ts';
import type { RunId } from '../../src/core/ids.ts';
import type { AttemptRow, RunHead } from '../../src/core/ports.ts';
import { isTerminal, LIVENESS_MOVES, REPEATABLE_ENDS, RUN_MOVES } from '../../src/core/states.ts';
import type { WorkerLiveness } from '../../src/core/states.ts';
import { collect } from './store-fixtures.ts';

/** A run at one moment: its events with their hashes, and its files with their digests. */
export interface Moment {
  readonly head: RunHead;
  readonly events: string;
  readonly files: string;
}

/** Undefined for a run that was never stored. */
export async function momentOf({ store }: App, runId: RunId): Promise<Moment | undefined> {
  const head = await store.log.head(runId);
  if (head === undefined) return undefined;
  const events = JSON.stringify(await collect(store.log.bodies(runId)));
  return { head, events, files: JSON.stringify(await store.files.inventory(runId)) };
}

export const hasEnded = ({ state }: Pick<RunHead, 'state'>): boolean => isTerminal(RUN_MOVES, state);

/** The rules of spec chapter 1, held against everything that is stored of the run. */
export async function runFaults({ store, digest }: App, runId: RunId): Promise<readonly string[]> {
  const head = await store.log.head(runId);
  if (head === undefined) return [];
  const events = await collect(store.log.read(runId));
  const rows = await store.log.attempts(runId);
  const { fold, faults } = folded(events);
  const ends = events.filter(({ type }) => type === 'run.ended').length;
  if (ends !== (hasEnded(head) ? 1 : 0)) faults.push(`${head.state} with ${ends} ends`);
  const said = [...checkHead(head, events, fold), ...checkAttempts(rows, events)];
  faults.push(...said.map(({ what, problem }) => `${what} ${problem}`), ...retryFaults(rows));
  for (const { stepPath: path, attempt, spanId, type } of events)
    if (path !== undefined && attempt !== undefined && spanId !== spanIdOf(digest, runId, { path, attempt }))
      faults.push(`${type} of ${path}#${attempt} has another span`);
  return faults.map((fault) => `${runId}: ${fault}`);
}

function folded(events: readonly RunEvent[]): { readonly fold: RunFold; readonly faults: string[] } {
  const fold = createRunFold();
  const faults: string[] = [];
  for (const event of events) {
    const before = runStateOf(fold);
    try {
      applyEvent(fold, event);
    } catch (thrown) {
      return {
        fold,
        faults: [...faults, `event ${event.seq}, ${event.type}, is refused by the fold: ${String(thrown)}`],
      };
    }
    const after = runStateOf(fold);
    if (after !== before && !RUN_MOVES[before].includes(after)) faults.push(`it went from ${before} to ${after}`);
  }
  return { fold, faults };
}

function retryFaults(rows: readonly AttemptRow[]): readonly string[] {
  const last = new Map<string, AttemptRow>();
  return rows.flatMap((row) => {
    const before = last.get(row.path);
    last.set(row.path, row);
    const { path, attempt, retryOf, startedAt, endedAt = startedAt } = row;
    const wrong: readonly (readonly [isWrong: boolean, what: string])[] = [
      [attempt !== (before?.attempt ?? 0) + 1, `follows ${before?.attempt}`],
      [retryOf !== before?.attempt, `is a retry of ${retryOf}`],
      [endedAt < startedAt, 'ended before it began'],
      ...(before === undefined ? [] : followingFaults(row, before)),
    ];
    return wrong.filter(([isWrong]) => isWrong).map(([, what]) => `${path}#${attempt} ${what}`);
  });
}

const followingFaults = (row: AttemptRow, before: AttemptRow): readonly (readonly [boolean, string])[] => [
  [!REPEATABLE_ENDS.includes(before.state), `follows one that ended as ${before.state}`],
  [before.endedAt === undefined || row.startedAt < before.endedAt, 'began before the last one ended'],
];

/** What a run that has ended must be besides. */
export async function endedFaults(app: App, runId: RunId): Promise<readonly string[]> {
  const head = await app.store.log.head(runId);
  if (head === undefined) return [];
  const { ok, problems, content } = await verifyRun(app, runId);
  const faults = problems.filter((one) => !isUnnamedFile(one)).map(({ what, problem }) => `${what} ${problem}`);
  if (!ok && faults.length === 0) faults.push('is not ok and has no problem');
  if ((content === 'deleted') !== (head.contentDeleted === true)) faults.push(`has its content ${content}`);
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
