import { Command, Option } from 'commander';
import type { App } from '../../app/context.ts';
import type { DeletedRun, Deletion } from '../../app/delete-run.ts';
import { StemmaError } from '../../core/errors.ts';
import { askPerson } from '../ask-person.ts';
import { examples } from '../examples.ts';
import { Exit } from '../host.ts';
import type { GlobalFlags, Host } from '../host.ts';
import { say, write, writeJson } from '../output.ts';

const CONFLICT = 5;

interface DeleteFlags extends GlobalFlags {
  readonly label?: string;
  readonly branches?: 'keep' | 'delete';
  readonly yes?: boolean;
}

/** Takes the content of runs away for good. */
export const deleteCommand = (host: Host): Command =>
  new Command('delete')
    .description('Delete the content of a run for good; what is left of its record still verifies.')
    .argument('[id]', 'the run; `stemma runs list` shows the ids')
    .option('--label <key=value>', 'all runs with this label, with everything that branched off them')
    .addOption(
      new Option('--branches <what>', 'what becomes of branches, which hold copies').choices(['keep', 'delete']),
    )
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples(
        'stemma runs delete <id>',
        'stemma runs delete <id> --branches delete --yes',
        'stemma runs delete --label person=7f3a',
      ),
    )
    .action(async (id: string | undefined, _flags: DeleteFlags, self: Command) => {
      const flags = self.optsWithGlobals<DeleteFlags>();
      const what = whatOf(id, flags);
      if (flags.yes !== true && !(await isMeant(what))) return tell({ deleted: [], kept: [], left: [] }, flags);
      await using app = await host.openApp({ data: flags.data });
      tell(await remove(app, id, flags), flags);
    });

function whatOf(id: string | undefined, { label }: DeleteFlags): string {
  if ((id === undefined) !== (label === undefined))
    return id === undefined ? `all runs with the label ${label} and their branches` : `run ${id}`;
  throw new StemmaError('INPUT_INVALID', 'Say which run, or which label: one of both.', {
    hint: 'stemma runs delete <id>, or stemma runs delete --label key=value.',
  });
}

/** @throws {StemmaError} INPUT_INVALID where nobody can be asked @throws {Exit} for Ctrl-C instead of an answer */
async function isMeant(what: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new StemmaError('INPUT_INVALID', `The content of ${what} would be gone for good.`, {
      hint: 'Say --yes if that is what you want.',
    });
  const answer = await askPerson(`Delete the content of ${what} for good? [y/N] `);
  return /^(y|yes|j|ja)$/i.test(answer);
}

async function remove(app: App, id: string | undefined, { label, branches }: DeleteFlags): Promise<Deletion> {
  const { deleteLabeled, deleteRun } = await import('../../app/delete-run.ts');
  if (id === undefined) return deleteLabeled(app, { label: label ?? '', by: 'admin' });
  return deleteRun(app, { runId: id, ...(branches === undefined ? {} : { branches }) });
}

/** @throws {Exit} when runs were left that go on */
function tell(deletion: Deletion, { json }: DeleteFlags): void {
  const { deleted, kept, left } = deletion;
  if (json === true) writeJson(deletion);
  else {
    write([...deleted.map(toLine), ...(deleted.length === 0 ? ['Nothing was deleted.'] : [])].join('\n'));
    if (kept.length > 0) say(`Branches keep their copies: ${kept.join(', ')}`);
    if (left.length > 0)
      say(`Left, because they or their branches go on: ${left.join(', ')}. End them with stemma runs cancel.`);
  }
  if (left.length > 0) throw new Exit(CONFLICT);
}

function toLine({ runId, files, artifacts, again }: DeletedRun): string {
  if (again)
    return `${runId}: was deleted before; ${files === 0 ? 'nothing was left' : `${files} files were left and are gone now`}`;
  return `${runId}: ${artifacts} artifacts, ${files} files deleted`;
}
