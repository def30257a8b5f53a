/** Processes on one store, with a clock that is moved by hand: everything that random operations need to go wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { App } from '../../src/app/context.ts';
import { asWorker, work } from '../../src/app/work.ts';
import { StemmaError } from '../../src/core/errors.ts';
import type { RunId, WorkerId } from '../../src/core/ids.ts';
import { NO_LIMITS } from '../../src/core/limits.ts';
import { stageCatalogue } from '../../src/core/lint.ts';
import type { DefinitionSource, FileStore, Ids, RunQueries, Store } from '../../src/core/ports.ts';
import type { Stage } from '../../src/core/stage.ts';
import { Breakers } from '../../src/engine/breakers.ts';
import { createProviderRegistry } from '../../src/engine/engine.ts';
import { compilePolicy } from '../../src/engine/safety/policy.ts';
import { MemoryFileStore } from '../../src/store/files/memory/memory-file-store.ts';
import { createMemoryState, openMemoryLogAndQueue } from '../../src/store/memory/open.ts';
import type { MemoryState } from '../../src/store/memory/open.ts';
import { openSqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import { SqliteRunQueries } from '../../src/store/sqlite/run-queries.ts';
import { nodeDigest } from '../../src/store/system/system.ts';
import { withMethods } from './app.ts';
import { labStages } from './operation-parts.ts';
import { HandClock, testSigner } from './store-fixtures.ts';
import { settle } from './test-clock.ts';
import { recordingProvider } from './test-stages.ts';

export type StoreKind = 'sqlite' | 'memory';

/** A word that no prompt may hold. */
export const FORBIDDEN = 'zorgblat';
const POLICY = compilePolicy([
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
        source: 'a word made up for these tests',
        terms: [FORBIDDEN],
      },
    ],
  },
]);

const TICK_MS = 500;
/** Whoever still waits after so many ticks waits for a time, which comes sooner then. */
const SHORT_TICKS = 100;
const LONG_TICK_MS = 15 * 60_000;
const MOST_TICKS = 2000;
/** Turns of the event loop in which everything happens that needs no time to pass. */
const TURNS = 80;
/** How long `Changes` waits until it looks for what other processes have written. */
const LOOK_MS = 20;

/** The current of one process: from the given commit on, counted from now, nothing of it reaches the disk any more. */
export interface Power {
  on: boolean;
  commits: number;
  diesAt?: number | undefined;
  /** This one commit fails, because the disk is full. */
  failsAt?: number | undefined;
}

/** What a worker of a process does on and on. */
export interface Job {
  readonly stop: AbortController;
  readonly over: Promise<unknown>;
}

export interface Process {
  readonly app: App;
  readonly power: Power;
  /** Its counters stand still, though it goes on. */
  frozen: boolean;
  job?: Job | undefined;
  readonly beating: Set<WorkerId>;
  beat(worker: WorkerId): Promise<void>;
  close(): Promise<void>;
}

/** Ids in turn, so that a case is the same each time. */
class CountedIds implements Ids {
  #last = 0;

  runId(): RunId {
    return `019b0000-0000-7000-8000-${this.#next()}` as RunId;
  }

  workerId(): WorkerId {
    return `aaaa${this.#next()}` as WorkerId;
  }

  seed(): number {
    return 7;
  }

  #next(): string {
    this.#last += 1;
    return this.#last.toString(16).padStart(12, '0');
  }
}

export class World implements AsyncDisposable {
  readonly clock = new HandClock();
  readonly files = new MemoryFileStore();
  readonly processes: Process[] = [];
  /** In the order in which they were submitted, whether the store has taken them or not. */
  readonly runs: RunId[] = [];
  readonly #ids = new CountedIds();
  readonly #executions = new Map<string, number>();
  readonly #definitions: DefinitionSource;
  readonly #folder: string | undefined;
  readonly #state: MemoryState = createMemoryState();

  constructor(kind: StoreKind, definitions: DefinitionSource) {
    this.#definitions = definitions;
    this.#folder = kind === 'sqlite' ? mkdtempSync(join(tmpdir(), 'stemma-world-')) : undefined;
  }

  /** A new process on the store. */
  async start(): Promise<Process> {
    const power: Power = { on: true, commits: 0 };
    const store = await this.#openStore(() => draw(power));
    const files = poweredFiles(this.files, power);
    const { queue, opened } = store;
    const beating = new Set<WorkerId>();
    const watched = withMethods(queue, {
      submit: (submission, claimFor) => {
        this.runs.push(submission.runId);
        return queue.submit(submission, claimFor);
      },
      register: async (worker) => {
        beating.add(worker.id);
        await queue.register(worker);
      },
      retire: async (worker) => {
        beating.delete(worker);
        await queue.retire(worker);
      },
    });
    const app = this.#appOf({ ...store, queue: watched, files });
    const process: Process = {
      app,
      power,
      frozen: false,
      beating,
      beat: (worker) => opened.beat(worker),
      close: () => opened.close(),
    };
    this.processes.push(process);
    return process;
  }

  /** The same process as another worker, as each command of a person is one. */
  asAnother({ app }: Process): App {
    return { ...app, engine: { ...app.engine, worker: { ...app.engine.worker, id: this.#ids.workerId() } } };
  }

  /** Lets half a second pass for everybody, or longer. */
  async tick(ms: number = TICK_MS): Promise<void> {
    this.clock.pass(ms);
    vi.advanceTimersByTime(LOOK_MS);
    for (const process of this.processes) {
      const { power, frozen, beating } = process;
      if (power.on && !frozen) for (const worker of beating) process.beat(worker).catch(() => {}); // a full disk
    }
    await settle(TURNS);
  }

  /** Until it has come to something; undefined when its process has died meanwhile. */
  async answerOf<T>(what: Promise<T>, by?: Process): Promise<T | undefined> {
    const progress = { isOver: false };
    const over = what.finally(() => (progress.isOver = true));
    over.catch(() => {}); // awaited below
    await settle(TURNS);
    for (let ticks = 0; !progress.isOver; ticks += 1) {
      if (by?.power.on === false) return undefined;
      if (ticks > MOST_TICKS) throw new Error('An operation gives no answer.');
      await this.tick(ticks < SHORT_TICKS ? TICK_MS : LONG_TICK_MS);
    }
    if (by?.power.on === false) return undefined;
    return over;
  }

  /** Makes the process a worker that goes on until it is stopped, or until there is nothing to do. */
  employ(process: Process, once: boolean): Job {
    const stop = new AbortController();
    const over = asWorker(process.app, () => work(process.app, { once, signal: stop.signal }))
      .then(() => undefined)
      .catch((thrown: unknown) => thrown)
      .finally(() => (process.job = undefined));
    process.job = { stop, over };
    return process.job;
  }

  /** Gone without a word. What it holds stays held until others see that it is dead. */
  kill(process: Process): void {
    process.power.on = false;
    process.job?.stop.abort();
    process.job = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.processes) this.kill(process);
    await settle(TURNS);
    this.clock.pass(60_000);
    await settle(TURNS);
    await Promise.all(this.processes.map((process) => process.close()));
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #openStore(beforeCommit: () => void) {
    const shared = {
      clock: this.clock,
      digest: nodeDigest,
      signer: testSigner,
      beats: 'manual' as const,
      beforeCommit,
    };
    if (this.#folder === undefined) {
      const opened = await openMemoryLogAndQueue(this.#state, shared);
      return { ...partsOf(opened), queries: memoryQueries(this.#state), opened };
    }
    const file = join(this.#folder, 'stemma.db');
    const opened = await openSqliteLogAndQueue({ ...shared, file });
    const queries = new SqliteRunQueries({ file, clock: this.clock, files: this.files, search: 'off' });
    const close = async (): Promise<void> => {
      await queries[Symbol.asyncDispose]();
      await opened.close();
    };
    return { ...partsOf(opened), queries, opened: withMethods(opened, { close }) };
  }

  #appOf(stores: Pick<Store, 'log' | 'queue' | 'ledger' | 'installation' | 'routes' | 'queries' | 'files'>): App {
    const { clock } = this;
    const worker = { id: this.#ids.workerId(), host: 'lab', pid: 1, version: '0', slots: 3 };
    const stages = labStages({ clock, executions: this.#executions });
    const messages = { text: (key: string) => key, has: () => false };
    const own = { clock, digest: nodeDigest, ids: this.#ids };
    const { installation } = stores;
    return {
      ...own,
      version: '0.0.0-lab',
      dataDirectory: this.#folder ?? '',
      definitions: { ...this.#definitions, lintPath: async () => [] },
      stages,
      catalogue: stageCatalogue(stages),
      messages,
      settings: {
        level: 'youth',
        profile: 'lab',
        language: 'en',
        languages: ['en'],
        inputBytes: 1000,
        slots: worker.slots,
      },
      signer: testSigner,
      pictures: { differenceHash: () => Promise.reject(new Error('unused')) },
      store: { ...stores, health: () => Promise.reject(new Error('unused')), [Symbol.asyncDispose]: async () => {} },
      engine: {
        ...own,
        ...stores,
        definitions: this.#definitions,
        stages: new Map(stages.map((stage) => [(stage as unknown as Stage).type, stage as unknown as Stage])),
        providers: createProviderRegistry([recordingProvider()]),
        policy: POLICY,
        limits: NO_LIMITS,
        prices: {},
        breakers: new Breakers({ clock, worker: worker.id, installation }),
        messages,
        worker,
      },
    };
  }
}

const partsOf = ({
  log,
  queue,
  ledger,
  installation,
  routes,
}: Omit<Store, 'queries' | 'files' | 'health' | symbol>) => ({
  log,
  queue,
  ledger,
  installation,
  routes,
});

/** Right before each commit of the process. */
function draw(power: Power): void {
  power.commits += 1;
  if (power.commits === power.diesAt) power.on = false;
  assertOn(power);
  if (power.commits === power.failsAt) throw new StemmaError('STORE_FULL', 'The disk is full.');
}

function assertOn({ on }: Power): void {
  if (!on) throw new StemmaError('INTERNAL', 'This process is dead.');
}

/** What a dead process does to its files does not happen. */
function poweredFiles(files: FileStore, power: Power): FileStore {
  const writing = new Set<string>(['create', 'copy', 'sweep', 'delete', 'writeDefinitions', 'writeSummary']);
  return new Proxy(files, {
    get(target, name: keyof FileStore) {
      const method = target[name].bind(target) as (...given: readonly unknown[]) => unknown;
      if (!writing.has(name)) return method;
      return async (...given: readonly unknown[]) => {
        assertOn(power);
        return method(...given);
      };
    },
  });
}

/** As far as the operations ask; a store in memory has no read models. */
function memoryQueries({ runs }: MemoryState): RunQueries {
  const unused = (): Promise<never> => Promise.reject(new Error('A store in memory has no read models.'));
  return {
    list: unused,
    costs: unused,
    callRates: unused,
    counts: unused,
    rebuild: unused,
    labels: async (runId) => runs.get(runId)?.labels ?? {},
    branches: async (runId) =>
      [...runs.values()].filter(({ fold }) => fold.created?.parent?.runId === runId).map((run) => run.runId),
    medians: async (of) => of.map(() => null),
  };
}
