import { Command, InvalidArgumentError } from 'commander';
import type { App } from '../../app/context.ts';
import type { StartedRun, StartRunInput } from '../../app/start-run.ts';
import type { RunResult } from '../../app/run-result.ts';
import type { RunId, WorkerId } from '../../core/ids.ts';
import type { RunState } from '../../core/states.ts';
import { examples } from '../examples.ts';
import { Exit } from '../host.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { readInputText } from '../input-text.ts';
import { say, styleOf, widthOf, write, writeJson } from '../output.ts';

const INTERRUPTED = 130;

/** Flags of everything that starts a run. */
export interface RunFlags extends GlobalFlags {
  readonly output?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  readonly task?: string;
  readonly context?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly safety?: string;
  readonly profile?: string;
  readonly seed?: number;
  readonly priority?: string;
  readonly budget?: number;
  readonly by?: string;
  readonly lang?: string;
  readonly watch?: boolean;
  readonly detach?: boolean;
  readonly strict?: boolean;
}

export const runCommand = (host: Host): Command =>
  withRunOptions(
    new Command('run')
      .description('Run one config on a text, to its end.')
      .argument('<config>', 'id of a config; `stemma configs list` shows them')
      .argument('[text]', 'the text; else --input-file, else standard input')
      .option('--input-file <file>', 'read the text from a file'),
  )
    .addHelpText(
      'after',
      examples(
        'stemma run dada "A cat sits on the roof and dreams of the sea"',
        'stemma run bauhaus "Drei Vögel über dem Leuchtturm" --output image,text --seed 7',
        'stemma run your-own "A street in the rain" --context "Tell it from the view of a snail."',
        'cat poem.txt | stemma run stille-post --set hands=12 --json',
      ),
    )
    .action(async (...[config, text, , command]: [string, string | undefined, unknown, Command]) => {
      const flags = command.optsWithGlobals<RunFlags & { readonly inputFile?: string }>();
      await using app = await host.openApp({ data: flags.data });
      const limit = app.settings.inputBytes;
      const source = { argument: text, file: flags.inputFile, stdin: process.stdin, limit };
      const input = { config, text: await readInputText(source), ...wishOf(flags) };
      const { startRun } = await import('../../app/start-run.ts');
      await carryThrough(app, (claimFor) => startRun(app, input, claimFor), flags);
    });

/** What can be asked of a run, and how its work is shown. */
export const withRunOptions = (command: Command): Command =>
  command
    .option('--output <ids>', 'output configs, separated by commas', listOf)
    .option('--set <key=value>', 'a parameter; may be given several times', pairs)
    .option('--task <text>', 'edit the task for this run')
    .option('--context <text>', 'edit the context for this run')
    .option('--label <key=value>', 'a label; may be given several times', pairs)
    .option('--safety <level>', 'kids, youth, adult, research; only stricter than the setting')
    .option('--profile <id>', 'which models fill the roles')
    .option('--seed <number>', 'the same seed gives the same bytes', wholeNumber)
    .option('--priority <priority>', 'critical, high, normal, low')
    .option('--by <id>', 'who asks: a role or an id, no name')
    .option('--budget <usd>', 'what the run may cost; a call that would go beyond it is not made', amount)
    .option('--lang <code>', 'language of task, context and messages (ISO 639-1)')
    .option('--watch', 'show what happens, also without a terminal')
    .option('--detach', 'only submit it and print the id; `stemma worker` does the work')
    .option('--strict', 'exit 1 when an output did not succeed')
    .option('--json', 'print one JSON document');

/** Starts a run, does its work unless it is left to others, and tells how it ended. @throws {Exit} */
export async function carryThrough(
  app: App,
  start: (claimFor?: WorkerId) => Promise<StartedRun>,
  flags: RunFlags,
): Promise<void> {
  if (flags.detach === true) return tellDetached(await start(), flags);
  const { asWorker } = await import('../../app/work.ts');
  const done = await asWorker(app, async () => {
    const started = await start(app.engine.worker.id);
    return { started, interrupted: await carryOut(app, started, flags) };
  });
  const { runResult, exitCodeOf } = await import('../../app/run-result.ts');
  const result = await runResult(app, done.started.runId);
  await tell(app, result, flags);
  leaveIfInterrupted(result, done.interrupted);
  const code = exitCodeOf(result, flags);
  if (code !== 0) throw new Exit(code);
}

function tellDetached({ runId, traceId }: StartedRun, flags: RunFlags): void {
  if (flags.json === true) writeJson({ runId, traceId, state: 'pending' });
  else write(runId);
}

/** Whether people are shown what happens. */
type ShowFlags = Pick<RunFlags, 'json' | 'watch'>;

/** Does the run's work in this process and shows it. @returns whether a person interrupted it */
export async function carryOut(app: App, started: StartedRun, flags: ShowFlags): Promise<boolean> {
  const { work } = await import('../../app/work.ts');
  const leave = new AbortController();
  const interrupt = pauseOnInterrupt(app, started.runId);
  const watching = watchLive(app, started.runId, { signal: leave.signal, flags });
  try {
    const held = started.lease === undefined ? [] : [started.lease];
    const { last, survey } = await work(app, { only: started.runId, held, signal: interrupt.gone });
    if (last?.kind === 'broken') throw last.error;
    if (survey.runnable > 0 && flags.json !== true)
      say(`${survey.runnable} other ${survey.runnable === 1 ? 'run is' : 'runs are'} unfinished: stemma worker --once`);
  } finally {
    leave.abort();
    interrupt.stop();
    await watching;
  }
  return interrupt.happened();
}

/** Ctrl-C pauses the run, so that it can be resumed; a second one just exits. */
export function pauseOnInterrupt(app: App, runId: RunId): { gone: AbortSignal; stop(): void; happened(): boolean } {
  const gone = new AbortController();
  let times = 0;
  const onInterrupt = (): void => {
    times += 1;
    if (times > 1) process.exit(INTERRUPTED); // oxlint-disable-line unicorn/no-process-exit -- the second Ctrl-C means now
    say('\nPausing; running steps finish. Ctrl-C again to leave at once.');
    app.store.queue.send(runId, { type: 'pause', by: 'person' }).catch(() => gone.abort());
  };
  const onTerminate = (): void => gone.abort();
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  const stop = (): void => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  };
  return { gone: gone.signal, stop, happened: () => times > 0 };
}

/** @throws {Exit} when a person interrupted the work and the run can go on */
export function leaveIfInterrupted(
  { runId, state }: { readonly runId: RunId; readonly state: RunState },
  isInterrupted: boolean,
): void {
  if (!isInterrupted || state !== 'paused') return;
  say(`Paused. To go on: stemma runs resume ${runId}`);
  throw new Exit(INTERRUPTED);
}

async function watchLive(app: App, runId: RunId, at: { signal: AbortSignal; flags: ShowFlags }): Promise<void> {
  const { flags, signal } = at;
  if (flags.json === true || (flags.watch !== true && !process.stderr.isTTY)) return;
  const { showLive } = await import('../show-live.ts');
  await showLive(app, runId, signal);
}

async function wakerOf(app: App, runId: RunId): Promise<'time' | 'person' | 'signal' | null> {
  const { readRun } = await import('../../app/read-run.ts');
  return (await readRun(app, runId)).chronicle.run.waitingFor;
}

async function tell(app: App, result: RunResult, flags: RunFlags): Promise<void> {
  if (flags.json === true) return writeJson(result);
  const { drawHints, drawResult } = await import('../draw/result.ts');
  const language = flags.lang ?? app.settings.language;
  write(drawResult(result, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
  const waitingFor = result.state === 'waiting' ? await wakerOf(app, result.runId) : null;
  const toEyes = { style: styleOf(process.stderr), width: widthOf(process.stderr), language };
  say(drawHints({ ...result, waitingFor }, toEyes));
  if (result.profile === 'offline' && (flags.task !== undefined || flags.context !== undefined))
    say(
      'The offline procedures follow fixed rules: your task and context are on the record, and were not read by a model.',
    );
}

/** What the flags say of a run. */
export function wishOf(flags: RunFlags): Omit<StartRunInput, 'config' | 'text'> {
  const { output, set, task, context, label, safety, profile, seed, priority, budget, by, lang } = flags;
  const all = {
    task,
    context,
    outputs: output,
    set,
    safety,
    profile,
    seed,
    priority,
    budget,
    by,
    lang,
    labels: label,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');

function pairs(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as key=value.');
  const key = text.slice(0, at);
  if (key === '__proto__') throw new InvalidArgumentError('That name cannot be used.');
  return { ...before, [key]: text.slice(at + 1) };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It must be a whole number from 0.');
  return value;
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be an amount in USD, such as 0.50.');
  return value;
}
