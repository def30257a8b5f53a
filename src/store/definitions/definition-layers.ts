/** One source over another: which file stands for an id, and which may not. */
import { DEFINITION_KINDS } from '../../core/definitions.ts';
import type { DefinitionKind, DefinitionProblem, Definitions, Origin } from '../../core/definitions.ts';
import type { Broken } from '../../core/lint.ts';
import type { AnyResolved, LoadedFile } from './definition-file.ts';

/** What stands for each id after all sources, and what was refused on the way. */
export interface Layers {
  readonly chosen: readonly LoadedFile[];
  readonly problems: readonly DefinitionProblem[];
}

interface Entry {
  readonly file: LoadedFile;
  readonly origin: Origin;
  readonly source: number;
}

/**
 * Later sources stand over earlier ones. A file that may not stand there is refused and what it would have hidden
 * stays; a file that may but is wrong leaves the id empty, so that nobody runs a definition they believe replaced.
 */
export function layer(
  sources: readonly { readonly origin: Origin; readonly files: readonly LoadedFile[] }[],
  protectedIds: ReadonlySet<string>,
): Layers {
  const entries = new Map<string, Entry>();
  const problems: DefinitionProblem[] = [];
  for (const [source, { origin, files }] of sources.entries()) {
    for (const file of files) {
      const { kind, id } = identityOf(file);
      const entry: Entry = { file, origin, source };
      const refusal = whyNot(entry, entries.get(`${kind}/${id}`), protectedIds);
      if (refusal === undefined) entries.set(`${kind}/${id}`, entry);
      else problems.push({ file: file.file, kind, id, path: [], line: 1, column: 1, ...refusal });
    }
  }
  return { chosen: Array.from(entries.values(), (entry) => entry.file), problems };
}

export function identityOf(file: LoadedFile): { kind: DefinitionKind; id: string } {
  return file.ok ? file.resolved : file;
}

interface Refusal {
  readonly message: string;
  readonly suggestion: string;
}

function whyNot(entry: Entry, under: Entry | undefined, protectedIds: ReadonlySet<string>): Refusal | undefined {
  if (under === undefined) return undefined;
  const { id } = identityOf(entry.file);
  if (under.source === entry.source)
    return {
      message: `the id "${id}" is taken by ${under.file.file}`,
      suggestion: 'Keep one of the two files, or rename one.',
    };
  if (under.origin === 'shipped' && isSafety(under.file, protectedIds))
    return {
      message: 'safety chunks cannot be shadowed, only added to',
      suggestion: 'Give your chunk an id of its own; the shipped one stays in force.',
    };
  if (entry.origin === 'member')
    return {
      message: `the id "${id}" belongs to ${under.origin === 'member' ? 'another member' : 'a definition of this Stemma'}`,
      suggestion: 'Give your definition an id of its own.',
    };
  return undefined;
}

const isSafety = (file: LoadedFile, protectedIds: ReadonlySet<string>): boolean =>
  protectedIds.has(identityOf(file).id) ||
  (file.ok && file.resolved.kind === 'chunks' && file.resolved.definition.stage.startsWith('safety.'));

/** The definitions that can be checked, and the ids of those that cannot be used whatever the check says. */
export function toDefinitions(files: readonly LoadedFile[]): { definitions: Definitions; broken: Broken } {
  const good = files.flatMap((file) => (file.ok ? file.resolved : (file.rest?.resolved ?? [])));
  const bad = files.filter((file) => !file.ok);
  return {
    definitions: definitionsOf(good),
    broken: perKind((kind) => new Set(bad.filter((file) => file.kind === kind).map((file) => file.id))),
  };
}

export const definitionsOf = (resolved: readonly AnyResolved[]): Definitions =>
  perKind((kind) => {
    const own = resolved.filter((one) => one.kind === kind);
    return new Map(own.map((one) => [one.id, one]));
  }) as Definitions;

function perKind<T>(make: (kind: DefinitionKind) => T): Record<DefinitionKind, T> {
  return Object.fromEntries(DEFINITION_KINDS.map((kind) => [kind, make(kind)])) as Record<DefinitionKind, T>;
}
