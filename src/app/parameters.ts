import type { Definitions, Resolved } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { RunRequest } from '../core/request.ts';
import type { App } from './context.ts';
import { chunksOf } from './definition-set.ts';

type Parameters = RunRequest['parameters'];

/**
 * The config's parameters with what was set on top.
 *
 * @throws {StemmaError} INPUT_INVALID for a parameter that nothing in the run reads, or of another type than the config's
 */
export function mergeParameters(
  app: Pick<App, 'catalogue'>,
  at: {
    readonly config: Resolved<'configs'>;
    readonly outputs: readonly string[];
    readonly set: Parameters;
    readonly definitions: Definitions;
  },
): Parameters {
  const own = at.config.definition.parameters;
  const known = new Set([...Object.keys(own), ...settingsOf(app, at)]);
  const set: Record<string, number | boolean | string> = {};
  for (const [name, value] of Object.entries(at.set)) {
    if (!known.has(name)) throw unknownParameter(name, [...known]);
    set[name] = typeof value === 'string' ? closedValue(name, value, own[name]) : value;
  }
  return { ...own, ...set };
}

/** Names of the settings of every stage the run uses. */
function settingsOf(
  { catalogue }: Pick<App, 'catalogue'>,
  at: { config: Resolved<'configs'>; outputs: readonly string[]; definitions: Definitions },
): string[] {
  const pipeline = at.definitions.pipelines.get(at.config.definition.pipeline)?.definition;
  const ofOutputs = at.outputs.flatMap((id) => {
    const output = at.definitions.outputs.get(id)?.definition;
    return output === undefined ? [] : [output.chunk ?? `generate-${output.medium}`];
  });
  const chunks = [...chunksOf(pipeline?.steps ?? []), ...ofOutputs];
  const stages = chunks.flatMap((id) => at.definitions.chunks.get(id)?.definition.stage ?? []);
  return stages.flatMap((type) => [...(catalogue.get(type)?.settings ?? [])]);
}

function unknownParameter(name: string, known: readonly string[]): StemmaError {
  const near = nearest(name, known);
  return new StemmaError('INPUT_INVALID', `Nothing in this run reads a parameter "${name}".`, {
    hint: near === undefined ? `Known: ${[...new Set(known)].sort().join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** `--set` gives texts; numbers and flags are read from them. */
function closedValue(
  name: string,
  text: string,
  own: number | boolean | string | undefined,
): number | boolean | string {
  const value =
    text === 'true' || text === 'false'
      ? text === 'true'
      : text.trim() !== '' && !Number.isNaN(Number(text))
        ? Number(text)
        : text;
  if (own !== undefined && typeof value !== typeof own && typeof own !== 'string')
    throw new StemmaError('INPUT_INVALID', `The parameter "${name}" must be a ${typeof own}, not "${text}".`);
  return typeof own === 'string' ? text : value;
}
