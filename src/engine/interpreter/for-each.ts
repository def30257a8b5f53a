import type { StepDefinition } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import { definitionOf } from './plan.ts';
import { runSteps } from './run-steps.ts';
import { Scope } from './scope.ts';
import type { StepEnd } from './scope.ts';

const DEFAULT_CONCURRENCY = 4;

/**
 * Runs its steps once per output, several at a time. Iterations are independent: the step succeeds when at least one
 * did (the others are its problems), is blocked when none succeeded and one was blocked, else it fails.
 */
export async function runForEach(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const { request, definitions } = scope.plan;
  const ends: StepEnd[] = [];
  await each(request.outputs, step.concurrency ?? DEFAULT_CONCURRENCY, async (id, index) => {
    const { definition } = definitionOf(definitions, 'outputs', id);
    const path = stepPath(scope.path, step.id, index + 1);
    const inner = new Scope(scope.plan, scope, { path, output: { id, definition }, iteration: 1 });
    ends[index] = await runSteps(step.steps ?? [], inner);
  });
  return combine(ends, (index) => stepPath(scope.path, step.id, index + 1));
}

/**
 * Runs the work for every item, at most `concurrency` at a time; in order of the items as far as places are free. When
 * one throws, the others are still waited for: nothing goes on behind the caller's back.
 */
export async function each<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of entries) await work(item, index);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}

function combine(ends: readonly StepEnd[], pathAt: (index: number) => ReturnType<typeof stepPath>): StepEnd {
  const halted = ends.find(({ state }) => state === 'halted') ?? ends.find(({ state }) => state === 'canceled');
  if (halted !== undefined) return halted;
  const problems = ends.flatMap((end, index) =>
    end.state === 'succeeded'
      ? []
      : [{ stepPath: pathAt(index), state: end.state, code: end.fault?.code ?? 'INTERNAL' }],
  );
  if (problems.length < ends.length || ends.length === 0)
    return problems.length === 0 ? { state: 'succeeded' } : { state: 'succeeded', problems };
  return ends.find(({ state }) => state === 'blocked') ?? ends[0] ?? { state: 'failed' };
}
