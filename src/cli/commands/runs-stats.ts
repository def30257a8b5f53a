import { Command, Option } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** How the installation is doing. */
export const statsCommand = (host: Host): Command =>
  new Command('stats')
    .description('Runs by state, queue, workers, latency and errors of models, breakers, cost of the last hour.')
    .option('--prometheus', 'print metrics in the text format of Prometheus')
    .addOption(new Option('--json', 'print one JSON document').conflicts('prometheus'))
    .addHelpText('after', examples('stemma runs stats', 'stemma runs stats --prometheus > stemma.prom'))
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json, prometheus } = self.optsWithGlobals<GlobalFlags & { prometheus?: boolean }>();
      await using app = await host.openApp({ data });
      if (prometheus === true) {
        const { metricsText } = await import('../../app/metrics.ts');
        return write(await metricsText(app));
      }
      const { readStatistics } = await import('../../app/statistics.ts');
      const statistics = await readStatistics(app);
      if (json === true) return writeJson(statistics);
      const { drawStatistics } = await import('../draw/statistics.ts');
      const { language } = app.settings;
      write(drawStatistics(statistics, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
    });
