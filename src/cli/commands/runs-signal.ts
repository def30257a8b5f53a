import { Command } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { readInputText } from '../input-text.ts';

interface SignalFlags extends GlobalFlags {
  readonly inputFile?: string;
  readonly detach?: boolean;
}

/** Tells a run something from outside. */
export const signalRunCommand = (host: Host): Command =>
  new Command('signal')
    .description('Tell a run something that one of its steps waits for.')
    .argument('<id>', 'the run that waits; `stemma runs list --state waiting` shows it')
    .argument('<name>', 'of the signal, as the step names it')
    .argument('[text]', 'what comes with it')
    .option('--input-file <file>', 'take the text from a file')
    .option('--detach', 'leave the work to `stemma worker`')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples('stemma runs signal <id> scan.done', 'stemma runs signal <id> form.filled --input-file answers.txt'),
    )
    .action(async (...[id, name, text, , self]: [string, string, string | undefined, SignalFlags, Command]) => {
      const { data, json, detach, inputFile } = self.optsWithGlobals<SignalFlags>();
      await using app = await host.openApp({ data });
      const { signalRun } = await import('../../app/reviews.ts');
      const { sendCommand } = await import('../send-command.ts');
      const body = await bodyOf(text, inputFile, app.settings.inputBytes);
      const input = { runId: id, name, ...(body === undefined ? {} : { body }) };
      await sendCommand(app, id, {
        send: (options) => signalRun(app, input, options),
        flags: { json, detach },
        told: { signal: name },
      });
    });

/** A signal may come alone: nothing is read from standard input. */
async function bodyOf(text: string | undefined, file: string | undefined, limit: number): Promise<string | undefined> {
  if (text === undefined && file === undefined) return undefined;
  return readInputText({ argument: text, file, stdin: process.stdin, limit });
}
