/** An app around a temporary folder: the real store, engine, studio pack and offline provider, in this process. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { App, AppSettings } from '../../src/app/context.ts';
import { readRun } from '../../src/app/read-run.ts';
import type { ReadRun } from '../../src/app/read-run.ts';
import { startRun } from '../../src/app/start-run.ts';
import type { StartRunInput } from '../../src/app/start-run.ts';
import { asWorker, work } from '../../src/app/work.ts';
import type { RunId, WorkerId } from '../../src/core/ids.ts';
import { stageCatalogue } from '../../src/core/lint.ts';
import type { Messages, RunHead, RunLog } from '../../src/core/ports.ts';
import type { AnyStage, Provider } from '../../src/core/stage.ts';
import { NO_LIMITS } from '../../src/core/limits.ts';
import { Breakers } from '../../src/engine/breakers.ts';
import { createProviderRegistry } from '../../src/engine/engine.ts';
import type { SafetyPolicy } from '../../src/engine/safety/policy.ts';
import { createDefinitionSource } from '../../src/store/definitions/definition-source.ts';
import type { DefinitionSourceOptions } from '../../src/store/definitions/definition-source.ts';
import { FsFileStore } from '../../src/store/files/fs/fs-file-store.ts';
import { openSqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import type { SqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import { SqliteRunQueries } from '../../src/store/sqlite/run-queries.ts';
import { openSigner } from '../../src/store/system/signing-key.ts';
import { nodeDigest as digest, systemClock as clock, systemIds as ids } from '../../src/store/system/system.ts';
import { done, testStage } from './test-stages.ts';

const pictures: App['pictures'] = {
  differenceHash: async (bytes) => (await import('../../src/providers/media/difference-hash.ts')).differenceHash(bytes),
};

/** What an app is made of, besides the stores of its folder. */
export interface AppParts {
  readonly version: string;
  /** The data directory, made when it is not there. */
  readonly data: string;
  /** The user's own settings, with the signing key in it. */
  readonly user: string;
  readonly stages: readonly AnyStage[];
  readonly sources: DefinitionSourceOptions['sources'];
  readonly providers: readonly Provider[];
  readonly policy: SafetyPolicy;
  readonly messages: Messages;
  readonly settings: AppSettings;
  readonly search: 'on' | 'off';
  readonly beats: 'thread' | 'manual';
  /** Stands before the log, for a test that listens in. */
  readonly hearLog?: (opened: SqliteLogAndQueue) => RunLog;
}

export type OpenedApp = App & AsyncDisposable & { readonly opened: SqliteLogAndQueue };

/** Opens the folder's store, makes it when it is not there, and puts an app of the parts around it. */
export async function composeApp(parts: AppParts): Promise<OpenedApp> {
  const { version, data, stages, settings, messages, policy } = parts;
  mkdirSync(data, { recursive: true });
  const file = join(data, 'stemma.db');
  const signer = openSigner(parts.user);
  const files = new FsFileStore(data);
  const opened = await openSqliteLogAndQueue({ file, clock, digest, signer, beats: parts.beats });
  const queries = new SqliteRunQueries({ file, clock, files, search: parts.search });
  const definitions = createDefinitionSource({ sources: parts.sources, stages, digest });
  const providers = createProviderRegistry(parts.providers);
  const log = parts.hearLog?.(opened) ?? opened.log;
  const { queue, ledger, installation, routes } = opened;
  const shut = async (): Promise<void> => {
    await providers[Symbol.asyncDispose]();
    await queries[Symbol.asyncDispose]();
    await opened.close();
  };
  const { slots } = settings;
  const worker = { id: ids.workerId(), host: hostname(), pid: process.pid, version, slots };
  const stores = { log, queue, ledger, installation, routes, files };
  const byType = new Map(stages.map((stage) => [stage.type, stage]));
  return {
    version,
    dataDirectory: data,
    store: { ...stores, queries, health: () => opened.health(), [Symbol.asyncDispose]: shut },
    engine: {
      ...stores,
      clock,
      digest,
      ids,
      definitions,
      stages: byType,
      providers,
      policy,
      limits: NO_LIMITS,
      prices: {},
      breakers: new Breakers({ clock, worker: worker.id, installation }),
      messages,
      worker,
    },
    stages,
    catalogue: stageCatalogue(stages),
    definitions,
    messages,
    signer,
    settings,
    clock,
    ids,
    digest,
    pictures,
    opened,
    [Symbol.asyncDispose]: shut,
  };
}

export interface TestAppOptions {
  readonly settings?: Partial<AppSettings>;
  /** Beside those of the studio. */
  readonly stages?: readonly AnyStage[];
  /** Beside the offline one. */
  readonly providers?: readonly Provider[];
  /** The admin's own, by path: `configs/mine.yaml`. */
  readonly definitions?: Readonly<Record<string, string>>;
}

export interface TestApp extends OpenedApp {
  /** Writes a definition of the admin's folder, by path. */
  define(path: string, text: string): void;
  /** Raises the counter of a worker, which nothing else does here. */
  beat(worker: WorkerId): Promise<void>;
}

const VERSION = '0.0.0-test';
const SETTINGS: AppSettings = {
  level: 'youth',
  profile: 'offline',
  language: 'en',
  languages: ['de', 'en'],
  inputBytes: 10_000,
  slots: 4,
};

/** The studio in a folder of its own. At the end everything is closed and the folder removed. */
export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-app-'));
  const admin = join(folder, 'data', 'definitions');
  const define = (path: string, text: string): void => {
    mkdirSync(dirname(join(admin, path)), { recursive: true });
    writeFileSync(join(admin, path), text);
  };
  for (const [path, text] of Object.entries(options.definitions ?? {})) define(path, text);
  const app = await composeApp({
    ...(await studioParts(admin, options)),
    version: VERSION,
    data: join(folder, 'data'),
    user: join(folder, 'user'),
    settings: { ...SETTINGS, ...options.settings },
    search: 'on',
    beats: 'manual',
  });
  const close = async (): Promise<void> => {
    await app[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...app, define, beat: (worker) => app.opened.beat(worker), [Symbol.asyncDispose]: close };
}

/** Loaded here only, so that a child of a crash test stays light. */
async function studioParts(
  admin: string,
  options: TestAppOptions,
): Promise<Pick<AppParts, 'stages' | 'sources' | 'providers' | 'policy' | 'messages'>> {
  const [{ studio }, { createOfflineProvider }, { loadMessages }, { loadPolicyFiles }, { compilePolicy }] =
    await Promise.all([
      import('../../src/packs/studio/extension.ts'),
      import('../../src/providers/offline/provider.ts'),
      import('../../src/store/messages/load-messages.ts'),
      import('../../src/store/policies/load-policies.ts'),
      import('../../src/engine/safety/policy.ts'),
    ]);
  const present = (folder: URL | undefined): URL[] => (folder === undefined ? [] : [folder]);
  const shipped = present(studio.definitions).map((folder) => ({ folder, origin: 'shipped' as const }));
  const policies = await loadPolicyFiles(present(studio.policies));
  return {
    stages: [...(studio.stages ?? []), ...(options.stages ?? [])],
    sources: [...shipped, { folder: admin, origin: 'admin' }],
    providers: [createOfflineProvider(), ...(options.providers ?? [])],
    policy: compilePolicy(policies.map(({ data }) => data)),
    messages: await loadMessages(present(studio.messages)),
  };
}

/** The same object with some of its methods replaced; the others keep their private state. */
export function withMethods<T extends object>(whole: T, own: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(own, name) ? own : target, name);
      return typeof value === 'function' && !Object.hasOwn(own, name) ? value.bind(target) : value;
    },
  });
}

/** The quickest whole run: no rewriting, no picture. */
export const QUICK: StartRunInput = { config: 'your-own', text: 'A cat sits on the roof', outputs: ['text'], seed: 7 };

/** Starts a run and carries it on until it has ended or stands still. */
export function carryOut(app: App, input: StartRunInput = QUICK): Promise<RunId> {
  return asWorker(app, async () => {
    const { runId, lease } = await startRun(app, input, app.engine.worker.id);
    const { signal } = new AbortController();
    await work(app, { only: runId, held: lease === undefined ? [] : [lease], signal });
    return runId;
  });
}

/** Everything that is recorded of a run, with its head. */
export async function recordOf(app: App, runId: RunId): Promise<ReadRun & { readonly head: RunHead }> {
  const head = await app.store.log.head(runId);
  if (head === undefined) throw new Error(`there is no run ${runId}`);
  return { ...(await readRun(app, runId)), head };
}

/** What the store, opened again behind Stemma's back, is told to change. */
export function tamper(app: App, sql: string, ...values: readonly (string | number | Uint8Array)[]): void {
  const database = new DatabaseSync(join(app.dataDirectory, 'stemma.db'));
  try {
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

/** Every file below the folder, relative and in order. */
export const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .toSorted()
    : [];

/** A studio with the config `gated`: two steps, of which the first waits until the gate is opened. */
export interface GatedStudio {
  readonly options: TestAppOptions;
  /** Resolves when the first step has begun. */
  readonly reached: Promise<void>;
  open(): void;
}

export function gatedStudio(): GatedStudio {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const stage = testStage(
    'test.gate',
    async (_input, { signal }) => {
      reached.resolve();
      const left = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => left.reject(signal.reason), { once: true });
      await Promise.race([gate.promise, left.promise]);
      return done();
    },
    { writes: 'nothing' },
  );
  const definitions = {
    'chunks/gate.yaml': 'stage: test.gate\n',
    'pipelines/gated.yaml': 'title: Gated\nsteps: [{ id: first, use: gate }, { id: second, use: gate }]\n',
    'configs/gated.yaml': 'name: Gated\npipeline: gated\n',
  };
  return { options: { stages: [stage], definitions }, reached: reached.promise, open: () => gate.resolve() };
}
