/** What lies in the mailboxes of runs until the holder has turned it into events. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunId, StepPath } from '../../core/ids.ts';
import type { Command, CommandType, ReceivedCommand } from '../../core/ports.ts';
import { runHasEnded, runNotFound } from '../refusals.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';

const PAGE = 100;

/** The constraints of the table see to it that a row has what its type needs. */
type MailRow = { readonly id: number; readonly by: string } & (
  | { readonly type: CommandType }
  | { readonly type: 'decide'; readonly path: StepPath; readonly word: string; readonly body: string | null }
  | { readonly type: 'signal'; readonly word: string; readonly body: string | Uint8Array | null }
);

export class Mailbox {
  readonly #run: Query<{ readonly key: number; readonly ended: 0 | 1 }>;
  readonly #mail: Query<MailRow>;
  readonly #insert: Change;
  readonly #wake: Change;

  constructor({ database, reader }: { readonly database: DatabaseSync; readonly reader: DatabaseSync }) {
    this.#run = prepareQuery(database, 'select key, ended_at is not null as ended from runs where id = ?');
    this.#mail = prepareQuery(
      reader,
      `select commands.id, type, sender as by, step_path as path, word, body
       from commands join runs on runs.key = run_key
       where runs.id = ? and commands.id > ? order by commands.id limit ${PAGE}`,
    );
    this.#insert = prepareChange(
      database,
      'insert into commands (run_key, type, sender, step_path, word, body) values (?, ?, ?, ?, ?, ?)',
    );
    this.#wake = prepareChange(
      database,
      'update runs set class_since = ?1 where key = ?2 and holder is null and class_since > ?1',
    );
  }

  /** Inside a write: a run that sleeps waits in the queue from now on. */
  put(runId: RunId, command: Command, now: number): void {
    const run = this.#run.get(runId);
    if (run === undefined) throw runNotFound(runId);
    if (run.ended === 1) throw runHasEnded(runId);
    this.#insert(run.key, command.type, command.by, ...contentOf(command));
    this.#wake(now, run.key);
  }

  /** Commands after the one with the number, oldest first. */
  after(runId: RunId, last: number): readonly ReceivedCommand[] {
    return this.#mail.all(runId, last).map(toCommand);
  }
}

/** Step, word and body, as the table keeps them. */
function contentOf(command: Command): readonly [string | null, string | null, string | Uint8Array | null] {
  switch (command.type) {
    case 'decide':
      return [command.stepPath, command.choice, command.note ?? null];
    case 'signal':
      return [null, command.name, command.body ?? null];
    default:
      return [null, null, null];
  }
}

function toCommand(row: MailRow): ReceivedCommand {
  const { id, by } = row;
  switch (row.type) {
    case 'decide': {
      const note = row.body === null ? {} : { note: row.body };
      return { id, type: row.type, by, stepPath: row.path, choice: row.word, ...note };
    }
    case 'signal':
      return { id, type: row.type, by, name: row.word, ...(row.body === null ? {} : { body: row.body }) };
    default:
      return { id, type: row.type, by };
  }
}
