import { StemmaError, toStemmaError } from '../../core/errors.ts';
import type { Changes } from '../changes.ts';

/** One write: changes the state or throws and leaves it as it was. */
export type Write<T> = (topics: Set<string>) => T;

interface Pending {
  readonly write: Write<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: StemmaError) => void;
}

/** Everything that is to be written in one turn of the event loop, stored together; a refused write fails alone. */
export class GroupedWrites {
  readonly #changes: Changes;
  readonly #beforeCommit: (() => void) | undefined;
  #pending: Pending[] = [];
  #closed = false;

  constructor(changes: Changes, beforeCommit?: () => void) {
    this.#changes = changes;
    this.#beforeCommit = beforeCommit;
  }

  write<T>(write: Write<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StemmaError('INTERNAL', 'The store is closed.'));
    return new Promise<T>((resolve, reject) => {
      if (this.#pending.push({ write, resolve, reject }) === 1) setImmediate(() => this.#flush());
    });
  }

  /** Stores what was requested, and takes nothing more. */
  async close(): Promise<void> {
    const last = this.#pending.length > 0 ? this.write(() => {}) : undefined;
    this.#closed = true;
    await last?.catch(() => {});
  }

  #flush(): void {
    const batch = this.#pending.splice(0);
    const topics = new Set<string>();
    try {
      this.#beforeCommit?.();
    } catch (error) {
      for (const { reject } of batch) reject(toStemmaError(error));
      return;
    }
    for (const { write, resolve, reject } of batch) {
      try {
        resolve(write(topics) as never);
      } catch (error) {
        reject(toStemmaError(error));
      }
    }
    this.#changes.publish(topics);
  }
}
