import { kindOf } from '../../core/definitions.ts';
import type { StepDefinition, StepKind } from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import { stepPath } from '../../core/ids.ts';
import type { StepPath } from '../../core/ids.ts';
import { toFault } from '../fault.ts';
import { runForEach } from './for-each.ts';
import { runRepeat } from './repeat.ts';
import type { Scope, StepEnd } from './scope.ts';
import { runUse } from './use.ts';

/** One small handler per kind of step. */
export type StepHandler = (step: StepDefinition, scope: Scope) => Promise<StepEnd>;
const HANDLERS: { readonly [K in StepKind]: StepHandler } = { use: runUse, repeat: runRepeat, forEach: runForEach };

/**
 * Runs a list of steps in order. The first step that does not succeed ends the list, unless it says `continueOn`;
 * what comes after it is recorded as skipped, so that no step stays pending.
 */
export async function runSteps(steps: readonly StepDefinition[], scope: Scope): Promise<StepEnd> {
  let stopped: StepEnd | undefined;
  let last: StepEnd = { state: 'succeeded' };
  for (const step of steps) {
    if (stopped?.state === 'halted') return stopped;
    const end = stopped === undefined ? await runStep(step, scope) : skip(step, scope, 'dependency');
    scope.note(step.id, end);
    if (end.state === 'skipped') continue;
    last = end;
    if (end.state !== 'succeeded' && !goesOn(step, end)) stopped = end;
  }
  if (stopped !== undefined) return stopped;
  const problems = last.problems === undefined ? {} : { problems: last.problems };
  return { state: 'succeeded', ...problems };
}

async function runStep(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const path = pathOf(step, scope);
  const known = scope.plan.session.fold.steps.get(path);
  if (known?.state === 'skipped') return { state: 'skipped' };
  if (step.when !== undefined && known === undefined && !scope.holds(step.when)) return skip(step, scope, 'condition');
  try {
    return await HANDLERS[kindOf(step)](step, scope);
  } catch (thrown) {
    // what a step needs is not there (a stage, a definition): the step fails; a store that fails ends the session
    if (scope.plan.session.writer.broken !== undefined || isStoreFault(thrown)) throw thrown;
    return { state: 'failed', fault: toFault(thrown, scope.plan.engine.digest) };
  }
}

const isStoreFault = (thrown: unknown): boolean =>
  thrown instanceof StemmaError && (thrown.code.startsWith('STORE_') || thrown.code === 'FORBIDDEN');

const pathOf = (step: StepDefinition, scope: Scope): StepPath => stepPath(scope.path, step.id);

const goesOn = (step: StepDefinition, end: StepEnd): boolean =>
  (end.state === 'failed' || end.state === 'blocked') && (step.continueOn?.includes(end.state) ?? false);

function skip(step: StepDefinition, scope: Scope, because: 'condition' | 'dependency'): StepEnd {
  const { session } = scope.plan;
  const path = pathOf(step, scope);
  if (session.fold.steps.get(path) === undefined)
    session.writer.record({ type: 'step.skipped', stepPath: path, data: { because } }).catch(() => {}); // ends the session
  return { state: 'skipped' };
}
