import type { PipelineDefinition, StepDefinition } from '../definitions.ts';
import type { StepPath } from '../ids.ts';

/** Where a step path leads in its pipeline. */
export interface Place {
  /** Inside a loop over outputs: which one, from 1. */
  readonly loopIteration: number | null;
  /** Inside a recursion of stage 2: which round, from 1. Loops inside of outputs are none. */
  readonly stageIteration: number | null;
  /** The step's definition; undefined when the pipeline does not know it. */
  readonly step: StepDefinition | undefined;
}

/** Reads `outputs[2].generate` with the pipeline at hand: only it says what an index counts. */
export function placeOf(path: StepPath | undefined, pipeline: Pick<PipelineDefinition, 'steps'>): Place {
  let steps: readonly StepDefinition[] = pipeline.steps;
  let place: Place = { loopIteration: null, stageIteration: null, step: undefined };
  for (const segment of path?.split('.') ?? []) {
    const [, id = '', index] = /^([^[]*)(?:\[(\d+)\])?$/.exec(segment) ?? [];
    const step = steps.find((candidate) => candidate.id === id);
    place = { ...place, ...iteration(step, index, place), step };
    steps = step?.steps ?? [];
  }
  return place;
}

function iteration(step: StepDefinition | undefined, index: string | undefined, around: Place): Partial<Place> {
  if (index === undefined || step === undefined) return {};
  if (step.forEach === 'outputs') return { loopIteration: Number(index) };
  if (step.forEach !== undefined) return {};
  return around.loopIteration === null ? { stageIteration: Number(index) } : {};
}
