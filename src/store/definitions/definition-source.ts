/** Definitions from folders of YAML and JSON files. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFINITION_KINDS } from '../../core/definitions.ts';
import type { DefinitionKind, DefinitionProblem, Definitions, Origin } from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import { inlinePipelines } from '../../core/inline-pipelines.ts';
import type { Digest } from '../../core/ids.ts';
import { lintDefinitions, stageCatalogue } from '../../core/lint.ts';
import type { Finding, StageCatalogue } from '../../core/lint.ts';
import type { DefinitionSet, DefinitionSource, LoadedDefinitions } from '../../core/ports.ts';
import type { AnyStage } from '../../core/stage.ts';
import { kindOfFolder, loadFile, toDefinition } from './definition-file.ts';
import type { AnyResolved, LoadedFile } from './definition-file.ts';
import { loadAnyFolder, loadFolder } from './definition-folder.ts';
import type { FolderContent } from './definition-folder.ts';
import { definitionsOf, identityOf, layer, toDefinitions } from './definition-layers.ts';
import { isAboutRest } from './sound-rest.ts';

export interface DefinitionSourceOptions {
  /** Later ones stand over earlier ones, except over safety chunks. */
  readonly sources: readonly { readonly folder: URL | string; readonly origin: Origin }[];
  readonly stages: readonly AnyStage[];
  readonly digest: Digest;
  /** Ids of any kind that nobody may shadow, besides the shipped chunks with a `safety.` stage. */
  readonly protectedIds?: Iterable<string>;
}

/** A DefinitionSource that can also check files which are not among its sources. */
export interface DefinitionFiles extends DefinitionSource {
  /** Every problem of the file, held against the definitions of the sources; its folder or its keys tell the kind. */
  lintFile(path: string): Promise<readonly DefinitionProblem[]>;
  /** Every problem of the files in the folder: of one kind, of all kinds in folders of their names, or mixed. */
  lintFolder(path: string): Promise<readonly DefinitionProblem[]>;
  /** Whichever of the two the path is. @throws {StemmaError} NOT_FOUND */
  lintPath(path: string): Promise<readonly DefinitionProblem[]>;
}

/**
 * Reads the folders anew at each call; a file that is wrong is a problem and nothing else. A folder that does not
 * exist is empty.
 */
export function createDefinitionSource(options: DefinitionSourceOptions): DefinitionFiles {
  const catalogue = stageCatalogue(options.stages);
  const setup: Setup = { ...options, catalogue, protectedIds: new Set(options.protectedIds) };
  return {
    load: async () => evaluate(setup, await readSources(setup)),
    restore: (set) => Promise.resolve().then(() => restore(set, options.digest)),
    lintFile: async (path) =>
      lintExtra(setup, { files: [await loadFile(placeOf(path), options.digest)], problems: [] }),
    lintFolder: async (path) => lintExtra(setup, await loadAnyFolder(folderOf(path), options.digest)),
    async lintPath(path) {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined)
        throw new StemmaError('NOT_FOUND', `There is no file or folder "${path}".`, { hint: 'Check the path.' });
      return found.isDirectory() ? this.lintFolder(path) : this.lintFile(path);
    },
  };
}

interface Setup extends DefinitionSourceOptions {
  readonly catalogue: StageCatalogue;
  readonly protectedIds: ReadonlySet<string>;
}

interface Layer extends FolderContent {
  readonly origin: Origin;
}

const placeOf = (path: string) => {
  const file = resolve(path);
  return { file, kind: kindOfFolder(dirname(file)), origin: 'admin' } as const;
};
const folderOf = (path: string) => ({ folder: resolve(path), origin: 'admin' }) as const;

const readSources = (setup: Setup): Promise<readonly Layer[]> =>
  Promise.all(
    setup.sources.map(async ({ folder, origin }) => {
      const path = folder instanceof URL ? fileURLToPath(folder) : folder;
      return { origin, ...(await loadFolder({ folder: path, origin }, setup.digest)) };
    }),
  );

function evaluate(setup: Setup, layers: readonly Layer[]): LoadedDefinitions {
  const { chosen, problems } = layer(layers, setup.protectedIds);
  const { definitions, broken } = toDefinitions(chosen);
  const files = new Map(chosen.map((file) => [keyOf(identityOf(file)), file]));
  const found = lintDefinitions(definitions, setup.catalogue, broken);
  const findings = found.filter((finding) => isReliable(finding, files.get(keyOf(finding))));
  const wrong = new Set(findings.map((finding) => keyOf(finding)));
  const good = chosen.flatMap((file) => (file.ok && !wrong.has(keyOf(file.resolved)) ? [file.resolved] : []));
  return {
    definitions: inlinePipelines(definitionsOf(good)),
    problems: [
      ...layers.flatMap((one) => one.problems),
      ...layers.flatMap((one) => one.files.flatMap((file) => (file.ok ? [] : file.problems))),
      ...problems,
      ...findings.map((finding) => toProblem(finding, files.get(keyOf(finding)))),
    ].toSorted(inOrder),
  };
}

const keyOf = ({ kind, id }: { kind: DefinitionKind; id: string }): string => `${kind}/${id}`;

function isReliable({ path }: Finding, file: LoadedFile | undefined): boolean {
  if (file === undefined || file.ok || file.rest === undefined) return true;
  return isAboutRest(path, file.rest.parsed.value, file.rest.without);
}

function toProblem(finding: Finding, file: LoadedFile | undefined): DefinitionProblem {
  const parsed = file?.ok === true ? file.parsed : file?.rest?.parsed;
  return { file: file?.file ?? '', ...finding, ...parsed?.placeOf(finding.path) };
}

/** By kind in the order in which they depend on each other, then by file and place. */
function inOrder(left: DefinitionProblem, right: DefinitionProblem): number {
  return (
    DEFINITION_KINDS.indexOf(left.kind) - DEFINITION_KINDS.indexOf(right.kind) ||
    left.file.localeCompare(right.file) ||
    (left.line ?? 0) - (right.line ?? 0) ||
    (left.column ?? 0) - (right.column ?? 0)
  );
}

/** The problems of some files when they stand over all sources. */
async function lintExtra(setup: Setup, extra: FolderContent): Promise<readonly DefinitionProblem[]> {
  const paths = new Set(extra.files.map((file) => file.file));
  const layers = (await readSources(setup)).map((one) => ({
    ...one,
    files: one.files.filter((file) => !paths.has(resolve(file.file))),
  }));
  const { problems } = evaluate(setup, [...layers, { origin: 'admin', ...extra }]);
  const folders = new Set(extra.problems);
  return problems.filter((problem) => paths.has(problem.file) || folders.has(problem));
}

function restore(set: DefinitionSet, digest: Digest): Definitions {
  const restored = definitionsOf(
    set.files.map((stored): AnyResolved => {
      const kind = DEFINITION_KINDS.find((one) => one === stored.kind);
      const place = { file: `${stored.id}.yaml`, kind, origin: toOrigin(stored.origin) };
      const file = kind === undefined ? undefined : toDefinition(place, stored.text, digest);
      if (file?.ok === true && file.resolved.digest === stored.digest) return file.resolved;
      throw new StemmaError(
        'DEFINITION_INVALID',
        `The stored definition ${stored.kind}/${basename(stored.id)} can no longer be used: ${whyNot(file)}.`,
        { hint: 'Start a new run with the definitions of today.', facts: { kind: stored.kind, id: stored.id } },
      );
    }),
  );
  return inlinePipelines(restored);
}

function whyNot(file: LoadedFile | undefined): string {
  if (file === undefined) return 'this version knows no such kind';
  return file.ok ? 'its text does not match its digest' : file.problems.map((problem) => problem.message).join('; ');
}

const toOrigin = (text: string): Origin => (text === 'shipped' || text === 'admin' ? text : 'member');
