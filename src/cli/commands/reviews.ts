import { Command } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** Questions that runs ask people. */
export function reviewsCommand(host: Host): Command {
  const reviews = new Command('reviews')
    .description('Questions of runs that wait for a person.')
    .addHelpText('after', examples('stemma reviews list', 'stemma reviews decide <id> approve'));
  for (const create of [list, decide]) reviews.addCommand(create(host));
  return reviews;
}

const list = (host: Host): Command =>
  new Command('list')
    .description('What waits for a decision, the oldest question first.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma reviews list', 'stemma reviews list --json'))
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { listReviews } = await import('../../app/reviews.ts');
      const items = await listReviews(app);
      if (json === true) return writeJson({ items });
      const { drawReviews } = await import('../draw/reviews.ts');
      const { language } = app.settings;
      write(drawReviews(items, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
    });

interface DecideFlags extends GlobalFlags {
  readonly step?: string;
  readonly note?: string;
  readonly by?: string;
  readonly detach?: boolean;
}

const decide = (host: Host): Command =>
  new Command('decide')
    .description('Answer the question of a run; it goes on with the answer, here when no worker is live.')
    .argument('<id>', 'the run that asks; `reviews list` shows it')
    .argument('<choice>', 'one of the options that `reviews list` shows')
    .option('--step <path>', 'which question, when the run asks several')
    .option('--note <text>', 'why; kept with the run')
    .option('--by <id>', 'who decides: a role or an id, no name')
    .option('--detach', 'leave the work to `stemma worker`')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples('stemma reviews decide <id> approve', 'stemma reviews decide <id> reject --note "too dark"'),
    )
    .action(async (...[id, choice, , self]: [string, string, DecideFlags, Command]) => {
      const { data, json, detach, step, note, by } = self.optsWithGlobals<DecideFlags>();
      await using app = await host.openApp({ data });
      const { decideReview } = await import('../../app/reviews.ts');
      const { sendCommand } = await import('../send-command.ts');
      const said = { ...(step && { step }), ...(note && { note }), ...(by && { by }) };
      await sendCommand(app, id, {
        send: (options) => decideReview(app, { runId: id, choice, ...said }, options),
        flags: { json, detach },
        told: { choice },
      });
    });
