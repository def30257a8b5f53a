import { truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeFileSystem } from '../../src/store/files/fs/file-system.ts';
import type { FileSystem, NewFile } from '../../src/store/files/fs/file-system.ts';

export interface RecordingFileSystem extends FileSystem {
  /** Every operation that changes or syncs something, in order: `createNew 01_input.txt`. */
  readonly operations: readonly string[];
  /**
   * What a power cut does in the worst case that POSIX allows: content that was not fsynced is gone, and so is
   * every file and folder whose name was not fsynced in its parent.
   */
  dropUnsynced(): Promise<void>;
}

interface Options {
  /** Leaves out fsyncs, as code with a mistake would: the tests that use it must lose files. */
  readonly forget?: 'content' | 'names';
  /** Throws in place of an operation: `write`, `sync`, `createNew`, `syncFolder`. */
  readonly failing?: { readonly operation: string; readonly code: string };
}

/** The real file system, with a record of what would survive a power cut. */
export function recordingFileSystem(options: Options = {}): RecordingFileSystem {
  const operations: string[] = [];
  /** Paths whose name, and files whose content, is not yet on the disk. */
  const [names, contents] = [new Set<string>(), new Set<string>()];

  const note = (operation: string, path: string): void => {
    operations.push(`${operation} ${path.split(/[\\/]/).at(-1)}`);
    if (options.failing?.operation !== operation) return;
    const { code } = options.failing;
    throw Object.assign(new Error(`${code}: ${operation} failed`), { code });
  };

  const recordedFile = (path: string, file: NewFile): NewFile => ({
    async write(bytes) {
      if (options.failing?.operation === 'write') await file.write(bytes.subarray(0, 1));
      note('write', path);
      await file.write(bytes);
    },
    async sync() {
      note('sync', path);
      await file.sync();
      if (options.forget !== 'content') contents.delete(path);
    },
    close: () => file.close(),
  });

  return {
    ...nodeFileSystem,
    operations,
    async makeFolder(path) {
      await nodeFileSystem.makeFolder(path);
      note('makeFolder', path);
      names.add(path);
    },
    async createNew(path) {
      note('createNew', path);
      const file = await nodeFileSystem.createNew(path);
      names.add(path);
      contents.add(path);
      return recordedFile(path, file);
    },
    async syncFolder(path) {
      note('syncFolder', path);
      await nodeFileSystem.syncFolder(path);
      if (options.forget === 'names') return;
      for (const name of names) if (dirname(name) === path) names.delete(name);
    },
    async rename(from, to) {
      note('rename', to);
      await nodeFileSystem.rename(from, to);
      names.delete(from);
      names.add(to);
      if (contents.delete(from)) contents.add(to);
    },
    async remove(path) {
      note('remove', path);
      await nodeFileSystem.remove(path);
      names.delete(path);
      contents.delete(path);
    },
    async dropUnsynced() {
      for (const path of contents) await truncate(path);
      for (const path of names) await nodeFileSystem.removeFolder(path);
      names.clear();
      contents.clear();
    },
  };
}
