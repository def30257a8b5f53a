/** A step that runs another pipeline. */
import { allSteps } from '../definitions.ts';
import type { Definitions } from '../definitions.ts';
import { checkReference } from './condition.ts';
import { checkNamed, suggest } from './finding.ts';
import type { PipelineNeeds, StepDesk } from './pipeline.ts';
import type { StepOffer } from './scope.ts';

const UNKNOWN: StepOffer = { text: 'unknown', facts: undefined, container: true };

/** What the pipelines need that are used here is needed here too. */
export function walkInlined(place: StepDesk, id: string): StepOffer {
  const { desk, needs, step } = place;
  const path = [...place.path, 'pipeline'];
  const circle = circleOf(desk.bench.definitions, place.pipeline, id);
  if (circle !== undefined) {
    desk.report(path, `pipelines use each other in a circle: ${circle.join(' → ')}`, 'Take one of them out.');
    return UNKNOWN;
  }
  const inner = checkNamed(desk, { path, kind: 'pipelines', id }) ? place.pipelines.get(id) : undefined;
  if (inner === undefined) return UNKNOWN;
  checkGiven(place, { id, inner });
  const named = (own: string): string => `${step.id}.${own}`;
  needs.reads.push(...inner.reads.map((read) => ({ ...read, step: named(read.step) })));
  needs.conditions.push(...inner.conditions.map((one) => ({ ...one, step: named(one.step) })));
  needs.outputSteps.push(...inner.outputSteps);
  needs.mediaSteps.push(...inner.mediaSteps.map((one) => ({ ...one, step: named(one.step) })));
  for (const loop of inner.outputLoops) needs.outputLoops.add(named(loop));
  for (const chunk of inner.chunks) needs.chunks.add(chunk);
  return { text: inner.writes ? 'one' : 'none', facts: {}, container: true };
}

/** Where going from one pipeline to those it uses leads back to the first. */
function circleOf({ pipelines }: Definitions, from: string, to: string): readonly string[] | undefined {
  const seen = new Set<string>();
  const search = (here: string, before: readonly string[]): readonly string[] | undefined => {
    const way = [...before, here];
    if (here === from) return way;
    if (seen.has(here)) return undefined;
    seen.add(here);
    for (const { pipeline } of allSteps(pipelines.get(here)?.definition.steps ?? [])) {
      const found = pipeline === undefined ? undefined : search(pipeline, way);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(to, [from]);
}

function checkGiven(place: StepDesk, { id, inner }: { id: string; inner: PipelineNeeds }): void {
  const { desk, step, scope } = place;
  const takes = inner.texts.max > 0 ? ['text'] : [];
  for (const [key, text] of Object.entries(step.with ?? {})) {
    const path = [...place.path, 'with', key];
    if (!takes.includes(key)) {
      desk.report(path, `the pipeline "${id}" takes no input "${key}"`, suggest(key, takes));
      continue;
    }
    const type = checkReference(place, { path, text, wants: 'any' });
    if (type !== undefined && type !== 'text') desk.report(path, `"${key}" takes one text; ${text} is none`);
  }
  const path = [...place.path, 'pipeline'];
  if (inner.texts.min > 1)
    desk.report(path, `the pipeline "${id}" takes ${inner.texts.min} texts; inside another it is given one`);
  if (inner.texts.min === 1 && step.with?.['text'] === undefined && !scope.previous)
    desk.report(
      path,
      `nothing gives the input "text" of the pipeline "${id}"`,
      'Add it to `with`, such as `text: config.context`.',
    );
}
