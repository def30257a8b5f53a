/** The knots of a drawn descent: versions, checks, tries, artifacts. */
import type { ArtifactView, Chronicle, Item, StepView } from '../../core/shapes.ts';
import type { Change, Piece } from './changes.ts';
import { cleanLine } from './clean.ts';
import type { Happening, Knot, OutputArtifact, Retry, Version } from './journey.ts';
import { padEnd, padStart, plainSpan, widthOf, wrap, wrapSpans } from './layout.ts';
import type { Span } from './layout.ts';
import type { Style } from './style.ts';
import { decisionAfter, wayOf, whatHappened } from './tries.ts';
import { counted, fill, wordFor } from './words.ts';
import type { Phrases } from './words.ts';

/** What a drawing is made with. */
export interface Brush {
  readonly style: Style;
  readonly width: number;
  readonly phrases: Phrases;
  readonly full: boolean;
  readonly title: (path: string) => string;
  readonly language: string;
  readonly chronicle: Chronicle;
  /** Steps stand beside the trunk, also while they go on. */
  readonly isBeside?: boolean;
}

/** Mark and letter stand in the first columns, everything else in the column of the text. */
export const TEXT_AT = 7;
const MOST_LINES = 3;

const OPEN_STATES = new Set<StepView['state']>(['pending', 'ready', 'running', 'retrying', 'waiting']);

/** Versions, and what may become one, sit on the trunk; the rest stands beside it. */
export const isOnTrunk = (knot: Knot): boolean =>
  knot.kind === 'version' || (knot.kind === 'step' && OPEN_STATES.has(knot.step.state));

/** @param trunk - what goes on below the knot's mark */
export function drawKnot(knot: Knot, brush: Brush, trunk: string): string[] {
  switch (knot.kind) {
    case 'version':
      return drawVersion(knot, brush, trunk);
    case 'step':
      return drawStep(knot, brush, trunk);
    case 'retry':
      return drawRetry(knot, brush, trunk);
    case 'detour':
      return wayOf(knot.attempt, brush.phrases).flatMap((text) =>
        drawBeside(brush.style.marks.waiting, text, { brush, trunk }),
      );
  }
}

function drawVersion(version: Version, brush: Brush, trunk: string): string[] {
  const { style } = brush;
  const { marks } = style;
  const isPerson = version.by === 'person';
  const ink = isPerson ? style.person : style.hand;
  const mark = ink(`${isPerson ? marks.person : marks.hand} ${style.strong(version.siglum)}`);
  const gap = ' '.repeat(Math.max(1, TEXT_AT - widthOf(`${marks.hand} ${version.siglum}`)));
  const body = versionBody(version, brush);
  const meta = version.sameAs === undefined ? drawMeta(version, brush) : [];
  const kept = drawKept(version, brush);
  return [...body, ...meta, ...kept].map((line, at) => (at === 0 ? mark + gap : padEnd(trunk, TEXT_AT)) + line);
}

function drawKept({ kept }: Version, { style, phrases, width }: Brush): string[] {
  if (kept === undefined) return [];
  const { words } = phrases;
  const text = kept.count === 0 ? words.keptNone : counted(words.kept, kept.count, kept);
  return wrap(text, width - TEXT_AT).map(style.dim);
}

function versionBody(version: Version, brush: Brush): string[] {
  const { style, phrases } = brush;
  const { words } = phrases;
  const width = brush.width - TEXT_AT;
  if (version.isWithheld) return wrap(words.withheld, width).map(style.dim);
  if (version.sameAs !== undefined) return unchanged(version, brush);
  if (version.pieces === undefined) return [style.dim(withoutText(version.item, brush))];
  // when almost everything is new, marks say nothing
  const isMarked = version.changes !== undefined;
  const spans = withoutLastBreak(version.pieces).map(({ text, by, isNew }): Span => {
    if (by === 'person' || text.trim() === '') return { text, ink: style.person };
    return { text, ink: isNew && isMarked ? style.added : style.hand };
  });
  return inShort(asQuoted(spans, brush), width, brush);
}

/** A text from a file ends with a line break that nobody wants to see. */
const withoutLastBreak = (pieces: readonly Piece[]): readonly Piece[] =>
  pieces.map((piece, at) => (at === pieces.length - 1 ? { ...piece, text: piece.text.trimEnd() } : piece));

/** Verse that would not fit is quoted in a row, with a stroke for the end of a line. */
function asQuoted(spans: readonly Span[], { full, style }: Brush): readonly Span[] {
  const lines = spans.reduce((sum, { text }) => sum + text.split('\n').length - 1, 1);
  if (full || lines <= MOST_LINES) return spans;
  return spans.map(({ text, ink }) =>
    text.includes('\n') ? { text: text.replaceAll(/\s*\n\s*/gu, ' / '), ink: style.dim } : { text, ink },
  );
}

function withoutText({ artifactId }: Item, { chronicle, phrases }: Brush): string {
  if (chronicle.run.content === 'deleted') return phrases.words.deleted;
  return artifactId?.split('/').at(-1) ?? phrases.words.noText;
}

/** `wie A   Sprache: Deutsch` on one line where it fits. */
function unchanged(version: Version, brush: Brush): string[] {
  const { style, phrases } = brush;
  const same = fill(phrases.words.same, { siglum: version.sameAs ?? '' });
  const step = brush.chronicle.steps.find(({ path }) => path === version.item.stepPath);
  const from = step?.facts['from'];
  const found = typeof from === 'string' ? languageFound(from, phrases) : '';
  const left = [same, found].filter((part) => part !== '').join(` ${style.marks.dot} `);
  return leftAndRight([{ text: left, ink: style.person }], whoText(version.item, brush), brush);
}

const languageFound = (code: string, { words, languageName }: Phrases): string =>
  code === 'und' ? words.languageUnknown : fill(words.languageFound, { language: languageName(code) });

function inShort(spans: readonly Span[], width: number, { full, style }: Brush): string[] {
  const lines = wrapSpans(spans, width);
  if (full || lines.length <= MOST_LINES) return lines;
  const end = ` ${style.marks.ellipsis}`;
  const shown = wrapSpans(spans, width - widthOf(end)).slice(0, MOST_LINES);
  return [...shown.slice(0, -1), `${shown.at(-1) ?? ''}${style.dim(end)}`];
}

/** What changed to the left, who did it and how long it took to the right. */
function drawMeta(version: Version, brush: Brush): string[] {
  const { item, changes, isWithheld } = version;
  const { words } = brush.phrases;
  if (item.stepPath === null) return [brush.style.dim(words.input)];
  const isTold = changes !== undefined && changes.length > 0 && !isWithheld;
  const left = isTold ? changeSpans(changes, brush) : [{ text: brush.title(item.stepPath), ink: brush.style.dim }];
  return leftAndRight(left, whoText(item, brush), brush);
}

function leftAndRight(left: readonly Span[], right: string, brush: Brush): string[] {
  const width = brush.width - TEXT_AT;
  const size = left.reduce((sum, { text }) => sum + widthOf(text), 0);
  const free = width - size;
  const onOneLine = left.map(({ text, ink }) => ink(text)).join('');
  if (right === '') return inShort(left, width, brush);
  if (widthOf(right) + 2 <= free) return [onOneLine + brush.style.dim(padStart(right, free))];
  return [...inShort(left, width, brush), ...wrap(right, width - 2).map((line) => `  ${brush.style.dim(line)}`)];
}

function changeSpans(changes: readonly Change[], { style }: Brush): Span[] {
  const { marks } = style;
  return changes.flatMap((change, at): Span[] => {
    const comma = at === 0 ? [] : [plainSpan(', ')];
    switch (change.kind) {
      case 'replaced':
        return [
          ...comma,
          { text: change.before, ink: style.gone },
          plainSpan(` ${marks.arrow} `),
          { text: change.after, ink: style.added },
        ];
      case 'added':
        return [...comma, plainSpan(`${marks.added} `), { text: change.after, ink: style.added }];
      case 'removed':
        return [...comma, plainSpan(`${marks.removed} `), { text: change.before, ink: style.gone }];
    }
  });
}

/** `ollama/qwen3:8b · 4,2 s` */
function whoText(
  { provider, model, durationMs, stepPath }: Pick<Item, 'provider' | 'model' | 'durationMs' | 'stepPath'>,
  { style, phrases, chronicle }: Brush,
): string {
  const step = chronicle.steps.find(({ path }) => path === stepPath);
  if (step?.reusedFrom !== undefined) return phrases.words.reused;
  const who = [provider, model].filter((part) => part !== null).join('/');
  const time = durationMs === null ? '' : phrases.duration(durationMs);
  return [who, time].filter((part) => part !== '').join(` ${style.marks.dot} `);
}

function drawStep({ step }: Happening, brush: Brush, trunk: string): string[] {
  const { mark, text, quiet } = stepText(step, brush);
  const onTrunk = OPEN_STATES.has(step.state) && brush.isBeside !== true;
  const ink = quiet ? brush.style.dim : brush.style.person;
  if (onTrunk)
    return wrap(text, brush.width - TEXT_AT).map((line, at) => padEnd(at === 0 ? mark : trunk, TEXT_AT) + ink(line));
  const lines = wrap(text, brush.width - TEXT_AT - 2);
  return lines.map((line, at) => padEnd(trunk, TEXT_AT) + ink(`${at === 0 ? mark : ' '} ${line}`));
}

interface StepText {
  readonly mark: string;
  readonly text: string;
  readonly quiet: boolean;
}

function stepText(step: StepView, brush: Brush): StepText {
  const { marks } = brush.style;
  const title = brush.title(step.path);
  switch (step.state) {
    case 'succeeded':
      return { mark: marks.passed, text: passedText(step, title, brush.phrases), quiet: true };
    case 'blocked':
      return { mark: marks.gate, text: `${title}: ${stopText(step, brush.phrases)}`, quiet: false };
    case 'failed':
      return { mark: marks.failed, text: `${title}: ${failText(step, brush)}`, quiet: false };
    case 'skipped':
      return { mark: marks.skipped, text: `${title}: ${skipText(step, brush.phrases)}`, quiet: true };
    case 'canceled':
    case 'running':
    case 'waiting':
    case 'retrying':
    case 'pending':
    case 'ready':
      return openText(step.state, askedText(step, title, brush), brush);
  }
}

const skipText = ({ skippedBecause }: StepView, { words }: Phrases): string =>
  skippedBecause === 'dependency' ? words.dependency : words.condition;

type OpenState = Exclude<StepView['state'], 'succeeded' | 'blocked' | 'failed' | 'skipped'>;

function openText(state: OpenState, title: string, { style, phrases }: Brush): StepText {
  const { marks } = style;
  const word = phrases.words.stepState[state];
  if (state === 'running') return { mark: marks.expected, text: `${title} ${word} ${marks.ellipsis}`, quiet: false };
  const mark = { canceled: marks.failed, waiting: marks.waiting, retrying: marks.again };
  const own = state === 'pending' || state === 'ready' ? marks.expected : mark[state];
  return { mark: own, text: `${title}: ${word}`, quiet: own === marks.expected || state === 'canceled' };
}

/** A question is told as long as it waits for its answer. */
function askedText({ path, state }: StepView, title: string, { chronicle }: Brush): string {
  if (state !== 'waiting') return title;
  const question = chronicle.items.findLast(({ type, stepPath }) => type === 'review' && stepPath === path);
  return typeof question?.text === 'string' ? `${title} (${cleanLine(question.text.trim())})` : title;
}

/** What a person has chosen, and whether nobody has. */
function decidedText({ facts }: StepView, title: string, { words }: Phrases): string {
  const { choice, expired } = facts;
  const decided = typeof choice === 'string' ? `${title}: ${choice}` : title;
  return expired === true ? `${decided} (${words.review.expired})` : decided;
}

function passedText(step: StepView, title: string, phrases: Phrases): string {
  const { stage, reusedFrom } = step;
  const { words } = phrases;
  const told = stage === 'flow.review' ? decidedText(step, title, phrases) : title;
  const passed = stage?.startsWith('safety.') === true ? fill(words.checked, { title }) : told;
  return reusedFrom === undefined ? passed : `${passed} (${words.reused})`;
}

function stopText({ facts }: StepView, { words }: Phrases): string {
  const check = facts['check'];
  return fill(words.stopped, { reason: typeof check === 'string' ? wordFor(words.check, check) : words.unknownReason });
}

function failText({ path }: StepView, { chronicle, phrases }: Brush): string {
  const last = chronicle.attempts.findLast(({ stepPath }) => stepPath === path);
  const { words } = phrases;
  const error = last?.error ?? null;
  const reason =
    last === undefined || error === null ? words.unknownReason : `${whatHappened(last, phrases)} (${error.code})`;
  return fill(words.failed, { reason });
}

function drawRetry({ attempt, next, follower }: Retry, brush: Brush, trunk: string): string[] {
  const { phrases } = brush;
  const { words } = phrases;
  const number = words.attempt[next - 1] ?? fill(words.attemptNumber, { count: next });
  const decision = decisionAfter(attempt, follower, phrases);
  const told = [
    ...wayOf(attempt, phrases),
    whatHappened(attempt, phrases),
    ...(decision === undefined ? [] : [decision]),
  ];
  return drawBeside(brush.style.marks.again, `${number}: ${told.join('; ')}`, { brush, trunk });
}

function drawBeside(mark: string, text: string, { brush, trunk }: { brush: Brush; trunk: string }): string[] {
  const lines = wrap(text, brush.width - TEXT_AT - 2);
  return lines.map((line, at) => padEnd(trunk, TEXT_AT) + brush.style.dim(`${at === 0 ? mark : ' '} ${line}`));
}

/** A file of an output, and the words of a text. */
export function drawArtifact({ item, sameAs }: OutputArtifact, brush: Brush): string[] {
  const { style, phrases, chronicle } = brush;
  const artifact = chronicle.artifacts.find(({ id }) => id === item.artifactId);
  const name = item.artifactId?.split('/').at(-1) ?? phrases.words.file;
  const same = sameAs === undefined ? '' : fill(phrases.words.same, { siglum: sameAs });
  const facts = [same, item.mediaType ?? '', ...sizes(artifact, brush)].filter((part) => part !== '');
  const left: Span[] = [
    { text: `${style.marks.hand} ${name}`, ink: style.hand },
    { text: facts.map((fact) => ` ${style.marks.dot} ${fact}`).join(''), ink: style.dim },
  ];
  return [...leftAndRight(left, whoText(item, brush), brush), ...outputWords(item, sameAs, brush)];
}

function sizes(artifact: ArtifactView | undefined, { style, phrases }: Brush): string[] {
  if (artifact === undefined) return [];
  const { width, height, sizeBytes } = artifact;
  const sides = width === null || height === null ? [] : [`${width} ${style.marks.times} ${height}`];
  return [...sides, phrases.size(sizeBytes)];
}

function outputWords({ text }: Item, sameAs: string | undefined, brush: Brush): string[] {
  if (text === null || sameAs !== undefined) return [];
  const spans = asQuoted([{ text, ink: brush.style.hand }], brush);
  return inShort(spans, brush.width - TEXT_AT - 2, brush).map((line) => `  ${line}`);
}
