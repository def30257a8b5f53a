import type { ChunkDefinition, StepDefinition } from '../../core/definitions.ts';
import { assemblePrompt, promptDocument, sentForms } from '../../core/prompt.ts';
import { parseTemplate } from '../../core/references.ts';
import { settingsOf } from '../../core/settings.ts';
import type { TemplatePiece } from '../../core/references.ts';
import type { ArtifactDraft, ArtifactRef, Stage, StageInput } from '../../core/stage.ts';
import type { AttemptScope } from '../attempt.ts';
import type { Subject } from '../gateway.ts';
import { isArtifact } from './scope.ts';
import type { Scope, Value } from './scope.ts';

/** A step's input before its attempt: what it reads is known, what it assembles is not yet written. */
export interface PreparedInput {
  /** What the step reads, for the record. */
  readonly artifacts: readonly ArtifactRef[];
  /** Writes the assembled texts as artifacts of the attempt, and says what the gateway has to judge. */
  write(scope: AttemptScope): Promise<{ readonly values: StageInput; readonly subjects: readonly Subject[] }>;
}

interface Place {
  readonly stage: Stage;
  readonly scope: Scope;
}

/**
 * A chunk without template hands its placeholders to the stage as they are. With one, each part of the template is an
 * input of the stage: the artifact itself where the part is one placeholder, else a new text made of its pieces.
 */
export function prepareInput(step: StepDefinition, chunk: ChunkDefinition, place: Place): PreparedInput {
  const values = piecesRead(step, chunk, place);
  const parameters = place.scope.plan.given.get('parameters');
  const artifacts = unique(values.flatMap(([, pieces]) => pieces.filter(isArtifact)));
  const extra = parameters === undefined ? [] : [parameters];
  return {
    artifacts,
    write: async (attempt) => {
      const writing = { place, attempt };
      const inputs: [string, Value][] = [];
      for (const [name, pieces] of values)
        inputs.push([name, chunk.template === undefined ? pieces[0] : await join(name, pieces, writing)]);
      const kept = inputs.filter(([, value]) => value !== undefined && value !== null);
      const texts = kept.map(([, value]) => value).filter(isArtifact);
      const whole = chunk.template === undefined && texts.length <= 1 ? [] : await writeWhole(kept, writing);
      return {
        values: Object.fromEntries(kept) as StageInput,
        subjects: [...alone([...artifacts, ...texts]), ...whole, ...alone(extra)],
      };
    },
  };
}

/** The inputs of a stage by name, in pieces. */
type Pieces = readonly (readonly [name: string, pieces: readonly Value[]])[];

/** The same without artifacts: numbers, flags and words, and the template's own text around them. */
export const closedInput = (step: StepDefinition, chunk: ChunkDefinition, place: Place): Pieces =>
  piecesRead(step, chunk, place).map(([name, pieces]) => [
    name,
    pieces.filter((piece) => piece !== undefined && piece !== null && !isArtifact(piece)),
  ]);

function piecesRead(step: StepDefinition, chunk: ChunkDefinition, place: Place): Pieces {
  const named: { readonly [name: string]: string } = { prompt: 'previous.text', ...step.with };
  const read = (name: string): Value => place.scope.resolve(named[name] ?? name);
  return chunk.template === undefined ? asTheyAre(Object.keys(named), place, read) : partsOf(chunk.template, read);
}

const asTheyAre = (names: readonly string[], { stage }: Place, read: (name: string) => Value): Pieces =>
  names.filter((name) => Object.hasOwn(stage.input.shape, name)).map((name) => [name, [read(name)]]);

const partsOf = (template: NonNullable<ChunkDefinition['template']>, read: (name: string) => Value): Pieces =>
  Object.entries(template).map(([part, text]) => [part, piecesOf(text, read)]);

export const settingsFor = (chunk: ChunkDefinition, { stage, scope }: Place): { readonly [name: string]: unknown } =>
  settingsOf({ chunk, request: scope.plan.request, output: scope.output?.definition }, stage.settings.shape);

function piecesOf(template: string, read: (name: string) => Value): readonly Value[] {
  return parseTemplate(template).map((piece: TemplatePiece) =>
    'text' in piece ? piece.text : read(piece.placeholder),
  );
}

interface Writing {
  readonly place: Place;
  readonly attempt: AttemptScope;
}

/** A part that is one artifact stays what it is; anything else becomes a new text, or nothing where there are no words. */
async function join(name: string, pieces: readonly Value[], writing: Writing): Promise<Value> {
  const [only] = pieces;
  const plain = writing.place.scope.plan.artifacts;
  if (pieces.length === 1 && isArtifact(only)) return only;
  const texts = await Promise.all(
    pieces.map(async (piece) => (isArtifact(piece) ? plain.text(piece.id) : String(piece ?? ''))),
  );
  const body = texts.join('').trim();
  if (body === '') return undefined;
  const sources = pieces.filter(isArtifact).map(({ id }) => id);
  return writeWork({ type: name, body, work: true, sources }, writing);
}

/**
 * The whole prompt is judged too, so that nothing passes by being cut in pieces: in the order in which the stage names
 * its inputs, as a stage sends them. The funnel asks again when it sends something else.
 */
async function writeWhole(
  inputs: readonly (readonly [string, Value])[],
  writing: Writing,
): Promise<readonly Subject[]> {
  const { artifacts } = writing.place.scope.plan;
  const order = Object.keys(writing.place.stage.input.shape);
  const texts = inputs
    .filter((input): input is readonly [string, ArtifactRef] => isArtifact(input[1]))
    .toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const parts = await Promise.all(texts.map(async ([name, { id }]) => ({ name, text: await artifacts.text(id) })));
  const language = texts.find(([name]) => name === 'prompt')?.[1].language;
  const sources = texts.map(([, { id }]) => id);
  const body = promptDocument(assemblePrompt(parts, language));
  const artifact = await writeWork({ type: 'prompt', body, work: true, sources }, writing);
  return [{ artifact, forms: sentForms(parts, language) }];
}

async function writeWork(draft: ArtifactDraft, { place, attempt }: Writing): Promise<ArtifactRef> {
  const { artifacts } = place.scope.plan;
  const written = await artifacts.create(draft, attempt);
  attempt.written.push(written);
  return artifacts.ref(written.row.id);
}

const alone = (refs: readonly ArtifactRef[]): readonly Subject[] => unique(refs).map((artifact) => ({ artifact }));

const unique = (refs: readonly ArtifactRef[]): readonly ArtifactRef[] => [
  ...new Map(refs.map((ref) => [ref.id, ref])).values(),
];
