import { Command } from 'commander';
import type { WorkerMode } from '../../core/states.ts';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, writeJson } from '../output.ts';

const MODES: { readonly [M in WorkerMode]: string } = {
  active: 'Active again: takes runs.',
  paused: 'Paused: gives its runs back and takes nothing until `stemma workers resume`.',
  draining: 'Draining: finishes its runs and takes nothing new until `stemma workers resume`.',
  quarantined: 'Quarantined: gives its runs back and takes nothing until `stemma workers release`.',
};

/** Executes what has been submitted. */
export const workerCommand = (host: Host): Command =>
  new Command('worker')
    .description('Execute submitted and unfinished runs.')
    .addHelpText('after', examples('stemma worker', 'stemma worker --once'))
    .option('--once', 'end when nothing is runnable and every other holder of a run has been seen alive')
    .option('--json', 'print what is left as one JSON document at the end')
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json, once } = self.optsWithGlobals<GlobalFlags & { once?: boolean }>();
      await using app = await host.openApp({ data });
      const { asWorker, work } = await import('../../app/work.ts');
      const leave = new AbortController();
      const stop = (): void => leave.abort();
      process.on('SIGINT', stop).on('SIGTERM', stop);
      if (json !== true) say(`Working on ${app.dataDirectory}${once === true ? '' : '; Ctrl-C ends'}`);
      const input = {
        once: once ?? false,
        signal: leave.signal,
        onSession: (runId: string, end: { kind: string; error?: Error } | undefined) => {
          if (json !== true && end !== undefined)
            say(`${runId} ${end.kind}${end.error === undefined ? '' : `: ${end.error.message}`}`);
        },
        onMode: (mode: WorkerMode) => {
          if (json !== true) say(MODES[mode]);
        },
      };
      const { survey } = await asWorker(app, () => work(app, input));
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (json === true) writeJson(survey);
      else if (survey.parked > 0)
        say(`${survey.parked} ${survey.parked === 1 ? 'run waits' : 'runs wait'} for a time, an answer or a signal.`);
    });
