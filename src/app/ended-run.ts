import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { RunHead } from '../core/ports.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { App } from './context.ts';
import { parseRunId } from './read-run.ts';

/**
 * The head of a run whose content is there.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED
 */
export async function presentRun({ store }: App, id: string): Promise<RunHead> {
  const runId = parseRunId(id);
  const head = await store.log.head(runId);
  if (head === undefined)
    throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
      hint: '`stemma runs list` shows the runs; --data names another directory.',
    });
  if (head.contentDeleted === true)
    throw new StemmaError('CONTENT_DELETED', `The content of run ${runId} has been deleted.`, {
      hint: '`stemma runs verify` still says whether what is left of its record is whole.',
    });
  return head;
}

/** @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED · STATE_CONFLICT while it goes on */
export async function endedRun(app: App, id: string): Promise<RunId> {
  const { runId, state } = await presentRun(app, id);
  if (isTerminal(RUN_MOVES, state)) return runId;
  throw new StemmaError('STATE_CONFLICT', `Run ${runId} has not ended; it is ${state}.`, {
    facts: { state },
    hint: `stemma runs resume ${runId} carries it on; stemma runs cancel ${runId} ends it.`,
  });
}
