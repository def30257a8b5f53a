import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { RunHead } from '../core/ports.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { App } from './context.ts';
import { describeIssue } from './input-issue.ts';
import { parseLabel } from './list-runs.ts';
import { parseRunId } from './read-run.ts';

export const deleteRunInput = z.strictObject({
  runId: z.string(),
  /** What becomes of the branches, which hold copies; has to be said when there are any. */
  branches: z.enum(['keep', 'delete']).optional(),
  /** Role or random id of who deletes. */
  by: z.string().max(80).default('admin'),
});

export interface DeletedRun {
  readonly runId: RunId;
  readonly artifacts: number;
  readonly files: number;
  readonly bytes: number;
  /** Its content had been deleted before; what was left of its files is gone now. */
  readonly again: boolean;
}

/** What was deleted, and what was not. */
export interface Deletion {
  readonly deleted: readonly DeletedRun[];
  /** Branches that keep their copies. */
  readonly kept: readonly RunId[];
  /** Runs that have to end first, and the runs they belong to. */
  readonly left: readonly RunId[];
}

/**
 * Deletes the content of a run for good: files, artifacts' rows with their salts, labels and search rows. What is left
 * of its chain still verifies and says nothing about the content; the receipt stands in the installation's log.
 *
 * A deletion that was cut short is finished by asking again; deleting a deleted run is no fault.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · STATE_CONFLICT for a run that goes on, and when branches hold copies and
 *   `branches` does not say what becomes of them
 */
export async function deleteRun(app: App, input: z.input<typeof deleteRunInput>): Promise<Deletion> {
  const result = deleteRunInput.safeParse(input, { reportInput: true });
  if (!result.success) throw describeIssue(result.error);
  const { branches: wanted, by } = result.data;
  const head = await headOf(app, parseRunId(result.data.runId));
  const branches = await branchesBelow(app, head.runId);
  if (branches.length > 0 && wanted === undefined && head.contentDeleted !== true) throw hasBranches(head, branches);
  const family = wanted === 'delete' ? [...branches, head] : [head];
  const goesOn = family.find((run) => !hasEnded(run));
  if (goesOn !== undefined) throw stillGoesOn(goesOn);
  const kept = wanted === 'delete' ? [] : branches.map(({ runId }) => runId);
  return { deleted: await deleteAll(app, family, by), kept, left: [] };
}

/**
 * Deletes every run with a label, and always all that branched off it. A run that goes on, or one of whose branches
 * does, is left as a whole, so that the label still finds it.
 *
 * @param input.label - `key=value`; a person's label deletes what is that person's
 * @throws {StemmaError} INPUT_INVALID for a text that is no label
 */
export async function deleteLabeled(
  app: App,
  { label, by }: { readonly label: string; readonly by: string },
): Promise<Deletion> {
  const deleted = new Map<RunId, DeletedRun>();
  const left = new Set<RunId>();
  for (const runId of await labeled(app, label)) {
    const family = [...(await branchesBelow(app, runId)), await headOf(app, runId)].filter(
      (run) => !deleted.has(run.runId),
    );
    const goingOn = family.filter((run) => !hasEnded(run));
    if (goingOn.length > 0) for (const run of [...goingOn, { runId }]) left.add(run.runId);
    else for (const run of await deleteAll(app, family, by)) deleted.set(run.runId, run);
  }
  return { deleted: [...deleted.values()], kept: [], left: [...left] };
}

/** All of them before the first is deleted: pages would shift. */
async function labeled({ store }: App, text: string): Promise<readonly RunId[]> {
  const label = parseLabel(text);
  const found: RunId[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.queries.list({ label, limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items.map(({ runId }) => runId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function headOf({ store }: App, runId: RunId): Promise<RunHead> {
  const head = await store.log.head(runId);
  if (head !== undefined) return head;
  throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
    hint: '`stemma runs list` shows the runs; --data names another directory.',
  });
}

/** Runs that hold copies of a run's content, those farthest from it first; so a deletion that is cut short finds the rest. */
async function branchesBelow(app: App, runId: RunId): Promise<readonly RunHead[]> {
  const found: RunHead[] = [];
  for (const branch of await app.store.queries.branches(runId)) {
    const head = await headOf(app, branch);
    found.push(...(await branchesBelow(app, branch)), ...(head.contentDeleted === true ? [] : [head]));
  }
  return found;
}

const hasEnded = ({ state }: RunHead): boolean => isTerminal(RUN_MOVES, state);

async function deleteAll(app: App, runs: readonly RunHead[], by: string): Promise<readonly DeletedRun[]> {
  const deleted: DeletedRun[] = [];
  for (const run of runs) deleted.push(await deleteOne(app, run, by));
  return deleted;
}

/** The receipt and the rows first: files that a crash leaves behind are found by it. */
async function deleteOne({ store }: App, head: RunHead, by: string): Promise<DeletedRun> {
  const { log, files } = store;
  const { runId, hash, seq, contentDeleted } = head;
  const artifacts = (await log.artifacts(runId)).length;
  const lying = await files.inventory(runId);
  const bytes = lying.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const data = { runId, hash, events: seq, artifacts, files: lying.length, bytes, by };
  await log.deleteContent(runId, { type: 'content.deleted', data });
  const removed = await files.delete(runId);
  return { runId, artifacts, ...removed, again: contentDeleted === true };
}

function hasBranches({ runId }: RunHead, branches: readonly RunHead[]): StemmaError {
  const ids = branches.map((branch) => branch.runId).join(', ');
  return new StemmaError('STATE_CONFLICT', `Branches of run ${runId} hold copies of its content: ${ids}.`, {
    facts: { runId, branches: branches.length },
    hint: 'Say what becomes of them: --branches keep, or --branches delete.',
  });
}

const stillGoesOn = ({ runId, state }: RunHead): StemmaError =>
  new StemmaError('STATE_CONFLICT', `Run ${runId} is ${state}; only a run that has ended can be deleted.`, {
    facts: { runId, state },
    hint: `End it first: stemma runs cancel ${runId}.`,
  });
