import { Command } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** What calls have cost. */
export const costsCommand = (host: Host): Command =>
  new Command('costs')
    .description('What calls to models have cost, summed up.')
    .option('--by <group>', 'run, step, stage, provider, model, config, room or day (default: model)')
    .option('--from <date>', 'calls that ended on this day or later (2026-03-01)')
    .option('--to <date>', 'calls that ended on this day or earlier')
    .option('--config <id>', 'only runs of this config')
    .option('--room <id>', 'only runs of this room')
    .option('--run <id>', 'only this run')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples('stemma costs --by day --from 2026-03-01', 'stemma costs --by step --run <id> --json'),
    )
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json, debug: _debug, ...filter } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { readCosts } = await import('../../app/costs.ts');
      const costs = await readCosts(app, filter);
      if (json === true) return writeJson(costs);
      const { drawCosts } = await import('../draw/costs.ts');
      const { language } = app.settings;
      write(drawCosts(costs, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
    });
