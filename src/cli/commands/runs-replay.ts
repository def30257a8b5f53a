import { Command } from 'commander';
import type { App } from '../../app/context.ts';
import { examples } from '../examples.ts';
import { Exit } from '../host.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, styleOf, widthOf, write, writeJson } from '../output.ts';
import { carryOut } from './run.ts';

const NOT_THE_SAME = 9;
const INTERRUPTED = 130;

interface ReplayFlags extends GlobalFlags {
  readonly watch?: boolean;
}

/** Carries a run out again from its own record. */
export const replayCommand = (host: Host): Command =>
  new Command('replay')
    .description(
      'Carry a run out again from its record, without calling anybody; exit 9 unless the bytes are the same.',
    )
    .argument('<id>')
    .option('--watch', 'show what happens, also without a terminal')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma runs replay <id>', 'stemma runs replay <id> --json'))
    .action(async (id: string, _flags: ReplayFlags, self: Command) => {
      const flags = self.optsWithGlobals<ReplayFlags>();
      await using app = await host.openApp({ data: flags.data });
      await replay(app, id, flags);
    });

async function replay(app: App, id: string, flags: ReplayFlags): Promise<void> {
  const { asWorker } = await import('../../app/work.ts');
  const { replayResult, replayRun } = await import('../../app/replay-run.ts');
  const { runId, interrupted } = await asWorker(app, async () => {
    const started = await replayRun(app, id, app.engine.worker.id);
    return { runId: started.runId, interrupted: await carryOut(app, started, flags) };
  });
  const result = await replayResult(app, runId);
  if (flags.json === true) writeJson(result);
  if (interrupted && result.state === 'paused') {
    say(`Paused. To go on: stemma runs resume ${runId}`);
    throw new Exit(INTERRUPTED);
  }
  if (flags.json !== true) {
    const { drawReplay } = await import('../draw/comparison.ts');
    const { language } = app.settings;
    write(drawReplay(result, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
  }
  if (result.exact.difference !== null || result.fault?.code === 'REPLAY_MISS') throw new Exit(NOT_THE_SAME);
}
