import { foldRun } from '../core/apply.ts';
import { toStemmaError } from '../core/errors.ts';
import type { App } from './context.ts';
import { parseRunId } from './read-run.ts';
import { checkArtifacts } from './verify/artifacts.ts';
import { checkChain, checkEnd } from './verify/chain.ts';
import type { Chain } from './verify/chain.ts';
import { checkDefinitions } from './verify/definitions.ts';
import { checkDeletion } from './verify/deletion.ts';
import { namedArtifacts } from './verify/named-artifacts.ts';
import { UNNAMED } from './verify/problem.ts';
import type { VerifyProblem } from './verify/problem.ts';
import { checkAttempts, checkHead } from './verify/rows.ts';
import { readStored } from './verify/stored-run.ts';
import type { StoredRun } from './verify/stored-run.ts';

export type { VerifyProblem } from './verify/problem.ts';

export interface Verification {
  /** Whether everything that the events speak of is as it was recorded; files that none names don't count. */
  readonly ok: boolean;
  /** Of a deleted run the chain is what is left. */
  readonly content: 'present' | 'deleted';
  /** How many events and artifacts were looked at. */
  readonly events: number;
  readonly artifacts: number;
  readonly problems: readonly VerifyProblem[];
}

/** Whether it is about a file that is no part of the record, which leaves a run `ok`. */
export const isUnnamedFile = ({ problem }: VerifyProblem): boolean => problem === UNNAMED;

/**
 * Recomputes everything that is recorded of a run: the hash chain over the stored texts, the signature of its end,
 * the rows of the run, of its attempts and artifacts against the events, every file against its commitment, every
 * definition. What the events say is what counts; a row is never believed against them.
 *
 * Of a run whose content was deleted: the chain, its signature and rows, the receipt of the deletion, and that no content
 * is left.
 *
 * Labels, and the language, size in pixels and choice of sources of an artifact, are descriptive: no event names them.
 * `metadata.json` and `steps.ndjson` are conveniences and are not looked at.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · STORE_CORRUPT when the run's row cannot be read
 */
export async function verifyRun(app: App, id: string): Promise<Verification> {
  const runId = parseRunId(id);
  const stored = await readStored(app, runId);
  const chain = checkChain(app.digest, stored);
  const { artifacts: rows, head } = stored;
  const isDeleted = head.contentDeleted === true;
  const { events } = chain;
  const problems = [
    ...chain.problems,
    ...(chain.intact ? [...checkEnd(app, chain, head), ...foldProblems(stored, chain)] : []),
    ...stored.problems,
    ...(isDeleted ? await checkDeletion(app, stored) : await checkContent(app, stored, chain)),
    ...(await checkDefinitions(app, { events, files: isDeleted ? undefined : stored.files })),
  ];
  const ok = problems.every(isUnnamedFile);
  const content = isDeleted ? 'deleted' : 'present';
  return { ok, content, events: stored.bodies.length, artifacts: rows?.length ?? 0, problems };
}

async function checkContent(app: App, stored: StoredRun, chain: Chain): Promise<VerifyProblem[]> {
  const { runId, artifacts: rows } = stored;
  const found = rows === undefined ? [] : await checkArtifacts(app, runId, { rows, events: chain.events });
  return [...found, ...unnamedFiles(stored, chain)];
}

/** The rows hold what the events add up to. */
function foldProblems({ head, attempts }: StoredRun, { events }: Chain): VerifyProblem[] {
  try {
    const fold = foldRun(events);
    return [...checkHead(head, events, fold), ...checkAttempts(attempts, events)];
  } catch (thrown) {
    return [{ what: 'events', problem: `tell an impossible story: ${toStemmaError(thrown).message}` }];
  }
}

const CONVENIENCES: ReadonlySet<string> = new Set(['metadata.json', 'steps.ndjson']);

/** While a run goes on, its holder writes files before the event that names them. */
function unnamedFiles({ runId, files, artifacts = [] }: StoredRun, { events }: Chain): VerifyProblem[] {
  if (events.at(-1)?.type !== 'run.ended') return [];
  const known = new Set<string>([...namedArtifacts(events).keys(), ...artifacts.map(({ id }) => id)]);
  return files
    .filter(({ path }) => !CONVENIENCES.has(path) && !path.startsWith('definitions/') && !known.has(`${runId}/${path}`))
    .map(({ path }) => ({ what: path, problem: UNNAMED }));
}
