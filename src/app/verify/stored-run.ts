import { runNotFound } from '../read-run.ts';
import { StemmaError } from '../../core/errors.ts';
import type { RunId } from '../../core/ids.ts';
import type { ArtifactRow, AttemptRow, FolderEntry, RunHead, StoredBody } from '../../core/ports.ts';
import type { App } from '../context.ts';
import type { VerifyProblem } from './problem.ts';

/** What the store and the folder hold of a run, unjudged. */
export interface StoredRun {
  readonly runId: RunId;
  readonly head: RunHead;
  readonly bodies: readonly StoredBody[];
  readonly attempts: readonly AttemptRow[];
  /** Undefined when a row cannot be read; `problems` names it. */
  readonly artifacts: readonly ArtifactRow[] | undefined;
  readonly files: readonly FolderEntry[];
  readonly problems: readonly VerifyProblem[];
}

/** A run in progress grows while it is read; then it is read again, so often at most. */
const READINGS = 5;

/** Everything of one moment, as far as a run in progress allows. @throws {StemmaError} RUN_NOT_FOUND */
export async function readStored(app: App, runId: RunId): Promise<StoredRun> {
  for (let reading = 1; ; reading += 1) {
    const head = await headOf(app, runId);
    const stored = await readBeside(app, head);
    if (reading === READINGS || (await headOf(app, runId)).seq === head.seq) return stored;
  }
}

async function headOf(app: App, runId: RunId): Promise<RunHead> {
  const head = await app.store.log.head(runId);
  if (head === undefined) throw runNotFound(runId);
  return head;
}

async function readBeside(app: App, head: RunHead): Promise<StoredRun> {
  const { log, files } = app.store;
  const { runId } = head;
  const bodies: StoredBody[] = [];
  for await (const body of log.bodies(runId)) bodies.push(body);
  const problems: VerifyProblem[] = [];
  const artifacts = await orProblem(log.artifacts(runId), problems, 'artifacts');
  return {
    runId,
    head,
    bodies,
    artifacts,
    problems,
    attempts: await log.attempts(runId),
    files: await files.inventory(runId),
  };
}

/** What the store cannot read any more is a finding, not the end of the search. */
export async function orProblem<T>(read: Promise<T>, problems: VerifyProblem[], what: string): Promise<T | undefined> {
  try {
    return await read;
  } catch (thrown) {
    if (!(thrown instanceof StemmaError) || thrown.code !== 'STORE_CORRUPT') throw thrown;
    const { artifact } = thrown.facts;
    problems.push({
      what: typeof artifact === 'string' ? artifact : what,
      problem: `cannot be read: ${thrown.message}`,
    });
    return undefined;
  }
}
