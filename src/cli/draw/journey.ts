/** A chronicle as a descent: versions of the text, what happened between them, and the outputs at the foot. */
import type { AttemptView, Chronicle, Item, StepView } from '../../core/shapes.ts';
import { asWritten, compare } from './changes.ts';
import type { Change, Piece } from './changes.ts';
import type { Style } from './style.ts';
import { hasWay } from './tries.ts';

/** A form of the text. `pieces` is undefined where there is no text to show. */
export interface Version {
  readonly kind: 'version';
  readonly siglum: string;
  readonly by: 'person' | 'hand';
  readonly item: Item;
  readonly pieces: readonly Piece[] | undefined;
  readonly changes: readonly Change[] | undefined;
  /** The version that reads the same. */
  readonly sameAs: string | undefined;
  /** A protection rule stopped it. */
  readonly isWithheld: boolean;
  /** Words of the input that are left, where the last hand has it told. */
  readonly kept: { readonly count: number; readonly total: number } | undefined;
}

/** A step that wrote no version: a check, one that goes on, one that did not come so far. */
export interface Happening {
  readonly kind: 'step';
  readonly step: StepView;
}

/** A try that was followed by another one. */
export interface Retry {
  readonly kind: 'retry';
  readonly attempt: AttemptView;
  /** Number of the try that followed, or would follow. */
  readonly next: number;
  /** The try that followed. */
  readonly follower: AttemptView | undefined;
}

/** The last try of a step, of which more is to be told than its result. */
export interface Detour {
  readonly kind: 'detour';
  readonly attempt: AttemptView;
}

export type Knot = Version | Happening | Retry | Detour;

export interface Output {
  readonly index: number;
  readonly medium: string | undefined;
  readonly knots: readonly Knot[];
  readonly artifacts: readonly OutputArtifact[];
}

export interface OutputArtifact {
  readonly item: Item;
  /** The version that reads the same. */
  readonly sameAs: string | undefined;
}

export interface Journey {
  readonly trunk: readonly Knot[];
  readonly outputs: readonly Output[];
  /** Steps that never began because the run ended before them. */
  readonly notBegun: readonly StepView[];
}

/** Reads a chronicle as a descent. */
export function journeyOf(chronicle: Chronicle, style: Style): Journey {
  const versions = new Versions(chronicle, style);
  const loops = outputLoops(chronicle);
  const notBegun = chronicle.steps.filter(({ skippedBecause }) => skippedBecause === 'dependency');
  const steps = chronicle.steps.filter((step) => !notBegun.includes(step) || outputOf(step.path, loops) !== undefined);
  const inTrunk = steps.filter(({ path }) => outputOf(path, loops) === undefined);
  const given = chronicle.items.filter(({ type }) => type === 'input' || type === 'input_image');
  const trunk = [
    ...given.map((item) => versions.add(item)),
    ...inTrunk.flatMap((step) => knotsOf(step, chronicle, versions)),
  ];
  versions.closeTrunk();
  const indexes = [...new Set(steps.map(({ path }) => outputOf(path, loops)))].filter((index) => index !== undefined);
  const outputs = indexes
    .toSorted((a, b) => a - b)
    .map((index) => {
      const own = steps.filter(({ path }) => outputOf(path, loops) === index);
      return outputAt(index, own, { chronicle, versions });
    });
  const last = trunk.findLast((knot) => knot.kind === 'version');
  return {
    trunk: trunk.map((knot) => (knot === last ? { ...knot, kept: versions.kept() } : knot)),
    outputs,
    notBegun: notBegun.filter(({ path }) => outputOf(path, loops) === undefined),
  };
}

const LOOP = /^([^.[]+)\[(\d+)\]\./u;

/** Names of the loops over outputs: steps inside of a numbered one, unless the record says that it is another loop. */
function outputLoops({ items, steps }: Chronicle): ReadonlySet<string> {
  const nameOf = (path: string | null): string[] => {
    const name = LOOP.exec(path ?? '')?.[1];
    return name === undefined ? [] : [name];
  };
  const names = new Set(steps.flatMap(({ path }) => nameOf(path)));
  for (const { stepPath, loopIteration } of items)
    if (loopIteration === null) for (const name of nameOf(stepPath)) names.delete(name);
  return names;
}

function outputOf(path: string, loops: ReadonlySet<string>): number | undefined {
  const [, name = '', index] = LOOP.exec(path) ?? [];
  return loops.has(name) ? Number(index) : undefined;
}

/** Texts by a hand; other items of a step are marks beside the text or the outputs themselves. */
const isText = (item: Item): boolean => VERSIONS.has(item.type) || isOtherHand(item);
const VERSIONS = new Set(['translation', 'interception', 'interception_step', 'optimized_prompt']);
const NO_VERSION = new Set(['blocked', 'error', 'review', 'task', 'context', 'parameters']);
const isOtherHand = ({ type, stage, mediaType }: Item): boolean =>
  stage === 2 && mediaType?.startsWith('text/') === true && !NO_VERSION.has(type) && !type.startsWith('safety_');

function knotsOf(step: StepView, chronicle: Chronicle, versions: Versions): Knot[] {
  const attempts = chronicle.attempts.filter(({ stepPath }) => stepPath === step.path);
  const retries = attempts
    .filter(({ state, attempt }) => isRepeated(state, step) || attempt < step.attempts)
    .filter(({ state, route }) => state !== 'suspended' || route?.chosen === null)
    .map((attempt): Retry => {
      const next = attempt.attempt + 1;
      return { kind: 'retry', attempt, next, follower: attempts.find((other) => other.attempt === next) };
    });
  const last = attempts.at(-1);
  const isTold = last !== undefined && hasWay(last) && !retries.some(({ attempt }) => attempt === last);
  const detour: Knot[] = isTold ? [{ kind: 'detour', attempt: last }] : [];
  const texts = chronicle.items.filter((item) => item.stepPath === step.path && isText(item));
  const own: Knot[] = texts.length === 0 ? [{ kind: 'step', step }] : texts.map((item) => versions.add(item));
  return [...retries, ...detour, ...own];
}

const isRepeated = (state: AttemptView['state'], step: StepView): boolean =>
  (step.state === 'retrying' && state !== 'running') || state === 'abandoned';

function outputAt(index: number, steps: readonly StepView[], of: { chronicle: Chronicle; versions: Versions }): Output {
  const paths = new Set<string | null>(steps.map(({ path }) => path));
  const made = of.chronicle.items.filter(({ type, stepPath }) => type.startsWith('output_') && paths.has(stepPath));
  of.versions.beginOutput();
  return {
    index,
    medium: mediumOf(made[0], steps),
    knots: steps.flatMap((step) => knotsOf(step, of.chronicle, of.versions)),
    artifacts: made.map((item) => ({ item, sameAs: of.versions.readingLike(item) })),
  };
}

function mediumOf(artifact: Item | undefined, steps: readonly StepView[]): string | undefined {
  if (artifact !== undefined) return artifact.type.replace('output_', '');
  const making = steps.find(({ stage }) => stage?.startsWith('media.') === true || stage === 'text.output');
  return making?.stage === 'text.output' ? 'text' : making?.stage?.replace('media.', '');
}

/** Gives every version its letter: A input, B in the working language, C the hands, D made ready for a medium. */
class Versions {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #style: Style;
  readonly #stopped: ReadonlySet<string>;
  readonly #used = new Map<string, number>();
  #last: Version | undefined;
  #trunk: Version | undefined;
  #input: Version | undefined;
  #isTranslated = false;

  constructor(chronicle: Chronicle, style: Style) {
    this.#style = style;
    const counts = new Map<string, number>();
    for (const { type } of chronicle.items.filter((item) => letterOf(item) !== undefined))
      counts.set(letter(type), (counts.get(letter(type)) ?? 0) + 1);
    this.#counts = counts;
    const blocked = chronicle.attempts.filter(({ state }) => state === 'blocked');
    this.#stopped = new Set(blocked.flatMap(({ inputs }) => inputs));
  }

  add(item: Item): Version {
    const by = letter(item.type) === 'A' ? 'person' : 'hand';
    const isWithheld = by === 'hand' && item.artifactId !== null && this.#stopped.has(item.artifactId);
    const version: Version = {
      kind: 'version',
      siglum: this.#siglum(letter(item.type)),
      by,
      item,
      isWithheld: isWithheld && item.text !== this.#input?.item.text,
      kept: undefined,
      ...this.#read(item, by),
    };
    this.#input ??= item.text === null ? undefined : version;
    if (item.text !== null) this.#last = version;
    if (item.type === 'translation' && version.sameAs === undefined) this.#isTranslated = true;
    return version;
  }

  closeTrunk(): void {
    this.#trunk = this.#last;
  }

  /** What an output is made of is the last text of the trunk. */
  beginOutput(): void {
    this.#last = this.#trunk;
  }

  /** The version that an output's text is the same as. */
  readingLike({ text }: Item): string | undefined {
    return text !== null && this.#last?.item.text === text ? this.#last.siglum : undefined;
  }

  /** Read from the first and the last text alone, as everyone can count it; words of two languages cannot be. */
  kept(): Version['kept'] {
    const [first, last] = [this.#input?.item.text, this.#trunk];
    if (typeof first !== 'string' || last?.by !== 'hand' || last.isWithheld || this.#isTranslated) return undefined;
    const asked = asWritten(first);
    const { pieces } = compare(asked, last.item.text ?? '');
    const [count, total] = [personWords(pieces), personWords(asked)];
    return total === 0 || total > MOST_COUNTED || last.item.text === first ? undefined : { count, total };
  }

  #siglum(name: string): string {
    const number = (this.#used.get(name) ?? 0) + 1;
    this.#used.set(name, number);
    return (this.#counts.get(name) ?? 0) > 1 ? name + this.#style.raised(number) : name;
  }

  #read({ text }: Item, by: Version['by']): Pick<Version, 'pieces' | 'changes' | 'sameAs'> {
    if (text === null) return { pieces: undefined, changes: undefined, sameAs: undefined };
    const before = this.#last;
    if (by === 'person' || before?.pieces === undefined)
      return { pieces: asWritten(text), changes: undefined, sameAs: undefined };
    const sameAs = before.item.text === text ? before.siglum : undefined;
    if (sameAs !== undefined) return { pieces: before.pieces, changes: undefined, sameAs };
    const compared = compare(before.pieces, text);
    // the list would name words of a text that is not shown
    return before.isWithheld ? { ...compared, changes: undefined, sameAs } : { ...compared, sameAs };
  }
}

/** In longer texts a number of words tells nothing. */
const MOST_COUNTED = 200;

const personWords = (pieces: readonly Piece[]): number =>
  pieces.filter(({ by, isWord }) => isWord && by === 'person').length;

const letterOf = (item: Item): string | undefined =>
  item.type === 'input' || item.type === 'input_image' || isText(item) ? letter(item.type) : undefined;

function letter(type: string): string {
  if (type === 'input' || type === 'input_image') return 'A';
  if (type === 'translation') return 'B';
  return type === 'optimized_prompt' ? 'D' : 'C';
}
