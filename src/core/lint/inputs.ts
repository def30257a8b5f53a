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

/** The keys `with` may have for a chunk. */
function keysOf(chunk: ChunkDefinition, shape: StageShape): ReadonlyMap<string, Use> {
  const keys = new Map<string, Use>();
  for (const [key, input] of Object.entries(shape.inputs)) {
    if (chunk.template?.[key] === undefined) keys.set(key, input.kind);
  }
  for (const name of plainPlaceholders(chunk)) keys.set(name, 'placeholder');
  return keys;
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
  const isGiven = (key: string): boolean =>
    step.with?.[key] !== undefined || (key === 'prompt' && scope.previous) || chunk.template?.[key] !== undefined;
  const placeholders = new Set(plainPlaceholders(chunk));
  const lacks: Lack[] = [];
  for (const name of placeholders) {
    if (step.with?.[name] === undefined && !(name === 'prompt' && scope.previous))
      lacks.push(lackOf(`nothing gives the placeholder {{${name}}}`, name));
  }
  for (const [key, input] of Object.entries(shape.inputs)) {
    if (input.required && !isGiven(key)) lacks.push(lackOf(`nothing gives the input "${key}"`, key));
  }
  return lacks;
}

const lackOf = (message: string, key: string): Lack => ({
  message,
  suggestion: `Add it to \`with\`, such as \`${key}: input.text\`.`,
});
