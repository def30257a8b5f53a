import type { RunEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { Sha256 } from '../../core/ids.ts';
import type { DefinitionSet, FolderEntry } from '../../core/ports.ts';
import type { App } from '../context.ts';
import { digestOf } from '../definition-set.ts';
import type { VerifyProblem } from './problem.ts';
import { orProblem } from './stored-run.ts';

type DefinitionFile = DefinitionSet['files'][number];

/**
 * The definitions in the store and in the folder against the digest that the first event names.
 *
 * @param files - undefined when the folder has been deleted
 */
export async function checkDefinitions(
  app: App,
  { events, files }: { readonly events: readonly RunEvent[]; readonly files: readonly FolderEntry[] | undefined },
): Promise<VerifyProblem[]> {
  const [created] = events;
  if (created?.type !== 'run.created') return [];
  const { definitions: digest } = created.data;
  const problems: VerifyProblem[] = [];
  const set = await orProblem(app.store.log.definitionSet(digest), problems, 'definitions');
  if (problems.length > 0) return problems;
  if (set === undefined) return [{ what: 'definitions', problem: 'are missing from the store' }];
  const stored = storedProblems(app, digest, set);
  const changed = (await app.store.log.definitionText(digest)) !== JSON.stringify(set);
  const text = changed ? [{ what: 'definitions', problem: 'are not stored as the text that was recorded' }] : [];
  return [...stored, ...text, ...(files === undefined ? [] : folderProblems(set, files))];
}

function storedProblems(app: App, digest: Sha256, set: DefinitionSet): VerifyProblem[] {
  const wrong = set.files.filter((file) => toHex(app.digest.sha256(file.text)) !== file.digest);
  const problems = wrong.map(({ kind, id }) => ({ what: `stored ${kind}/${id}`, problem: 'is not what was recorded' }));
  if (set.digest === digest && digestOf(set.files, app.digest) === digest) return problems;
  return [...problems, { what: 'definitions', problem: 'are not the ones the run was made with' }];
}

function folderProblems(set: DefinitionSet, inventory: readonly FolderEntry[]): VerifyProblem[] {
  const files = new Map(inventory.map(({ path, sha256 }) => [path, sha256]));
  const folder = [...files.keys()].filter((path) => path.startsWith('definitions/'));
  const placeOf = (file: DefinitionFile): string => {
    const named = folder.filter((path) => matches(path, file));
    return named.find((path) => files.get(path) === file.digest) ?? named[0] ?? `definitions/${file.kind}/${file.id}`;
  };
  const expected = new Map(set.files.map((file) => [placeOf(file), file.digest]));
  const altered = [...expected].filter(([path, digest]) => files.get(path) !== digest);
  const added = folder.filter((path) => !expected.has(path));
  return [
    ...altered.map(([path]) => ({
      what: path,
      problem: files.has(path) ? 'is not what was recorded: its SHA-256 differs' : 'is missing',
    })),
    ...added.map((path) => ({ what: path, problem: 'does not belong to the run' })),
  ];
}

/** `definitions/configs/dada.yaml` or another ending. */
const matches = (path: string, { kind, id }: { readonly kind: string; readonly id: string }): boolean =>
  path.startsWith(`definitions/${kind}/${id}.`);
