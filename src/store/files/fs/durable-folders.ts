import { dirname } from 'node:path';
import { StemmaError } from '../../../core/errors.ts';
import { systemCode } from '../../system/file-errors.ts';
import type { FileSystem } from './file-system.ts';

/** A folder that this process has made durable needs no second fsync; so many are remembered. */
const MOST_REMEMBERED = 4096;

/** Makes folders below a root so that they outlive a power cut: each one's name is fsynced in its parent, once. */
export class DurableFolders {
  readonly #root: string;
  readonly #files: FileSystem;
  readonly #known = new Map<string, Promise<void>>();

  constructor(root: string, files: FileSystem) {
    this.#root = root;
    this.#files = files;
  }

  /** Resolves when the folder is there and stays. @throws {StemmaError} FORBIDDEN when something else has its name */
  ensure(path: string): Promise<void> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    const made = this.#make(path);
    this.#known.set(path, made);
    made.catch(() => this.#known.delete(path));
    return made;
  }

  /** To be called when the folder turns out to be gone. */
  forget(path: string): void {
    for (const known of this.#known.keys()) if (known === path || known.startsWith(path)) this.#known.delete(known);
  }

  async #make(path: string): Promise<void> {
    const parent = dirname(path);
    if (path !== this.#root) await this.ensure(parent);
    try {
      await this.#files.makeFolder(path);
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause;
      if (path === this.#root) return;
      await this.#assertFolder(path);
    }
    // Also when it was there: whoever made it may have died before the fsync.
    await this.#files.syncFolder(parent);
  }

  async #assertFolder(path: string): Promise<void> {
    if ((await this.#files.kind(path)) === 'folder') return;
    throw new StemmaError('FORBIDDEN', `${path} should be a folder; it is a link or a file.`, {
      hint: 'Stemma follows no links inside its data directory: move it away, or link the data directory itself.',
    });
  }
}
