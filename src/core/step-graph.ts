import type { StepDefinition } from './definitions.ts';

/** The ids of the steps that must have ended before the step begins: its `needs`, else the one above it. */
export function needsOf(steps: readonly StepDefinition[], index: number): readonly string[] {
  const above = steps[index - 1];
  return steps[index]?.needs ?? (above === undefined ? [] : [above.id]);
}

/** The steps that no other one needs, in the order of the list: what the list has come to. */
export function lastOf(steps: readonly StepDefinition[]): readonly string[] {
  const needed = new Set(steps.flatMap((_step, index) => needsOf(steps, index)));
  return steps.map(({ id }) => id).filter((id) => !needed.has(id));
}
