/** The figures for people: what was measured, how much it is, and whether that is what was promised. */
import type { BenchDocument } from './document.ts';

export interface TableRow {
  readonly what: string;
  readonly figure: string;
  /** Nothing, when the figure is only told. */
  readonly goal: string;
  readonly met: 'yes' | 'no' | '';
}

export const toRows = (document: BenchDocument): readonly TableRow[] => [
  ...speed(document),
  ...growth(document),
  ...readers(document),
  ...processes(document),
];

function speed({ stepsPerSecond: speed, tenStepRunMs: alone }: BenchDocument): TableRow[] {
  const { stemma, rawSqlite, restate, dbos } = speed;
  const share = (100 * stemma) / rawSqlite;
  return [
    told('durable steps per second', whole(stemma)),
    judged({ what: '… the raw limit', figure: `${whole(rawSqlite)} → ${share.toFixed(0)} %` }, share, {
      atLeast: 40,
      unit: ' % of it',
    }),
    against('Restate', { stemma, peer: restate, times: 10 }),
    against('DBOS Transact', { stemma, peer: dbos, times: 20 }),
    told('one run of 10 steps alone', ms(alone.stemma)),
    judged(
      { what: '… its raw writes', figure: `${ms(alone.raw)} → ${times(alone.stemma / alone.raw)}` },
      alone.stemma / alone.raw,
      {
        atMost: 2,
        unit: ' ×',
      },
    ),
    told('… Restate', alone.restate === null ? NOT_MEASURED : ms(alone.restate)),
    told('… DBOS Transact', alone.dbos === null ? NOT_MEASURED : ms(alone.dbos)),
  ];
}

function against(name: string, at: { stemma: number; peer: number | null; times: number }): TableRow {
  const what = `… ${name}`;
  if (at.peer === null) return { what, figure: NOT_MEASURED, goal: `≥ ${at.times} ×`, met: '' };
  const ratio = at.stemma / at.peer;
  return judged({ what, figure: `${whole(at.peer)} → ${times(ratio)}` }, ratio, { atLeast: at.times, unit: ' ×' });
}

function growth({ bytesPerStep, more }: BenchDocument): TableRow[] {
  const { longRun, hugeRun, recovery, fanOut } = more;
  return [
    judged({ what: 'bytes stored per step', figure: whole(bytesPerStep) }, bytesPerStep, { atMost: 1000, unit: '' }),
    judged({ what: `step ${whole(longRun.step)} over step 10`, figure: times(longRun.overFirst) }, longRun.overFirst, {
      atMost: 1.1,
      unit: ' ×',
    }),
    told(
      `a run of ${whole(hugeRun.steps)} steps`,
      `${seconds(hugeRun.elapsedMs)}, end over beginning ${times(hugeRun.endOverBeginning)}`,
    ),
    peakMemory(`peak memory, ${whole(fanOut.steps)} steps fanned out`, fanOut.peakRssBytes),
    ...withFiles(more.fanOutApp),
    told(`recovery of ${whole(recovery.runs)} unfinished runs`, seconds(recovery.elapsedMs)),
  ];
}

function withFiles(app: BenchDocument['more']['fanOutApp']): TableRow[] {
  const what = '… through `stemma worker`, a file each';
  if (app === null) return [told(what, NOT_MEASURED)];
  const { peakRssBytes, elapsedMs, filesPerSecond, bareFilesMs } = app;
  const time = `${seconds(elapsedMs)}, ${whole(filesPerSecond)} files/s; the bare files ${seconds(bareFilesMs)}`;
  return [peakMemory(what, peakRssBytes), told('… its time', time)];
}

function peakMemory(what: string, bytes: number): TableRow {
  const megabytes = bytes / 1e6;
  return judged({ what, figure: `${megabytes.toFixed(0)} MB` }, megabytes, { atMost: 300, unit: ' MB' });
}

function readers({ more: { queries } }: BenchDocument): TableRow[] {
  const at = `at ${whole(queries.attempts)} attempts`;
  return [
    told(`list of runs ${at}`, ms(queries.listMs)),
    told(`a run by its trace ${at}`, ms(queries.byTraceMs)),
    told(`the last failed runs ${at}`, ms(queries.lastFailedMs)),
    told(`first list of all ${at}`, seconds(queries.firstListMs)),
  ];
}

function processes({ loopDelayMaxMs, more }: BenchDocument): TableRow[] {
  const { sharedFile, noopLoopDelayMaxMs, startLoopDelayMaxMs } = more;
  const shared = { what: `longest event-loop delay, ${sharedFile.processes} processes on one file` };
  return [
    judged({ ...shared, figure: ms(sharedFile.loopDelayMaxMs) }, sharedFile.loopDelayMaxMs, {
      atMost: 100,
      unit: ' ms',
    }),
    told(`durable steps per second, ${sharedFile.processes} processes together`, whole(sharedFile.stepsPerSecond)),
    told('longest event-loop delay of `run dada`', loopDelayMaxMs === null ? NOT_MEASURED : ms(loopDelayMaxMs)),
    told('… before its run is made', startLoopDelayMaxMs === null ? NOT_MEASURED : ms(startLoopDelayMaxMs)),
    told('… of the no-op shape', ms(noopLoopDelayMaxMs)),
  ];
}

const NOT_MEASURED = 'not measured';

type Bound = { readonly unit: string } & ({ readonly atLeast: number } | { readonly atMost: number });

function judged(row: Pick<TableRow, 'what' | 'figure'>, value: number, bound: Bound): TableRow {
  const isMet = 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
  const goal = 'atLeast' in bound ? `≥ ${bound.atLeast}${bound.unit}` : `≤ ${bound.atMost}${bound.unit}`;
  return { ...row, goal, met: isMet ? 'yes' : 'no' };
}

const told = (what: string, figure: string): TableRow => ({ what, figure, goal: '', met: '' });

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const seconds = (elapsedMs: number): string => `${(elapsedMs / 1000).toFixed(1)} s`;
const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ×`;

const HEADINGS: readonly string[] = ['what', 'figure', 'goal', 'met'];

/** Columns of equal width. */
export const toLines = (rows: readonly TableRow[]): string[] => padded(rows).map((line) => line.join('  ').trimEnd());

/** The same as a table in Markdown. */
export function toMarkdown(rows: readonly TableRow[]): string {
  const [head = [], ...body] = padded(rows);
  const rule = head.map((cell) => '-'.repeat(cell.length));
  return [head, rule, ...body].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function padded(rows: readonly TableRow[]): string[][] {
  const lines = [HEADINGS, ...rows.map(({ what, figure, goal, met }) => [what, figure, goal, met])];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
}
