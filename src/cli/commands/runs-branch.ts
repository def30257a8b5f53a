import { Command, Option } from 'commander';
import type { App } from '../../app/context.ts';
import type { BranchRunInput } from '../../app/branch-run.ts';
import { examples } from '../examples.ts';
import type { Host } from '../host.ts';
import { say, styleOf, widthOf, write, writeJson } from '../output.ts';
import { carryThrough, wishOf, withRunOptions } from './run.ts';
import type { RunFlags } from './run.ts';

interface BranchFlags extends RunFlags {
  readonly text?: string;
  readonly definitions?: 'stored' | 'current';
  readonly plan?: boolean;
}

/** Does a run again from one of its steps on. */
export const branchCommand = (host: Host): Command =>
  withBranchOptions(
    new Command('branch')
      .description('Do a run again from one of its steps on; what comes before is taken over.')
      .argument('<id>', 'the run to branch off; it stays as it is')
      .requiredOption('--from <step>', 'this step and all after it run: outputs[2].generate, interception[3], outputs'),
  )
    .addHelpText(
      'after',
      examples(
        'stemma runs branch <id> --from outputs[1].generate --seed 8',
        'stemma runs branch <id> --from interception --context "Tell it from the view of a snail."',
        'stemma runs branch <id> --from interception[4] --set iterations=6 --plan',
      ),
    )
    .action(async (id: string, _flags: unknown, self: Command) => {
      const flags = self.optsWithGlobals<BranchFlags & { readonly from: string }>();
      await using app = await host.openApp({ data: flags.data });
      await branch(app, { runId: id, from: flags.from }, flags);
    });

/** Does again what did not succeed. */
export const rerunCommand = (host: Host): Command =>
  withBranchOptions(
    new Command('rerun')
      .description('Branch off at the first step that failed, was blocked or canceled.')
      .argument('<id>', 'the run to do again; it stays as it is'),
  )
    .addHelpText('after', examples('stemma runs rerun <id>', 'stemma runs rerun <id> --profile fast --plan'))
    .action(async (id: string, _flags: unknown, self: Command) => {
      const flags = self.optsWithGlobals<BranchFlags>();
      await using app = await host.openApp({ data: flags.data });
      const { firstFailure } = await import('../../app/branch-step.ts');
      await branch(app, { runId: id, from: await firstFailure(app, id) }, flags);
    });

const withBranchOptions = (command: Command): Command =>
  withRunOptions(
    command
      .option('--text <text>', 'another input')
      .addOption(
        new Option('--definitions <which>', 'those the run was made with, or those of today')
          .choices(['stored', 'current'])
          .default('stored'),
      )
      .option('--plan', 'only say what would be taken over, what would run, and what it would cost'),
  );

async function branch(
  app: App,
  at: { readonly runId: string; readonly from: string },
  flags: BranchFlags,
): Promise<void> {
  const { branchPlan } = await import('../../app/branch-plan.ts');
  const { text, definitions } = flags;
  const set = { ...wishOf(flags), ...(text === undefined ? {} : { text }) };
  const input: BranchRunInput = { ...at, set, definitions };
  const plan = await branchPlan(app, input);
  if (flags.plan === true && flags.json === true) return writeJson(plan);
  if (flags.json !== true) {
    const { drawPlan } = await import('../draw/plan.ts');
    const stream = flags.plan === true ? process.stdout : process.stderr;
    const { language } = app.settings;
    const drawn = drawPlan(plan, { style: styleOf(stream), width: widthOf(stream), language });
    if (flags.plan === true) return write(drawn);
    say(drawn);
  }
  const { branchRun } = await import('../../app/branch-run.ts');
  await carryThrough(app, (claimFor) => branchRun(app, input, claimFor), flags);
}
