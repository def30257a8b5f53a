import { Command, CommanderError } from 'commander';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import { budgetsCommand } from './commands/budgets.ts';
import { configsCommand } from './commands/configs.ts';
import { costsCommand } from './commands/costs.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand } from './commands/init.ts';
import { reviewsCommand } from './commands/reviews.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { stagesCommand } from './commands/stages.ts';
import { workerCommand } from './commands/worker.ts';
import { workersCommand } from './commands/workers.ts';
import { examples } from './examples.ts';
import { Exit } from './host.ts';
import type { Host } from './host.ts';
import { errorDocument, errorText, say, styleOf, writeJson } from './output.ts';

/** Runs the command line to its end. @returns the exit code (spec chapter 7) */
export async function runCli(argv: readonly string[], host: Host): Promise<number> {
  const program = createProgram(host);
  bearReader(process.stdout, 'standard output');
  bearReader(process.stderr, 'standard error');
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    if (thrown instanceof Exit) return thrown.code;
    if (thrown instanceof CommanderError) return wrongUse(thrown, { argv, host });
    return fail(thrown, { argv, host });
  }
}

const NOT_WRITTEN = 1;

/**
 * Whoever reads may stop reading (`| head`): the command goes on to its end and its own exit code, and says no more.
 * A reader's disk that is full is told, and shows in the exit code.
 */
function bearReader(stream: NodeJS.WriteStream, name: string): void {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    if (process.exitCode === undefined && stream !== process.stderr)
      say(`stemma: ${name} cannot be written: ${message}`);
    process.exitCode = NOT_WRITTEN;
  });
}

function createProgram(host: Host): Command {
  const program = new Command('stemma')
    .description('Runs multi-stage generative-AI pipelines and keeps the whole lineage of every run.')
    .version(host.version, '--version', 'print the version')
    .option('--data <dir>', 'where runs are kept (default: STEMMA_DATA, the nearest .stemma, or ~/.stemma)')
    .option('--debug', 'print stack traces')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: say, outputError: () => undefined })
    .addHelpText('after', EXAMPLES);
  const commands = [
    runCommand,
    runsCommand,
    workerCommand,
    workersCommand,
    reviewsCommand,
    costsCommand,
    budgetsCommand,
    configsCommand,
    stagesCommand,
    doctorCommand,
    initCommand,
  ];
  for (const create of commands) program.addCommand(inherit(create(host), program));
  return program;
}

/** Sub-commands answer wrong use the same way as the program. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from).showSuggestionAfterError();
  for (const sub of command.commands) inherit(sub, from);
  return command;
}

const EXAMPLES = examples(
  'stemma run dada "A cat sits on the roof and dreams of the sea"',
  'stemma run stille-post --input-file poem.txt --seed 7 --json',
  'stemma runs list --state failed',
  'stemma runs tree <id>',
  'stemma runs verify <id>',
);

/** What Commander found. Where a group of commands is named alone, its help has been printed and says enough. */
async function wrongUse(error: CommanderError, at: { argv: readonly string[]; host: Host }): Promise<number> {
  if (error.exitCode === 0) return 0;
  const [detail = '', near] = error.message.replace(/^error: /, '').split(/\n\((?=Did you mean)/);
  const hint = near === undefined ? '--help shows what can be given.' : near.replace(/\)$/, '');
  const fault = new StemmaError('INPUT_INVALID', detail, { hint });
  if (error.code !== 'commander.help' || at.argv.includes('--json')) return fail(fault, at);
  return fault.meaning.exitCode;
}

async function fail(thrown: unknown, at: { argv: readonly string[]; host: Host }): Promise<number> {
  const error = toStemmaError(thrown);
  if (at.argv.includes('--json')) writeJson(errorDocument(error, await titleOf(error, at.host)));
  else say(errorText(thrown, { debug: at.argv.includes('--debug'), style: styleOf(process.stderr) }));
  return error.meaning.exitCode;
}

/** The catalogue's words for the code; the code itself where the catalogue cannot be read. */
async function titleOf(error: StemmaError, host: Host): Promise<string> {
  try {
    const { messages, settings } = await host.openCatalogue({});
    return messages.text(`error.${error.code}.title`, error.facts, settings.language);
  } catch {
    return error.code;
  }
}
