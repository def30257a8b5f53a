/** An engine over SQLite whose steps do nothing: what is measured is the engine and its log. */
import { z } from 'zod';
import { canonicalJson } from '../src/core/canonical.ts';
import { toHex } from '../src/core/ids.ts';
import type { RunId, Sha256, WorkerId } from '../src/core/ids.ts';
import type { DefinitionSet, FileStore, Lease, Submission } from '../src/core/ports.ts';
import type { RunRequest } from '../src/core/request.ts';
import { artifactInput } from '../src/core/stage.ts';
import type { Stage } from '../src/core/stage.ts';
import { Breakers } from '../src/engine/breakers.ts';
import { createProviderRegistry } from '../src/engine/engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { NO_LIMITS } from '../src/core/limits.ts';
import { freshSalt, toWritten } from '../src/engine/run-artifacts.ts';
import type { Written } from '../src/engine/run-artifacts.ts';
import { compilePolicy } from '../src/engine/safety/policy.ts';
import { createDefinitionSource } from '../src/store/definitions/definition-source.ts';
import { MemoryFileStore } from '../src/store/files/memory/memory-file-store.ts';
import { openSqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import type { SqliteLogAndQueue } from '../src/store/sqlite/open.ts';
import { systemClock } from '../src/store/system/clock.ts';
import { nodeDigest } from '../src/store/system/digest.ts';
import { systemIds } from '../src/store/system/ids.ts';

export interface BenchEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly store: SqliteLogAndQueue;
  readonly files: FileStore;
  /** Stores a run; with a worker it is claimed at once. */
  submit(claimFor?: WorkerId): Promise<{ runId: RunId; lease: Lease | undefined }>;
}

export interface BenchEngineOptions {
  readonly file: string;
  readonly steps: readonly { readonly [name: string]: unknown }[];
  /** What a step does; nothing, when nothing is said. */
  readonly body?: () => void | Promise<void>;
  /** How many outputs a run asks for; none, when nothing is said. */
  readonly outputs?: number;
  readonly files?: FileStore;
}

const policy = compilePolicy([
  {
    id: 'none',
    version: '1',
    jurisdiction: 'any',
    lists: [
      {
        id: 'none',
        check: 'age',
        class: 'hard',
        languages: ['en'],
        source: 'one made-up word',
        terms: ['zorgblat'],
      },
    ],
  },
]);

const sha256 = (text: string): Sha256 => toHex(nodeDigest.sha256(text)) as Sha256;

function noopStage(body: BenchEngineOptions['body']): Stage {
  return {
    type: 'bench.noop',
    version: 1,
    title: 'No-op',
    writes: 'nothing',
    input: z.object({ prompt: artifactInput }),
    settings: z.object({}),
    facts: z.object({}),
    async run() {
      await body?.();
      return {
        state: 'done',
        facts: {},
        artifacts: [],
      };
    },
  };
}

function definitionsOf(steps: BenchEngineOptions['steps']): DefinitionSet {
  const all = [
    ['chunks', 'noop', { stage: 'bench.noop' }],
    ['configs', 'bench', { name: 'Bench', pipeline: 'bench' }],
    ['outputs', 'nothing', { name: 'Nothing', medium: 'text', chunk: 'noop' }],
    ['pipelines', 'bench', { title: 'Bench', steps }],
    ['profiles', 'none', { name: 'None', roles: {} }],
  ] as const;
  const files = all.map(([kind, id, content]) => {
    const text = JSON.stringify(content);
    return { kind, id, origin: 'shipped', digest: sha256(text), text };
  });
  return { digest: sha256(canonicalJson(files)), files };
}

const requestFor = (outputs: number): RunRequest => ({
  config: 'bench',
  profile: 'none',
  level: 'kids',
  lang: 'en',
  seed: 1,
  priority: 'normal',
  outputs: Array.from({ length: outputs }, () => 'nothing'),
  parameters: {},
  edited: { task: false, context: false },
});

export const noopSteps = (count: number): { id: string; use: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `s${index + 1}`, use: 'noop' }));

export async function openBenchEngine(options: BenchEngineOptions): Promise<BenchEngine> {
  const { file, steps, body, outputs = 0, files = new MemoryFileStore() } = options;
  const store = await openSqliteLogAndQueue({ file, clock: systemClock, digest: nodeDigest });
  const worker = systemIds.workerId();
  const engine: Engine = {
    log: store.log,
    queue: store.queue,
    ledger: store.ledger,
    installation: store.installation,
    routes: store.routes,
    files,
    clock: systemClock,
    digest: nodeDigest,
    ids: systemIds,
    definitions: createDefinitionSource({ sources: [], stages: [], digest: nodeDigest }),
    stages: new Map([['bench.noop', noopStage(body)]]),
    providers: createProviderRegistry([]),
    policy,
    limits: NO_LIMITS,
    prices: {},
    breakers: new Breakers({ clock: systemClock, worker, installation: store.installation }),
    messages: { text: (key) => key },
    worker: { id: worker, host: 'bench', pid: process.pid, version: '0', slots: 100 },
  };
  await store.queue.register(engine.worker);
  const [definitions, request] = [definitionsOf(steps), requestFor(outputs)];
  return {
    engine,
    store,
    files,
    async submit(claimFor) {
      const submission = await createSubmission(files, definitions, request);
      return { runId: submission.runId, lease: await store.queue.submit(submission, claimFor) };
    },
    async [Symbol.asyncDispose]() {
      await store.queue.retire(engine.worker.id);
      await store.close();
    },
  };
}

async function createSubmission(
  files: FileStore,
  definitions: DefinitionSet,
  request: RunRequest,
): Promise<Submission> {
  const runId = systemIds.runId();
  const given = [
    await write(files, runId, { type: 'input', body: 'a small cat', work: false }),
    await write(files, runId, { type: 'request', body: JSON.stringify(request), work: true }),
  ];
  const { level, lang, seed, priority, config, profile, outputs } = request;
  const data = {
    config,
    pipeline: 'bench',
    profile,
    outputs,
    definitions: definitions.digest,
    level,
    policy: policy.version,
    lang,
    seed,
    priority,
    given: given.map(({ committed }) => committed),
    stemma: '0',
  };
  const artifacts = given.map(({ row }) => row);
  return { runId, created: { type: 'run.created', data }, artifacts, definitions, labels: [], priority };
}

async function write(
  files: FileStore,
  runId: RunId,
  draft: { type: string; body: string; work: boolean },
): Promise<Written> {
  const file = await files.create(runId, { ...draft, number: 1 });
  return toWritten(file, draft, { origin: { runId }, digest: nodeDigest, salt: freshSalt() });
}
