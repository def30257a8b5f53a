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

/** What was done, and what of it is not yet on the disk. */
class DiskRecord {
  readonly operations: string[] = [];
  /** Paths whose name is not yet in their folder for good. */
  readonly names = new Set<string>();
  /** Files whose content is not. */
  readonly contents = new Set<string>();
  readonly options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  note(operation: string, path: string): void {
    this.operations.push(`${operation} ${path.split(/[\\/]/).at(-1)}`);
    if (this.options.failing?.operation !== operation) return;
    const { code } = this.options.failing;
    throw Object.assign(new Error(`${code}: ${operation} failed`), { code });
  }

  add(path: string): void {
    this.names.add(path);
    this.contents.add(path);
  }

  move(from: string, to: string): void {
    this.names.delete(from);
    this.names.add(to);
    if (this.contents.delete(from)) this.contents.add(to);
  }

  remove(path: string): void {
    this.names.delete(path);
    this.contents.delete(path);
  }

  contentIsSafe(path: string): void {
    if (this.options.forget !== 'content') this.contents.delete(path);
  }

  namesAreSafeIn(folder: string): void {
    if (this.options.forget === 'names') return;
    for (const name of this.names) if (dirname(name) === folder) this.names.delete(name);
  }
}

function recordedFile(record: DiskRecord, path: string, file: NewFile): NewFile {
  return {
    ...recordedCopy(record, path, file),
    async write(bytes) {
      if (record.options.failing?.operation === 'write') await file.write(bytes.subarray(0, 1));
      record.note('write', path);
      await file.write(bytes);
    },
  };
}

type Copied = Pick<NewFile, 'sync' | 'close'>;

/** A file that has its content already. */
function recordedCopy(record: DiskRecord, path: string, file: Copied): Copied {
  return {
    async sync() {
      record.note('sync', path);
      await file.sync();
      record.contentIsSafe(path);
    },
    close: () => file.close(),
  };
}

/** The real file system, with a record of what would survive a power cut. */
export function recordingFileSystem(options: Options = {}): RecordingFileSystem {
  const record = new DiskRecord(options);
  return {
    ...nodeFileSystem,
    operations: record.operations,
    async makeFolder(path) {
      await nodeFileSystem.makeFolder(path);
      record.note('makeFolder', path);
      record.names.add(path);
    },
    async createNew(path) {
      record.note('createNew', path);
      const file = await nodeFileSystem.createNew(path);
      record.add(path);
      return recordedFile(record, path, file);
    },
    async copyNew(from, path) {
      record.note('copyNew', path);
      const file = await nodeFileSystem.copyNew(from, path);
      record.add(path);
      return recordedCopy(record, path, file);
    },
    async syncFolder(path) {
      record.note('syncFolder', path);
      await nodeFileSystem.syncFolder(path);
      record.namesAreSafeIn(path);
    },
    async rename(from, to) {
      record.note('rename', to);
      await nodeFileSystem.rename(from, to);
      record.move(from, to);
    },
    async remove(path) {
      record.note('remove', path);
      await nodeFileSystem.remove(path);
      record.remove(path);
    },
    async dropUnsynced() {
      for (const path of record.contents) await truncate(path);
      for (const path of record.names) await nodeFileSystem.removeFolder(path);
      record.names.clear();
      record.contents.clear();
    },
  };
}
