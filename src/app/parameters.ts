import { MOST_ITERATIONS } from '../core/definitions.ts';
import type { Definitions, Resolved, StepDefinition } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { RunRequest } from '../core/request.ts';
import { settingsOf } from '../core/settings.ts';
import type { App } from './context.ts';
import { chunksUsed } from './definition-set.ts';
import { describeIssue } from './input-issue.ts';

type Parameters = RunRequest['parameters'];

interface Place {
  readonly config: Resolved<'configs'>;
  readonly outputs: readonly string[];
  readonly definitions: Definitions;
}

/**
 * The config's parameters with what was set on top; a parameter that the pipeline reads and the config lacks has the
 * default of the chunk that uses it.
 *
 * @throws {StemmaError} INPUT_INVALID for a parameter that nothing in the run reads, or of another type than the config's
 */
export function mergeParameters(app: Pick<App, 'catalogue'>, at: Place, wanted: Parameters): Parameters {
  const pipeline = at.definitions.pipelines.get(at.config.definition.pipeline)?.definition;
  const chunks = chunksUsed(at.definitions, { pipeline: at.config.definition.pipeline, outputs: at.outputs });
  const templates = chunks.flatMap(({ template = {} }) => Object.values(template));
  const read = [...parametersRead(pipeline?.steps ?? []), ...namesIn(templates)];
  const defaults = Object.assign({}, ...chunks.map((chunk) => chunk.defaults)) as Parameters;
  const base: Parameters = {
    ...Object.fromEntries(Object.entries(defaults).filter(([name]) => read.includes(name))),
    ...at.config.definition.parameters,
  };
  const settings = chunks.flatMap(({ stage }) => [...(app.catalogue.get(stage)?.settings ?? [])]);
  const known = new Set([...Object.keys(base), ...read, ...settings]);
  const set: Record<string, number | boolean | string> = {};
  for (const [name, value] of Object.entries(wanted)) {
    if (!known.has(name)) throw unknownParameter(name, [...known]);
    set[name] = closedValue(name, value, base[name]);
  }
  assertLengths(pipeline?.steps ?? [], set);
  return { ...base, ...set };
}

/**
 * Holds what the stages will be given against their own schemas, before there is a run.
 *
 * @throws {StemmaError} INPUT_INVALID naming the setting
 */
export function assertSettings({ stages }: Pick<App, 'stages'>, at: Place & { readonly request: RunRequest }): void {
  const outputs = at.outputs.map((id) => at.definitions.outputs.get(id)?.definition);
  for (const output of [undefined, ...outputs]) {
    const own =
      output === undefined ? [] : at.outputs.filter((id) => at.definitions.outputs.get(id)?.definition === output);
    const chunks = chunksUsed(at.definitions, { pipeline: at.config.definition.pipeline, outputs: own });
    for (const chunk of chunks) {
      const settings = stages.find(({ type }) => type === chunk.stage)?.settings;
      const result = settings?.safeParse(settingsOf({ chunk, request: at.request, output }, settings.shape));
      if (result?.error !== undefined) throw describeIssue(result.error);
    }
  }
}

/** A loop that a person sets the length of runs from once to its `max`, or as often as any may. */
function assertLengths(steps: readonly StepDefinition[], set: Parameters): void {
  for (const { repeat, forEach, steps: inner = [] } of steps) {
    const length = forEach ?? repeat?.times;
    const name = typeof length === 'string' ? length.replace('parameters.', '') : '';
    const times = set[name];
    const max = repeat?.max ?? MOST_ITERATIONS;
    if (times !== undefined && !(Number.isInteger(times) && Number(times) >= 1 && Number(times) <= max))
      throw new StemmaError('INPUT_INVALID', `"${name}" must be a whole number from 1 to ${max}, not ${times}.`);
    assertLengths(inner, set);
  }
}

/** Names after `parameters.` in the conditions, loops and references of the steps. */
function parametersRead(steps: readonly StepDefinition[]): string[] {
  return steps.flatMap(({ when = '', repeat, forEach = '', with: read = {}, steps: inner = [] }) => {
    const texts = [when, repeat?.until ?? '', String(repeat?.times ?? ''), String(forEach), ...Object.values(read)];
    return [...namesIn(texts), ...parametersRead(inner)];
  });
}

const namesIn = (texts: readonly string[]): string[] =>
  [...texts.join(' ').matchAll(/\bparameters\.([A-Za-z][\w-]*)/g)].map(([, name = '']) => name);

function unknownParameter(name: string, known: readonly string[]): StemmaError {
  const near = nearest(name, known);
  return new StemmaError('INPUT_INVALID', `Nothing in this run reads a parameter "${name}".`, {
    hint: near === undefined ? `Known: ${[...new Set(known)].sort().join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** `--set` gives texts; numbers and flags are read from them. */
function closedValue(
  name: string,
  wanted: number | boolean | string,
  own: number | boolean | string | undefined,
): number | boolean | string {
  const value = typeof wanted === 'string' && typeof own !== 'string' ? readClosed(wanted) : wanted;
  if (own !== undefined && typeof value !== typeof own)
    throw new StemmaError('INPUT_INVALID', `The parameter "${name}" must be a ${typeof own}, not "${wanted}".`);
  return value;
}

function readClosed(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() === '' || !Number.isFinite(Number(text)) ? text : Number(text);
}
