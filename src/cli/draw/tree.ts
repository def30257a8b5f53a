import type { Chronicle } from '../../core/shapes.ts';
import { clean, cleanAll, cleanLine } from './clean.ts';
import { drawGate } from './gate.ts';
import { journeyOf } from './journey.ts';
import type { Journey, Knot, Output } from './journey.ts';
import { drawArtifact, drawKnot, isOnTrunk, TEXT_AT } from './knots.ts';
import type { Brush } from './knots.ts';
import { padEnd, widthOf, wrap } from './layout.ts';
import type { DrawOptions } from './style.ts';
import { counted, fill, phrasesOf, wordFor } from './words.ts';
import type { Phrases } from './words.ts';

export interface TreeOptions extends DrawOptions {
  /** A step's title for a person. */
  readonly title: (path: string) => string;
  /** Long texts are not cut. */
  readonly full?: boolean;
}

/** The run's stemma: every version of the text with its letter, what lies between them, and the outputs at the foot. */
export function drawTree(chronicle: Chronicle, options: TreeOptions): string {
  const safe = cleanAll(chronicle);
  const journey = journeyOf(safe, options.style);
  const brush: Brush = {
    ...options,
    title: (path) => cleanLine(clean(options.title(path))),
    full: options.full ?? false,
    phrases: phrasesOf(options.language),
    chronicle: safe,
  };
  const lines = [
    ...drawHead(safe, brush),
    '',
    ...drawTrunk(journey, brush),
    ...drawOutputs(journey.outputs, brush),
    ...drawFoot(journey, brush),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function drawHead(chronicle: Chronicle, brush: Brush): string[] {
  const { run, progress } = chronicle;
  const { style, phrases } = brush;
  const { words } = phrases;
  const level = fill(words.levelName, { level: words.level[run.safety] });
  const facts = [
    stateText(run, phrases, progress.elapsedMs),
    ...remainingText(chronicle, phrases),
    level,
    fill(words.seed, { seed: run.seed }),
    shortId(run.runId, style.marks.ellipsis),
  ];
  const [first = '', ...more] = inLines([run.configName, ...facts], ` ${style.marks.dot} `, brush.width);
  const styled = first.startsWith(run.configName)
    ? style.strong(run.configName) + style.dim(first.slice(run.configName.length))
    : style.strong(first);
  const parent = run.parent === null ? [] : [fill(words.branchOf, { id: run.parent.runId, step: run.parent.fromStep })];
  const deleted = run.content === 'deleted' ? [words.deleted] : [];
  return [styled, ...[...more, ...parent, ...deleted].map(style.dim)];
}

const remainingText = ({ run, progress: { remainingMs } }: Chronicle, { remaining }: Phrases): string[] =>
  run.state !== 'running' || remainingMs === null ? [] : [remaining(remainingMs)];

/** Facts one after the other; a line ends between two of them. */
function inLines(facts: readonly string[], between: string, width: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1) ?? ''}${between}${fact}`;
    if (lines.length === 0 || widthOf(longer) > width) lines.push(fact);
    else lines[lines.length - 1] = longer;
  }
  return lines.flatMap((line) => wrap(line, width));
}

/** A run's state in words, with how long it took or has been taking. */
function stateText({ state, durationMs, ...run }: Chronicle['run'], phrases: Phrases, elapsedMs: number): string {
  const { words } = phrases;
  const word = words.runState[state];
  const said = (form: string, ms: number): string => fill(form, { state: word, time: phrases.duration(ms) });
  if (durationMs === null) return state === 'running' ? said(words.sinceTime, elapsedMs) : word;
  if (state !== 'succeeded') return said(words.afterTime, durationMs);
  const problems = run.problems.length + run.moreProblems;
  const without = problems > 0 ? `, ${counted(words.problems, problems)}` : '';
  return said(words.inTime, durationMs) + without;
}

/** Ids of one day begin alike, so the end of one tells runs apart. */
const shortId = (runId: string, ellipsis: string): string => ellipsis + runId.slice(-8);

function drawTrunk({ trunk: knots, outputs }: Journey, brush: Brush): string[] {
  const { marks } = brush.style;
  const isFoot = outputs.length === 0 && brush.chronicle.run.state === 'succeeded';
  return knots.flatMap((knot, at) => {
    const before = knots[at - 1];
    const isApart = before !== undefined && (isOnTrunk(before) || isOnTrunk(knot));
    const line = isExpected(knot) ? marks.dotted : marks.trunk;
    return [...(isApart ? [line] : []), ...drawKnot(knot, brush, isFoot && knot === knots.at(-1) ? ' ' : marks.trunk)];
  });
}

const OPEN = new Set(['pending', 'ready', 'running', 'retrying', 'waiting']);
const isExpected = (knot: Knot): boolean => knot.kind === 'step' && OPEN.has(knot.step.state);

function drawOutputs(outputs: readonly Output[], brush: Brush): string[] {
  const { marks } = brush.style;
  return outputs.flatMap((output, at) => {
    const isLast = at === outputs.length - 1;
    const branch = isLast ? marks.lastFork : marks.fork;
    return [marks.trunk, ...drawOutput(output, brush, { branch, side: isLast ? ' ' : marks.trunk })];
  });
}

function drawOutput(output: Output, brush: Brush, { branch, side }: { branch: string; side: string }): string[] {
  const { style, phrases } = brush;
  const { words } = phrases;
  const indent = padEnd(side, TEXT_AT);
  const narrow = { ...brush, width: brush.width - TEXT_AT };
  const name = output.medium === undefined ? words.output : wordFor(words.media, output.medium);
  const knots = output.knots.filter((knot) => !isMaking(knot, output));
  return [
    padEnd(`${branch} ${output.index}`, TEXT_AT) + style.strong(name),
    ...knots.flatMap((knot) =>
      knot.kind === 'version'
        ? drawKnot(knot, narrow, ' ').map((line) => indent + line)
        : drawKnot(knot, { ...brush, isBeside: true }, side),
    ),
    ...output.artifacts.flatMap((artifact) => drawArtifact(artifact, brush)).map((line) => indent + line),
  ];
}

/** The step whose result is shown needs no line of its own. */
const isMaking = (knot: Knot, { artifacts }: Output): boolean =>
  knot.kind === 'step' &&
  knot.step.state === 'succeeded' &&
  artifacts.some(({ item }) => item.stepPath === knot.step.path);

function drawFoot(journey: Journey, brush: Brush): string[] {
  const { run, branches } = brush.chronicle;
  const { style, phrases } = brush;
  const { words } = phrases;
  const begins = journey.outputs.length > 0 ? style.marks.double : style.marks.gateEnd;
  const gate = run.blocked === null ? [] : drawGate(run.blocked, brush, begins);
  const lead = journey.outputs.length > 0 ? '' : style.marks.trunk;
  const quiet = (text: string): string[] => wrap(text, brush.width).map(style.dim);
  const titles = journey.notBegun.map(({ path }) => brush.title(path)).join(', ');
  return [
    ...(gate.length === 0 ? [] : [lead, ...gate]),
    ...drawStop(brush, lead),
    ...(titles === '' ? [] : ['', ...quiet(fill(words.notBegun, { titles }))]),
    ...(branches.length === 0
      ? []
      : ['', ...quiet(`${words.branches}: ${branches.map(({ runId }) => runId).join(', ')}`)]),
  ];
}

/** Why the trunk goes no further, or how much is still to come. */
function drawStop(brush: Brush, lead: string): string[] {
  const { run } = brush.chronicle;
  const { marks } = brush.style;
  const { words } = brush.phrases;
  switch (run.state) {
    case 'failed':
      return [lead, ...drawFailure(run.error, brush)];
    case 'canceled':
    case 'quarantined':
      return [lead, ...atFoot(marks.failed, words[run.state], brush)];
    case 'paused':
      return [marks.dotted, ...atFoot(marks.waiting, fill(words.paused, { id: run.runId }), brush)];
    case 'pending':
    case 'running':
    case 'waiting':
      return drawToCome(brush);
    case 'blocked':
    case 'succeeded':
      return [];
  }
}

const atFoot = (mark: string, text: string, { width }: Brush): string[] =>
  wrap(text, width - TEXT_AT).map((part, at) => padEnd(at === 0 ? mark : '', TEXT_AT) + part);

function drawFailure(error: Chronicle['run']['error'], brush: Brush): string[] {
  const { style, phrases } = brush;
  if (error === null) return atFoot(style.marks.failed, phrases.words.runState.failed, brush);
  return [...atFoot(style.marks.failed, error.message, brush), ...atFoot('', error.code, brush).map(style.dim)];
}

function drawToCome(brush: Brush): string[] {
  const { run, progress, steps } = brush.chronicle;
  const { style, phrases } = brush;
  const { words } = phrases;
  const count = progress.total - steps.length;
  const waits =
    run.state === 'waiting'
      ? atFoot(style.marks.waiting, fill(words.waitsFor[run.waitingFor ?? 'time'], { id: run.runId }), brush)
      : [];
  const comes = count > 0 ? atFoot(style.marks.expected, counted(words.expected, count), brush).map(style.dim) : [];
  return waits.length + comes.length === 0 ? [] : [style.dim(style.marks.dotted), ...waits, ...comes];
}
