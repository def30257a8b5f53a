import type { PipelineDefinition, StepDefinition } from '../definitions.ts';
import type { StepPath } from '../ids.ts';

/** Where a step path leads in its pipeline. */
export interface Place {
  /** Inside a loop over outputs: which one, from 1. */
  readonly loopIteration: number | null;
  /** Inside a recursion: which round, from 1. */
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
    place = { ...place, ...iteration(step, index), step };
    steps = step?.steps ?? [];
  }
  return place;
}

function iteration(step: StepDefinition | undefined, index: string | undefined): Partial<Place> {
  if (index === undefined || step === undefined) return {};
  return step.forEach === undefined ? { stageIteration: Number(index) } : { loopIteration: Number(index) };
}
