/** The ports: what the engine and the operations in `app/` need from the outside. Each has a contract suite under `test/contract/`. */
import type { EventDraft, InstallationDraft, InstallationEvent, LogEvent, RunEvent } from './events.ts';
import type { ArtifactId, Instant, RunId, Sha256, SpanId, StepPath, WorkerId } from './ids.ts';
import type { Facts } from './json.ts';
import type { Definitions, DefinitionProblem } from './definitions.ts';
import type { BudgetMode, BudgetScope, BudgetStanding, Priority } from './schema.ts';
import type { ArtifactRef } from './stage.ts';
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
  /** Files, artifact rows, labels and search rows are gone; the chain is what is left. */
  readonly contentDeleted?: boolean;
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
  /** Of one run; null: of the installation's own log; absent: of everything. */
  readonly runId?: RunId | null;
}

/** The append-only list of events. One writer per run, the holder of its lease. */
export interface RunLog {
  /**
   * Numbers, times, hashes and stores the drafts; moves the run's head and its attempts' rows with them.
   * Appends of many runs in one turn share a transaction, and a refused one fails alone.
   * Resolves after fsync.
   *
   * @throws {StemmaError} LEASE_LOST for a token that no longer counts · STATE_CONFLICT for what the constraints refuse · STORE_BUSY · STORE_FULL
   */
  append(lease: Lease, append: Append): Promise<{ seq: number; position: number }>;
  /** A run's events in order, at most 1,000 rows fetched at a time and no statement held open. */
  read(runId: RunId, range?: { afterSeq?: number; limit?: number }): AsyncIterable<RunEvent>;
  /** Every event once, first the stored ones, then live, until the signal. A slow reader slows only itself. */
  follow(from: FollowFrom, signal: AbortSignal): AsyncIterable<LogEvent>;
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
  /**
   * Takes an ended run's artifact rows with their salts, its labels and its search rows away for good, and writes the
   * receipt into the installation's log in the same transaction. What is deleted is gone from the database file.
   *
   * @throws {StemmaError} RUN_NOT_FOUND · STATE_CONFLICT while the run has not ended
   */
  deleteContent(runId: RunId, receipt: InstallationDraft): Promise<void>;
}

/** The log of the installation itself: breakers, workers, budgets, deletions. Anyone may append; it has a chain of its own. */
export interface InstallationLog {
  append(drafts: readonly InstallationDraft[]): Promise<{ seq: number; position: number }>;
  read(range?: { afterSeq?: number; limit?: number }): AsyncIterable<InstallationEvent>;
  /** As texts, for whoever recomputes their hashes. */
  bodies(): AsyncIterable<StoredBody>;
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
/** What is asked of a run; `by` is a role, a worker or a random id, never a person's name. Bodies lie in the mailbox until the holder has made them artifacts. */
export type Command =
  | { readonly type: CommandType; readonly by: string }
  | {
      readonly type: 'decide';
      readonly by: string;
      readonly stepPath: StepPath;
      readonly choice: string;
      readonly note?: string;
    }
  | { readonly type: 'signal'; readonly by: string; readonly name: string; readonly body?: string | Uint8Array };
export type ReceivedCommand = Command & { readonly id: number };

export interface Submission {
  readonly runId: RunId;
  readonly created: Extract<EventDraft, { type: 'run.created' }>;
  readonly artifacts: readonly ArtifactRow[];
  readonly definitions: DefinitionSet;
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly priority: Priority;
  /** Room or person; runs of one priority take turns between them. Absent: all of these share one place. */
  readonly share?: string;
}

export interface WorkerInfo {
  readonly id: WorkerId;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** How many runs it may hold at once. */
  readonly slots: number;
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
  /** Whether it has died: `stopped` and not by itself. */
  readonly crashed: boolean;
  /** Runs it holds. */
  readonly held: number;
}

/** Where a run stands in the queue. */
export interface QueuePlace {
  /** From 1: how many claimable runs come before it, and itself. */
  readonly position: number;
  /** Until it is claimed, from the times of the runs before; null when there is nothing to go by. */
  readonly estimateMs: number | null;
}

/** Who holds what, and mail for the holder. */
export interface WorkQueue {
  /** Stores the run with its first event; `claimFor` gives the lease to that worker in the same commit. */
  submit(submission: Submission, claimFor?: WorkerId): Promise<Lease | undefined>;
  /**
   * Up to `atMost` runnable runs; takes over the runs of dead workers. By priority, which rises by one class for every
   * ten minutes of waiting; within one class in turn between shares; then by age. Nothing for a worker whose mode is
   * not `active`.
   */
  claim(worker: WorkerId, options: { atMost: number; only?: RunId }): Promise<readonly Lease[]>;
  /** Gives the lease back until the time has come or a command arrives; without a time, until a command arrives. */
  park(lease: Lease, until: { readonly until?: Instant } | 'paused'): Promise<void>;
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
  /** Sets a worker's mode, and says so in the installation's log. @throws {StemmaError} NOT_FOUND */
  setMode(worker: WorkerId, mode: WorkerMode, by: string): Promise<void>;
  /** The mode that people have set; `active` for one that is not registered. */
  mode(worker: WorkerId): Promise<WorkerMode>;
  /** Where a run that nobody holds stands among those that could be claimed now; undefined for any other. */
  place(runId: RunId): Promise<QueuePlace | undefined>;
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

/** A budget that applies to a call, as the caller's settings know it; what people have set in the store goes before it. */
export interface BudgetRef {
  readonly scope: BudgetScope;
  readonly subject: string;
  /** From the settings or the run's request; absent when only a set one may apply. */
  readonly rule?: { readonly limitMicroUsd: number; readonly mode: BudgetMode };
}

/** A limit of capacity that applies to a call. */
export interface PermitNeed {
  /** Such as `provider:ollama`, `model:ollama/gpt-oss:20b`, `room:<id>`, `key:openrouter:calls`, `vram`. */
  readonly name: string;
  readonly amount: number;
  /** A need above it passes when nobody else holds anything, and nothing passes beside it. */
  readonly limit: number;
  /** `held`: given back when the call is over. `minute`: what was taken in the last 60 s counts. */
  readonly kind: 'held' | 'minute';
}

export interface LedgerNeed {
  readonly path: StepPath;
  readonly attempt: number;
  readonly permits: readonly PermitNeed[];
  readonly budgets: readonly BudgetRef[];
  /** What the call is expected to cost; null when there is no price for it. A call that costs nothing is refused by no budget. */
  readonly costMicroUsd: number | null;
  /** A person has said yes: budgets that ask count it and do not refuse it, and it needs no price. */
  readonly approved?: boolean;
}

export type Reservation =
  | {
      readonly ok: true;
      readonly id: number;
      /** Budgets that this reservation has brought to 80 % of their limit, each told once per budget and day. */
      readonly warned: readonly BudgetStanding[];
    }
  | {
      readonly ok: false;
      readonly because: 'permit';
      readonly name: string;
      /** When it is worth asking again at the latest. */
      readonly retryInMs: number;
    }
  /** `price`: the budget wants a price and there is none. */
  | { readonly ok: false; readonly because: 'budget' | 'price'; readonly budget: BudgetStanding };

/** A reservation that nobody has settled yet. */
export interface OpenReservation {
  readonly id: number;
  readonly path: StepPath;
  readonly attempt: number;
  readonly costMicroUsd: number | null;
}

/** Permits and budgets are reserved before a call and settled after it, so that concurrent calls cannot overspend. */
export interface Ledger {
  /**
   * Everything that the call needs, or nothing, in one transaction. Permits of dead workers have gone back before.
   *
   * @throws {StemmaError} LEASE_LOST
   */
  reserve(lease: Lease, need: LedgerNeed): Promise<Reservation>;
  /** What the call really cost; null keeps the estimate out of the budgets, as there is no price. Settling twice changes nothing. */
  settle(id: number, costMicroUsd: number | null): Promise<void>;
  /** Reservations of a run that earlier holders have left behind; their permits are back, their money is still reserved. */
  left(lease: Lease): Promise<readonly OpenReservation[]>;
  /**
   * Resolves when something was given back or a budget has changed, or after the time, or at the signal. Called in the
   * turn in which a refusal came, it misses nothing; that a worker has died wakes nobody.
   */
  changed(maxMs: number, signal: AbortSignal): Promise<void>;
  /** Money that is neither spent nor reserved; the smallest over the budgets that refuse, null when none of them applies. */
  available(budgets: readonly BudgetRef[]): Promise<number | null>;
  /** Sets a budget for all processes, and says so in the installation's log. */
  setBudget(budget: {
    readonly scope: BudgetScope;
    readonly subject: string;
    readonly limitMicroUsd: number;
    readonly mode: BudgetMode;
    readonly by: string;
  }): Promise<void>;
  /** @throws {StemmaError} NOT_FOUND */
  removeBudget(budget: { readonly scope: BudgetScope; readonly subject: string; readonly by: string }): Promise<void>;
  /**
   * Every budget that was set or spent from, by scope and subject. One set for the subject `*` stands for itself, with
   * nothing spent; each subject that it limits has a standing of its own.
   */
  standings(): Promise<readonly BudgetStanding[]>;
}

/** How a candidate (`provider/model`) has done lately, over all processes; derived from the attempts in the log. */
export interface CandidateRecord {
  /** Attempts that are under way. */
  readonly running: number;
  /** Of the last 50 attempts that have ended. */
  readonly succeeded: number;
  readonly failed: number;
  /** Of those that succeeded. */
  readonly medianMs: number | null;
  /** Start of the last attempt. */
  readonly lastAt: Instant | null;
}
export interface RouteStatistics {
  of(candidates: readonly string[]): Promise<ReadonlyMap<string, CandidateRecord>>;
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
  /** Puts the bytes of another run's artifact under a new name of this one, sharing them where the file system can. @throws {StemmaError} NOT_FOUND */
  copy(from: ArtifactId, runId: RunId, draft: Omit<FileDraft, 'body'>): Promise<StoredFile>;
  /**
   * Removes artifacts that no event names; says which. `still` is asked before each removal whether the caller may go on.
   */
  sweep(runId: RunId, keep: ReadonlySet<ArtifactId>, still: () => Promise<boolean>): Promise<readonly ArtifactId[]>;
  /** Every file of the run's folder with its digest. */
  inventory(runId: RunId): Promise<readonly FolderEntry[]>;
  /** Removes the run's folder; says what was in it. */
  delete(runId: RunId): Promise<{ files: number; bytes: number }>;
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
/** What calls have used. */
export interface CostSum {
  readonly calls: number;
  readonly costMicroUsd: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Calls whose cost is not known; they add nothing to the sum. */
  readonly unpriced: number;
  /** Calls whose cost is what was reserved for them. */
  readonly estimated: number;
}
export type CostGroup = 'run' | 'step' | 'stage' | 'provider' | 'model' | 'config' | 'room' | 'day';
export interface CostFilter {
  readonly by: CostGroup;
  /** Local dates (`2026-03-01`), both included. */
  readonly from?: string;
  readonly to?: string;
  readonly config?: string;
  readonly room?: string;
  readonly runId?: RunId;
}
/** `key` is a run's id, a step path, a stage type, `provider/model`, a date …; empty for runs without a room. */
export interface CostRow extends CostSum {
  readonly key: string;
}

/** What a step does: its stage, and who is called for it (`provider/model`), null for a stage that calls nobody. */
export interface Work {
  readonly stage: string;
  readonly candidate: string | null;
}

/** The calls of one model. Latencies are of calls that succeeded, null when none did. */
export interface CallRate {
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  /** Failed or timed out. */
  readonly failed: number;
  readonly costMicroUsd: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface RunCounts {
  /** States that no run is in are left out. */
  readonly states: Readonly<Partial<Record<RunState, number>>>;
  /** Runs that nobody holds and that could be claimed now. */
  readonly queued: number;
  /** Of the queued run that has waited longest; null when none waits. */
  readonly oldestWaitMs: number | null;
}

/** Lists and statistics over many runs; read models that `doctor --rebuild` makes anew from events. */
export interface RunQueries {
  /** Newest first. @throws {StemmaError} INPUT_INVALID for a cursor that is none */
  list(filter: RunListFilter): Promise<{ items: readonly RunListRow[]; nextCursor: string | null }>;
  labels(runId: RunId): Promise<Readonly<Record<string, string>>>;
  /** Runs that branched off a run or replay it, in the order they were made: they hold copies of what it holds. */
  branches(runId: RunId): Promise<readonly RunId[]>;
  /** The 500 groups that cost most (of days: the last ones), whether there are more, and the sum over all of them. */
  costs(filter: CostFilter): Promise<{ items: readonly CostRow[]; total: CostSum; isCut: boolean }>;
  /** How long work of each kind takes: the median of the last 50 attempts that succeeded, null when there is none. */
  medians(of: readonly Work[]): Promise<readonly (number | null)[]>;
  /** Calls that ended at the time or later, by model. */
  callRates(since: Instant): Promise<readonly CallRate[]>;
  counts(): Promise<RunCounts>;
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
  readonly ledger: Ledger;
  readonly installation: InstallationLog;
  readonly routes: RouteStatistics;
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

/** Looks at pictures as people do. */
export interface Pictures {
  /**
   * 64 bits as 16 hex digits; pictures that look alike differ in few of them.
   *
   * @throws {StemmaError} MEDIA_REFUSED for what is no picture
   */
  differenceHash(bytes: Uint8Array): Promise<string>;
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
