import { Command } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** What chunks can be made of. */
export function stagesCommand(host: Host): Command {
  const stages = new Command('stages')
    .description('What chunks can be made of.')
    .addHelpText('after', examples('stemma stages list', 'stemma stages info text.interception'));
  for (const create of [list, info]) stages.addCommand(create(host));
  return stages;
}

const onStdout = (language: string) => ({ style: styleOf(process.stdout), width: widthOf(process.stdout), language });

const list = (host: Host): Command =>
  new Command('list')
    .description('Every registered stage.')
    .addHelpText('after', examples('stemma stages list'))
    .option('--json', 'print one JSON document')
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      const catalogue = await host.openCatalogue({ data });
      const { listStages } = await import('../../app/list-stages.ts');
      const items = listStages(catalogue);
      if (json === true) return writeJson({ items });
      write((await import('../draw/tables.ts')).drawStagesTable(items, onStdout(catalogue.settings.language)));
    });

const info = (host: Host): Command =>
  new Command('info')
    .description('What a stage reads, takes as settings, reports and calls.')
    .addHelpText('after', examples('stemma stages info text.interception'))
    .argument('<type>')
    .option('--json', 'print one JSON document')
    .action(async (type: string, _flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      const catalogue = await host.openCatalogue({ data });
      const { stageInfo } = await import('../../app/list-stages.ts');
      const found = stageInfo(catalogue, type);
      if (json === true) return writeJson(found);
      write((await import('../draw/tables.ts')).drawStageInfo(found, onStdout(catalogue.settings.language)));
    });
