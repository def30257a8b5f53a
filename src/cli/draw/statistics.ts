import type { ModelRate, Statistics } from '../../app/statistics.ts';
import { cleanAll } from './clean.ts';
import { drawColumns, drawFacts } from './columns.ts';
import type { DrawOptions } from './style.ts';
import { counted, fill, phrasesOf, wordFor } from './words.ts';
import type { Phrases } from './words.ts';

/** How the installation is doing: runs, queue, workers, calls by model and window, breakers. */
export function drawStatistics(statistics: Statistics, options: DrawOptions): string {
  const safe = cleanAll(statistics);
  const phrases = phrasesOf(options.language);
  const parts = [
    drawFacts(overview(safe, phrases), options),
    drawCalls(safe, options, phrases),
    drawBreakers(safe, options, phrases),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** The counts that are not nothing, each with its word. */
const listed = (counts: Readonly<Record<string, number>>, words: Readonly<Record<string, string>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${count} ${wordFor(words, key)}`)
    .join(', ');

function overview({ runs, queue, workers, costPerHourMicroUsd }: Statistics, phrases: Phrases): [string, string][] {
  const { words } = phrases;
  const { stats } = words;
  const { active: _active, ...unusual } = workers.modes;
  const seen = [listed(workers.liveness, stats.liveness), listed(unusual, stats.modes)].filter((text) => text !== '');
  const oldest =
    queue.oldestWaitMs === null ? '' : `, ${fill(stats.oldest, { time: phrases.duration(queue.oldestWaitMs) })}`;
  return [
    [stats.runs, listed(runs, words.runState) || '0'],
    [stats.queue, `${counted(stats.queued, queue.depth)}${oldest}`],
    [stats.workers, seen.length === 0 ? '0' : seen.join('; ')],
    [stats.lastHour, phrases.exactMoney(costPerHourMicroUsd)],
  ];
}

interface CallRow extends Omit<ModelRate, 'provider' | 'model'> {
  /** Only in the first row of each. */
  readonly name: string;
  readonly minutes: number;
}

/** A line for each model and window, the windows of one model below each other. */
function callRows({ calls }: Statistics): readonly CallRow[] {
  const rows = calls.flatMap(({ minutes, models }) =>
    models.map(({ provider, model, ...rate }) => ({ ...rate, minutes, name: `${provider}/${model}` })),
  );
  const sorted = rows.toSorted((a, b) => a.name.localeCompare(b.name) || a.minutes - b.minutes);
  return sorted.map((row, at) => (row.name === sorted[at - 1]?.name ? { ...row, name: '' } : row));
}

function drawCalls(statistics: Statistics, options: DrawOptions, phrases: Phrases): string {
  const { stats, sums } = phrases.words;
  const rows = callRows(statistics);
  if (rows.length === 0) return `${stats.noCalls}\n`;
  const latency = (title: string, read: (row: CallRow) => number | null) => ({
    title,
    read: (row: CallRow): string => {
      const ms = read(row);
      return ms === null ? '' : phrases.duration(Math.round(ms));
    },
    align: 'right' as const,
  });
  return drawColumns(
    rows,
    [
      { title: sums.model, read: ({ name }) => name, least: 12 },
      { title: stats.last, read: ({ minutes }) => `${minutes} min`, align: 'right' },
      { title: sums.calls, read: ({ calls }) => phrases.number(calls), align: 'right' },
      { title: stats.errors, read: ({ errorRate }) => phrases.percent(errorRate), align: 'right' },
      latency('p50', ({ p50Ms }) => p50Ms),
      latency('p95', ({ p95Ms }) => p95Ms),
      latency('p99', ({ p99Ms }) => p99Ms),
    ],
    options,
  );
}

function drawBreakers({ breakers }: Statistics, options: DrawOptions, { words }: Phrases): string {
  if (breakers.length === 0) return '';
  const { stats, columns, sums } = words;
  const table = drawColumns(
    breakers,
    [
      { title: sums.model, read: ({ candidate }) => candidate, least: 12 },
      { title: columns.state, read: ({ state }) => stats.breaker[state] },
      { title: stats.worker, read: ({ worker }) => worker, least: 0 },
    ],
    options,
  );
  return `${options.style.strong(stats.breakers)}\n${table}`;
}
