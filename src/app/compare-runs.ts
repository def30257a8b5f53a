import { parseArtifactId } from '../core/ids.ts';
import type { ArtifactId, RunId, Sha256, StepPath } from '../core/ids.ts';
import type { ArtifactView, AttemptView, Chronicle, StepView } from '../core/shapes.ts';
import { wordDiff } from '../core/word-diff.ts';
import type { WordChange } from '../core/word-diff.ts';
import { runRequestSchema } from '../core/request.ts';
import type { App } from './context.ts';
import { presentRun } from './ended-run.ts';
import { readRun } from './read-run.ts';
import type { ReadRun } from './read-run.ts';

/** The same thing in both runs. */
export interface Pair<T> {
  readonly left: T;
  readonly right: T;
}

/** A text that differs, word by word. */
export interface TextDiff {
  readonly type: string;
  readonly words: readonly WordChange[];
}

export interface ComparedPicture {
  readonly id: ArtifactId;
  readonly sha256: Sha256;
  readonly width: number | null;
  readonly height: number | null;
}

/** What came of a step in both runs. */
export type ComparedArtifact =
  | { readonly kind: 'same'; readonly type: string }
  | ({ readonly kind: 'text' } & TextDiff)
  | ({
      readonly kind: 'picture';
      readonly type: string;
      /** How many of 64 bits of their difference hashes differ; null when one of them cannot be read. */
      readonly distance: number | null;
    } & Pair<ComparedPicture>)
  | ({ readonly kind: 'other'; readonly type: string } & Pair<ArtifactId | null>);

/** A step as one run has it. */
export interface StepSide {
  readonly state: StepView['state'];
  /** Taken over from another run: it made no attempt of its own. */
  readonly reused: boolean;
  readonly attempts: number;
  /** `provider/model` of those that answered, each once. */
  readonly models: readonly string[];
  readonly costMicroUsd: number;
  readonly durationMs: number | null;
}

export interface ComparedStep extends Pair<StepSide | null> {
  readonly path: StepPath;
  /** The run that alone has this step. */
  readonly only: 'left' | 'right' | null;
  /** Null when neither has made anything. */
  readonly artifact: ComparedArtifact | null;
}

export interface ComparedSide {
  readonly runId: RunId;
  readonly state: Chronicle['run']['state'];
  readonly costMicroUsd: number;
  readonly durationMs: number | null;
}

/** Two runs side by side. */
export interface RunComparison extends Pair<ComparedSide> {
  /** What was set otherwise: config, profile, level, language, seed, outputs, and parameters as `parameters.<name>`. */
  readonly settings: readonly ({ readonly name: string } & Pair<string | null>)[];
  /** Texts given to the runs that differ: input, task, context. */
  readonly given: readonly TextDiff[];
  /** In the order of the pipeline, as far as the runs have come. */
  readonly steps: readonly ComparedStep[];
}

/**
 * Two runs step by step: what was given and set otherwise, and at each step its state, models, cost, time, and its main
 * result word by word; of pictures how much they look alike.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED
 */
export async function compareRuns(app: App, left: string, right: string): Promise<RunComparison> {
  const one = await readRun(app, (await presentRun(app, left)).runId);
  const other = await readRun(app, (await presentRun(app, right)).runId);
  const runs = { left: indexed(one), right: indexed(other) };
  const steps: ComparedStep[] = [];
  for (const path of pathsInOrder(runs)) steps.push(await comparedStep(app, path, runs));
  return {
    left: sideOf(one),
    right: sideOf(other),
    settings: settingsThatDiffer(one, other),
    given: givenThatDiffers(one, other),
    steps,
  };
}

const sideOf = ({ runId, chronicle: { run, cost } }: ReadRun): ComparedSide => ({
  runId,
  state: run.state,
  costMicroUsd: cost.microUsd,
  durationMs: run.durationMs,
});

/** A run whose parts are found by name. */
interface Indexed {
  readonly lang: string;
  readonly texts: ReadRun['texts'];
  readonly steps: ReadonlyMap<StepPath, StepView>;
  readonly attempts: ReadonlyMap<StepPath, readonly AttemptView[]>;
  readonly artifacts: ReadonlyMap<ArtifactId, ArtifactView>;
  /** What each step has made. */
  readonly made: ReadonlyMap<StepPath | null, readonly ArtifactView[]>;
}

const indexed = ({ chronicle, texts }: ReadRun): Indexed => ({
  lang: chronicle.run.lang,
  texts,
  steps: new Map(chronicle.steps.map((step) => [step.path, step])),
  attempts: Map.groupBy(chronicle.attempts, ({ stepPath }) => stepPath),
  artifacts: new Map(chronicle.artifacts.map((artifact) => [artifact.id, artifact])),
  made: Map.groupBy(chronicle.artifacts, ({ stepPath }) => stepPath),
});

/** The left run's order; what only the right one has stands before the next step that both have. */
function pathsInOrder({ left, right }: Pair<Indexed>): readonly StepPath[] {
  const before = new Map<StepPath | undefined, StepPath[]>();
  let waiting: StepPath[] = [];
  for (const path of right.steps.keys()) {
    if (!left.steps.has(path)) waiting.push(path);
    else {
      before.set(path, waiting);
      waiting = [];
    }
  }
  return [...[...left.steps.keys()].flatMap((path) => [...(before.get(path) ?? []), path]), ...waiting];
}

/** Names and values of everything that was chosen, texts aside. */
function settingsOf({ chronicle: { run }, rows, texts }: ReadRun): Readonly<Record<string, string>> {
  const { config, profile, safety, lang, seed } = run;
  const id = rows.find(({ type, stepPath }) => type === 'request' && stepPath === undefined)?.id;
  const request = runRequestSchema.safeParse(JSON.parse((id && texts.get(id)) ?? 'null')).data;
  const parameters = Object.entries(request?.parameters ?? {}).map(([name, value]) => [
    `parameters.${name}`,
    String(value),
  ]);
  const outputs = request === undefined ? {} : { outputs: request.outputs.join(', ') };
  return { config, profile, safety, lang, seed: String(seed), ...outputs, ...Object.fromEntries(parameters) };
}

function settingsThatDiffer(left: ReadRun, right: ReadRun): RunComparison['settings'] {
  const [old, own] = [settingsOf(left), settingsOf(right)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(own)])];
  return names
    .filter((name) => old[name] !== own[name])
    .map((name) => ({ name, left: old[name] ?? null, right: own[name] ?? null }));
}

const GIVEN = ['input', 'task', 'context'] as const;

function givenThatDiffers(left: ReadRun, right: ReadRun): readonly TextDiff[] {
  const textOf = ({ rows, texts }: ReadRun, wanted: string): string => {
    const id = rows.find(({ type, stepPath }) => type === wanted && stepPath === undefined)?.id;
    return (id && texts.get(id)) ?? '';
  };
  return GIVEN.flatMap((type) => {
    const [before, after] = [textOf(left, type), textOf(right, type)];
    return before === after ? [] : [{ type, words: wordDiff(before, after, left.chronicle.run.lang) }];
  });
}

async function comparedStep(app: App, path: StepPath, runs: Pair<Indexed>): Promise<ComparedStep> {
  const [left, right] = [runs.left.steps.get(path) ?? null, runs.right.steps.get(path) ?? null];
  const only = left === null ? 'right' : right === null ? 'left' : null;
  const artifacts = { left: mainOf(runs.left, left), right: mainOf(runs.right, right) };
  return {
    path,
    only,
    left: left && stepSide(runs.left, left),
    right: right && stepSide(runs.right, right),
    artifact: await comparedArtifact(app, artifacts, runs),
  };
}

function stepSide(run: Indexed, { path, state, reusedFrom, attempts, durationMs }: StepView): StepSide {
  const own = run.attempts.get(path) ?? [];
  const models = own.flatMap(({ provider, model }) => (provider === null ? [] : [`${provider}/${model ?? ''}`]));
  const costMicroUsd = own.reduce((sum, attempt) => sum + (attempt.costMicroUsd ?? 0), 0);
  return { state, reused: reusedFrom !== undefined, attempts, models: [...new Set(models)], costMicroUsd, durationMs };
}

/** The first result, else the first evidence; a step of a loop lays its result into `work/`, beside prompts and exchanges. */
function mainOf({ artifacts, made }: Indexed, step: StepView | null): ArtifactView | null {
  if (step === null) return null;
  const results = step.outputs.flatMap((id) => artifacts.get(id) ?? []);
  return [...results, ...(made.get(step.path) ?? [])].find(isResult) ?? null;
}

const isResult = ({ id, type }: ArtifactView): boolean => parseArtifactId(id)?.work !== true || type.endsWith('_step');

async function comparedArtifact(
  app: App,
  { left, right }: Pair<ArtifactView | null>,
  runs: Pair<Indexed>,
): Promise<ComparedArtifact | null> {
  const type = left?.type ?? right?.type;
  if (type === undefined) return null;
  if (left?.sha256 === right?.sha256) return { kind: 'same', type };
  if (isPicture(left) && isPicture(right)) {
    const distance = await distanceOf(app, left.id, right.id);
    return { kind: 'picture', type, distance, left: pictureOf(left), right: pictureOf(right) };
  }
  const [before, after] = [resultText(left, runs.left), resultText(right, runs.right)];
  if (before !== undefined && after !== undefined)
    return { kind: 'text', type, words: wordDiff(before, after, runs.left.lang) };
  return { kind: 'other', type, left: idOf(left), right: idOf(right) };
}

const idOf = (artifact: ArtifactView | null): ArtifactId | null => artifact?.id ?? null;

/** Undefined for what is no text. */
const resultText = (artifact: ArtifactView | null, { texts }: Indexed): string | undefined =>
  artifact === null ? '' : texts.get(artifact.id);

const isPicture = (artifact: ArtifactView | null): artifact is ArtifactView =>
  artifact?.mediaType.startsWith('image/') === true;

const pictureOf = ({ id, sha256, width, height }: ArtifactView): ComparedPicture => ({ id, sha256, width, height });

async function distanceOf({ pictures, store }: App, left: ArtifactId, right: ArtifactId): Promise<number | null> {
  const hashOf = async (id: ArtifactId): Promise<string> => pictures.differenceHash(await store.files.read(id));
  try {
    return bitsApart(await hashOf(left), await hashOf(right));
  } catch {
    return null; // gone, or no picture: the digests say that they differ
  }
}

function bitsApart(left: string, right: string): number {
  const ones = (BigInt(`0x${left}`) ^ BigInt(`0x${right}`)).toString(2);
  return ones.replaceAll('0', '').length;
}
