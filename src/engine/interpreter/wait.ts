import type { StepDefinition } from '../../core/definitions.ts';
import { stepPath } from '../../core/ids.ts';
import type { Scope, StepEnd } from './scope.ts';
import { runPlace, stageOf } from './use.ts';
import { waitChunk } from './wait-chunk.ts';

/** Asks a person, or waits for a signal; a text that comes with the signal goes on as the prompt. */
export async function runWait(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  const { engine, session, artifacts } = scope.plan;
  const path = stepPath(scope.path, step.id);
  const chunk = waitChunk(step, engine.digest);
  const end = await runPlace({ step, scope, path, chunk, stage: stageOf(chunk, scope) });
  const [first] = session.fold.steps.get(path)?.ended?.outputs ?? [];
  if (step.waitFor === undefined || end.state !== 'succeeded' || first === undefined) return end;
  return { ...end, text: artifacts.ref(first.id) };
}
