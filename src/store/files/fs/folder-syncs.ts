import type { FileSystem } from './file-system.ts';

/**
 * One fsync of a folder for all who wait for it: whoever asks while one is under way shares the next, which begins
 * after it. So a name that was made before `sync` was called is on the disk when it resolves.
 */
export class FolderSyncs {
  readonly #files: Pick<FileSystem, 'syncFolder'>;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(files: Pick<FileSystem, 'syncFolder'>) {
    this.#files = files;
  }

  sync(path: string): Promise<void> {
    const shared = this.#next.get(path);
    if (shared !== undefined) return shared;
    const before = this.#underWay.get(path);
    if (before === undefined) return this.#begin(path);
    const begin = (): Promise<void> => {
      this.#next.delete(path);
      return this.#begin(path);
    };
    const next = before.then(begin, begin);
    this.#next.set(path, next);
    return next;
  }

  #begin(path: string): Promise<void> {
    const syncing = this.#files.syncFolder(path).finally(() => {
      if (this.#underWay.get(path) === syncing) this.#underWay.delete(path);
    });
    this.#underWay.set(path, syncing);
    return syncing;
  }
}
