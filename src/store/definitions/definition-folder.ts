/** Folders of definitions: `chunks/ pipelines/ configs/ outputs/ profiles/`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFINITION_KINDS } from '../../core/definitions.ts';
import type { DefinitionKind, DefinitionProblem, Origin } from '../../core/definitions.ts';
import type { Digest } from '../../core/ids.ts';
import { codeOf, isDefinitionFile, kindOfFolder, loadFile } from './definition-file.ts';
import type { FilePlace, LoadedFile } from './definition-file.ts';

export interface FolderContent {
  /** In the order of kinds, then names. */
  readonly files: readonly LoadedFile[];
  /** Folders that could not be listed. A folder that does not exist is empty. */
  readonly problems: readonly DefinitionProblem[];
}

export async function loadFolder(
  source: { readonly folder: string; readonly origin: Origin },
  digest: Digest,
): Promise<FolderContent> {
  const listings = await Promise.all(
    DEFINITION_KINDS.map((kind) => listFiles({ folder: join(source.folder, kind), kind, origin: source.origin })),
  );
  return readAll(listings, digest);
}

/** Any folder a person names: of one kind, of all kinds, or with files whose kind their keys tell. */
export async function loadAnyFolder(
  source: { readonly folder: string; readonly origin: Origin },
  digest: Digest,
): Promise<FolderContent> {
  const { folder, origin } = source;
  const own = await readAll([await listFiles({ folder, kind: kindOfFolder(folder), origin })], digest);
  const below = await loadFolder(source, digest);
  return { files: [...own.files, ...below.files], problems: [...own.problems, ...below.problems] };
}

interface Listing {
  readonly places: readonly FilePlace[];
  readonly problems: readonly DefinitionProblem[];
}

async function listFiles(at: { folder: string; kind: DefinitionKind | undefined; origin: Origin }): Promise<Listing> {
  const { folder, kind, origin } = at;
  try {
    const names = await readdir(folder);
    const files = names.filter(isDefinitionFile).toSorted();
    return { places: files.map((name) => ({ file: join(folder, name), kind, origin })), problems: [] };
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT') return { places: [], problems: [] };
    const message = `the folder cannot be read (${code})`;
    return { places: [], problems: [{ file: folder, kind: kind ?? 'configs', id: '', path: [], message }] };
  }
}

async function readAll(listings: readonly Listing[], digest: Digest): Promise<FolderContent> {
  const files = await Promise.all(
    listings.flatMap((listing) => listing.places).map((place) => loadFile(place, digest)),
  );
  return { files, problems: listings.flatMap((listing) => listing.problems) };
}
