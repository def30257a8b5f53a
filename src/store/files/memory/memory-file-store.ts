import type { ArtifactId, RunId, Sha256 } from '../../../core/ids.ts';
import type { DefinitionSet, FileDraft, FileStore, FolderEntry, StoredFile } from '../../../core/ports.ts';
import { toHex } from '../../../core/ids.ts';
import { nodeDigest } from '../../system/digest.ts';
import {
  GivenNumbers,
  assertRunId,
  definitionFiles,
  isStoredName,
  nameOf,
  notFound,
  prepareFile,
  sha256Of,
} from '../artifact-file.ts';
import type { FileStoreOptions } from '../artifact-file.ts';

/** Files of runs in memory: for tests and for trying things out. Nothing outlives the process. */
export class MemoryFileStore implements FileStore {
  readonly #options: FileStoreOptions;
  /** Per run, by the path in its folder. */
  readonly #folders = new Map<RunId, Map<string, Uint8Array>>();
  readonly #numbers = new GivenNumbers();

  constructor(options: FileStoreOptions = {}) {
    this.#options = options;
  }

  async create(runId: RunId, draft: FileDraft): Promise<StoredFile> {
    const { bytes, mediaType, id } = prepareFile(runId, draft, this.#options);
    const own = new Uint8Array(bytes);
    const folder = folderOf(runId, draft.work);
    if (!this.#numbers.knows(folder)) this.#numbers.learn(folder, this.#names(runId, draft.work));
    const number = this.#numbers.next(folder, draft.number);
    const chosen = id(number);
    this.#folder(runId).set(pathIn(chosen), own);
    const sha256 = await sha256Of(own);
    return { id: chosen, number, sha256, sizeBytes: own.byteLength, mediaType };
  }

  async read(id: ArtifactId): Promise<Uint8Array> {
    const bytes = this.#folders.get(nameOf(id).runId)?.get(pathIn(id));
    if (bytes === undefined) throw notFound(id);
    return new Uint8Array(bytes);
  }

  async copy(from: ArtifactId, runId: RunId, draft: Omit<FileDraft, 'body'>): Promise<StoredFile> {
    return this.create(runId, { ...draft, body: await this.read(from) });
  }

  locate(): undefined {
    return undefined;
  }

  folder(): undefined {
    return undefined;
  }

  async writeDefinitions(set: DefinitionSet, runId: RunId): Promise<void> {
    const folder = this.#folder(runId);
    for (const { kind, name, text } of definitionFiles(set)) {
      const path = `definitions/${kind}/${name}`;
      if (!folder.has(path)) folder.set(path, new TextEncoder().encode(text));
    }
  }

  async writeSummary(runId: RunId, file: { name: 'metadata.json' | 'steps.ndjson'; text: string }): Promise<void> {
    this.#folder(runId).set(file.name, new TextEncoder().encode(file.text));
  }

  async sweep(
    runId: RunId,
    keep: ReadonlySet<ArtifactId>,
    still: () => Promise<boolean>,
  ): Promise<readonly ArtifactId[]> {
    assertRunId(runId);
    const folder = this.#folders.get(runId) ?? new Map<string, Uint8Array>();
    const orphans = [...folder.keys()]
      .map((path) => ({ path, name: path.replace(/^work\//, ''), id: `${runId}/${path}` as ArtifactId }))
      .filter(({ name, id }) => isStoredName(name) && !keep.has(id));
    const removed: ArtifactId[] = [];
    for (const { path, id } of orphans) {
      if (!(await still())) break;
      folder.delete(path);
      removed.push(id);
    }
    return removed.sort();
  }

  async inventory(runId: RunId): Promise<readonly FolderEntry[]> {
    assertRunId(runId);
    const files = [...(this.#folders.get(runId) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return files.map(([path, bytes]) => ({
      path,
      sha256: toHex(nodeDigest.sha256(bytes)) as Sha256,
      sizeBytes: bytes.byteLength,
    }));
  }

  async delete(runId: RunId): Promise<{ files: number; bytes: number }> {
    const found = await this.inventory(runId);
    this.#folders.delete(runId);
    return { files: found.length, bytes: found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }

  #folder(runId: RunId): Map<string, Uint8Array> {
    assertRunId(runId);
    const folder = this.#folders.get(runId) ?? new Map<string, Uint8Array>();
    this.#folders.set(runId, folder);
    return folder;
  }

  #names(runId: RunId, work: boolean): string[] {
    const paths = [...this.#folder(runId).keys()];
    return work ? paths.filter((path) => path.startsWith('work/')).map((path) => path.slice(5)) : paths;
  }
}

const folderOf = (runId: RunId, work: boolean): string => (work ? `${runId}/work` : runId);
const pathIn = (id: ArtifactId): string => id.slice(id.indexOf('/') + 1);
