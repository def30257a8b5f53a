import { Command } from 'commander';
import type { App } from '../../app/context.ts';
import { examples } from '../examples.ts';
import { Exit } from '../host.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

const NOT_THE_SAME = 9;

interface DiffFlags extends GlobalFlags {
  readonly exact?: boolean;
}

/** Holds two runs against each other. */
export const diffCommand = (host: Host): Command =>
  new Command('diff')
    .description('What is different between two runs, step by step.')
    .argument('<a>', 'the run on the left')
    .argument('<b>', 'the run on the right')
    .option('--exact', 'only whether they hold the same bytes; exit 9 at the first difference')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma runs diff <a> <b>', 'stemma runs diff <a> <b> --exact'))
    .action(async (left: string, right: string, ...[, self]: [DiffFlags, Command]) => {
      const flags = self.optsWithGlobals<DiffFlags>();
      await using app = await host.openApp({ data: flags.data });
      await (flags.exact === true ? tellExact : tellDifferences)(app, [left, right], flags);
    });

const onStdout = (app: App) => ({
  style: styleOf(process.stdout),
  width: widthOf(process.stdout),
  language: app.settings.language,
});

async function tellExact(app: App, [left, right]: readonly [string, string], { json }: DiffFlags): Promise<void> {
  const { exactDiff } = await import('../../app/exact-diff.ts');
  const result = await exactDiff(app, left, right);
  if (json === true) writeJson(result);
  else write((await import('../draw/comparison.ts')).drawExact(result, onStdout(app)));
  if (result.difference !== null) throw new Exit(NOT_THE_SAME);
}

async function tellDifferences(app: App, [left, right]: readonly [string, string], { json }: DiffFlags): Promise<void> {
  const { compareRuns } = await import('../../app/compare-runs.ts');
  const comparison = await compareRuns(app, left, right);
  if (json === true) writeJson(comparison);
  else write((await import('../draw/comparison.ts')).drawComparison(comparison, onStdout(app)));
}
