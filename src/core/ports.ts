/** The ports: what the engine and the operations in `app/` need from the outside. Each has a contract suite under `test/contract/`. */
import type { EventDraft, RunEvent } from './events.ts';
import type { ArtifactId, Instant, RunId, Sha256, SpanId, StepPath, WorkerId } from './ids.ts';
import type { Facts } from './json.ts';
import type { Definitions, DefinitionProblem } from './definitions.ts';
import type { Priority } from './schema.ts';
import type { ArtifactRef, Wait } from './stage.ts';
import type { AttemptState, RunState, WorkerMode } from './states.ts';

export interface Clock {
  /** Wall clock, whole milliseconds. */
  now(): Instant;
  /** Milliseconds that never go back; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after the time; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Ids {
  runId(): RunId;
  workerId(): WorkerId;
  /** A new seed from 0 to 2^32 − 1, for runs that were given none. */
  seed(): number;
}

/** The right to append to a run. The token grows with every claim. */
export interface Lease {
  readonly runId: RunId;
  readonly worker: WorkerId;
  readonly token: number;
}

/** An artifact's row, kept beside the log. Deleting it with its salt makes the commitments in events meaningless. */
export interface ArtifactRow extends ArtifactRef {
  readonly runId: RunId;
  readonly stepPath?: StepPath;
  readonly spanId?: SpanId;
  /** 16 random bytes, hex. */
  readonly salt: string;
  readonly sources: readonly ArtifactId[];
  readonly width?: number;
  readonly height?: number;
}

/** What one append writes in one transaction, all or nothing. */
export interface Append {
  readonly drafts: readonly EventDraft[];
  /** Rows of the artifacts that the drafts name. */
  readonly artifacts?: readonly ArtifactRow[];
  /** Commands of the mailbox that the drafts answer. */
  readonly handled?: readonly number[];
}

/** The run's head as the log keeps it. Everything but the holder follows from the events. */
export interface RunHead {
  readonly runId: RunId;
  readonly state: RunState;
  readonly seq: number;
  readonly at: Instant;
  readonly hash: Sha256;
  readonly createdAt: Instant;
  /** There once the run has ended. */
  readonly endedAt?: Instant;
  /** Attempts that have started and not ended. */
  readonly openAttempts: number;
  readonly priority: Priority;
  /** Digest of the set of definitions. */
  readonly definitions: Sha256;
  /** Ed25519 over the last hash, base64url; there once the run has ended. */
  readonly signature?: { readonly keyId: string; readonly value: string };
  readonly holder?: WorkerId;
}

/** An event as it is stored: the text that was hashed, its hash, and where it stands. */
export interface StoredBody {
  readonly seq: number;
  readonly position: number;
  readonly body: string;
  readonly hash: Sha256;
}

/** An attempt's row, kept beside the log. */
export interface AttemptRow {
  readonly path: StepPath;
  readonly attempt: number;
  readonly retryOf?: number;
  readonly state: AttemptState;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
}

export interface FollowFrom {
  /** Events after this position of the log; 0 for all. */
  readonly position: number;
  readonly runId?: RunId;
}

/** The append-only list of events. One writer per run, the holder of its lease. */
export interface RunLog {
  /**
   * Numbers, times, hashes and stores the drafts; moves the run's head and its attempts' rows with them.
   * Appends of many runs in one turn share a transaction, one savepoint each: a refused one fails alone.
   * Resolves after fsync.
   *
   * @throws {StemmaError} LEASE_LOST for a token that no longer counts · STATE_CONFLICT for what the constraints refuse · STORE_BUSY · STORE_FULL
   */
  append(lease: Lease, append: Append): Promise<{ seq: number; position: number }>;
  /** A run's events in order, at most 1,000 rows fetched at a time and no statement held open. */
  read(runId: RunId, range?: { afterSeq?: number; limit?: number }): AsyncIterable<RunEvent>;
  /** Every event once, first the stored ones, then live, until the signal. A slow reader slows only itself. */
  follow(from: FollowFrom, signal: AbortSignal): AsyncIterable<RunEvent>;
  /** The same events as texts, unread and unjudged, for whoever recomputes their hashes; paged as `read` is. */
  bodies(runId: RunId): AsyncIterable<StoredBody>;
  head(runId: RunId): Promise<RunHead | undefined>;
  /** By path and number. */
  attempts(runId: RunId): Promise<readonly AttemptRow[]>;
  /** Rows in the order they were written. @throws {StemmaError} STORE_CORRUPT with the fact `artifact` for a row that cannot be read */
  artifacts(runId: RunId): Promise<readonly ArtifactRow[]>;
  /** The texts of the definitions a run was made with, by the digest in `run.created`. @throws {StemmaError} STORE_CORRUPT */
  definitionSet(digest: Sha256): Promise<DefinitionSet | undefined>;
  /** The same set as the text that is stored: `JSON.stringify` of it, unless someone changed it. */
  definitionText(digest: Sha256): Promise<string | undefined>;
}

/** The exact definitions of a run. Equal sets are stored once. */
export interface DefinitionSet {
  readonly digest: Sha256;
  readonly files: readonly {
    readonly kind: string;
    readonly id: string;
    readonly origin: string;
    readonly digest: Sha256;
    readonly text: string;
  }[];
}

export type CommandType = 'cancel' | 'pause' | 'resume';
export interface Command {
  readonly type: CommandType;
  /** Role or worker, never a person's name. */
  readonly by: string;
}
export interface ReceivedCommand extends Command {
  readonly id: number;
}

export interface Submission {
  readonly runId: RunId;
  readonly created: Extract<EventDraft, { type: 'run.created' }>;
  readonly artifacts: readonly ArtifactRow[];
  readonly definitions: DefinitionSet;
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly priority: Priority;
}

export interface WorkerInfo {
  readonly id: WorkerId;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

/** What is left to do, seen from one worker. */
export interface QueueSurvey {
  /** Claimable now. */
  readonly runnable: number;
  /** Parked until a later time. */
  readonly parked: number;
  readonly paused: number;
  /** Held by workers whose counter has moved since this one began to watch. */
  readonly heldByLive: number;
  /** Held by workers that have not been watched long enough to say. */
  readonly heldByUnknown: number;
}

export interface WorkerRow extends WorkerInfo {
  readonly mode: WorkerMode;
  readonly beats: number;
  readonly stopped: boolean;
}

/** Who holds what, and mail for the holder. */
export interface WorkQueue {
  /** Stores the run with its first event; `claimFor` gives the lease to that worker in the same commit. */
  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined>;
  /** Up to `atMost` runnable runs, most urgent and then oldest first; takes over the runs of dead workers. */
  claim(worker: WorkerId, options: { atMost: number; only?: RunId }): Promise<readonly Lease[]>;
  /** Gives the lease back until the time has come or a command arrives. */
  park(lease: Lease, until: Wait | 'paused'): Promise<void>;
  /** Gives the lease back; the run is runnable at once, or ended. */
  release(lease: Lease): Promise<void>;
  /** Whether the token still counts; asked after a gap in the worker's own monotonic clock. */
  holds(lease: Lease): Promise<boolean>;
  /** Starts the worker's counter, which others watch with their own monotonic clock. */
  register(worker: WorkerInfo): Promise<void>;
  /** Ends the counter and gives back what the worker still holds. */
  retire(worker: WorkerId): Promise<void>;
  /** Those that may hold runs, and those that have stopped lately; stopped ones go when another registers. */
  workers(): Promise<readonly WorkerRow[]>;
  /**
   * Whether the worker that holds the run lives, for who has sent it a command.
   *
   * False at once when nobody holds the run or the holder has stopped; true as soon as the holder's counter has been
   * seen to move; false when it stood still for 4 s of this observer's monotonic clock.
   *
   * @throws the signal's reason when it comes first
   */
  isHeldByLiving(runId: RunId, signal: AbortSignal): Promise<boolean>;
  /** Puts a command into the run's mailbox; it wakes the run. @throws {StemmaError} RUN_NOT_FOUND · STATE_CONFLICT when the run has ended */
  send(runId: RunId, command: Command): Promise<void>;
  /** Commands for the run held, oldest first, until the signal; each once per holder. */
  inbox(lease: Lease, signal: AbortSignal): AsyncIterable<ReceivedCommand>;
  survey(worker: WorkerId): Promise<QueueSurvey>;
  /** Resolves when something may have become claimable, or after the time, or at the signal. */
  idle(maxMs: number, signal: AbortSignal): Promise<void>;
}

/** A file about to be written into a run's folder. */
export interface FileDraft {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly work: boolean;
  /** The first number to try. */
  readonly number: number;
}
export interface StoredFile {
  readonly id: ArtifactId;
  readonly number: number;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** From the bytes. */
  readonly mediaType: string;
}
export interface FolderEntry {
  /** Relative to the run's folder, with `/`. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** Files of runs. A file is created, never replaced, so a stale worker can add an orphan and nothing else. */
export interface FileStore {
  /** Exclusive create under the first free number, fsynced with its folder before it resolves. */
  create(runId: RunId, draft: FileDraft): Promise<StoredFile>;
  /** @throws {StemmaError} NOT_FOUND */
  read(id: ArtifactId): Promise<Uint8Array>;
  /** Where the file lies for a person; undefined where there are no paths. */
  locate(id: ArtifactId): string | undefined;
  /** The folder of a run for a person. */
  folder(runId: RunId): string | undefined;
  /** Writes the definitions of a run, once. */
  writeDefinitions(set: DefinitionSet, runId: RunId): Promise<void>;
  /** A convenience beside the record: replaced as a whole, not fsynced. */
  writeSummary(runId: RunId, file: { name: 'metadata.json' | 'steps.ndjson'; text: string }): Promise<void>;
  /** Removes artifacts that no event names; says which. */
  sweep(runId: RunId, keep: ReadonlySet<ArtifactId>): Promise<readonly ArtifactId[]>;
  /** Every file of the run's folder with its digest. */
  inventory(runId: RunId): Promise<readonly FolderEntry[]>;
  delete(runId: RunId): Promise<void>;
}

export interface RunListFilter {
  readonly state?: RunState;
  readonly config?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly search?: string;
  readonly label?: { readonly key: string; readonly value: string };
  readonly limit: number;
  readonly cursor?: string;
}
export interface RunListRow {
  readonly runId: RunId;
  readonly state: RunState;
  readonly config: string;
  readonly pipeline: string;
  readonly profile: string;
  readonly safety: string;
  readonly createdAt: Instant;
  readonly endedAt: Instant | null;
  readonly durationMs: number | null;
  readonly outputs: readonly string[];
  readonly costMicroUsd: number;
  readonly parent: RunId | null;
  readonly labels: Readonly<Record<string, string>>;
}
/** Lists over many runs; read models that `doctor --rebuild` makes anew from events. */
export interface RunQueries {
  /** Newest first. @throws {StemmaError} INPUT_INVALID for a cursor that is none */
  list(filter: RunListFilter): Promise<{ items: readonly RunListRow[]; nextCursor: string | null }>;
  labels(runId: RunId): Promise<Readonly<Record<string, string>>>;
  /** Throws the read models away and fills them from the log; says how many events it read. */
  rebuild(): Promise<{ events: number }>;
}

export interface StoreHealth {
  readonly schemaVersion: number;
  /** `ok`, or what SQLite found. */
  readonly integrity: string;
  readonly runs: number;
  readonly events: number;
  readonly sizeBytes: number;
  /** On the disk of the data directory, for this user. */
  readonly freeBytes: number;
}

/** Everything one data directory holds, opened together and closed together. */
export interface Store extends AsyncDisposable {
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly queries: RunQueries;
  readonly files: FileStore;
  health(): Promise<StoreHealth>;
}

export interface LoadedDefinitions {
  readonly definitions: Definitions;
  /** What did not load, and why; everything else did. */
  readonly problems: readonly DefinitionProblem[];
}
export interface DefinitionSource {
  load(): Promise<LoadedDefinitions>;
  /** Definitions from the stored texts of a run; they loaded once, so they load again. */
  restore(set: DefinitionSet): Promise<Definitions>;
}

/** Catalogues of texts by key. */
export interface Messages {
  /** The text in the language, else English, else the key; `{name}` takes a fact. */
  text(key: string, facts: Facts, language: string): string;
  has(key: string, language: string): boolean;
}

export interface Signer {
  readonly keyId: string;
  /** Ed25519, base64url. */
  sign(bytes: Uint8Array): string;
  /** Whether the signature is by the key with that id, as far as this installation knows it. */
  verify(bytes: Uint8Array, signature: { keyId: string; value: string }): 'valid' | 'invalid' | 'unknownKey';
}

/** Said while a run is executed: shown, never stored. */
export interface ProgressUpdate {
  readonly runId: RunId;
  readonly stepPath: StepPath;
  readonly done?: number;
  readonly total?: number;
  readonly partialText?: string;
}
export type Observer = (update: ProgressUpdate) => void;
