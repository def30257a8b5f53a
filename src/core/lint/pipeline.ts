/** Checks a pipeline step by step, in the order in which it runs, and gathers what configs must bring. */
import type { PipelineDefinition, Resolved, StepDefinition } from '../definitions.ts';
import type { Expression } from '../expression.ts';
import { isErrorCode, ERROR_CODES } from '../errors.ts';
import { checkWhen, checkReference, checkRepeat } from './condition.ts';
import { suggest } from './finding.ts';
import type { Desk, Path } from './finding.ts';
import { checkInputs } from './inputs.ts';
import type { Scope, StepOffer } from './scope.ts';
import { offerOf } from './step-offer.ts';
import { checkTarget } from './target.ts';

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
}

/** Everything the checks of one step share. */
export interface StepDesk {
  readonly desk: Desk;
  readonly needs: PipelineNeeds;
  readonly pipeline: string;
  readonly step: StepDefinition;
  readonly path: Path;
  readonly scope: Scope;
}

export function lintPipeline(desk: Desk, pipeline: Resolved<'pipelines'>): PipelineNeeds {
  const needs: PipelineNeeds = { reads: [], conditions: [], chunks: new Set(), outputSteps: [] };
  const { definition, id } = pipeline;
  checkInputCount(desk, definition);
  const takesText = mostTexts(definition) > 0;
  const all = new Set(allSteps(definition.steps).map((step) => step.id));
  const scope: Scope = { earlier: new Map(), inOutputs: false, previous: takesText, input: takesText, all };
  const walk: Walk = { desk, needs, pipeline: id };
  walkSteps(walk, { steps: definition.steps, path: ['steps'], scope, taken: new Set() });
  return needs;
}

export const allSteps = (steps: readonly StepDefinition[]): readonly StepDefinition[] =>
  steps.flatMap((step) => [step, ...allSteps(step.steps ?? [])]);

function mostTexts(pipeline: PipelineDefinition): number {
  const { text } = pipeline.input;
  return typeof text === 'number' ? text : text.max;
}

function checkInputCount(desk: Desk, pipeline: PipelineDefinition): void {
  const { text } = pipeline.input;
  if (typeof text !== 'number' && text.min > text.max)
    desk.report(['input', 'text', 'min'], `min ${text.min} is more than max ${text.max}`);
}

interface Walk {
  readonly desk: Desk;
  readonly needs: PipelineNeeds;
  readonly pipeline: string;
}

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
  const seen = new Set<string>();
  const taken = new Set([...list.taken, ...list.steps.map((step) => step.id)]);
  const offers = new Map<string, StepOffer>();
  let wrote = false;
  for (const [index, step] of list.steps.entries()) {
    const path = [...list.path, index];
    if (seen.has(step.id) || list.taken.has(step.id))
      walk.desk.report([...path, 'id'], `the step id "${step.id}" is taken`, 'Give each step an id of its own.');
    seen.add(step.id);
    const scope: Scope = {
      ...list.scope,
      earlier: new Map([...list.scope.earlier, ...offers]),
      previous: list.scope.previous || wrote,
    };
    const offer = walkStep({ ...walk, step, path, scope }, taken);
    offers.set(step.id, offer);
    wrote ||= offer.text === 'one' || offer.text === 'unknown';
  }
  return { wrote, offers };
}

function walkStep(place: StepDesk, taken: ReadonlySet<string>): StepOffer {
  checkWhen(place);
  checkRetry(place);
  const { use } = place.step;
  return use === undefined ? walkContainer(place, taken) : walkUse(place, use);
}

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
  const target = checkTarget(place, use);
  const offer = offerOf(place.desk.bench, target);
  checkInputs(place, target);
  checkRepeat(place, new Map([[place.step.id, offer]]));
  return offer;
}

function walkContainer(place: StepDesk, taken: ReadonlySet<string>): StepOffer {
  const { step, path, scope } = place;
  const each = step.forEach !== undefined;
  if (step.forEach !== undefined) checkForEach(place, step.forEach);
  const inner: Scope = { ...scope, inOutputs: scope.inOutputs || each };
  const passed = walkSteps(place, { steps: step.steps ?? [], path: [...path, 'steps'], scope: inner, taken });
  checkRepeat(place, passed.offers);
  if (!passed.wrote) return { text: 'none', facts: {}, container: true };
  return { text: each ? 'list' : 'one', facts: {}, container: true };
}

function checkForEach(place: StepDesk, text: string): void {
  const path = [...place.path, 'forEach'];
  const meaning = checkReference(place, { path, text, wants: 'any' });
  if (meaning !== undefined && meaning !== 'outputs')
    place.desk.report(path, `\`forEach\` runs over a list; ${text} is none`, 'Write `forEach: outputs`.');
}
