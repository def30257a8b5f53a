import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RunId } from '../core/ids.ts';
import { NO_LIMITS } from '../core/limits.ts';
import type { Clock, Lease, RunLog, Submission } from '../core/ports.ts';
import type { RunRequest } from '../core/request.ts';
import { Breakers } from '../engine/breakers.ts';
import { createProviderRegistry, createStageRegistry } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { freshSalt, toWritten } from '../engine/run-artifacts.ts';
import { compilePolicy } from '../engine/safety/policy.ts';
import { changedLog } from './changed-log.ts';
import type { KitSeams, KitStore, OpenKitStore } from './kit-store.ts';
import { OUTPUTS, SCRIPT_DEFINITIONS, restoreDefinitions } from './script/definitions.ts';
import type { Manner } from './script/definitions.ts';
import { kitProvider } from './script/provider.ts';
import { scriptStages } from './script/stages.ts';
import { kitClock, kitDigest, kitIds, openKitSigner } from './system.ts';

/** Where everything of one folder lies. */
export interface KitPlaces {
  readonly store: string;
  readonly key: string;
  readonly effects: string;
  readonly memory: string;
}

export const placesIn = (folder: string): KitPlaces => ({
  store: join(folder, 'store'),
  key: join(folder, 'signing-key.pem'),
  effects: join(folder, 'effects.txt'),
  memory: join(folder, 'memory'),
});

export interface KitSessionOptions {
  readonly folder: string;
  readonly seams?: Partial<KitSeams>;
  readonly clock?: Clock;
  /** How long a stage takes; 0 when left out. */
  readonly pauseMs?: number;
  /** Runs held at once; 4 when left out. */
  readonly slots?: number;
  /** Told after the promise of an append has resolved. */
  readonly onStored?: (stored: Stored) => void;
}

/** An append that its caller knows to be stored. */
export interface Stored {
  readonly runId: RunId;
  /** How many events it was. */
  readonly events: number;
  /** Of its last event. */
  readonly seq: number;
  readonly position: number;
  readonly type: string;
  /** Of the lease that it was made with. */
  readonly token: number;
}

/** An engine over a store that the kit was given, as one process has it. */
export interface KitSession extends AsyncDisposable {
  readonly store: KitStore;
  readonly engine: Engine;
  readonly slots: number;
}

const IDLE: KitSeams = { beforeCommit: () => {}, afterCommit: () => {}, beforeFileWrite: () => {} };
const VERSION = '0.0.0-kit';

export async function openKitSession(open: OpenKitStore, options: KitSessionOptions): Promise<KitSession> {
  const { folder, clock = kitClock, pauseMs = 0, slots = 4 } = options;
  const places = placesIn(folder);
  const signer = openKitSigner(places.key);
  const seams = { ...IDLE, ...options.seams };
  const store = await open({ folder: places.store, clock, digest: kitDigest, signer, seams });
  const { queue, ledger, installation, routes, files } = store;
  const worker = { id: kitIds.workerId(), host: hostname(), pid: process.pid, version: VERSION, slots };
  const engine: Engine = {
    log: options.onStored === undefined ? store.log : tellingLog(store.log, options.onStored),
    queue,
    ledger,
    installation,
    routes,
    files,
    clock,
    digest: kitDigest,
    ids: kitIds,
    definitions: { restore: async (set) => restoreDefinitions(set) },
    stages: createStageRegistry(scriptStages({ ...places, pauseMs })),
    providers: createProviderRegistry([kitProvider]),
    policy: compilePolicy([]),
    limits: NO_LIMITS,
    prices: {},
    breakers: new Breakers({ clock, worker: worker.id, installation }),
    messages: { text: (key) => key },
    worker,
  };
  return { store, engine, slots, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

const tellingLog = (log: RunLog, onStored: (stored: Stored) => void): RunLog =>
  changedLog(log, {
    async append(lease, append) {
      const at = await log.append(lease, append);
      const { drafts } = append;
      const type = drafts.at(-1)?.type ?? '';
      if (drafts.length > 0) onStored({ runId: lease.runId, ...at, events: drafts.length, type, token: lease.token });
      return at;
    },
  });

export interface KitRun {
  /** A new one when left out. */
  readonly runId?: RunId;
  /** `script` when left out; `call` asks a provider. */
  readonly pipeline?: 'script' | 'call';
  readonly manner?: Manner;
  /** This session's worker holds it from the start. */
  readonly claim?: boolean;
}

/** Stores a run; resolves when it is acknowledged, with the lease when it was asked for. */
export async function submitRun({ engine }: KitSession, run: KitRun = {}): Promise<Lease | undefined> {
  return engine.queue.submit(await prepare(engine, run), run.claim === true ? engine.worker.id : undefined);
}

async function prepare(engine: Engine, run: KitRun): Promise<Submission> {
  const { runId = kitIds.runId(), pipeline = 'script', manner = 'good' } = run;
  const request = requestOf(pipeline, manner);
  const texts = [
    { type: 'input', body: 'A lighthouse in the fog', work: false },
    { type: 'request', body: JSON.stringify(request), work: true },
  ];
  const given = [];
  for (const draft of texts) {
    const file = await engine.files.create(runId, { ...draft, number: 1 });
    given.push(toWritten(file, draft, { origin: { runId }, digest: engine.digest, salt: freshSalt() }));
  }
  const { config, profile, outputs, level, lang, seed, priority } = request;
  const data = {
    config,
    pipeline,
    profile,
    outputs,
    level,
    lang,
    seed,
    priority,
    definitions: SCRIPT_DEFINITIONS.digest,
    policy: 'kit',
    given: given.map(({ committed }) => committed),
    stemma: VERSION,
  };
  return {
    runId,
    created: { type: 'run.created', data },
    artifacts: given.map(({ row }) => row),
    definitions: SCRIPT_DEFINITIONS,
    labels: [],
    priority,
  };
}

const requestOf = (pipeline: 'script' | 'call', profile: Manner): RunRequest => ({
  config: pipeline,
  profile,
  level: 'kids',
  lang: 'en',
  seed: 7,
  priority: 'normal',
  outputs: [...OUTPUTS],
  parameters: {},
  edited: { task: false, context: false },
});
