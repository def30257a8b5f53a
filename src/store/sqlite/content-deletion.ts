/** What a run holds of content, taken away for good. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StemmaError } from '../../core/errors.ts';
import type { InstallationDraft } from '../../core/events.ts';
import type { RunId } from '../../core/ids.ts';
import { runGoesOn, runNotFound } from '../refusals.ts';
import { prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { SqliteInstallationLog } from './installation-log.ts';

/** Readers of other processes keep the log from being truncated, each for the time of a statement. */
const TRUNCATE_WITHIN_MS = 10_000;
const TRUNCATE_RETRY_MS = 25;

const DELETIONS = [
  'delete from run_texts where rowid in (select key from searched_texts where run_key = ?)',
  'delete from searched_texts where run_key = ?',
  'delete from artifacts where run_key = ?',
  'delete from labels where run_key = ?',
  'delete from commands where run_key = ?',
  'update runs set content_deleted = 1 where key = ?',
];

export interface ContentDeletionParts {
  readonly database: DatabaseSync;
  readonly writes: GroupCommit;
  readonly installation: SqliteInstallationLog;
}

export class ContentDeletion {
  readonly #parts: ContentDeletionParts;
  readonly #run: Query<{ readonly key: number; readonly ended: 0 | 1; readonly deleted: 0 | 1 }>;
  readonly #deletions: readonly Change[];
  readonly #optimize: Change;
  readonly #checkpoint: Query<{ readonly busy: 0 | 1 }>;

  constructor(parts: ContentDeletionParts) {
    this.#parts = parts;
    const { database } = parts;
    this.#run = prepareQuery(
      database,
      'select key, ended_at is not null as ended, content_deleted as deleted from runs where id = ?',
    );
    this.#deletions = DELETIONS.map((sql) => prepareDeletion(database, sql));
    // The index marks rows as deleted and keeps their words until its parts are merged.
    this.#optimize = prepareDeletion(database, `insert into run_texts (run_texts) values ('optimize')`);
    this.#checkpoint = prepareQuery(database, 'pragma wal_checkpoint(truncate)');
  }

  /** Deleting again deletes nothing, and sees to it that nothing is left in the write-ahead log. */
  async delete(runId: RunId, receipt: InstallationDraft): Promise<void> {
    await this.#parts.writes.write((topics) => {
      const run = this.#run.get(runId);
      if (run === undefined) throw runNotFound(runId);
      if (run.ended === 0) throw runGoesOn(runId);
      if (run.deleted === 1) return;
      for (const deletion of this.#deletions) deletion(run.key);
      this.#optimize();
      this.#parts.installation.appendNow([receipt], topics);
    });
    await this.#truncateLog();
  }

  /** The write-ahead log still has the pages as they were; all of them go into the database, and it becomes empty. */
  async #truncateLog(): Promise<void> {
    const deadline = performance.now() + TRUNCATE_WITHIN_MS;
    while (this.#checkpoint.get()?.busy !== 0) {
      if (performance.now() > deadline) throw stillInLog();
      await sleep(TRUNCATE_RETRY_MS);
    }
  }
}

/**
 * The index of texts inserts rows with numbers that are no safe integers, and every change on the connection tells the
 * last number until the next insert.
 */
function prepareDeletion(database: DatabaseSync, sql: string): Change {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement.run.bind(statement);
}

const stillInLog = (): StemmaError =>
  new StemmaError('STORE_BUSY', 'The content is deleted, but the log of the database still holds copies of it.', {
    hint: 'Another process reads the database without a pause; delete again once it has ended.',
  });
