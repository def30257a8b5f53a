import type { StepDefinition } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import { together } from './problems.ts';
import { runSteps } from './run-steps.ts';
import { Scope } from './scope.ts';
import type { StepEnd } from './scope.ts';

/** Runs its steps `times`, or until the condition holds, at most `max`; stops at the first iteration that does not succeed. */
export const runRepeat = (step: StepDefinition, scope: Scope): Promise<StepEnd> =>
  iterate(step, scope, (inner) => runSteps(step.steps ?? [], inner));

/**
 * The loop itself, for `repeat` and for a `use` step that repeats its chunk. `previous` goes from one iteration to the
 * next. With `until` its facts say how many rounds there were, and whether the condition was met.
 */
export async function iterate(
  step: StepDefinition,
  scope: Scope,
  body: (inner: Scope) => Promise<StepEnd>,
): Promise<StepEnd> {
  const { times, until, max = 0 } = step.repeat ?? {};
  const atMost = times === undefined ? max : Math.min(scope.count(times), max);
  let end: StepEnd = { state: 'succeeded' };
  let met = false;
  let round = 0;
  let { previous } = scope;
  while (round < atMost && !met) {
    round += 1;
    const path = stepPath(scope.path, step.id, round);
    const inner = new Scope(scope.plan, scope, { path, iteration: round, intermediate: round < atMost, previous });
    const own = await body(inner);
    if (own.state !== 'succeeded') return own;
    inner.ends.set(step.id, own);
    met = until !== undefined && inner.holds(until);
    end = { ...end, ...own, ...together([end, own]) };
    previous = own.text ?? previous;
  }
  return until === undefined ? end : { ...end, facts: { ...end.facts, rounds: round, met } };
}
