import type { RunId } from '../core/ids.ts';
import { sameBytes } from '../core/same-bytes.ts';
import type { SameBytes } from '../core/same-bytes.ts';
import type { App } from './context.ts';
import { presentRun } from './ended-run.ts';

/** Whether two runs hold the same bytes, and where they first do not. */
export interface ExactDiff extends SameBytes {
  readonly left: RunId;
  readonly right: RunId;
}

/**
 * Holds two runs against each other by the bytes of their artifacts: equal are those with the same SHA-256 at the same
 * step, of the same type, in the same order among their like. Ids, times, numbers in names, events and what lies in
 * `work/` may differ.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED
 */
export async function exactDiff(app: App, left: string, right: string): Promise<ExactDiff> {
  const [one, other] = [await presentRun(app, left), await presentRun(app, right)];
  const { log } = app.store;
  const result = sameBytes(await log.artifacts(one.runId), await log.artifacts(other.runId));
  return { left: one.runId, right: other.runId, ...result };
}
