import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, readFile, readdir, rename, rm, unlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { systemCode } from '../../system/file-errors.ts';

export type EntryKind = 'file' | 'folder' | 'other';
export interface FolderListing {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the content would outlive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The few operations that the file store needs, so that a test can stand in for the disk. Links are never followed. */
export interface FileSystem {
  /** One level, only for this user. @throws EEXIST */
  makeFolder(path: string): Promise<void>;
  /** undefined when nothing is there; a link is `other`. */
  kind(path: string): Promise<EntryKind | undefined>;
  list(path: string): Promise<readonly FolderListing[]>;
  /** @throws EEXIST: nothing is ever opened for writing a second time */
  createNew(path: string): Promise<NewFile>;
  /** The bytes of another file under a new name, shared with it where the file system can. @throws EEXIST */
  copyNew(from: string, path: string): Promise<Pick<NewFile, 'sync' | 'close'>>;
  sizeOf(path: string): Promise<number>;
  read(path: string): Promise<Uint8Array>;
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** Resolves when the names in the folder would outlive a power cut. */
  syncFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** With everything in it; nothing happens when it is not there. */
  removeFolder(path: string): Promise<void>;
}

// Windows has no O_NOFOLLOW; the constant is undefined there and adds nothing. The store looks at the kind first.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW;

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  makeFolder: (path) => mkdir(path, { mode: 0o700 }),
  async kind(path) {
    try {
      return kindOf(await lstat(path));
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw cause;
    }
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  async createNew(path) {
    const file = await open(path, 'wx', 0o600);
    return { write: (bytes) => file.writeFile(bytes), sync: () => file.sync(), close: () => file.close() };
  },
  async copyNew(from, path) {
    await copyFile(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const file = await open(path, 'r+');
    return { sync: () => file.sync(), close: () => file.close() };
  },
  sizeOf: async (path) => (await lstat(path)).size,
  read: (path) => readFile(path, { flag: READ }),
  async *chunks(path) {
    await using file = await open(path, READ);
    yield* file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
  },
  async syncFolder(path) {
    // Windows cannot open a folder, and its journal keeps names in order by itself.
    if (process.platform === 'win32') return;
    await using folder = await open(path, constants.O_RDONLY);
    await folder.sync();
  },
  rename,
  remove: unlink,
  removeFolder: (path) => rm(path, { recursive: true, force: true }),
};

function kindOf(entry: Pick<Stats, 'isFile' | 'isDirectory'>): EntryKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}
