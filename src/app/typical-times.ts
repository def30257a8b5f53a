import { chunkOfOutput } from '../core/definitions.ts';
import type { ChunkDefinition, Definitions, OutputDefinition } from '../core/definitions.ts';
import type { EventData } from '../core/events.ts';
import type { Work } from '../core/ports.ts';
import type { TypicalMs } from '../core/remaining-time.ts';
import { namesOf } from '../engine/routing.ts';
import type { App } from './context.ts';

export interface MadeWith {
  readonly created: EventData['run.created'];
  /** The run's own. */
  readonly definitions: Definitions;
}

/**
 * How long the steps of a run take as a rule: the medians of their stages with the models that would serve them. They
 * are looked up once, for all of its chunks together.
 */
export async function typicalTimes(app: App, { created, definitions }: MadeWith): Promise<TypicalMs> {
  const outputs = created.outputs.map((id) => definitions.outputs.get(id)?.definition);
  const worksOf = (chunk: ChunkDefinition, output: OutputDefinition | undefined): Work[] => {
    const profile = definitions.profiles.get(created.profile)?.definition;
    const capability = app.engine.stages.get(chunk.stage)?.calls;
    if (capability === undefined) return [{ stage: chunk.stage, candidate: null }];
    const names = profile === undefined ? [] : namesOf({ capability, role: chunk.role, profile, output });
    return names.map((candidate) => ({ stage: chunk.stage, candidate }));
  };
  const chunks = [...definitions.chunks.values()].map(({ definition }) => definition);
  const all = chunks.flatMap((chunk) => [undefined, ...outputs].flatMap((output) => worksOf(chunk, output)));
  const works = [...new Map(all.map((work) => [keyOf(work), work])).values()];
  const medians = await app.store.queries.medians(works);
  const known = new Map(works.map((work, index) => [keyOf(work), medians[index] ?? undefined]));
  return (step, number) => {
    const output = number === undefined ? undefined : outputs[number - 1];
    const id = step.use === 'output.chunk' && output !== undefined ? chunkOfOutput(output) : step.use;
    const chunk = definitions.chunks.get(id ?? '')?.definition;
    const times = chunk === undefined ? [] : worksOf(chunk, output).map((work) => known.get(keyOf(work)));
    return times.find((ms) => ms !== undefined);
  };
}

const keyOf = ({ stage, candidate }: Work): string => `${stage} ${candidate}`;
