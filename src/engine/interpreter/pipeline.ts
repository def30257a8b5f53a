import type { StepDefinition } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import { runSteps } from './run-steps.ts';
import { isArtifact, Scope } from './scope.ts';
import type { StepEnd } from './scope.ts';

/** Runs the steps of another pipeline below this one's path: `input` is there what `with` gives, everything else the run's. */
export async function runPipeline(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const named = { text: 'previous.text', ...step.with };
  const input = Object.fromEntries(Object.entries(named).map(([name, from]) => [name, scope.resolve(from)]));
  const { text } = input;
  const previous = isArtifact(text) ? text : undefined;
  const inner = new Scope(scope.plan, scope, { path: stepPath(scope.path, step.id), input, previous });
  return runSteps(step.steps ?? [], inner);
}
