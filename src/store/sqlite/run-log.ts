import type { DatabaseSync } from 'node:sqlite';
import { parseEvent, parseLogEvent } from '../../core/events.ts';
import type { InstallationDraft, LogEvent, RunEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { ArtifactId, Instant, RunId, Sha256, SpanId, StepPath, WorkerId } from '../../core/ids.ts';
import type {
  Append,
  ArtifactRow,
  AttemptRow,
  DefinitionSet,
  FollowFrom,
  Lease,
  RunHead,
  RunLog,
  StoredBody,
} from '../../core/ports.ts';
import type { AttemptState, RunState } from '../../core/states.ts';
import { followed } from '../changes.ts';
import type { Changes } from '../changes.ts';
import { parseDefinitionSet, parsePriority, parseSources } from '../stored-texts.ts';
import { prepareQuery } from './connection.ts';
import type { ContentDeletion } from './content-deletion.ts';
import type { Query } from './connection.ts';
import type { GroupCommit } from './group-commit.ts';
import type { RunWriter } from './run-writer.ts';
import { EVENT_COLUMNS, PAGE, rowsOf, toStoredBody } from './stored-events.ts';
import type { EventRow, SeqRange } from './stored-events.ts';

interface RunRow {
  readonly state: RunState;
  readonly seq: number;
  readonly at: Instant;
  readonly hash: Uint8Array;
  readonly created_at: Instant;
  readonly ended_at: Instant | null;
  readonly open_attempts: number;
  readonly priority: number;
  readonly definitions: Sha256;
  readonly signature: string | null;
  readonly signature_key: string | null;
  readonly holder: WorkerId | null;
  readonly content_deleted: 0 | 1;
}

interface StoredAttempt {
  readonly path: StepPath;
  readonly attempt: number;
  readonly retry_of_attempt: number | null;
  readonly state: AttemptState;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
}

interface StoredArtifact {
  readonly id: ArtifactId;
  readonly step_path: StepPath | null;
  readonly span_id: SpanId | null;
  readonly type: string;
  readonly media_type: string;
  readonly language: string | null;
  readonly sha256: Sha256;
  readonly salt: string;
  readonly size_bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly sources: string;
}

export interface SqliteRunLogParts {
  readonly reader: DatabaseSync;
  readonly writes: GroupCommit;
  readonly writer: RunWriter;
  readonly deletion: ContentDeletion;
  readonly changes: Changes;
  /** Aborted when the store closes; followers end then. */
  readonly closing: AbortSignal;
}

export class SqliteRunLog implements RunLog {
  readonly #parts: SqliteRunLogParts;
  readonly #run: Query<RunRow>;
  readonly #runKey: Query<{ readonly key: number }>;
  readonly #page: Query<EventRow>;
  readonly #pageOfChain: Query<EventRow>;
  readonly #seqAt: Query<{ readonly seq: number }>;
  readonly #attempts: Query<StoredAttempt>;
  readonly #artifacts: Query<StoredArtifact>;
  readonly #definitions: Query<{ readonly body: string }>;

  constructor(parts: SqliteRunLogParts) {
    this.#parts = parts;
    const { reader } = parts;
    this.#run = prepareQuery(
      reader,
      `select state, seq, at, hash, created_at, ended_at, open_attempts, priority, definitions, signature, signature_key,
         content_deleted, workers.id as holder
       from runs left join workers on workers.key = runs.holder where runs.id = ?`,
    );
    this.#runKey = prepareQuery(reader, 'select key from runs where id = ?');
    const events = `select ${EVENT_COLUMNS} from events`;
    this.#page = prepareQuery(reader, `${events} where position > ? order by position limit ?`);
    // `is`, so that null stands for the installation's own chain.
    this.#pageOfChain = prepareQuery(reader, `${events} where run_key is ? and seq > ? order by seq limit ?`);
    this.#seqAt = prepareQuery(
      reader,
      'select coalesce(max(seq), 0) as seq from events where run_key is ? and position <= ?',
    );
    this.#attempts = prepareQuery(
      reader,
      `select path, attempt, retry_of_attempt, state, started_at, ended_at
       from attempts where run_key = ? order by path, attempt`,
    );
    this.#artifacts = prepareQuery(
      reader,
      `select id, step_path, span_id, type, media_type, language, sha256, salt, size_bytes, width, height, sources
       from artifacts where run_key = ? order by key`,
    );
    this.#definitions = prepareQuery(reader, 'select body from definition_sets where digest = ?');
  }

  append(lease: Lease, append: Append): Promise<{ seq: number; position: number }> {
    return this.#parts.writes.write((topics) => this.#parts.writer.append(lease, append, topics));
  }

  async *read(runId: RunId, range: SeqRange = {}): AsyncGenerator<RunEvent> {
    for (const row of this.#rows(runId, range)) yield parseEvent(row.body, row);
  }

  async *bodies(runId: RunId): AsyncGenerator<StoredBody> {
    for (const row of this.#rows(runId)) yield toStoredBody(row);
  }

  async *follow(from: FollowFrom, signal: AbortSignal): AsyncGenerator<LogEvent> {
    const until = AbortSignal.any([signal, this.#parts.closing]);
    const { runId, position } = from;
    const pageAfter = runId === undefined ? this.#pages(position) : this.#pagesOfChain(runId, position);
    const topic = followed(runId);
    while (!until.aborted) {
      const rows = pageAfter();
      for (const row of rows) {
        if (until.aborted) return;
        yield parseLogEvent(row.body, row);
      }
      if (rows.length === 0) await this.#parts.changes.next(topic, until);
    }
  }

  async head(runId: RunId): Promise<RunHead | undefined> {
    const row = this.#run.get(runId);
    if (row === undefined) return undefined;
    const { state, seq, at, hash, signature, signature_key: keyId, holder, definitions } = row;
    return {
      runId,
      state,
      seq,
      at,
      hash: toHex(hash) as Sha256,
      createdAt: row.created_at,
      openAttempts: row.open_attempts,
      priority: parsePriority(runId, row.priority),
      definitions,
      ...(row.ended_at !== null && { endedAt: row.ended_at }),
      ...(signature !== null && keyId !== null && { signature: { keyId, value: signature } }),
      ...(holder !== null && { holder }),
      ...(row.content_deleted === 1 && { contentDeleted: true }),
    };
  }

  async attempts(runId: RunId): Promise<readonly AttemptRow[]> {
    const key = this.#keyOf(runId);
    return key === undefined ? [] : this.#attempts.all(key).map(toAttempt);
  }

  async artifacts(runId: RunId): Promise<readonly ArtifactRow[]> {
    const key = this.#keyOf(runId);
    return key === undefined ? [] : this.#artifacts.all(key).map((row) => toArtifact(runId, row));
  }

  async definitionSet(digest: Sha256): Promise<DefinitionSet | undefined> {
    const text = await this.definitionText(digest);
    return text === undefined ? undefined : parseDefinitionSet(digest, text);
  }

  async definitionText(digest: Sha256): Promise<string | undefined> {
    return this.#definitions.get(digest)?.body;
  }

  deleteContent(runId: RunId, receipt: InstallationDraft): Promise<void> {
    return this.#parts.deletion.delete(runId, receipt);
  }

  *#rows(runId: RunId, range?: SeqRange): Generator<EventRow> {
    const key = this.#keyOf(runId);
    if (key === undefined) return;
    yield* rowsOf((afterSeq, limit) => this.#pageOfChain.all(key, afterSeq, limit), range);
  }

  #keyOf(runId: RunId): number | undefined {
    return this.#runKey.get(runId)?.key;
  }

  /** Positions are given in the order of commits, so nothing appears behind the last one read. */
  #pages(position: number): () => readonly EventRow[] {
    let last = position;
    return () => {
      const rows = this.#page.all(last, PAGE);
      last = rows.at(-1)?.position ?? last;
      return rows;
    };
  }

  #pagesOfChain(runId: RunId | null, position: number): () => readonly EventRow[] {
    let key: number | null | undefined;
    let last: number | undefined;
    return () => {
      key ??= runId === null ? null : this.#keyOf(runId);
      if (key === undefined) return [];
      last ??= this.#seqAt.get(key, position)?.seq ?? 0;
      const rows = this.#pageOfChain.all(key, last, PAGE);
      last = rows.at(-1)?.seq ?? last;
      return rows;
    };
  }
}

function toAttempt(row: StoredAttempt): AttemptRow {
  const { path, attempt, state, retry_of_attempt: retryOf, started_at: startedAt, ended_at: endedAt } = row;
  return {
    path,
    attempt,
    state,
    startedAt,
    ...(retryOf !== null && { retryOf }),
    ...(endedAt !== null && { endedAt }),
  };
}

function toArtifact(runId: RunId, row: StoredArtifact): ArtifactRow {
  return {
    id: row.id,
    runId,
    type: row.type,
    mediaType: row.media_type,
    sha256: row.sha256,
    salt: row.salt,
    sizeBytes: row.size_bytes,
    sources: parseSources(row.id, row.sources),
    ...(row.step_path !== null && { stepPath: row.step_path }),
    ...(row.span_id !== null && { spanId: row.span_id }),
    ...(row.language !== null && { language: row.language }),
    ...(row.width !== null && { width: row.width }),
    ...(row.height !== null && { height: row.height }),
  };
}
