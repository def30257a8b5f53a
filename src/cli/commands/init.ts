import { Command } from 'commander';
import { examples } from '../examples.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, write, writeJson } from '../output.ts';

/** Puts down what one begins with. */
export const initCommand = (host: Host): Command =>
  new Command('init')
    .description('Make a data directory here: a commented settings file and an example definition.')
    .addHelpText('after', examples('stemma init', 'stemma init --language de'))
    .option('--language <code>', 'language of messages (ISO 639-1); asked for on a terminal')
    .option('--json', 'print one JSON document')
    .action(async (_flags: GlobalFlags, self: Command) => {
      const { data, json, language } = self.optsWithGlobals<GlobalFlags & { language?: string }>();
      const chosen = language ?? (json === true ? undefined : await askLanguage());
      const made = await host.init({ data, language: chosen });
      if (json === true) return writeJson(made);
      for (const path of made.created) write(`made  ${path}`);
      for (const path of made.kept) write(`kept  ${path}`);
      say('Next: stemma run my-first "A street in the rain"');
    });

/** Asked only where somebody can answer; an empty answer leaves it to the machine's locale. */
async function askLanguage(): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { askPerson } = await import('../ask-person.ts');
  const answer = await askPerson("Language of messages, de or en (Enter: the machine's): ");
  return /^[a-z]{2,3}$/i.test(answer) ? answer.toLowerCase() : undefined;
}
