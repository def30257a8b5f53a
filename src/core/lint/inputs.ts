/** Whether a step gives its chunk what the template and the stage read. */
import type { ChunkDefinition, StepDefinition } from '../definitions.ts';
import { placeholdersOf } from './chunk.ts';
import { checkReference, resolve } from './condition.ts';
import type { GivenType } from './condition.ts';
import { suggest } from './finding.ts';
import type { Scope } from './scope.ts';
import type { StageInputShape, StageShape } from './stage-catalogue.ts';
import type { StepDesk } from './pipeline.ts';
import type { Target } from './target.ts';

/** What a key of `with` goes into. */
type Use = 'placeholder' | StageInputShape['kind'];

const WANTED: Readonly<Record<Use, string>> = {
  placeholder: 'one text or a closed value',
  artifact: 'one text',
  artifacts: 'texts',
  closed: 'a closed value (a number, a flag, a word)',
};

export function checkInputs(place: StepDesk, target: Target): void {
  const takes = target.kind === 'chunk' ? keysOf(target.chunk, target.shape) : undefined;
  for (const [key, text] of Object.entries(place.step.with ?? {})) checkKey(place, takes, { key, text });
  if (target.kind !== 'chunk') return;
  checkTemplate(place, target);
  for (const lack of lacksOf(target, place.step, place.scope)) {
    const given = place.step.with === undefined ? 'use' : 'with';
    place.desk.report([...place.path, given], `${lack.message} of the chunk "${target.id}"`, lack.suggestion);
  }
}

/** The keys `with` may have: a template's placeholders, or without a template the stage's inputs. */
function keysOf(chunk: ChunkDefinition, shape: StageShape): ReadonlyMap<string, Use> {
  if (chunk.template !== undefined) return new Map(plainPlaceholders(chunk).map((name) => [name, 'placeholder']));
  return new Map(Object.entries(shape.inputs).map(([key, input]) => [key, input.kind]));
}

const plainPlaceholders = (chunk: ChunkDefinition): readonly string[] =>
  placeholdersOf(chunk).flatMap(({ name, reference }) => (reference === undefined ? [name] : []));

function checkKey(
  place: StepDesk,
  takes: ReadonlyMap<string, Use> | undefined,
  entry: { key: string; text: string },
): void {
  const path = [...place.path, 'with', entry.key];
  const use = takes?.get(entry.key);
  if (takes !== undefined && use === undefined) {
    place.desk.report(
      path,
      `nothing in the chunk "${place.step.use}" reads "${entry.key}"`,
      suggest(entry.key, takes.keys()),
    );
    return;
  }
  const type = checkReference(place, { path, text: entry.text, wants: 'any' });
  if (type === undefined || use === undefined || fits(type, use)) return;
  place.desk.report(path, `"${entry.key}" takes ${WANTED[use]}; ${entry.text} is ${typeWords(type)}`);
}

function fits(type: GivenType, use: Use): boolean {
  if (type === 'outputs') return false;
  if (type === 'texts') return use === 'artifacts';
  if (type === 'text') return use !== 'closed';
  return use === 'closed' || use === 'placeholder';
}

function typeWords(type: GivenType): string {
  if (type === 'outputs') return 'the list of output configs';
  if (type === 'texts') return 'a list of texts';
  return type === 'text' ? 'a text' : 'a closed value';
}

/** References that stand in the template itself, held against the place where the chunk is used. */
function checkTemplate(place: StepDesk, target: Extract<Target, { kind: 'chunk' }>): void {
  for (const { name, part, reference } of placeholdersOf(target.chunk)) {
    if (reference === undefined) continue;
    const desk: StepDesk['desk'] = {
      ...place.desk,
      report: (path, message, suggestion) =>
        place.desk.report(
          path,
          `the part "${part}" of the chunk "${target.id}" reads {{${name}}}: ${message}`,
          suggestion,
        ),
    };
    const path = [...place.path, 'use'];
    const type = resolve({ ...place, desk }, { path, wants: 'any' }, reference);
    if (type !== undefined && !fits(type, 'placeholder')) desk.report(path, `it is ${typeWords(type)}`);
  }
}

interface Lack {
  readonly message: string;
  readonly suggestion?: string;
}

/** What the chunk reads and nothing gives. `prompt` is `previous.text` unless `with` says otherwise. */
export function lacksOf(
  target: { readonly chunk: ChunkDefinition; readonly shape: StageShape },
  step: StepDefinition,
  scope: Pick<Scope, 'previous'>,
): readonly Lack[] {
  const { chunk, shape } = target;
  const { template } = chunk;
  const isGiven = (key: string): boolean => step.with?.[key] !== undefined || (key === 'prompt' && scope.previous);
  const required = Object.keys(shape.inputs).filter((key) => shape.inputs[key]?.required);
  if (template === undefined)
    return required.filter((key) => !isGiven(key)).map((key) => lackOf(`nothing gives the input "${key}"`, key));
  const parts = required.filter((key) => template[key] === undefined);
  const placeholders = new Set(plainPlaceholders(chunk).filter((name) => !isGiven(name)));
  return [
    ...Array.from(placeholders, (name) => lackOf(`nothing gives the placeholder {{${name}}}`, name)),
    ...parts.map((key) => ({
      message: `no part gives the input "${key}"`,
      suggestion: `Add it to the template, such as \`${key}: '{{${key}}}'\`.`,
    })),
  ];
}

const lackOf = (message: string, key: string): Lack => ({
  message,
  suggestion: `Add it to \`with\`, such as \`${key}: input.text\`.`,
});
