import type { ArtifactRow } from '../ports.ts';
import type { Verdict } from '../schema.ts';
import type { Place } from './place.ts';

/** The studio's stages: 0 start, 1 input, 2 interception, 3 before the output, 4 media, 5 end. */
export type StudioStage = 0 | 1 | 2 | 3 | 4 | 5;

/** What an artifact's type says; a type that is not listed belongs to its place in the pipeline. */
const BY_TYPE: ReadonlyMap<string, StudioStage> = new Map([
  ['input', 1],
  ['input_image', 1],
  ['translation', 1],
  ['safety_input', 1],
  ['task', 1],
  ['context', 1],
  ['parameters', 1],
  ['interception', 2],
  ['interception_step', 2],
  ['optimized_prompt', 3],
  ['safety_output', 3],
  ['safety_media', 4],
]);

/** Where a fault of such a step belongs; of others their place in the pipeline says it. */
const BY_STEP: ReadonlyMap<string, StudioStage> = new Map([
  ['safety.input', 1],
  ['text.translate', 1],
  ['text.optimize', 3],
  ['safety.output', 3],
]);

export const stageOfArtifact = (type: string, place: Place): StudioStage =>
  BY_TYPE.get(type) ?? (type.startsWith('output_') ? 4 : stageOfPlace(place));

/** @param stage - the step's stage type */
export const stageOfStep = (stage: string, place: Place): StudioStage => BY_STEP.get(stage) ?? stageOfPlace(place);

/** Where something was stopped: what a person gave in stage 1, but everything on its way into an output in stage 3. */
export function stageOfBlock(
  verdict: Pick<Verdict, 'subject'>,
  place: Place,
  artifacts: readonly ArtifactRow[],
): StudioStage {
  const type = artifacts.find(({ id }) => id === verdict.subject)?.type ?? 'input';
  const stage = stageOfArtifact(type, place);
  return place.loopIteration !== null && stage < 3 ? 3 : stage;
}

const stageOfPlace = (place: Place): StudioStage => (place.loopIteration === null ? 2 : 4);
