/** Checks a pipeline step by step, in the order in which it runs, and gathers what configs must bring. */
import { allSteps } from '../definitions.ts';
import type { PipelineDefinition, Resolved, StepDefinition } from '../definitions.ts';
import type { Expression } from '../expression.ts';
import { isErrorCode, ERROR_CODES } from '../errors.ts';
import { checkForEach, checkRepeat, checkWhen } from './condition.ts';
import { suggest } from './finding.ts';
import type { Desk, Path } from './finding.ts';
import { walkInlined } from './inlined.ts';
import { checkInputs } from './inputs.ts';
import { inOrder } from './needs.ts';
import type { Scope, StepOffer } from './scope.ts';
import { loopFacts, offerOf } from './step-offer.ts';
import { checkTarget } from './target.ts';
import type { Target } from './target.ts';

/** A place that reads `parameters.<name>`. */
export interface ParameterRead {
  readonly name: string;
  readonly wants: 'number' | 'any';
  /** Whose defaults may bring it: a chunk, or `output.chunk` for the chunk of each output. */
  readonly chunk: string | undefined;
  readonly step: string;
}

/** A step that runs the chunk of each output config. */
export interface OutputStep {
  readonly step: StepDefinition;
  readonly scope: Scope;
}

/** What a config that uses the pipeline is held against. */
export interface PipelineNeeds {
  readonly reads: ParameterRead[];
  readonly conditions: { readonly step: string; readonly expression: Expression }[];
  readonly chunks: Set<string>;
  readonly outputSteps: OutputStep[];
  /** Steps that make one medium for every output, whatever the output is. */
  readonly mediaSteps: { readonly step: string; readonly medium: string }[];
  /** Steps that run once per output. */
  readonly outputLoops: Set<string>;
  /** How many texts it takes. */
  readonly texts: { readonly min: number; readonly max: number };
  /** Whether it writes a text that `previous` takes up. */
  readonly writes: boolean;
}

/** Everything the checks of one step share. */
export interface StepDesk {
  readonly desk: Desk;
  readonly needs: PipelineNeeds;
  readonly pipeline: string;
  /** Those that have been checked, by id. */
  readonly pipelines: ReadonlyMap<string, PipelineNeeds>;
  readonly step: StepDefinition;
  readonly path: Path;
  readonly scope: Scope;
}

/** `pipelines`: those it may use, checked before. */
export function lintPipeline(
  desk: Desk,
  pipeline: Resolved<'pipelines'>,
  pipelines: StepDesk['pipelines'],
): PipelineNeeds {
  const { definition, id } = pipeline;
  const texts = textsOf(definition);
  if (texts.min > texts.max) desk.report(['input', 'text', 'min'], `min ${texts.min} is more than max ${texts.max}`);
  const takesText = texts.max > 0;
  const needs = {
    reads: [],
    conditions: [],
    chunks: new Set<string>(),
    outputSteps: [],
    mediaSteps: [],
    outputLoops: new Set<string>(),
    texts,
    writes: false,
  };
  const scope: Scope = {
    earlier: new Map(),
    beside: new Set(),
    inOutputs: false,
    byOutput: false,
    counted: false,
    previous: takesText,
    input: takesText,
    all: new Set(allSteps(definition.steps).map((step) => step.id)),
  };
  const walk: Walk = { desk, needs, pipeline: id, pipelines };
  const { wrote } = walkSteps(walk, { steps: definition.steps, path: ['steps'], scope, taken: new Set() });
  return { ...needs, writes: wrote };
}

function textsOf({ input: { text } }: PipelineDefinition): PipelineNeeds['texts'] {
  return typeof text === 'number' ? { min: text, max: text } : text;
}

type Walk = Pick<StepDesk, 'desk' | 'needs' | 'pipeline' | 'pipelines'>;

interface StepList {
  readonly steps: readonly StepDefinition[];
  readonly path: Path;
  readonly scope: Scope;
  /** Ids of the lists around it. */
  readonly taken: ReadonlySet<string>;
}

interface Passed {
  /** Whether a step of the list writes a text that `previous` takes up. */
  readonly wrote: boolean;
  readonly offers: ReadonlyMap<string, StepOffer>;
}

function walkSteps(walk: Walk, list: StepList): Passed {
  checkIds(walk, list);
  const taken = new Set([...list.taken, ...list.steps.map((step) => step.id)]);
  const offers = new Map<string, StepOffer>();
  for (const { step, index, before, beside } of inOrder({ ...list, desk: walk.desk })) {
    const known = [...offers].filter(([id]) => before.has(id));
    const scope: Scope = {
      ...list.scope,
      earlier: new Map([...list.scope.earlier, ...known]),
      beside: new Set([...list.scope.beside, ...beside]),
      previous: list.scope.previous || known.some(([, offer]) => isWriter(offer)),
    };
    offers.set(step.id, walkStep({ ...walk, step, path: [...list.path, index], scope }, taken));
  }
  return { wrote: [...offers.values()].some(isWriter), offers };
}

const isWriter = ({ text }: StepOffer): boolean => text === 'one' || text === 'unknown';

function checkIds({ desk }: Walk, { steps, path, taken }: StepList): void {
  const seen = new Set(taken);
  for (const [index, { id }] of steps.entries()) {
    if (seen.has(id))
      desk.report([...path, index, 'id'], `the step id "${id}" is taken`, 'Give each step an id of its own.');
    seen.add(id);
  }
}

function walkStep(place: StepDesk, taken: ReadonlySet<string>): StepOffer {
  checkWhen(place);
  checkRetry(place);
  const { step } = place;
  if (step.use !== undefined) return walkUse(place, step.use);
  if (step.pipeline !== undefined) return walkInlined(place, step.pipeline);
  if (step.review !== undefined) return ASKED;
  return step.waitFor === undefined ? walkContainer(place, taken) : AWAITED;
}

const ASKED: StepOffer = { text: 'none', facts: { choice: 'string', expired: 'boolean' }, container: false };
const AWAITED: StepOffer = { text: 'one', facts: { expired: 'boolean' }, container: false };

function checkRetry({ desk, step, path }: StepDesk): void {
  for (const [index, code] of (step.retry?.retryOn ?? []).entries()) {
    if (!isErrorCode(code))
      desk.report(
        [...path, 'retry', 'retryOn', index],
        `"${code}" is no error code`,
        suggest(code, Object.keys(ERROR_CODES)) ?? 'docs/errors/ lists them.',
      );
  }
}

function walkUse(place: StepDesk, use: string): StepOffer {
  const { step, scope, desk } = place;
  const target = checkTarget(place, use);
  const offer = offerOf(desk.bench, target);
  checkInputs({ ...place, scope: { ...scope, counted: scope.counted || step.repeat !== undefined } }, target);
  checkRepeat(place, new Map([[step.id, offer]]));
  noteMedium(place, target);
  return offer.facts === undefined ? offer : { ...offer, facts: { ...offer.facts, ...loopFacts(step) } };
}

/** A condition on the output is trusted to pick the ones that the step can make. */
function noteMedium({ needs, step, scope }: StepDesk, target: Target): void {
  const medium = target.kind === 'chunk' && target.shape.writes === 'media' ? target.shape.medium : undefined;
  if (medium !== undefined && scope.inOutputs && !scope.byOutput && !asksOutput(step))
    needs.mediaSteps.push({ step: step.id, medium });
}

const asksOutput = ({ when }: StepDefinition): boolean => when !== undefined && /\boutput\./.test(when);

function walkContainer(place: StepDesk, taken: ReadonlySet<string>): StepOffer {
  const { step, path, scope, needs } = place;
  const overOutputs = step.forEach === 'outputs';
  if (overOutputs) needs.outputLoops.add(step.id);
  checkForEach(place);
  const inner: Scope = {
    ...scope,
    inOutputs: scope.inOutputs || overOutputs,
    byOutput: scope.byOutput || asksOutput(step),
    counted: !overOutputs,
  };
  const passed = walkSteps(place, { steps: step.steps ?? [], path: [...path, 'steps'], scope: inner, taken });
  checkRepeat(place, passed.offers);
  const text = step.forEach === undefined ? 'one' : 'list';
  return { text: passed.wrote ? text : 'none', facts: loopFacts(step), container: true };
}
