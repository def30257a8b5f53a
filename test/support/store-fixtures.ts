/** Stores for tests: a clock moved by hand, drafts that are valid, and one store that several sessions open. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventDraft, InstallationDraft } from '../../src/core/events.ts';
import type { ArtifactId, Digest, Instant, RunId, Sha256, StepPath, WorkerId } from '../../src/core/ids.ts';
import { artifactId } from '../../src/core/ids.ts';
import type {
  ArtifactRow,
  Clock,
  DefinitionSet,
  InstallationLog,
  Lease,
  Ledger,
  RouteStatistics,
  RunLog,
  Signer,
  Submission,
  WorkQueue,
} from '../../src/core/ports.ts';
import type { Committed, Priority } from '../../src/core/schema.ts';
import type { AttemptState } from '../../src/core/states.ts';
import { createMemoryState, openMemoryLogAndQueue } from '../../src/store/memory/open.ts';
import { openSqliteLogAndQueue } from '../../src/store/sqlite/open.ts';

/** Stands still until it is moved; wall and monotonic time apart. */
export class HandClock implements Clock {
  wall = Date.UTC(2026, 0, 1);
  monotonic = 0;
  readonly #sleepers = new Set<() => void>();

  now(): Instant {
    return this.wall as Instant;
  }

  monotonicMs(): number {
    return this.monotonic;
  }

  /** Lets time pass on both, and wakes who slept until then. */
  pass(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
    for (const look of this.#sleepers) look();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.monotonic + ms;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.monotonic < until && signal?.aborted !== true) return;
        this.#sleepers.delete(look);
        signal?.removeEventListener('abort', look);
        if (signal?.aborted === true) reject(signal.reason as Error);
        else resolve();
      };
      this.#sleepers.add(look);
      signal?.addEventListener('abort', look);
      look();
    });
  }
}

export const testDigest: Digest = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
};

/** Says what it signed, so that a test can compare. */
export const testSigner: Signer = {
  keyId: 'test-key',
  sign: (bytes) => `signed:${Buffer.from(bytes).toString('hex')}`,
  verify: () => 'valid',
};

let lastId = 0;
export function nextRunId(): RunId {
  lastId += 1;
  const tail = lastId.toString(16).padStart(12, '0');
  return `019b0000-0000-7000-8000-${tail}` as RunId;
}

export const worker = (name: string): WorkerId => `worker-${name}` as WorkerId;
export const sha = (text: string): Sha256 => Buffer.from(testDigest.sha256(text)).toString('hex') as Sha256;

const definitions: DefinitionSet = {
  digest: sha('definitions'),
  files: [{ kind: 'config', id: 'dada', origin: 'test', digest: sha('dada'), text: 'id: dada\n' }],
};

export interface SubmissionOverrides {
  readonly runId?: RunId;
  readonly priority?: Priority;
  readonly artifacts?: readonly ArtifactRow[];
  readonly labels?: Submission['labels'];
  /** As the event names them. */
  readonly given?: readonly Committed[];
  readonly share?: string;
}

export function submission(overrides: SubmissionOverrides = {}): Submission {
  const { runId = nextRunId(), priority = 'normal', artifacts = [], labels = [], given = [], share } = overrides;
  const data = {
    config: 'dada',
    pipeline: 'text-to-text',
    profile: 'offline',
    outputs: ['text'],
    definitions: definitions.digest,
    level: 'kids' as const,
    policy: '1',
    lang: 'de',
    seed: 7,
    priority,
    given,
    stemma: '0.1.0',
  };
  const whole = { runId, created: { type: 'run.created', data } as const, artifacts, definitions, labels, priority };
  return share === undefined ? whole : { ...whole, share };
}

export const runStarted: EventDraft = { type: 'run.started', data: {} };
export const runEnded: EventDraft = { type: 'run.ended', data: { state: 'succeeded' } };

export const breakerClosed: InstallationDraft = {
  type: 'breaker.closed',
  data: { candidate: 'ollama/small', worker: worker('a') },
};

export const attemptStarted = (path: string, attempt = 1): EventDraft => ({
  type: 'attempt.started',
  stepPath: path as StepPath,
  attempt,
  data: { stage: 'noop', stageVersion: 1, definition: sha('noop'), inputs: [], queuedMs: 0, worker: worker('a') },
});

/** The first attempt of a step that goes to a candidate. */
export const routedAttempt = (path: string, chosen: string): EventDraft => ({
  type: 'attempt.started',
  stepPath: path as StepPath,
  attempt: 1,
  data: {
    stage: 'ask',
    stageVersion: 1,
    definition: sha('ask'),
    inputs: [],
    route: { chosen, candidates: [chosen], ruledOut: {} },
    queuedMs: 0,
    worker: worker('a'),
  },
});

export const attemptEnded = (
  path: string,
  state: Exclude<AttemptState, 'running'> = 'succeeded',
  attempt = 1,
): EventDraft => ({
  type: 'attempt.ended',
  stepPath: path as StepPath,
  attempt,
  data: { state, facts: {}, outputs: [], durationMs: 1 },
});

export function artifactRow(runId: RunId, number: number): ArtifactRow {
  const id = artifactId({ runId, work: false, number, type: 'input', extension: 'txt' });
  return {
    id,
    runId,
    type: 'input',
    mediaType: 'text/plain',
    sha256: sha(id),
    sizeBytes: 12,
    language: 'de',
    salt: '00'.repeat(16),
    sources: [`${runId}/01_input.txt` as ArtifactId],
    stepPath: 'translate' as StepPath,
  };
}

export interface SessionOptions {
  readonly clock?: HandClock;
  readonly beforeCommit?: () => void;
  readonly signer?: Signer;
}

/** One process's view of a store. */
export interface Session extends AsyncDisposable {
  readonly clock: HandClock;
  readonly log: RunLog;
  readonly queue: WorkQueue;
  readonly ledger: Ledger;
  readonly installation: InstallationLog;
  readonly routes: RouteStatistics;
  beat(worker: WorkerId): Promise<void>;
  close(): Promise<void>;
}

/** A store; every session opened on it sees the same. */
export interface StoreFixture extends AsyncDisposable {
  open(options?: SessionOptions): Promise<Session>;
}

export interface SqliteFixture extends StoreFixture {
  readonly file: string;
}

async function inSession<T extends Omit<Session, 'clock'>>(
  options: SessionOptions,
  open: (parts: SessionOptions & { clock: HandClock; digest: Digest; beats: 'manual' }) => Promise<T>,
): Promise<T & { clock: HandClock }> {
  const clock = options.clock ?? new HandClock();
  const store = await open({ ...options, clock, digest: testDigest, beats: 'manual' });
  return Object.assign(store, { clock });
}

export async function sqliteFixture(): Promise<SqliteFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-store-'));
  const file = join(folder, 'stemma.db');
  const sessions: Session[] = [];
  return {
    file,
    open: async (options = {}) => {
      const session = await inSession(options, (parts) => openSqliteLogAndQueue({ ...parts, file }));
      sessions.push(session);
      return session;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function memoryFixture(): Promise<StoreFixture> {
  const state = createMemoryState();
  const sessions: Session[] = [];
  return {
    open: async (options = {}) => {
      const session = await inSession(options, (parts) => openMemoryLogAndQueue(state, parts));
      sessions.push(session);
      return session;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}

export async function register(session: Session, name: string, slots = 4): Promise<WorkerId> {
  const id = worker(name);
  await session.queue.register({ id, host: 'test', pid: 1, version: '0.1.0', slots });
  return id;
}

/** A new run that the worker holds and that has started. */
export async function startedRun(
  session: Session,
  holder: WorkerId,
  overrides: SubmissionOverrides = {},
): Promise<Lease> {
  const lease = await session.queue.submit(submission(overrides), holder);
  if (lease === undefined) throw new Error('the queue gave no lease');
  await session.log.append(lease, { drafts: [runStarted] });
  return lease;
}

/** Everything until the sequence ends, or the first `count`. */
export async function collect<T>(items: AsyncIterable<T>, count = Number.POSITIVE_INFINITY): Promise<T[]> {
  const collected: T[] = [];
  if (count === 0) return collected;
  for await (const item of items) {
    collected.push(item);
    if (collected.length === count) break;
  }
  return collected;
}

/** The code of the error that a promise is rejected with; `stored` when it is not. */
export const codeOf = (outcome: Promise<unknown>): Promise<unknown> =>
  outcome.then(
    () => 'stored',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

export const never = new AbortController().signal;
