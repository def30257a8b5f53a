/** An engine over a store in memory, with a clock that only moves when it is told to: nothing in these tests sleeps. */
import { foldRun } from '../../src/core/apply.ts';
import type { RunFold } from '../../src/core/apply.ts';
import { canonicalJson } from '../../src/core/canonical.ts';
import { DEFINITION_KINDS } from '../../src/core/definitions.ts';
import type { DefinitionKind } from '../../src/core/definitions.ts';
import { StemmaError } from '../../src/core/errors.ts';
import type { EventData, EventType, RunEvent } from '../../src/core/events.ts';
import { toHex } from '../../src/core/ids.ts';
import type { ArtifactId, Instant, RunId, Sha256, StepPath, WorkerId } from '../../src/core/ids.ts';
import type {
  Append,
  ArtifactRow,
  CommandType,
  DefinitionSet,
  FileStore,
  Lease,
  RunLog,
} from '../../src/core/ports.ts';
import type { PriceTable } from '../../src/core/prices.ts';
import type { RunRequest } from '../../src/core/request.ts';
import type { Level } from '../../src/core/schema.ts';
import type { AnyStage, ArtifactDraft, ArtifactRef, Provider, Stage } from '../../src/core/stage.ts';
import { Breakers } from '../../src/engine/breakers.ts';
import { createProviderRegistry } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { executeRun } from '../../src/engine/execute-run.ts';
import type { SessionEnd } from '../../src/engine/execute-run.ts';
import { NO_LIMITS } from '../../src/core/limits.ts';
import type { Limits } from '../../src/core/limits.ts';
import { freshSalt, toWritten } from '../../src/engine/run-artifacts.ts';
import type { Written } from '../../src/engine/run-artifacts.ts';
import { compilePolicy } from '../../src/engine/safety/policy.ts';
import type { SafetyPolicy } from '../../src/engine/safety/policy.ts';
import { createDefinitionSource } from '../../src/store/definitions/definition-source.ts';
import { MemoryFileStore } from '../../src/store/files/memory/memory-file-store.ts';
import { createMemoryState, openMemoryLogAndQueue } from '../../src/store/memory/open.ts';
import type { MemoryLogAndQueue, MemoryState } from '../../src/store/memory/open.ts';
import { nodeDigest } from '../../src/store/system/digest.ts';
import { systemIds } from '../../src/store/system/ids.ts';
import { TestClock } from './test-clock.ts';

export { TestClock, settle, until } from './test-clock.ts';
export { askStage, done, failed, recordingProvider, testStage, wrote } from './test-stages.ts';
export type { TextInput } from './test-stages.ts';

type Content = { readonly [name: string]: unknown };
export type TestDefinitions = { readonly [K in DefinitionKind]?: { readonly [id: string]: Content } };

export interface TestEngineOptions {
  readonly stages: readonly AnyStage[];
  readonly providers?: readonly Provider[];
  /** Steps of the one pipeline. Every stage has a chunk named like it, with dashes; one that calls has the role `any`. */
  readonly steps: readonly Content[];
  readonly definitions?: TestDefinitions;
  readonly policy?: SafetyPolicy;
  readonly limits?: Partial<Limits>;
  readonly prices?: PriceTable;
}

export interface TestRun {
  readonly text?: string;
  readonly task?: string;
  readonly context?: string;
  readonly parameters?: RunRequest['parameters'];
  readonly outputs?: readonly string[];
  readonly seed?: number;
  readonly level?: Level;
  readonly runId?: RunId;
  readonly created?: Partial<EventData['run.created']>;
}

/** What all sessions share, as processes share a disk. */
interface Disk {
  readonly state: MemoryState;
  readonly files: MemoryFileStore;
  readonly clock: TestClock;
}

export const FORBIDDEN_WORD = 'zorgblat';
export const FORBIDDEN_PHRASE = 'grumbly wuzzle';
const testPolicy = compilePolicy([
  {
    id: 'made-up',
    version: '1',
    jurisdiction: 'any',
    lists: [
      {
        id: 'words',
        check: 'age',
        class: 'hard',
        languages: ['en'],
        source: 'words made up for these tests',
        terms: [FORBIDDEN_WORD, FORBIDDEN_PHRASE],
      },
    ],
  },
]);

const hash = (text: string): Sha256 => toHex(nodeDigest.sha256(text)) as Sha256;

function definitionSet(options: TestEngineOptions): DefinitionSet {
  const chunks = options.stages.map((stage) => {
    const { type, calls } = stage as unknown as Stage;
    return [type.replaceAll('.', '-'), { stage: type, ...(calls === undefined ? {} : { role: 'any' }) }] as const;
  });
  const pins = (options.providers ?? []).map(({ id }) => `${id}/m`);
  const all: TestDefinitions = {
    chunks: { ...Object.fromEntries(chunks), ...options.definitions?.chunks },
    pipelines: { main: { title: 'Main', steps: options.steps }, ...options.definitions?.pipelines },
    configs: { plain: { name: 'Plain', pipeline: 'main' }, ...options.definitions?.configs },
    outputs: options.definitions?.outputs ?? {},
    profiles: {
      test: { name: 'Test', roles: { any: pins.length === 0 ? ['nobody/m'] : pins } },
      ...options.definitions?.profiles,
    },
  };
  const files = DEFINITION_KINDS.flatMap((kind) =>
    Object.entries(all[kind] ?? {}).map(([id, content]) => {
      const text = JSON.stringify(content);
      return { kind, id, origin: 'shipped', digest: hash(text), text };
    }),
  );
  return { digest: hash(canonicalJson(files)), files };
}

/** Counts, and fails when it is told to. */
export class WatchedLog {
  readonly appends: { readonly runId: RunId; readonly types: readonly string[] }[] = [];
  /** Asked before each append; an error makes the store answer with it. */
  refuse: (append: Append) => StemmaError | undefined = () => undefined;

  around(log: RunLog): RunLog {
    return {
      append: async (lease, append) => {
        const refusal = this.refuse(append);
        if (refusal !== undefined) throw refusal;
        const answer = await log.append(lease, append);
        this.appends.push({ runId: lease.runId, types: append.drafts.map(({ type }) => type) });
        return answer;
      },
      read: (runId, range) => log.read(runId, range),
      follow: (from, signal) => log.follow(from, signal),
      bodies: (runId) => log.bodies(runId),
      head: (runId) => log.head(runId),
      attempts: (runId) => log.attempts(runId),
      artifacts: (runId) => log.artifacts(runId),
      definitionSet: (digest) => log.definitionSet(digest),
      definitionText: (digest) => log.definitionText(digest),
      deleteContent: (runId, receipt) => log.deleteContent(runId, receipt),
    };
  }
}

/** One process: its own session on the shared disk, its own worker. */
export class TestEngine implements AsyncDisposable {
  readonly engine: Engine;
  readonly clock: TestClock;
  readonly log: WatchedLog;
  readonly store: MemoryLogAndQueue;
  readonly #disk: Disk;
  readonly #options: TestEngineOptions;
  readonly #set: DefinitionSet;
  readonly #power: { on: boolean };
  /** Put in the place of the files' `create`. */
  refuseFile: (type: string) => StemmaError | undefined = () => undefined;
  /** Bytes that stand on the disk in the place of those that were written. */
  readonly altered = new Map<ArtifactId, Uint8Array>();

  private constructor(
    disk: Disk,
    options: TestEngineOptions,
    opened: { store: MemoryLogAndQueue; power: { on: boolean }; worker: WorkerId },
  ) {
    this.#disk = disk;
    this.#options = options;
    this.#set = definitionSet(options);
    this.#power = opened.power;
    this.clock = disk.clock;
    this.store = opened.store;
    this.log = new WatchedLog();
    this.engine = {
      log: this.log.around(opened.store.log),
      queue: opened.store.queue,
      ledger: opened.store.ledger,
      installation: opened.store.installation,
      routes: opened.store.routes,
      files: this.#files(),
      clock: disk.clock,
      digest: nodeDigest,
      ids: systemIds,
      definitions: createDefinitionSource({ sources: [], stages: [], digest: nodeDigest }),
      stages: new Map(options.stages.map((stage) => [(stage as unknown as Stage).type, stage as unknown as Stage])),
      providers: createProviderRegistry(options.providers ?? []),
      policy: options.policy ?? testPolicy,
      limits: { ...NO_LIMITS, ...options.limits },
      prices: options.prices ?? {},
      breakers: new Breakers({ clock: disk.clock, worker: opened.worker, installation: opened.store.installation }),
      messages: { text: (key, facts) => `${key} ${JSON.stringify(facts)}` },
      worker: { id: opened.worker, host: 'test', pid: 1, version: '0', slots: 4 },
    };
  }

  static async open(options: TestEngineOptions, disk?: Disk, beforeCommit?: () => void): Promise<TestEngine> {
    const shared = disk ?? { state: createMemoryState(), files: new MemoryFileStore(), clock: new TestClock() };
    const power = { on: true };
    const store = await openMemoryLogAndQueue(shared.state, {
      clock: shared.clock,
      digest: nodeDigest,
      beats: 'manual',
      beforeCommit: () => {
        if (!power.on) throw new StemmaError('INTERNAL', 'This process is dead.');
        beforeCommit?.();
      },
    });
    const opened = new TestEngine(shared, options, { store, power, worker: systemIds.workerId() });
    await store.queue.register(opened.engine.worker);
    return opened;
  }

  /** Stores a run; nobody holds it yet. */
  async submit(run: TestRun = {}): Promise<RunId> {
    const runId = run.runId ?? systemIds.runId();
    const request: RunRequest = {
      config: 'plain',
      profile: 'test',
      level: run.level ?? 'kids',
      lang: 'en',
      seed: run.seed ?? 7,
      priority: 'normal',
      outputs: run.outputs ?? [],
      parameters: run.parameters ?? {},
      edited: { task: false, context: false },
    };
    const words = Object.entries(request.parameters).filter(([, value]) => typeof value === 'string');
    const texts: ArtifactDraft[] = [
      { type: 'input', body: run.text ?? 'a small cat' },
      { type: 'request', body: JSON.stringify(request), work: true },
      { type: 'task', body: run.task ?? '', work: true },
      { type: 'context', body: run.context ?? '', work: true },
      { type: 'parameters', body: words.map(([name, value]) => `${name}: ${value}`).join('\n'), work: true },
    ];
    const given: Written[] = [];
    for (const draft of texts.filter(({ body }) => body !== '')) {
      const { type, body, work = false } = draft;
      const file = await this.#disk.files.create(runId, { type, body, work, number: 1 });
      given.push(toWritten(file, draft, { origin: { runId }, digest: nodeDigest, salt: freshSalt() }));
    }
    const data = {
      config: 'plain',
      pipeline: 'main',
      profile: 'test',
      outputs: request.outputs,
      level: request.level,
      definitions: this.#set.digest,
      policy: 'test',
      lang: 'en',
      seed: request.seed,
      priority: 'normal' as const,
      given: given.map(({ committed }) => committed),
      stemma: '0',
      ...run.created,
    };
    await this.store.queue.submit({
      runId,
      created: {
        type: 'run.created',
        data,
      },
      artifacts: given.map(({ row }) => row),
      definitions: this.#set,
      labels: [],
      priority: 'normal',
    });
    return runId;
  }

  async claim(runId: RunId): Promise<Lease> {
    const [lease] = await this.store.queue.claim(this.engine.worker.id, { atMost: 1, only: runId });
    if (lease === undefined) throw new Error(`The run ${runId} cannot be claimed.`);
    return lease;
  }

  /** One session: claimed, carried on until it has ended or stands still. */
  async session(runId: RunId, signal: AbortSignal = new AbortController().signal): Promise<SessionEnd> {
    return executeRun(this.engine, await this.claim(runId), signal);
  }

  /** Sessions until the run has ended; while it waits, the clock jumps to when it goes on. */
  async finish(runId: RunId, atMost = 200): Promise<RunEvent[]> {
    for (let sessions = 0; sessions < atMost; sessions += 1) {
      const end = await this.session(runId);
      if (end.kind === 'waiting') this.clock.advanceTo(wakeTimeOf(end));
      else if (end.kind !== 'broken') return this.events(runId);
      else throw end.error;
    }
    throw new Error('The run does not end.');
  }

  /** A run from its submission to its end. */
  async run(run: TestRun = {}): Promise<RunEvent[]> {
    return this.finish(await this.submit(run));
  }

  async events(runId: RunId): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of this.store.log.read(runId)) events.push(event);
    return events;
  }

  async fold(runId: RunId): Promise<RunFold> {
    return foldRun(await this.events(runId));
  }

  artifacts(runId: RunId): Promise<readonly ArtifactRow[]> {
    return this.store.log.artifacts(runId);
  }

  async textOf({ id }: Pick<ArtifactRef, 'id'>): Promise<string> {
    return new TextDecoder().decode(await this.#disk.files.read(id));
  }

  inventory(runId: RunId): Promise<readonly { readonly path: string }[]> {
    return this.#disk.files.inventory(runId);
  }

  send(runId: RunId, type: CommandType): Promise<void> {
    return this.store.queue.send(runId, { type, by: 'test' });
  }

  /** From here on nothing that this process does reaches the disk. */
  die(): void {
    this.#power.on = false;
  }

  /** Dies, and another process takes over once it may believe that. */
  async crash(changes: Partial<TestEngineOptions> = {}, beforeCommit?: () => void): Promise<TestEngine> {
    this.die();
    const next = await this.beside(changes, beforeCommit);
    this.clock.advance(4000);
    return next;
  }

  /** Another process on the same disk. */
  beside(changes: Partial<TestEngineOptions> = {}, beforeCommit?: () => void): Promise<TestEngine> {
    return TestEngine.open({ ...this.#options, ...changes }, this.#disk, beforeCommit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }

  #files(): FileStore {
    const { files } = this.#disk;
    return {
      create: async (runId, draft) => {
        if (!this.#power.on) throw new StemmaError('INTERNAL', 'This process is dead.');
        const refusal = this.refuseFile(draft.type);
        if (refusal !== undefined) throw refusal;
        return files.create(runId, draft);
      },
      copy: async (from, runId, draft) => {
        if (!this.#power.on) throw new StemmaError('INTERNAL', 'This process is dead.');
        return files.copy(from, runId, draft);
      },
      read: async (id) => this.altered.get(id) ?? files.read(id),
      locate: () => undefined,
      folder: () => undefined,
      writeDefinitions: (set, runId) => files.writeDefinitions(set, runId),
      writeSummary: (runId, file) => files.writeSummary(runId, file),
      sweep: async (runId, keep, still) => (this.#power.on ? files.sweep(runId, keep, still) : []),
      inventory: (runId) => files.inventory(runId),
      delete: (runId) => files.delete(runId),
    };
  }
}

export const openTestEngine = (options: TestEngineOptions): Promise<TestEngine> => TestEngine.open(options);

/** Events of one type, typed. */
export const ofType = <T extends EventType>(events: readonly RunEvent[], type: T): Extract<RunEvent, { type: T }>[] =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

/** How each attempt ended, as `path#attempt state`, in order. */
export const attemptEnds = (events: readonly RunEvent[]): string[] =>
  ofType(events, 'attempt.ended').map(({ stepPath, attempt, data }) => `${stepPath}#${attempt} ${data.state}`);

export const endOfRun = (events: readonly RunEvent[]): Extract<RunEvent, { type: 'run.ended' }>['data'] | undefined =>
  ofType(events, 'run.ended')[0]?.data;

export const stateOf = (events: readonly RunEvent[]): string | undefined => foldRun(events).state;

export const path = (text: string): StepPath => text as StepPath;

function wakeTimeOf({ for: what, until }: { readonly for: string; readonly until?: Instant }): Instant {
  if (until === undefined) throw new Error(`The run waits for a ${what} and goes on by no time.`);
  return until;
}
