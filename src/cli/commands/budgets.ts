import { Command } from 'commander';
import type { ListedBudget } from '../../app/budgets.ts';
import type { App } from '../../app/context.ts';
import { StemmaError } from '../../core/errors.ts';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { styleOf, widthOf, write, writeJson } from '../output.ts';

/** How much may be spent. */
export function budgetsCommand(host: Host): Command {
  const budgets = new Command('budgets')
    .description('How much runs, configs, rooms, people and days may cost.')
    .addHelpText('after', examples('stemma budgets set day 5', 'stemma budgets list'));
  for (const create of [list, set, remove]) budgets.addCommand(create(host));
  return budgets;
}

/** Sums, and the words around them, are the same wherever budgets are told. */
async function phrases(app: App) {
  const { phrasesOf } = await import('../draw/words.ts');
  return phrasesOf(app.settings.language);
}

const list = (host: Host): Command =>
  new Command('list')
    .description('Every budget with what is spent and reserved of it.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma budgets list', 'stemma budgets list --json'))
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { listBudgets } = await import('../../app/budgets.ts');
      const items = await listBudgets(app);
      if (json === true) return writeJson({ items });
      const { drawBudgets } = await import('../draw/budgets.ts');
      const { language } = app.settings;
      write(drawBudgets(items, { style: styleOf(process.stdout), width: widthOf(process.stdout), language }));
    });

type SetArguments = [scope: ListedBudget['scope'], first: string, second: string | undefined];

interface SetFlags extends GlobalFlags {
  readonly mode?: ListedBudget['mode'];
}

const set = (host: Host): Command =>
  new Command('set')
    .description('Set a budget, or another limit for one that is there.')
    .argument('<scope>', 'run, config, room, person or day')
    .argument('<subject>', 'an id, or * for every one; a day needs none')
    .argument('[usd]', 'the limit in US dollars')
    .usage('<scope> [subject] <usd> [options]')
    .option('--mode <mode>', 'what happens at the limit: warn, halt or ask a person (default: halt)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples(
        'stemma budgets set day 5',
        'stemma budgets set room blue 2.50 --mode ask',
        "stemma budgets set run '*' 0.10",
      ),
    )
    .action(async (...[scope, first, second, , self]: [...SetArguments, SetFlags, Command]) => {
      const { data, json, mode } = self.optsWithGlobals<SetFlags>();
      const [subject, sum] = second === undefined ? [undefined, first] : [first, second];
      const usd = parseUsd(sum);
      await using app = await host.openApp({ data });
      const { setBudget } = await import('../../app/budgets.ts');
      const budget = await setBudget(app, { scope, usd, ...(subject && { subject }), ...(mode && { mode }) });
      if (json === true) return writeJson(budget);
      const { words, exactMoney } = await phrases(app);
      const { fill } = await import('../draw/words.ts');
      const said = { limit: exactMoney(budget.limitMicroUsd), mode: words.budgets.modes[budget.mode] };
      write(fill(words.budgets.set, { scope, subject: budget.subject, ...said }));
    });

function parseUsd(text: string): number {
  if (/^\d+(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new StemmaError('INPUT_INVALID', `"${text.slice(0, 80)}" is no sum in US dollars.`, {
    hint: 'Write it like 5 or 0.25, with six decimals at most.',
  });
}

const remove = (host: Host): Command =>
  new Command('remove')
    .description('Take a budget away that was set.')
    .argument('<scope>', 'run, config, room, person or day')
    .argument('[subject]', 'an id, or * (a day needs none)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('stemma budgets remove day', 'stemma budgets remove room blue'))
    .action(async (...[scope, subject, , self]: [ListedBudget['scope'], string | undefined, GlobalFlags, Command]) => {
      const { data, json } = self.optsWithGlobals<GlobalFlags>();
      await using app = await host.openApp({ data });
      const { removeBudget } = await import('../../app/budgets.ts');
      const budget = await removeBudget(app, { scope, ...(subject && { subject }) });
      if (json === true) return writeJson({ ...budget, removed: true });
      const { words } = await phrases(app);
      const { fill } = await import('../draw/words.ts');
      write(fill(words.budgets.removed, { scope, subject: budget.subject }));
    });
