import type { Definitions, StepDefinition } from './definitions.ts';
import { StemmaError } from './errors.ts';

/**
 * The definitions with the steps of each pipeline that another one uses standing below the step that uses it, so that
 * whoever walks a pipeline meets every step of a run. Texts and digests stay as they were written.
 *
 * @throws {StemmaError} DEFINITION_INVALID for pipelines that use each other in a circle; the linter has seen it before
 */
export function inlinePipelines(definitions: Definitions): Definitions {
  const done = new Map<string, readonly StepDefinition[]>();
  const stepsOf = (id: string, around: readonly string[]): readonly StepDefinition[] => {
    if (around.includes(id))
      throw new StemmaError('DEFINITION_INVALID', `The pipeline ${[...around, id].join(' → ')} uses itself.`);
    const steps = definitions.pipelines.get(id)?.definition.steps ?? [];
    const inlined = done.get(id) ?? steps.map((step) => inline(step, [...around, id]));
    done.set(id, inlined);
    return inlined;
  };
  const inline = (step: StepDefinition, around: readonly string[]): StepDefinition => {
    if (step.pipeline !== undefined) return { ...step, steps: stepsOf(step.pipeline, around) };
    return step.steps === undefined ? step : { ...step, steps: step.steps.map((inner) => inline(inner, around)) };
  };
  const pipelines = Array.from(definitions.pipelines, ([id, resolved]) => {
    const definition = { ...resolved.definition, steps: stepsOf(id, []) };
    return [id, { ...resolved, definition }] as const;
  });
  return { ...definitions, pipelines: new Map(pipelines) };
}
