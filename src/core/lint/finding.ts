import type { DefinitionKind, DefinitionProblem, Definitions } from '../definitions.ts';
import { nearest } from '../nearest.ts';
import type { StageCatalogue } from './stage-catalogue.ts';

/** What the linter found; whoever has the file adds where it stands. */
export type Finding = Omit<DefinitionProblem, 'file' | 'line' | 'column'>;

export type Path = readonly (string | number)[];

/** Ids that exist but cannot be used, by kind. */
export type Broken = { readonly [K in DefinitionKind]: ReadonlySet<string> };

/** What every part of the linter reads. */
export interface Bench {
  readonly definitions: Definitions;
  readonly stages: StageCatalogue;
  /** Grows while the kinds are checked in the order in which they depend on each other. */
  readonly broken: { readonly [K in DefinitionKind]: Set<string> };
}

/** Collects the findings of one definition. */
export interface Desk {
  readonly bench: Bench;
  report(path: Path, message: string, suggestion?: string): void;
}

const isBroken = (bench: Bench, kind: DefinitionKind, id: string): boolean => bench.broken[kind].has(id);

/** "Did you mean" with the nearest of the known names, or what is known when nothing is near and the list is short. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const names = [...new Set(known)];
  const near = nearest(word, names);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return names.length > 0 && names.length <= MANY ? `Known: ${names.sort().join(', ')}.` : undefined;
}

const MANY = 15;
const KIND_WORDS: Readonly<Record<DefinitionKind, string>> = {
  chunks: 'chunk',
  pipelines: 'pipeline',
  configs: 'config',
  outputs: 'output config',
  profiles: 'profile',
};

const kindWord = (kind: DefinitionKind): string => KIND_WORDS[kind];

export interface Named {
  readonly path: Path;
  readonly kind: DefinitionKind;
  readonly id: string;
}

/** Whether the named definition can be used; reports why not. */
export function checkNamed(desk: Desk, named: Named): boolean {
  const { path, kind, id } = named;
  if (isBroken(desk.bench, kind, id)) {
    desk.report(path, `depends on the ${kindWord(kind)} "${id}", which did not load`, 'Correct that one first.');
    return false;
  }
  if (desk.bench.definitions[kind].has(id)) return true;
  desk.report(path, `there is no ${kindWord(kind)} "${id}"`, suggest(id, desk.bench.definitions[kind].keys()));
  return false;
}
