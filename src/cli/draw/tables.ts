import type { Finding } from '../../app/doctor.ts';
import type { ListedConfig } from '../../app/list-configs.ts';
import type { ListedRun } from '../../app/list-runs.ts';
import type { StageInfo } from '../../app/list-stages.ts';
import type { DefinitionProblem } from '../../core/definitions.ts';
import { cleanAll, cleanLine } from './clean.ts';
import { drawColumns, drawFacts } from './columns.ts';
import { wrap } from './layout.ts';
import type { DrawOptions } from './style.ts';
import { counted, fill, phrasesOf } from './words.ts';

export { drawRun } from './run-facts.ts';

/** Runs, one a line; ids are whole, so that they can be copied into the next command. */
export function drawRunsTable(
  items: readonly ListedRun[],
  options: DrawOptions & { /** Nothing was left out by a filter. */ readonly isWhole?: boolean },
): string {
  const phrases = phrasesOf(options.language);
  const { words } = phrases;
  const { columns } = words;
  if (items.length === 0) return `${options.isWhole === false ? words.nothing.fittingRuns : words.nothing.runs}\n`;
  return drawColumns(
    cleanAll(items),
    [
      { title: columns.run, read: ({ runId }) => runId },
      { title: columns.state, read: ({ state }) => state, least: 5 },
      { title: columns.config, read: ({ config }) => cleanLine(config), least: 6 },
      {
        title: columns.duration,
        read: ({ durationMs }) => (durationMs === null ? '' : phrases.duration(durationMs)),
        align: 'right',
      },
      { title: columns.created, read: ({ createdAt }) => phrases.moment(createdAt), least: 4 },
      { title: columns.outputs, read: ({ outputs }) => outputs.join(', '), least: 0 },
      {
        title: columns.cost,
        read: ({ costMicroUsd }) => (costMicroUsd === 0 ? '' : phrases.money(costMicroUsd)),
        align: 'right',
        least: 0,
      },
    ],
    options,
  );
}

/** Configs as a person chooses one. */
export function drawConfigsTable(items: readonly ListedConfig[], options: DrawOptions): string {
  const { words } = phrasesOf(options.language);
  const { columns } = words;
  if (items.length === 0) return `${words.nothing.configs}\n`;
  return drawColumns(
    cleanAll(items),
    [
      { title: columns.id, read: ({ id }) => id, ink: () => options.style.strong },
      { title: columns.name, read: ({ name }) => cleanLine(name), least: 8 },
      { title: columns.outputs, read: ({ outputs }) => outputs.join(', '), least: 6 },
      { title: '', read: ({ minAge }) => (minAge === null ? '' : fill(words.fromAge, { age: minAge })) },
      { title: columns.description, read: ({ description }) => cleanLine(description), least: 10 },
    ],
    options,
  );
}

/** Stages, one a line. */
export function drawStagesTable(items: readonly StageInfo[], options: DrawOptions): string {
  const { words } = phrasesOf(options.language);
  const { columns } = words;
  if (items.length === 0) return `${words.nothing.stages}\n`;
  return drawColumns(
    cleanAll(items),
    [
      { title: columns.stage, read: ({ type }) => type, ink: () => options.style.strong },
      { title: columns.calls, read: ({ calls }) => calls ?? '' },
      { title: columns.writes, read: ({ writes }) => writes },
      { title: columns.description, read: ({ title, description }) => cleanLine(description || title), least: 10 },
    ],
    options,
  );
}

/** Everything that somebody who writes a chunk has to know about its stage. */
export function drawStageInfo(info: StageInfo, options: DrawOptions): string {
  const safe = cleanAll(info);
  const { style } = options;
  const { words } = phrasesOf(options.language);
  const { facts } = words;
  const inputs = safe.inputs.map(({ name, kind, required }) =>
    required ? `${name} (${kind})` : `${name} (${kind}, ${words.optional})`,
  );
  const reports = Object.entries(safe.facts).map(([name, kind]) => `${name} (${kind})`);
  const table = drawFacts(
    [
      [facts.inputs, inputs.join(', ')],
      [facts.settings, safe.settings.join(', ')],
      [facts.reports, reports.join(', ')],
      [facts.writes, safe.writes],
      [facts.calls, safe.calls ?? words.none],
    ],
    options,
  );
  const head = `${style.strong(safe.type)} ${style.dim(`${style.marks.dot} ${safe.version}`)}  ${cleanLine(safe.title)}`;
  return `${[head, ...wrap(safe.description, options.width)].join('\n')}\n\n${table}`;
}

/** What `stemma doctor` found: every line says by a mark and a word whether it is well. */
export function drawFindings(findings: readonly Finding[], options: DrawOptions): string {
  const { style } = options;
  const { words } = phrasesOf(options.language);
  if (findings.length === 0) return `${words.nothing.findings}\n`;
  const bad = findings.filter(({ ok }) => !ok).length;
  const rows = cleanAll(findings).map(({ check, ok, detail }) => {
    const mark = ok ? `${style.marks.passed} ${words.well}` : `${style.marks.failed} ${words.notWell}`;
    return { mark, check: cleanLine(check), detail: cleanLine(detail), ok };
  });
  const table = drawColumns(
    rows,
    [
      { title: '', read: ({ mark }) => mark, ink: ({ ok }) => (ok ? style.hand : style.strong) },
      { title: '', read: ({ check }) => check },
      { title: '', read: ({ detail }) => detail, least: 10, ink: ({ ok }) => (ok ? style.dim : style.person) },
    ],
    options,
  );
  const verdict = bad === 0 ? words.wellAll : counted(words.notWellSome, bad);
  return `${table.replace(/^[^\n]*\n/u, '')}\n${verdict}\n`;
}

/** Problems as compilers write them, so that editors can jump there: `file:line:column message`. */
export function drawProblems(problems: readonly DefinitionProblem[], options: DrawOptions): string {
  const { style } = options;
  const { words } = phrasesOf(options.language);
  if (problems.length === 0) return `${words.nothing.problems}\n`;
  const lines = cleanAll(problems).flatMap(({ file, line, column, message, suggestion, path }) => {
    const at = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
    const where = path.length === 0 ? '' : ` ${style.dim(`(${path.join('.')})`)}`;
    const said = `${style.strong(at)} ${cleanLine(message)}${where}`;
    return suggestion === undefined ? [said] : [said, `  ${style.hand(cleanLine(suggestion))}`];
  });
  return `${lines.join('\n')}\n\n${counted(words.problemCount, problems.length)}\n`;
}
