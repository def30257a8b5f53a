import type {
  ComparedArtifact,
  ComparedStep,
  Pair,
  RunComparison,
  StepSide,
  TextDiff,
} from '../../app/compare-runs.ts';
import type { ExactDiff } from '../../app/exact-diff.ts';
import type { ReplayResult } from '../../app/replay-run.ts';
import type { ByteDifference } from '../../core/same-bytes.ts';
import { cleanAll } from './clean.ts';
import { plainSpan, wrap, wrapSpans } from './layout.ts';
import type { Span } from './layout.ts';
import type { DrawOptions, Ink } from './style.ts';
import { counted, fill, phrasesOf, wordFor } from './words.ts';
import type { Phrases } from './words.ts';

const INDENT = 2;
/** Of a long unchanged piece, so many letters are shown on each side of a change. */
const CONTEXT = 40;

interface Pen {
  readonly options: DrawOptions;
  readonly phrases: Phrases;
}

/** Two runs side by side: what was set and given otherwise, and what became of each step. */
export function drawComparison(comparison: RunComparison, options: DrawOptions): string {
  const pen = { options, phrases: phrasesOf(options.language) };
  const safe = cleanAll(comparison);
  const { diff, runState } = pen.phrases.words;
  const head = (side: 'left' | 'right'): string => {
    const { runId, state } = safe[side];
    return `${options.style.strong(`${diff[side]}:`)} ${runId} ${options.style.dim(runState[state])}`;
  };
  const totals = [
    ...changed(safe, pen, { title: diff.cost, read: ({ costMicroUsd }) => pen.phrases.money(costMicroUsd) }),
    ...changed(safe, pen, { title: diff.time, read: ({ durationMs }) => timeText(durationMs, pen) }),
  ];
  const settings = safe.settings.map(({ name, left, right }) => line(`${name}: ${both({ left, right }, pen)}`));
  const given = safe.given.flatMap((one) => textLines(one, pen));
  const parts = [
    [head('left'), head('right'), ...totals.map(line)],
    section(diff.settings, settings, pen),
    section(diff.texts, given, pen),
    section(diff.steps, stepLines(safe.steps, pen), pen),
  ];
  return `${parts
    .map((part) => part.join('\n'))
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

const line = (text: string): string => ' '.repeat(INDENT) + text;

const section = (title: string, lines: readonly string[], { options: { style } }: Pen): string[] =>
  lines.length === 0 ? [] : [style.strong(title), ...lines];

const both = ({ left, right }: Pair<string | null>, { phrases: { words } }: Pen): string =>
  fill(words.diff.both, { left: left || words.diff.nothing, right: right || words.diff.nothing });

const timeText = (ms: number | null, { phrases }: Pen): string => (ms === null ? '' : phrases.duration(ms));

interface Aspect<T> {
  readonly title: string;
  readonly read: (side: T) => string;
}

/** Nothing where both say the same. */
function changed<T>({ left, right }: Pair<T>, pen: Pen, { title, read }: Aspect<T>): string[] {
  const pair = { left: read(left), right: read(right) };
  return pair.left === pair.right ? [] : [`${title}: ${both(pair, pen)}`];
}

function stepLines(steps: readonly ComparedStep[], pen: Pen): string[] {
  const told = steps.map((step) => ({ step, lines: differences(step, pen) }));
  const same = told.filter(({ lines }) => lines.length === 0).length;
  const { diff } = pen.phrases.words;
  const lines = told
    .filter((one) => one.lines.length > 0)
    .flatMap(({ step, lines: own }) => [line(pen.options.style.strong(step.path)), ...own.map(line)]);
  return same === 0 ? lines : [...lines, line(pen.options.style.dim(counted(diff.sameSteps, same)))];
}

/** Lines about a step, none when it is the same in both. How long it took is told where something else differs too. */
function differences({ only, left, right, artifact }: ComparedStep, pen: Pen): string[] {
  const { diff, stepState } = pen.phrases.words;
  if (only !== null) {
    const side = left ?? right;
    return [line(pen.options.style.dim(`${diff.only[only]}, ${side === null ? '' : stepState[side.state]}`))];
  }
  if (left === null || right === null) return [];
  const aspects: readonly Aspect<StepSide>[] = [
    { title: diff.attempts, read: ({ attempts }) => String(attempts) },
    { title: diff.models, read: ({ models }) => models.join(', ') },
    { title: diff.cost, read: ({ costMicroUsd }) => pen.phrases.money(costMicroUsd) },
  ];
  const tell = (aspect: Aspect<StepSide>): string[] => changed({ left, right }, pen, aspect).map(line);
  const state = tell({ title: diff.state, read: (side) => stepState[side.state] });
  // one that was taken over has no attempt to hold against the other's
  const isReused = left.reused || right.reused;
  const lines = [...state, ...(isReused ? [] : aspects.flatMap(tell)), ...artifactLines(artifact, pen)];
  if (lines.length === 0 || isReused) return lines;
  const time = tell({ title: diff.time, read: ({ durationMs }) => timeText(durationMs, pen) });
  return [...lines, ...time.map(pen.options.style.dim)];
}

function artifactLines(artifact: ComparedArtifact | null, pen: Pen): string[] {
  const { diff } = pen.phrases.words;
  if (artifact === null || artifact.kind === 'same') return [];
  const { type } = artifact;
  switch (artifact.kind) {
    case 'text':
      return textLines(artifact, pen);
    case 'picture':
      if (artifact.distance === null) return [line(fill(diff.pictureUnread, { type }))];
      return [line(fill(diff.picture, { type, distance: artifact.distance }))];
    case 'other':
      if (artifact.left === null || artifact.right === null) return [line(`${type}: ${both(artifact, pen)}`)];
      return [line(fill(diff.otherBytes, { type }))];
  }
}

function textLines({ type, words }: TextDiff, { options }: Pen): string[] {
  const { style, width } = options;
  const { ellipsis, removed, added } = style.marks;
  const spans = words.flatMap(({ kind, text }, at): Span[] => {
    if (kind === 'removed') return bracketed(text, { mark: removed, ink: style.gone });
    if (kind === 'added') return bracketed(text, { mark: added, ink: style.added });
    return [plainSpan(shortened(text, { ellipsis, isFirst: at === 0, isLast: at === words.length - 1 }))];
  });
  const inside = Math.max(1, width - 2 * INDENT - INDENT);
  return [line(style.dim(`${type}:`)), ...wrapSpans(spans, inside).map((text) => line(line(text)).trimEnd())];
}

/** Brackets stand close to the words: spaces and line ends around them are outside. */
function bracketed(text: string, { mark, ink }: { readonly mark: string; readonly ink: Ink }): Span[] {
  const words = text.trim();
  if (words === '') return [plainSpan(text)];
  const start = text.indexOf(words);
  const after = text.slice(start + words.length);
  return [plainSpan(text.slice(0, start)), { text: `[${mark}${words}]`, ink }, plainSpan(after)];
}

function shortened(
  text: string,
  { ellipsis, isFirst, isLast }: { readonly ellipsis: string; readonly isFirst: boolean; readonly isLast: boolean },
): string {
  const signs = Array.from(text);
  const start = isFirst ? 0 : CONTEXT;
  const end = isLast ? 0 : CONTEXT;
  if (signs.length <= start + end + ellipsis.length) return text;
  const tail = end === 0 ? '' : signs.slice(-end).join('');
  return `${signs.slice(0, start).join('')}${ellipsis}${tail}`;
}

/** Whether two runs hold the same bytes, or where they first do not. */
export function drawExact({ same, difference }: ExactDiff, options: DrawOptions): string {
  const pen = { options, phrases: phrasesOf(options.language) };
  const { diff } = pen.phrases.words;
  if (difference === null) return `${counted(diff.sameBytes, same)}\n`;
  return `${[...differenceLines(difference, pen), counted(diff.others, same)].join('\n')}\n`;
}

function differenceLines(difference: ByteDifference, pen: Pen): string[] {
  const { diff } = pen.phrases.words;
  const { stepPath, type, number, left, right } = cleanAll(difference);
  const at = { type, number, step: stepPath ?? diff.given };
  const what = fill(number === 1 ? diff.atStep : diff.numbered, at);
  const side = (name: 'left' | 'right', one: ByteDifference['left']): string =>
    line(`${diff[name]}: ${one === null ? diff.nothing : `${one.id} ${pen.options.style.dim(one.sha256)}`}`);
  return [fill(diff.firstDifference, { what }), side('left', left), side('right', right)];
}

/** What a replay has shown: whether it came through, whether the bytes are the same, and what would be judged otherwise. */
export function drawReplay(result: ReplayResult, options: DrawOptions): string {
  const pen = { options, phrases: phrasesOf(options.language) };
  const { replay, runState, diff } = pen.phrases.words;
  const safe = cleanAll(result);
  const { exact, fault } = safe;
  const head = `${fill(replay.of, { id: safe.runId, of: safe.replayOf })} ${options.style.dim(runState[safe.state])}`;
  const stopped = fault?.code === 'REPLAY_MISS' ? [stopText(fault.facts, pen)] : [];
  const bytes =
    exact.difference === null
      ? [counted(replay.same, exact.same)]
      : [replay.differs, ...differenceLines(exact.difference, pen), counted(diff.others, exact.same)];
  const verdicts = safe.verdicts.map(({ stepPath, facts }) =>
    line(fill(replay.verdict, { step: stepPath ?? '', ...textsOf(facts) })),
  );
  return `${[head, ...stopped, ...bytes, ...section(replay.verdicts, verdicts, pen)].flatMap((text) => (text.startsWith(' ') ? [text] : wrap(text, options.width))).join('\n')}\n`;
}

type Facts = ReplayResult['verdicts'][number]['facts'];

const textsOf = (facts: Facts): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]));

function stopText(facts: Facts, { phrases: { words } }: Pen): string {
  const { replay } = words;
  const { path = '', because: key = '', differs } = textsOf(facts);
  const why = wordFor(replay.because, key);
  const because = differs === undefined ? why : fill(replay.part, { because: why, differs });
  return fill(replay.stopped, { step: path, because });
}
