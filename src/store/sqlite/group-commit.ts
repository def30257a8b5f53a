/**
 * Everything that is to be written in one turn of the event loop, in one transaction: one fsync for all of it.
 * A refused write is undone alone: the transaction is taken back and done once more, each write in a savepoint of its
 * own. Nearly all transactions have no refused write, and pay for no savepoint.
 */
import type { DatabaseSync } from 'node:sqlite';
import { StemmaError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { concernsOneWrite, isBusy, storeBusy, toStoreError } from './sqlite-errors.ts';

const BUSY_FOR_AT_MOST_MS = 10_000;
const RETRY_MIN_MS = 1;
const RETRY_SPAN_MS = 4;
/** So that one transaction does not stop the event loop; the rest is the next one. */
const MOST_WRITES = 1000;

/**
 * One write: runs inside the transaction, says which topics it changes, returns what its promise resolves to. It may
 * run twice, the first time undone; what it remembers outside of the database must not mind, or go with `onFailed`.
 */
export type Write<T> = (topics: Set<string>) => T;

interface Pending {
  readonly write: Write<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: StemmaError) => void;
  value?: unknown;
  refused?: StemmaError;
}

export interface GroupCommitOptions {
  readonly file: string;
  readonly clock: Clock;
  /** After a commit, with the topics of what was written. */
  readonly onCommitted: (topics: ReadonlySet<string>) => void;
  /** After a transaction was taken back: what was remembered of it does not hold. */
  readonly onFailed: () => void;
  /** Right before every commit; an error makes the commit fail. For tests of what happens then. */
  readonly beforeCommit?: (() => void) | undefined;
}

export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #options: GroupCommitOptions;
  readonly #sql: Readonly<Record<'begin' | 'commit' | 'savepoint' | 'release' | 'undo', () => void>>;
  #pending: Pending[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  /** A write was refused: those that are pending run in savepoints. */
  #careful = false;
  #closed = false;

  constructor(database: DatabaseSync, options: GroupCommitOptions) {
    this.#database = database;
    this.#options = options;
    const prepared = (sql: string): (() => void) => {
      const statement = database.prepare(sql);
      return () => void statement.run();
    };
    this.#sql = {
      begin: prepared('begin immediate'),
      commit: prepared('commit'),
      savepoint: prepared('savepoint one'),
      release: prepared('release one'),
      undo: prepared('rollback to one'),
    };
  }

  /**
   * Resolves after the commit that holds the write, with what the write returned.
   *
   * @throws {StemmaError} what the write threw · STORE_BUSY · STORE_FULL
   */
  write<T>(write: Write<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StemmaError('INTERNAL', 'The store is closed.'));
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ write, resolve, reject });
      this.#schedule();
    });
  }

  /** Lets what was requested commit, and takes nothing more. */
  async close(): Promise<void> {
    const last = this.#pending.length > 0 ? this.write(() => {}) : undefined;
    this.#closed = true;
    await last?.catch(() => {});
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (!this.#begin()) return;
    const batch = this.#pending.splice(0, MOST_WRITES);
    if (!this.#commit(batch)) {
      this.#takeBack();
      this.#pending.unshift(...batch);
      this.#careful = true;
      return this.#flush();
    }
    this.#careful = false;
    this.#scheduled = false;
    if (this.#pending.length > 0) this.#schedule();
  }

  /** False, with nothing committed yet, when one of them was refused and the others are to be kept. */
  #commit(batch: readonly Pending[]): boolean {
    const topics = new Set<string>();
    try {
      if (!this.#runAll(batch, topics)) return false;
      this.#options.beforeCommit?.();
      this.#sql.commit();
    } catch (error) {
      this.#fail(batch, error);
      return true;
    }
    for (const { refused, value, resolve, reject } of batch) {
      if (refused === undefined) resolve(value as never);
      else reject(refused);
    }
    this.#options.onCommitted(topics);
    return true;
  }

  /** Whether the transaction has begun; if another process writes, it is tried again from a timer. */
  #begin(): boolean {
    try {
      this.#sql.begin();
      this.#busySince = undefined;
      return true;
    } catch (error) {
      const now = this.#options.clock.monotonicMs();
      this.#busySince ??= now;
      if (isBusy(error) && now - this.#busySince < BUSY_FOR_AT_MOST_MS) {
        setTimeout(() => this.#flush(), RETRY_MIN_MS + Math.random() * RETRY_SPAN_MS);
        return false;
      }
      this.#busySince = undefined;
      this.#scheduled = false;
      this.#fail(this.#pending.splice(0), isBusy(error) ? storeBusy(error) : error);
      return false;
    }
  }

  #runAll(batch: readonly Pending[], topics: Set<string>): boolean {
    if (this.#careful) {
      for (const pending of batch) this.#runInSavepoint(pending, topics);
      return true;
    }
    try {
      for (const pending of batch) pending.value = pending.write(topics);
      return true;
    } catch (error) {
      if (!concernsOneWrite(error)) throw error;
      return false;
    }
  }

  #runInSavepoint(pending: Pending, topics: Set<string>): void {
    this.#sql.savepoint();
    try {
      pending.value = pending.write(topics);
      this.#sql.release();
    } catch (error) {
      if (!concernsOneWrite(error) || !this.#database.isTransaction) throw error;
      this.#sql.undo();
      this.#sql.release();
      pending.refused = toStoreError(error, this.#options.file);
    }
  }

  #fail(batch: readonly Pending[], error: unknown): void {
    this.#takeBack();
    const failure = toStoreError(error, this.#options.file);
    for (const { reject } of batch) reject(failure);
  }

  #takeBack(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback');
    this.#options.onFailed();
  }
}
