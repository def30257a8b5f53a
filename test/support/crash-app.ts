/** The real stores and the real engine with the stages and definitions of the crash tests, for child and test alike. */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/app/context.ts';
import { stageCatalogue } from '../../src/core/lint.ts';
import type { RunLog } from '../../src/core/ports.ts';
import { createProviderRegistry } from '../../src/engine/engine.ts';
import { compilePolicy } from '../../src/engine/safety/policy.ts';
import { createDefinitionSource } from '../../src/store/definitions/definition-source.ts';
import { FsFileStore } from '../../src/store/files/fs/fs-file-store.ts';
import { loadMessages } from '../../src/store/messages/load-messages.ts';
import { openSqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import type { SqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import { SqliteRunQueries } from '../../src/store/sqlite/run-queries.ts';
import { openSigner } from '../../src/store/system/signing-key.ts';
import { nodeDigest as digest, systemClock as clock, systemIds as ids } from '../../src/store/system/system.ts';
import { crashStages } from './crash-stages.ts';

const VERSION = '0.0.0-crash';
const DEFINITIONS = new URL('../crash/definitions/', import.meta.url);

/** Everything one crash test leaves behind, in one folder. */
export interface CrashPlaces {
  /** The data directory. */
  readonly data: string;
  /** `XDG_CONFIG_HOME`, with the signing key in it. */
  readonly config: string;
  readonly effects: string;
  readonly gate: string;
}

export const crashPlaces = (folder: string): CrashPlaces => ({
  data: join(folder, 'data'),
  config: join(folder, 'config'),
  effects: join(folder, 'effects.txt'),
  gate: join(folder, 'gate'),
});

export interface CrashAppOptions {
  /** Told after the promise of an append has resolved. */
  readonly onStored?: (stored: Stored) => void;
  /** Awaited after the artifacts of a run were read: a new holder does so before it works on the run. */
  readonly onArtifacts?: (runId: string) => Promise<void>;
}

/** An append that its caller knows to be stored. */
export interface Stored {
  readonly runId: string;
  /** Of its last event. */
  readonly seq: number;
  readonly position: number;
  readonly type: string;
}

export type CrashApp = App & AsyncDisposable;

/** Opens the folder's store, makes it when it is not there, and puts an app around it. */
export async function openCrashApp(folder: string, options: CrashAppOptions = {}): Promise<CrashApp> {
  const places = crashPlaces(folder);
  mkdirSync(places.data, { recursive: true });
  const file = join(places.data, 'stemma.db');
  const signer = openSigner(join(places.config, 'stemma'));
  const files = new FsFileStore(places.data);
  const opened = await openSqliteLogAndQueue({ file, clock, digest, signer });
  const queries = new SqliteRunQueries({ file, clock, files, search: 'off' });
  const stages = crashStages(places);
  const definitions = createDefinitionSource({ sources: [{ folder: DEFINITIONS, origin: 'shipped' }], stages, digest });
  const providers = createProviderRegistry([]);
  const log = tellingLog(opened, options);
  const { queue } = opened;
  const shut = async (): Promise<void> => {
    await queries[Symbol.asyncDispose]();
    await opened.close();
  };
  const worker = { id: ids.workerId(), host: hostname(), pid: process.pid, version: VERSION };
  const byType = new Map(stages.map((stage) => [stage.type, stage]));
  const policy = compilePolicy([]);
  return {
    version: VERSION,
    dataDirectory: places.data,
    store: { log, queue, queries, files, health: () => opened.health(), [Symbol.asyncDispose]: shut },
    engine: { log, queue, files, clock, digest, ids, definitions, stages: byType, providers, policy, worker },
    stages,
    catalogue: stageCatalogue(stages),
    definitions,
    messages: await loadMessages([]),
    signer,
    settings: { level: 'kids', profile: 'crash', language: 'en', inputBytes: 10_000, slots: 4 },
    clock,
    ids,
    digest,
    [Symbol.asyncDispose]: shut,
  };
}

function tellingLog({ log }: SqliteLogAndQueue, { onStored, onArtifacts }: CrashAppOptions): RunLog {
  return {
    async append(lease, append) {
      const at = await log.append(lease, append);
      onStored?.({ runId: lease.runId, ...at, type: append.drafts.at(-1)?.type ?? '' });
      return at;
    },
    read: (runId, range) => log.read(runId, range),
    follow: (from, signal) => log.follow(from, signal),
    head: (runId) => log.head(runId),
    async artifacts(runId) {
      const artifacts = await log.artifacts(runId);
      await onArtifacts?.(runId);
      return artifacts;
    },
    definitionSet: (set) => log.definitionSet(set),
  };
}
