import { placeOf } from '../core/chronicle/place.ts';
import { ERROR_CODES, isErrorCode } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { ArtifactView, Chronicle, Cost, Item, RunView, StepView } from '../core/shapes.ts';
import type { App } from './context.ts';
import { readRun } from './read-run.ts';
import type { ReadRun } from './read-run.ts';

/** What `stemma run --json` prints. */
export interface RunResult {
  readonly runId: RunId;
  readonly traceId: string;
  readonly state: RunView['state'];
  readonly config: string;
  readonly pipeline: string;
  readonly profile: string;
  readonly safety: string;
  /** The intercepted text. */
  readonly text: string | null;
  readonly outputs: readonly OutputResult[];
  readonly blocked: RunView['blocked'];
  readonly error: RunView['error'];
  readonly cost: Cost;
  readonly durationMs: number | null;
}

export interface OutputResult {
  readonly index: number;
  readonly config: string;
  readonly state: StepView['state'];
  readonly artifacts: readonly OutputArtifact[];
}

export interface OutputArtifact {
  readonly id: string;
  readonly type: string;
  readonly mediaType: string;
  /** Absolute, where the artifact lies on disk. */
  readonly path: string | null;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly width?: number;
  readonly height?: number;
}

/** @throws {StemmaError} RUN_NOT_FOUND */
export async function runResult(app: App, runId: RunId): Promise<RunResult> {
  const read = await readRun(app, runId);
  const { chronicle, events } = read;
  const { run, cost } = chronicle;
  const [created] = events;
  const outputs = created?.type === 'run.created' ? created.data.outputs : [];
  return {
    runId,
    traceId: run.traceId,
    state: run.state,
    config: run.config,
    pipeline: run.pipeline,
    profile: run.profile,
    safety: run.safety,
    text: interceptedText(chronicle),
    outputs: outputs.map((config, at) => outputResult(app, read, { config, index: at + 1 })),
    blocked: run.blocked,
    error: run.error,
    cost,
    durationMs: run.durationMs,
  };
}

/** The last text of stage 2. */
function interceptedText({ items }: Chronicle): string | null {
  const isOwn = (item: Item): boolean =>
    item.stage === 2 &&
    item.type !== 'error' &&
    item.type !== 'review' &&
    item.text !== null &&
    item.loopIteration === null;
  return items.findLast(isOwn)?.text ?? null;
}

function outputResult(app: App, read: ReadRun, { config, index }: { config: string; index: number }): OutputResult {
  const { chronicle, pipeline } = read;
  const own = chronicle.steps.filter(({ path }) => placeOf(path, pipeline).loopIteration === index);
  const paths = new Set(own.map(({ path }) => path));
  const artifacts = chronicle.artifacts
    .filter(({ stepPath, type }) => type.startsWith('output_') && stepPath !== null && paths.has(stepPath))
    .map((artifact) => artifactResult(app, artifact));
  return { index, config, state: stateOf(own, chronicle.run), artifacts };
}

/** The output has the state of its steps: the first that did not succeed decides. */
function stateOf(steps: readonly StepView[], run: RunView): StepView['state'] {
  const odd = steps.find(({ state }) => state !== 'succeeded' && state !== 'skipped');
  if (odd !== undefined) return odd.state;
  if (steps.length > 0) return 'succeeded';
  return run.endedAt === null ? 'pending' : 'skipped';
}

function artifactResult(app: App, artifact: ArtifactView): OutputArtifact {
  const { id, type, mediaType, sha256, sizeBytes, width, height } = artifact;
  const path = app.store.files.locate(id) ?? null;
  const sides = width === null || height === null ? {} : { width, height };
  return { id, type, mediaType, path, sha256, sizeBytes, ...sides };
}

/** The exit codes of ends that bring no error of their own; a run that goes on has 8 (spec chapter 7). */
const EXIT_CODES: { readonly [state in RunView['state']]?: number } = { succeeded: 0, canceled: 1, quarantined: 1 };
const UNFINISHED = 8;

/** The exit code of a run by how it ended. */
export function exitCodeOf(
  { state, error, outputs }: Pick<RunResult, 'state' | 'error' | 'outputs'>,
  options: { readonly strict?: boolean | undefined } = {},
): number {
  if (state === 'succeeded' && options.strict === true)
    return outputs.every((one) => one.state === 'succeeded') ? 0 : 1;
  if (state !== 'blocked' && state !== 'failed') return EXIT_CODES[state] ?? UNFINISHED;
  return error !== null && isErrorCode(error.code) ? ERROR_CODES[error.code].exitCode : 1;
}
