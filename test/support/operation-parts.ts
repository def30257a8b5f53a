/** Pipelines of every kind of step, and stages that end in every way, for runs that random operations are done to. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Instant } from '../../src/core/ids.ts';
import type { Clock, DefinitionSource, LoadedDefinitions } from '../../src/core/ports.ts';
import type { AnyStage, Outcome, StageContext } from '../../src/core/stage.ts';
import { flowReview } from '../../src/stages/flow/review.ts';
import { flowSignal } from '../../src/stages/flow/signal.ts';
import { createDefinitionSource } from '../../src/store/definitions/definition-source.ts';
import { nodeDigest } from '../../src/store/system/system.ts';
import { askStage, done, failed, testStage, wrote } from './test-stages.ts';

/** What stages share with the world outside, whoever executes them. */
export interface Outside {
  readonly clock: Clock;
  /** How often each step of each run was executed. */
  readonly executions: Map<string, number>;
}

const SLOW_MS = 3000;
const LATER_MS = 10_000;

function executionOf({ executions }: Outside, { stepKey }: StageContext): number {
  const number = (executions.get(stepKey) ?? 0) + 1;
  executions.set(stepKey, number);
  return number;
}

/** Fails twice, the first time with a wish to be left alone for a while, then succeeds. */
const flaky = (outside: Outside) =>
  testStage('lab.flaky', (_input, context) => {
    const number = executionOf(outside, context);
    if (number > 2) return wrote(context, `try ${number}`);
    return failed('PROVIDER_UNREACHABLE', number === 1 ? { retryAfterMs: 7000 } : {});
  });

const later = (outside: Outside) =>
  testStage(
    'lab.later',
    (_input, context): Outcome =>
      executionOf(outside, context) > 1
        ? done()
        : { state: 'waiting', wait: { for: 'time', until: (context.now + LATER_MS) as Instant } },
    { writes: 'nothing' },
  );

/** Pays no heed to its signal. */
const slow = (outside: Outside) =>
  testStage('lab.slow', async ({ prompt }, context) => {
    executionOf(outside, context);
    await outside.clock.sleep(SLOW_MS);
    return wrote(context, prompt === undefined ? 'slow' : await context.text(prompt));
  });

/** Never ends by itself. */
const hang = (outside: Outside) =>
  testStage('lab.hang', async (_input, context) => {
    executionOf(outside, context);
    await new Promise((_resolve, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true });
    });
    return done();
  });

export const labStages = (outside: Outside): readonly AnyStage[] => [
  testStage('lab.good', async ({ prompt }, context) => {
    executionOf(outside, context);
    return wrote(context, prompt === undefined ? 'nothing' : await context.text(prompt));
  }),
  testStage('lab.bad', () => failed('PROVIDER_REFUSED')),
  testStage('lab.broken', () => {
    throw new Error('a bug of the stage');
  }),
  flaky(outside),
  later(outside),
  slow(outside),
  hang(outside),
  askStage,
  flowReview,
  flowSignal,
];

type Step = Readonly<Record<string, unknown>>;
const use = (id: string, chunk: string, more: Step = {}): Step => ({ id, use: chunk, ...more });
const RETRY = { maxAttempts: 2, baseMs: 1000, retryOn: ['PROVIDER_REFUSED', 'PROVIDER_UNREACHABLE'] };
const ANY_END = { continueOn: ['failed', 'blocked'] };

/** By name; each has a config of its own. */
const PIPELINES: { readonly [id: string]: readonly Step[] } = {
  straight: [use('one', 'good'), use('two', 'slow'), use('three', 'ask')],
  retried: [
    use('flaky', 'flaky', { retry: { maxAttempts: 4, baseMs: 500 } }),
    use('hang', 'hang', { timeoutMs: 2000, retry: { maxAttempts: 2, baseMs: 500 }, ...ANY_END }),
    use('last', 'good'),
  ],
  failing: [use('one', 'good'), use('two', 'bad'), use('three', 'good')],
  broken: [use('one', 'broken', ANY_END), use('two', 'slow'), use('three', 'broken', { needs: ['one'] })],
  asking: [
    use('one', 'good'),
    { id: 'ask', review: 'Shall it go on?' },
    { id: 'answer', waitFor: 'filled-in' },
    use('last', 'good'),
  ],
  expiring: [
    { id: 'ask', review: 'And now?', options: ['left', 'right'], expiresMs: 20_000, byDefault: 'left' },
    { id: 'answer', waitFor: 'late', expiresMs: 20_000, needs: [] },
    use('later', 'later', { needs: [] }),
    use('right', 'good', { needs: ['ask'], when: 'steps.ask.facts.choice == "right"' }),
    use('last', 'slow', { needs: ['right', 'later'] }),
  ],
  looping: [
    { id: 'round', repeat: { times: 2 }, steps: [use('good', 'good'), use('flaky', 'flaky', { retry: RETRY })] },
    { id: 'each', forEach: 3, concurrency: 2, needs: [], steps: [use('slow', 'slow'), use('ask', 'ask')] },
  ],
  graph: [
    use('a', 'good'),
    use('left', 'slow', { needs: ['a'] }),
    use('lost', 'bad', { needs: [], ...ANY_END }),
    { id: 'part', pipeline: 'inner', needs: ['a'], retry: RETRY },
    use('last', 'ask', { needs: ['left', 'lost', 'part'] }),
  ],
  inner: [use('flaky', 'flaky', { retry: { maxAttempts: 1 } }), { id: 'sure', review: 'Sure?' }],
  doomed: [{ id: 'all', forEach: 2, retry: RETRY, steps: [use('one', 'good'), use('two', 'bad')] }],
  limited: [use('one', 'slow'), { id: 'ask', review: 'Soon?' }, use('last', 'good')],
};
export const CONFIGS = Object.keys(PIPELINES);
const LIMITS_MS: { readonly [id: string]: number } = { limited: 30_000 };

const CHUNKS = ['good', 'bad', 'broken', 'flaky', 'later', 'slow', 'hang'];

function writeDefinitions(folder: string): void {
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  };
  for (const name of CHUNKS) write(`chunks/${name}.yaml`, { stage: `lab.${name}` });
  write('chunks/ask.yaml', { stage: 'test.ask', role: 'any' });
  write('profiles/lab.yaml', { name: 'Lab', roles: { any: ['recorder/m'] } });
  for (const [id, steps] of Object.entries(PIPELINES)) {
    const timeoutMs = LIMITS_MS[id];
    write(`pipelines/${id}.yaml`, { title: id, steps, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    write(`configs/${id}.yaml`, { name: id, pipeline: id });
  }
}

/** The definitions, read once. */
export async function labDefinitions(): Promise<DefinitionSource> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-definitions-'));
  try {
    writeDefinitions(folder);
    const outside = { clock: { sleep: () => Promise.resolve() }, executions: new Map() } as unknown as Outside;
    const stages = labStages(outside);
    const sources = [{ folder, origin: 'shipped' as const }];
    const source = createDefinitionSource({ sources, stages, digest: nodeDigest });
    const loaded: LoadedDefinitions = await source.load();
    if (loaded.problems.length > 0) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
    return { load: async () => loaded, restore: (set) => source.restore(set) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
