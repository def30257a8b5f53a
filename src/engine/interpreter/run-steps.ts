import { kindOf } from '../../core/definitions.ts';
import type { StepDefinition, StepKind } from '../../core/definitions.ts';
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
  const problems: NonNullable<StepEnd['problems']>[number][] = [];
  for (const step of steps) {
    const end = stopped === undefined ? await runStep(step, scope) : skip(step, scope, 'dependency');
    if (end.state === 'halted') return end;
    scope.note(step.id, end);
    problems.push(...(end.problems ?? []));
    if (end.state !== 'succeeded' && end.state !== 'skipped' && !goesOn(step, end)) stopped = end;
  }
  return stopped ?? { state: 'succeeded', ...(problems.length === 0 ? {} : { problems }) };
}

async function runStep(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const { session, engine } = scope.plan;
  const known = session.fold.steps.get(pathOf(step, scope));
  if (known?.state === 'skipped') return { state: 'skipped' };
  try {
    if (step.when !== undefined && known === undefined && !scope.holds(step.when))
      return skip(step, scope, 'condition');
    return await HANDLERS[kindOf(step)](step, scope);
  } catch (thrown) {
    if (session.broken !== undefined) return { state: 'halted' };
    // what the step needs is not there: a stage, a definition, a value
    return { state: 'failed', fault: toFault(thrown, engine.digest) };
  }
}

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
