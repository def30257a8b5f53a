import { kindOf } from '../../core/definitions.ts';
import type { StepDefinition, StepKind } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import type { StepPath } from '../../core/ids.ts';
import type { ArtifactRef } from '../../core/stage.ts';
import { lastOf, needsOf } from '../../core/step-graph.ts';
import { toFault } from '../fault.ts';
import { retried } from './container.ts';
import { runForEach } from './for-each.ts';
import { runPipeline } from './pipeline.ts';
import { together } from './problems.ts';
import { runRepeat } from './repeat.ts';
import type { Scope, StepEnd } from './scope.ts';
import { runUse } from './use.ts';
import { runWait } from './wait.ts';

/** One small handler per kind of step. */
export type StepHandler = (step: StepDefinition, scope: Scope) => Promise<StepEnd>;
const HANDLERS: { readonly [K in StepKind]: StepHandler } = {
  use: runUse,
  repeat: retried('repeat', runRepeat),
  forEach: retried('forEach', runForEach),
  pipeline: retried('pipeline', runPipeline),
  review: runWait,
  waitFor: runWait,
};

/** A step that has ended, as those that need it see it. */
interface Passed {
  readonly end: StepEnd;
  /** The last text of the prompt's line up to here, of those that the list has written. */
  readonly line: ArtifactRef | undefined;
  /** What needs it is skipped. */
  readonly stops: boolean;
}

/**
 * Runs a list of steps: each as soon as what it needs has ended, side by side where nothing stands between them. What
 * needs a step that did not succeed is recorded as skipped, unless that step says `continueOn`; so no step stays
 * pending. The first step in the list that has stopped others says how the list ends; a list that succeeds has the text
 * of its last steps.
 */
export async function runSteps(steps: readonly StepDefinition[], scope: Scope): Promise<StepEnd> {
  const all = await passAll(steps, scope);
  if (all.some(({ end }) => end.state === 'halted')) return { state: 'halted' };
  const stopper = all.find(({ end, stops }) => stops && end.state !== 'skipped');
  if (stopper !== undefined) return stopper.end;
  const last = new Set(lastOf(steps));
  const text = lineOf(all.filter((_one, index) => last.has(steps[index]?.id ?? '')));
  return { state: 'succeeded', ...(text === undefined ? {} : { text }), ...together(all.map(({ end }) => end)) };
}

function passAll(steps: readonly StepDefinition[], scope: Scope): Promise<Passed[]> {
  const places = new Map(steps.map((step, index) => [step.id, { step, index }]));
  const passing = new Map<string, Promise<Passed>>();
  const pass = (id: string): Promise<Passed>[] => {
    const place = places.get(id);
    if (place === undefined) return [];
    const needed = passing.has(id) ? [] : needsOf(steps, place.index).flatMap(pass);
    const passed = passing.get(id) ?? passStep(place.step, needed, scope);
    passing.set(id, passed);
    return [passed];
  };
  return Promise.all(steps.flatMap(({ id }) => pass(id)));
}

async function passStep(step: StepDefinition, needed: readonly Promise<Passed>[], list: Scope): Promise<Passed> {
  const before = await Promise.all(needed);
  const line = lineOf(before);
  const end = await endAfter(step, before, list.at(line));
  if (end.state === 'halted') return { end, line, stops: true };
  list.ends.set(step.id, end);
  return { end, line: textOf(end) ?? line, stops: doesStop(step, end) };
}

async function endAfter(step: StepDefinition, before: readonly Passed[], scope: Scope): Promise<StepEnd> {
  if (before.some(({ end }) => end.state === 'halted')) return { state: 'halted' };
  return before.some(({ stops }) => stops) ? skip(step, scope, 'dependency') : runStep(step, scope);
}

/** The text of the last of them that wrote one; where none did, that of the steps before them. */
const lineOf = (before: readonly Passed[]): ArtifactRef | undefined => {
  const wrote = before.findLast(({ end }) => textOf(end) !== undefined);
  return (wrote ?? before.findLast(({ line }) => line !== undefined))?.line;
};

const textOf = ({ state, text }: StepEnd): ArtifactRef | undefined => (state === 'succeeded' ? text : undefined);

function doesStop({ continueOn = [] }: StepDefinition, { state, because }: StepEnd): boolean {
  if (state === 'failed' || state === 'blocked') return !continueOn.includes(state);
  return state === 'canceled' || because === 'dependency';
}

async function runStep(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const { session, engine } = scope.plan;
  const known = session.fold.steps.get(pathOf(step, scope));
  if (known?.state === 'skipped') return skip(step, scope, known.skippedBecause ?? 'condition');
  try {
    if (step.when !== undefined && known === undefined && !scope.holds(step.when))
      return skip(step, scope, 'condition');
    return await HANDLERS[kindOf(step)](step, scope);
  } catch (thrown) {
    if (session.isBrokenBy(thrown)) return { state: 'halted' };
    // what the step needs is not there: a stage, a definition, a value
    return { state: 'failed', fault: toFault(thrown, engine.digest) };
  }
}

const pathOf = (step: StepDefinition, scope: Scope): StepPath => stepPath(scope.path, step.id);

function skip(step: StepDefinition, scope: Scope, because: 'condition' | 'dependency'): StepEnd {
  const { session } = scope.plan;
  const path = pathOf(step, scope);
  if (session.fold.steps.get(path) === undefined)
    session.writer.record({ type: 'step.skipped', stepPath: path, data: { because } }).catch(() => {}); // ends the session
  return { state: 'skipped', because };
}
