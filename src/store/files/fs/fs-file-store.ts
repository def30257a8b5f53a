import { createHash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { StemmaError } from '../../../core/errors.ts';
import { instantOf } from '../../../core/ids.ts';
import type { ArtifactId, RunId, Sha256 } from '../../../core/ids.ts';
import type { DefinitionSet, FileDraft, FileStore, FolderEntry, StoredFile } from '../../../core/ports.ts';
import { systemCode, toFileError } from '../../system/file-errors.ts';
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
import type { FileStoreOptions, PreparedFile } from '../artifact-file.ts';
import { DurableFolders } from './durable-folders.ts';
import { nodeFileSystem } from './file-system.ts';
import type { FileSystem, NewFile } from './file-system.ts';
import { FolderSyncs } from './folder-syncs.ts';

export interface FsFileStoreOptions extends FileStoreOptions {
  readonly fileSystem?: FileSystem;
}

/** A name that a whole file is moved away from; left behind only by a process that died. */
const DRAFT_NAME = /\.[0-9a-f]{16}\.tmp$/;

/** A new file under a name that nobody had. */
interface MadeFile {
  readonly file: Pick<NewFile, 'sync' | 'close'>;
  /** Gives it its content. */
  readonly fill: () => Promise<void>;
}

interface NewArtifact extends Pick<FileDraft, 'work' | 'number'> {
  readonly runId: RunId;
  readonly prepared: PreparedFile;
  /** @throws EEXIST */
  readonly make: (path: string) => Promise<MadeFile>;
}

interface ClaimedFile extends MadeFile {
  readonly id: ArtifactId;
  readonly number: number;
  readonly path: string;
}

/**
 * Files of runs in folders that a person can open: `<data>/runs/<yyyy>/<mm>/<dd>/<runId>/`, by the UTC date of the id.
 *
 * Several processes may use one directory. A file is created under a name that nobody has and is never opened for
 * writing again; links inside a run's folder are not followed. Two processes that write into one run at the same
 * moment, which only a holder that lost its lease does, can end with one number twice, never with one name.
 */
export class FsFileStore implements FileStore {
  readonly #root: string;
  readonly #options: FileStoreOptions;
  readonly #files: FileSystem;
  readonly #folders: DurableFolders;
  readonly #syncs: FolderSyncs;
  readonly #numbers = new GivenNumbers();

  constructor(dataDirectory: string, options: FsFileStoreOptions = {}) {
    this.#root = resolve(dataDirectory);
    this.#options = options;
    this.#files = options.fileSystem ?? nodeFileSystem;
    this.#folders = new DurableFolders(this.#root, this.#files);
    this.#syncs = new FolderSyncs(this.#files);
  }

  async create(runId: RunId, draft: FileDraft): Promise<StoredFile> {
    const { work, number } = draft;
    const prepared = prepareFile(runId, draft, this.#options);
    const make = async (path: string): Promise<MadeFile> => {
      const file = await this.#files.createNew(path);
      return { file, fill: () => file.write(prepared.bytes) };
    };
    return this.#store({ runId, work, number, prepared, make });
  }

  async copy(from: ArtifactId, runId: RunId, draft: Omit<FileDraft, 'body'>): Promise<StoredFile> {
    const { work, number } = draft;
    const prepared = prepareFile(runId, { ...draft, body: await this.read(from) }, this.#options);
    const make = async (path: string): Promise<MadeFile> => ({
      file: await this.#files.copyNew(this.locate(from), path),
      fill: () => Promise.resolve(),
    });
    return this.#store({ runId, work, number, prepared, make });
  }

  async read(id: ArtifactId): Promise<Uint8Array> {
    const name = nameOf(id);
    const folder = this.folder(name.runId);
    const folders = name.work ? [folder, join(folder, 'work')] : [folder];
    for (const path of folders) if ((await this.#files.kind(path)) !== 'folder') throw notFound(id);
    const path = this.locate(id);
    if ((await this.#files.kind(path)) !== 'file') throw notFound(id);
    try {
      return await this.#files.read(path);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ELOOP') throw notFound(id, cause);
      throw toFileError(cause, { doing: 'reading an artifact', path: folder });
    }
  }

  /** Absolute. @throws {StemmaError} NOT_FOUND for a text that is no id */
  locate(id: ArtifactId): string {
    const { runId } = nameOf(id);
    return join(this.folder(runId), ...id.slice(runId.length + 1).split('/'));
  }

  /** Absolute, whether it is there or not. */
  folder(runId: RunId): string {
    assertRunId(runId);
    const date = new Date(instantOf(runId));
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const parts = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')];
    return join(this.#root, 'runs', ...parts, runId);
  }

  async writeDefinitions(set: DefinitionSet, runId: RunId): Promise<void> {
    const root = join(this.folder(runId), 'definitions');
    const files = definitionFiles(set);
    await this.#explained('writing the definitions of a run', root, async () => {
      for (const { kind, name, text } of files) {
        const folder = join(root, kind);
        await this.#folders.ensure(folder);
        if ((await this.#files.kind(join(folder, name))) === undefined)
          await this.#replace(join(folder, name), text, { durable: true });
      }
      for (const kind of new Set(files.map((file) => file.kind))) await this.#files.syncFolder(join(root, kind));
    });
  }

  async writeSummary(runId: RunId, file: { name: 'metadata.json' | 'steps.ndjson'; text: string }): Promise<void> {
    const folder = this.folder(runId);
    await this.#explained('writing the summary of a run', folder, async () => {
      await this.#folders.ensure(folder);
      await this.#replace(join(folder, file.name), file.text, { durable: false });
    });
  }

  async sweep(
    runId: RunId,
    keep: ReadonlySet<ArtifactId>,
    still: () => Promise<boolean>,
  ): Promise<readonly ArtifactId[]> {
    const folder = this.folder(runId);
    const removed: ArtifactId[] = [];
    await this.#explained('removing files that no event names', folder, async () => {
      for (const prefix of ['', 'work/']) {
        // Without the slash: with it the system would follow a link.
        const within = join(folder, prefix.slice(0, -1));
        const orphans = await this.#orphans(within, (name) => !keep.has(`${runId}/${prefix}${name}` as ArtifactId));
        const gone = await this.#removeWhile(still, within, orphans);
        for (const name of gone) if (isStoredName(name)) removed.push(`${runId}/${prefix}${name}` as ArtifactId);
      }
    });
    return removed.sort();
  }

  async inventory(runId: RunId): Promise<readonly FolderEntry[]> {
    const entries: FolderEntry[] = [];
    for (const path of (await this.#filesBelow(this.folder(runId), '')).sort())
      entries.push({ path, ...(await this.#digestOf(join(this.folder(runId), path))) });
    return entries;
  }

  async delete(runId: RunId): Promise<{ files: number; bytes: number }> {
    const folder = this.folder(runId);
    return this.#explained('deleting a run', folder, async () => {
      const found = await this.#filesBelow(folder, '');
      let bytes = 0;
      for (const path of found) bytes += await this.#files.sizeOf(join(folder, path));
      if ((await this.#files.kind(folder)) !== undefined) {
        await this.#files.removeFolder(folder);
        this.#folders.forget(folder);
        for (const within of [folder, join(folder, 'work')]) this.#numbers.forget(within);
        await this.#files.syncFolder(join(folder, '..'));
      }
      return { files: found.length, bytes };
    });
  }

  async #store({ runId, work, number: wanted, prepared, make }: NewArtifact): Promise<StoredFile> {
    const folder = work ? join(this.folder(runId), 'work') : this.folder(runId);
    return this.#explained('storing an artifact', folder, async () => {
      const { id, number, path, file, fill } = await this.#claim(folder, { prepared, make, wanted });
      await this.#orRemove(path, async () => {
        try {
          await fill();
          await file.sync();
        } finally {
          await file.close();
        }
        await this.#syncs.sync(folder);
      });
      const sha256 = await sha256Of(prepared.bytes);
      return { id, number, sha256, sizeBytes: prepared.bytes.byteLength, mediaType: prepared.mediaType };
    });
  }

  /** Makes a new file under a number that nobody has; it is taken from then on. */
  async #claim(
    folder: string,
    { prepared, make, wanted }: Pick<NewArtifact, 'prepared' | 'make'> & { readonly wanted: number },
  ): Promise<ClaimedFile> {
    await this.#folders.ensure(folder);
    for (let again = true; ;) {
      try {
        if (!this.#numbers.knows(folder)) await this.#look(folder);
        const number = this.#numbers.next(folder, wanted);
        const id = prepared.id(number);
        const path = this.locate(id);
        return { id, number, path, ...(await make(path)) };
      } catch (cause) {
        const code = systemCode(cause);
        // Another process writes here too.
        if (code === 'EEXIST') await this.#look(folder);
        else if (code === 'ENOENT' && again) {
          // Another process has removed a folder that this one remembers.
          again = false;
          this.#numbers.forget(folder);
          this.#folders.forget(this.#root);
          await this.#folders.ensure(folder);
        } else throw cause;
      }
    }
  }

  async #look(folder: string): Promise<void> {
    const entries = await this.#files.list(folder);
    this.#numbers.learn(
      folder,
      entries.map(({ name }) => name),
    );
  }

  /** Moves a whole new file over the name. */
  async #replace(path: string, text: string, { durable }: { durable: boolean }): Promise<void> {
    const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
    const file = await this.#files.createNew(draft);
    await this.#orRemove(draft, async () => {
      try {
        await file.write(new TextEncoder().encode(text));
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await this.#files.rename(draft, path);
    });
  }

  async #orRemove(path: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      // The first error is the one to tell; a file that stays is an orphan for the next sweep.
      await this.#files.remove(path).catch(() => undefined);
      throw cause;
    }
  }

  /** Each only when the caller still may; says which. */
  async #removeWhile(still: () => Promise<boolean>, folder: string, names: readonly string[]): Promise<string[]> {
    const removed: string[] = [];
    for (const name of names) {
      if (!(await still())) break;
      await this.#files.remove(join(folder, name));
      removed.push(name);
    }
    if (removed.length > 0) await this.#files.syncFolder(folder);
    return removed;
  }

  async #orphans(folder: string, unnamed: (name: string) => boolean): Promise<string[]> {
    if ((await this.#files.kind(folder)) !== 'folder') return [];
    const names = (await this.#files.list(folder)).filter(({ kind }) => kind !== 'folder').map(({ name }) => name);
    this.#numbers.learn(folder, names);
    return names.filter((name) => DRAFT_NAME.test(name) || (isStoredName(name) && unnamed(name)));
  }

  async #filesBelow(folder: string, prefix: string): Promise<string[]> {
    if ((await this.#files.kind(folder)) !== 'folder') return [];
    const found: string[] = [];
    for (const { name, kind } of await this.#files.list(folder)) {
      if (kind === 'file' && !DRAFT_NAME.test(name)) found.push(prefix + name);
      if (kind === 'folder') found.push(...(await this.#filesBelow(join(folder, name), `${prefix}${name}/`)));
    }
    return found;
  }

  async #digestOf(path: string): Promise<{ sha256: Sha256; sizeBytes: number }> {
    const running = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of this.#files.chunks(path)) {
      running.update(chunk);
      sizeBytes += chunk.byteLength;
    }
    return { sha256: running.digest('hex') as Sha256, sizeBytes };
  }

  async #explained<T>(doing: string, folder: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      if (cause instanceof StemmaError) throw cause;
      throw toFileError(cause, { doing, path: folder });
    }
  }
}
