import type { ChunkDefinition, OutputDefinition } from './definitions.ts';
import type { RunRequest } from './request.ts';

/** Where a stage's settings come from. */
export interface SettingLayers {
  readonly chunk: ChunkDefinition;
  readonly request: Pick<RunRequest, 'parameters' | 'procedure' | 'set'>;
  readonly output: OutputDefinition | undefined;
}

/**
 * A stage's settings by name, each layer going before the ones named ahead of it: the config's procedure, the chunk's
 * defaults, the config's parameters, the output's fields, and what the person set for this run.
 *
 * @param shape - the settings the stage knows; everything else is left out
 */
export function settingsOf(
  { chunk, request, output }: SettingLayers,
  shape: { readonly [name: string]: unknown },
): { readonly [name: string]: unknown } {
  const set = Object.fromEntries(
    Object.entries(request.parameters).filter(([name]) => request.set?.includes(name) === true),
  );
  const all = { procedure: request.procedure, ...chunk.defaults, ...request.parameters, ...output, ...set };
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => Object.hasOwn(shape, name) && value !== undefined),
  );
}
