import type { StepDefinition } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import { runSteps } from './run-steps.ts';
import { Scope, timesOf } from './scope.ts';
import type { StepEnd } from './scope.ts';

/** Runs its steps `times`, or until the condition holds, at most `max`; stops at the first iteration that does not succeed. */
export async function runRepeat(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  return iterate(step, scope, async (inner) => {
    const end = await runSteps(step.steps ?? [], inner);
    return end.state === 'succeeded' && inner.previous !== undefined ? { ...end, text: inner.previous } : end;
  });
}

/** The loop itself, for `repeat` and for a `use` step that repeats its chunk. `previous` goes from one iteration to the next. */
export async function iterate(
  step: StepDefinition,
  scope: Scope,
  body: (inner: Scope, last: boolean) => Promise<StepEnd>,
): Promise<StepEnd> {
  const loop = step.repeat;
  if (loop === undefined) return { state: 'succeeded' };
  const times = timesOf(loop, scope);
  let end: StepEnd = { state: 'succeeded' };
  let previous = scope.previous;
  for (let index = 1; index <= times; index++) {
    const last = index === times;
    const path = stepPath(scope.path, step.id, index);
    const carried = previous === undefined ? {} : { previous };
    const inner = new Scope(scope.plan, scope, { path, iteration: index, intermediate: !last, ...carried });
    end = await body(inner, last);
    if (end.state !== 'succeeded') return end;
    previous = end.text ?? inner.previous;
    inner.ends.set(step.id, end);
    if (loop.until !== undefined && inner.holds(loop.until)) break;
  }
  return end;
}
