import { Command, InvalidArgumentError } from 'commander';
import type { App } from '../../app/context.ts';
import type { Verification, VerifyProblem } from '../../app/verify-run.ts';
import type { CommandType } from '../../core/ports.ts';
import { examples } from '../examples.ts';
import { Exit } from '../host.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { branchCommand, rerunCommand } from './runs-branch.ts';
import { deleteCommand } from './runs-delete.ts';
import { diffCommand } from './runs-diff.ts';
import { replayCommand } from './runs-replay.ts';
import { signalRunCommand } from './runs-signal.ts';
import { statsCommand } from './runs-stats.ts';
import { say, styleOf, widthOf, write, writeJson, writeLine } from '../output.ts';

const NOT_VERIFIED = 9;
const RUN = 'the run; `stemma runs list` shows the ids';

/** Looks at runs and asks things of them. */
export function runsCommand(host: Host): Command {
  const runs = new Command('runs')
    .description('Look at runs and ask things of them.')
    .addHelpText(
      'after',
      examples('stemma runs list --state waiting', 'stemma runs tree <id>', 'stemma runs branch <id> --from <step>'),
    );
  const commands = [
    list,
    show,
    tree,
    watch,
    events,
    verify,
    exportTo,
    command('cancel'),
    command('pause'),
    command('resume'),
    branchCommand,
    rerunCommand,
    diffCommand,
    replayCommand,
    deleteCommand,
    signalRunCommand,
    statsCommand,
  ];
  for (const create of commands) runs.addCommand(create(host));
  return runs;
}

/** Opens the app for an action on one run. */
const onRun =
  <F extends GlobalFlags>(host: Host, action: (app: App, id: string, flags: F) => Promise<void>) =>
  async (id: string, _flags: F, self: Command): Promise<void> => {
    const flags = self.optsWithGlobals<F>();
    await using app = await host.openApp({ data: flags.data });
    await action(app, id, flags);
  };

const onStdout = (app: App) => ({
  style: styleOf(process.stdout),
  width: widthOf(process.stdout),
  language: app.settings.language,
});

interface ListFlags extends GlobalFlags {
  readonly limit: number;
}

const list = (host: Host): Command =>
  new Command('list')
    .description('Runs, newest first.')
    .option('--state <state>', 'only runs in this state')
    .option('--config <id>', 'only runs of this config')
    .option('--from <time>', 'made at or after (ISO 8601)')
    .option('--to <time>', 'made at or before (ISO 8601)')
    .option('--search <words>', 'whose texts hold these words')
    .option('--label <key=value>', 'with this label')
    .option('--limit <number>', 'at most so many, 1 to 100', limitOf, 20)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma runs list --state failed', 'stemma runs list --search Leuchtturm --json'))
    .action(async (_flags: ListFlags, self: Command) => {
      const { data, json, debug: _debug, ...filter } = self.optsWithGlobals<ListFlags>();
      await using app = await host.openApp({ data });
      const { listRuns } = await import('../../app/list-runs.ts');
      const page = await listRuns(app, filter);
      if (json === true) return writeJson(page);
      const { drawRunsTable } = await import('../draw/tables.ts');
      const isWhole = Object.keys(filter).every((key) => key === 'limit');
      write(drawRunsTable(page.items, { ...onStdout(app), isWhole }));
      if (page.nextCursor !== null) say(`More: --cursor ${page.nextCursor}`);
    });

function limitOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new InvalidArgumentError('It must be a number from 1 to 100.');
  return value;
}

const show = (host: Host): Command =>
  new Command('show')
    .description('Everything about one run.')
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs show <id>', 'stemma runs show <id> --json'))
    .option('--json', 'print one JSON document')
    .action(
      onRun(host, async (app, id, { json }) => {
        const { parseRunId, readRun } = await import('../../app/read-run.ts');
        const { chronicle, runId } = await readRun(app, parseRunId(id));
        if (json === true) return writeJson(chronicle);
        const { drawRun } = await import('../draw/tables.ts');
        write(drawRun(chronicle, onStdout(app), await app.store.queue.place(runId)));
      }),
    );

const tree = (host: Host): Command =>
  new Command('tree')
    .description("Draw the run's stemma: how the text came down from version to version.")
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs tree <id>', 'stemma runs tree <id> --full'))
    .option('--full', 'do not cut long texts')
    .action(
      onRun<GlobalFlags & { full?: boolean }>(host, async (app, id, { full }) => {
        const { parseRunId, readRun } = await import('../../app/read-run.ts');
        const { wordsOf } = await import('../show-live.ts');
        const { drawTree } = await import('../draw/tree.ts');
        const { chronicle, runId } = await readRun(app, parseRunId(id));
        write(drawTree(chronicle, { ...onStdout(app), ...(await wordsOf(app, runId)), full: full ?? false }));
      }),
    );

const watch = (host: Host): Command =>
  new Command('watch')
    .description('Follow a run until it has ended.')
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs watch <id>'))
    .action(
      onRun(host, async (app, id) => {
        const { parseRunId } = await import('../../app/read-run.ts');
        const { showLive } = await import('../show-live.ts');
        const leave = new AbortController();
        process.once('SIGINT', () => leave.abort());
        await showLive(app, parseRunId(id), leave.signal);
      }),
    );

const events = (host: Host): Command =>
  new Command('events')
    .description("The run's events, one JSON document a line.")
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs events <id>', 'stemma runs events <id> --follow'))
    .option('--follow', 'go on with new events until the run has ended')
    .option('--json', 'accepted for symmetry: events are always JSON')
    .action(
      onRun<GlobalFlags & { follow?: boolean }>(host, async (app, id, { follow }) => {
        const { readEvents } = await import('../../app/read-events.ts');
        const leave = new AbortController();
        process.once('SIGINT', () => leave.abort());
        for await (const event of readEvents(app, id, { follow: follow ?? false, signal: leave.signal }))
          writeLine(event);
      }),
    );

const verify = (host: Host): Command =>
  new Command('verify')
    .description('Recompute the whole record of a run; exit 9 when something is not as it was recorded.')
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs verify <id>', 'stemma runs verify <id> --json'))
    .option('--json', 'print one JSON document')
    .action(
      onRun(host, async (app, id, { json }) => {
        const { isUnnamedFile, verifyRun } = await import('../../app/verify-run.ts');
        const result = await verifyRun(app, id);
        if (json === true) writeJson(result);
        else write(describeVerified(result, isUnnamedFile));
        if (!result.ok) throw new Exit(NOT_VERIFIED);
      }),
    );

function describeVerified(result: Verification, isUnnamed: (problem: VerifyProblem) => boolean): string {
  const { ok, problems } = result;
  const listed = (title: string, some: readonly VerifyProblem[]): string[] =>
    some.length === 0 ? [] : [title, ...some.map((one) => `  ${one.what} ${one.problem}`)];
  const what = result.content === 'deleted' ? 'content deleted' : `${result.artifacts} artifacts`;
  const intact = ok ? [`Intact: ${result.events} events, ${what}.`] : [];
  const faults = listed(
    'Not as it was recorded:',
    problems.filter((one) => !isUnnamed(one)),
  );
  return [...intact, ...faults, ...listed('Not part of the record:', problems.filter(isUnnamed))].join('\n');
}

const exportTo = (host: Host): Command =>
  new Command('export')
    .description('Write a run as a document of its own.')
    .argument('<id>', RUN)
    .addHelpText('after', examples('stemma runs export <id> --format json --out run.json'))
    .requiredOption('--format <format>', 'json')
    .option('--out <file>', 'write to a file instead of standard output')
    .option('--json', 'answer errors as JSON')
    .action(
      onRun<GlobalFlags & { format: string; out?: string }>(host, async (app, id, { format, out }) => {
        const { exportRun } = await import('../../app/export-run.ts');
        const text = await exportRun(app, { runId: id, format });
        if (out === undefined) return write(text);
        const { writeOutFile } = await import('../out-file.ts');
        await writeOutFile(out, text);
        say(out);
      }),
    );

const WORDS: { readonly [C in CommandType]: string } = {
  cancel: 'End a run for good; running calls are stopped.',
  pause: 'Let running steps finish and start nothing new.',
  resume: 'Let a paused run go on, here when no worker is live.',
};

const command =
  (type: CommandType) =>
  (host: Host): Command => {
    const self = new Command(type)
      .description(WORDS[type])
      .argument('<id>', RUN)
      .addHelpText('after', examples(`stemma runs ${type} <id>`))
      .option('--json', 'print one JSON document');
    if (type === 'resume') self.option('--detach', 'leave the work to `stemma worker`');
    return self.action(
      onRun<GlobalFlags & { detach?: boolean }>(host, async (app, id, { json, detach }) => {
        const { commandRun } = await import('../../app/command-run.ts');
        const { sendCommand } = await import('../send-command.ts');
        await sendCommand(app, id, {
          send: (options) => commandRun(app, { runId: id, command: { type, by: 'admin' } }, options),
          flags: { json, detach },
          told: { command: type },
        });
      }),
    );
  };
