import { Command } from 'commander';
import type { WorkerAction } from '../../app/workers.ts';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, styleOf, widthOf, write, writeJson } from '../output.ts';

/** Looks at workers and sets what they may do. */
export function workersCommand(host: Host): Command {
  const workers = new Command('workers')
    .description('Look at workers and set what they may do.')
    .addHelpText('after', examples('stemma workers list', 'stemma workers drain 9d5e'));
  workers.addCommand(list(host));
  for (const action of ['pause', 'resume', 'drain', 'quarantine', 'release'] as const)
    workers.addCommand(change(host, action));
  return workers;
}

const list = (host: Host): Command =>
  new Command('list')
    .description('Workers, and whether they live; takes a second, or four when one does not answer.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma workers list', 'stemma workers list --json'))
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { listWorkers } = await import('../../app/workers.ts');
      if (json !== true && process.stderr.isTTY) say('…');
      const items = await listWorkers(app);
      if (json === true) return writeJson({ items });
      const { drawWorkersTable } = await import('../draw/workers.ts');
      const { language } = app.settings;
      write(drawWorkersTable(items, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
    });

const WORDS: { readonly [A in WorkerAction]: string } = {
  pause: 'Let running steps finish, give the runs back to others, and take nothing until resumed.',
  resume: 'Let a paused or draining worker take runs again.',
  drain: 'Finish the runs it has and take nothing new.',
  quarantine: 'As pause, for a worker that is not trusted; only `release` ends it.',
  release: 'Let a quarantined worker take runs again.',
};

const change = (host: Host, action: WorkerAction): Command =>
  new Command(action)
    .description(WORDS[action])
    .argument('<id>', 'of the worker, or the beginning of it: 4 characters or more')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples(`stemma workers ${action} <id>`))
    .action(async (id: string, _flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { changeWorker } = await import('../../app/workers.ts');
      const changed = await changeWorker(app, { worker: id, action });
      if (json === true) writeJson(changed);
      else write(`${changed.id} ${changed.mode}`);
    });
