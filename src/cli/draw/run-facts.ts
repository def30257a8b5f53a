import type { QueuePlace } from '../../core/ports.ts';
import type { Chronicle, Cost, Progress, StepView } from '../../core/shapes.ts';
import { cleanAll, cleanLine } from './clean.ts';
import { drawColumns, drawFacts } from './columns.ts';
import type { DrawOptions } from './style.ts';
import { counted, fill, phrasesOf } from './words.ts';
import type { Phrases } from './words.ts';

/** Everything `runs show` tells: the run's facts, its steps, its files. */
export function drawRun(chronicle: Chronicle, options: DrawOptions, place?: QueuePlace): string {
  const safe = cleanAll(chronicle);
  const phrases = phrasesOf(options.language);
  const { style } = options;
  const parts = [
    `${style.strong(cleanLine(safe.run.configName))}\n${drawFacts(runFacts(safe, phrases, place), options)}`,
    safe.steps.length === 0 ? '' : `${style.strong(phrases.words.steps)}\n${drawSteps(safe.steps, options, phrases)}`,
    drawFiles(safe, options, phrases),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function runFacts(
  { run, cost, progress, branches }: Chronicle,
  phrases: Phrases,
  place: QueuePlace | undefined,
): (readonly [string, string])[] {
  const { words } = phrases;
  const { facts } = words;
  return [
    [facts.run, run.runId],
    [facts.state, words.runState[run.state]],
    [facts.progress, run.endedAt === null ? progressText(progress, phrases) : ''],
    [facts.queue, place === undefined ? '' : placeText(place, phrases)],
    [facts.config, run.config],
    [facts.pipeline, run.pipeline],
    [facts.profile, run.profile],
    [facts.safety, words.level[run.safety]],
    [facts.language, phrases.languageName(run.lang)],
    [facts.seed, String(run.seed)],
    [facts.priority, run.priority],
    [facts.created, phrases.moment(run.createdAt)],
    [facts.duration, run.durationMs === null ? '' : phrases.duration(run.durationMs)],
    [facts.cost, costText(cost, phrases)],
    [
      facts.labels,
      Object.entries(run.labels)
        .map((pair) => pair.join('='))
        .join(', '),
    ],
    [
      facts.parent,
      run.parent === null ? '' : fill(words.branchOf, { id: run.parent.runId, step: run.parent.fromStep }),
    ],
    [facts.branches, branches.map(({ runId }) => runId).join(', ')],
    [facts.error, run.error === null ? '' : `${run.error.code}: ${cleanLine(run.error.message)}`],
    [facts.stemma, run.stemmaVersion],
  ];
}

function placeText({ position, estimateMs }: QueuePlace, { words, remaining }: Phrases): string {
  const where = fill(words.place, { position });
  return estimateMs === null ? where : `${where}, ${remaining(estimateMs)}`;
}

function progressText({ done, total, percent, remainingMs }: Progress, { words, remaining }: Phrases): string {
  const far = fill(words.progress, { done, total, percent });
  return remainingMs === null ? far : `${far}, ${remaining(remainingMs)}`;
}

/** What is not known is said to be unknown: a sum is only given for calls that have a price. */
function costText({ microUsd, unpriced, tokensIn, tokensOut }: Cost, phrases: Phrases): string {
  const { words } = phrases;
  const sum = microUsd === 0 ? words.free : phrases.money(microUsd);
  const without = unpriced === 0 ? '' : counted(words.unpriced, unpriced);
  const known = microUsd === 0 && unpriced > 0 ? '' : sum;
  const tokens = tokensIn + tokensOut === 0 ? '' : `${phrases.number(tokensIn)} + ${phrases.number(tokensOut)} tokens`;
  return [known, without, tokens].filter((part) => part !== '').join(', ');
}

function drawSteps(steps: readonly StepView[], options: DrawOptions, phrases: Phrases): string {
  const { words } = phrases;
  const { columns } = words;
  return drawColumns(
    steps,
    [
      { title: columns.step, read: ({ path }) => path, least: 12 },
      { title: columns.state, read: ({ state }) => words.stepState[state], least: 8 },
      {
        title: columns.duration,
        read: ({ durationMs }) => (durationMs === null ? '' : phrases.duration(durationMs)),
        align: 'right',
      },
      { title: columns.attempts, read: ({ attempts }) => (attempts > 1 ? String(attempts) : ''), align: 'right' },
      { title: columns.stage, read: ({ stage }) => stage ?? '', least: 0 },
    ],
    options,
  );
}

/** What a machine needs to explain itself (`work/`) is left out. */
function drawFiles({ artifacts }: Chronicle, options: DrawOptions, phrases: Phrases): string {
  const { words } = phrases;
  const { columns } = words;
  const own = artifacts.filter(({ id }) => !id.includes('/work/'));
  if (own.length === 0) return '';
  const table = drawColumns(
    own,
    [
      { title: words.file, read: ({ id }) => id.split('/').at(-1) ?? id, least: 16, cutAt: 'start' },
      { title: columns.kind, read: ({ mediaType }) => mediaType },
      {
        title: 'px',
        read: ({ width, height }) =>
          width === null || height === null ? '' : `${width} ${options.style.marks.times} ${height}`,
      },
      { title: columns.size, read: ({ sizeBytes }) => phrases.size(sizeBytes), align: 'right' },
      { title: columns.step, read: ({ stepPath }) => stepPath ?? '', least: 0 },
    ],
    options,
  );
  return `${options.style.strong(words.files)}\n${table}`;
}
