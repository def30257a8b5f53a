import { placeOf } from '../../core/chronicle/place.ts';
import type { PipelineDefinition } from '../../core/definitions.ts';
import type { StepPath } from '../../core/ids.ts';
import { localText } from '../../core/json.ts';

type Steps = Pick<PipelineDefinition, 'steps'>;

/** How a step is called for a person: its title, which signal it waits for, and which rounds of loops it stands in. */
export function stepTitle(path: string, pipeline: Steps, language: string): string {
  const step = stepAt(path.split('.'), pipeline);
  const own = step?.title === undefined ? (step?.id ?? path) : localText(step.title, language);
  const more = [...(step?.waitFor === undefined ? [] : [step.waitFor]), ...roundsAround(path, pipeline)];
  return more.length === 0 ? own : `${own} (${more.join(', ')})`;
}

/** `variants[3]`. Outputs are drawn apart, so they are not said again. */
function roundsAround(path: string, pipeline: Steps): string[] {
  const around = path.split('.').slice(0, -1);
  return around.filter(
    (segment, at) => segment.endsWith(']') && stepAt(around.slice(0, at + 1), pipeline)?.forEach !== 'outputs',
  );
}

const stepAt = (segments: readonly string[], pipeline: Steps) => placeOf(segments.join('.') as StepPath, pipeline).step;
