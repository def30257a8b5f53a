import { Command } from 'commander';
import type { DefinitionProblem } from '../../core/definitions.ts';
import { Exit } from '../host.ts';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, styleOf, widthOf, write, writeJson } from '../output.ts';

const INVALID = 2;

/** What can be run. */
export function configsCommand(host: Host): Command {
  const configs = new Command('configs')
    .description('What can be run.')
    .addHelpText('after', examples('stemma configs list', 'stemma configs show dada'));
  for (const create of [list, show, validate]) configs.addCommand(create(host));
  return configs;
}

const list = (host: Host): Command =>
  new Command('list')
    .description('Every config that has loaded.')
    .addHelpText('after', examples('stemma configs list', 'stemma configs list --json'))
    .option('--json', 'print one JSON document')
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      const catalogue = await host.openCatalogue({ data });
      const { listConfigs } = await import('../../app/list-configs.ts');
      const found = await listConfigs(catalogue);
      if (json === true) return writeJson(found);
      const { drawConfigsTable } = await import('../draw/tables.ts');
      write(drawConfigsTable(found.items, onStdout(catalogue.settings.language)));
      if (found.problems.length > 0) say(`${count(found.problems)} not loaded: stemma configs validate`);
    });

const show = (host: Host): Command =>
  new Command('show')
    .description('One config with its texts.')
    .addHelpText('after', examples('stemma configs show dada'))
    .argument('<id>')
    .option('--json', 'print one JSON document')
    .action(async (id: string, _flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      const { showConfig } = await import('../../app/list-configs.ts');
      const config = await showConfig(await host.openCatalogue({ data }), id);
      if (json === true) writeJson(config);
      else write(`# ${config.id}, ${config.origin}\n${config.source}`);
    });

const validate = (host: Host): Command =>
  new Command('validate')
    .description('Every problem of the definitions in force, or of a file or folder; exit 2 when there is one.')
    .addHelpText('after', examples('stemma configs validate', 'stemma configs validate my-definitions/'))
    .argument('[path]')
    .option('--json', 'print one JSON document')
    .action(async (path: string | undefined, _flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      const catalogue = await host.openCatalogue({ data });
      const { validateDefinitions } = await import('../../app/list-configs.ts');
      const problems = await validateDefinitions(catalogue, path);
      if (json === true) writeJson({ ok: problems.length === 0, problems });
      else if (problems.length === 0) write('Every definition is valid.');
      else write((await import('../draw/tables.ts')).drawProblems(problems, onStdout(catalogue.settings.language)));
      if (problems.length > 0) throw new Exit(INVALID);
    });

const onStdout = (language: string) => ({ style: styleOf(process.stdout), width: widthOf(process.stdout), language });

const count = (problems: readonly DefinitionProblem[]): string => {
  const files = new Set(problems.map(({ file }) => file)).size;
  return files === 1 ? '1 file has' : `${files} files have`;
};
