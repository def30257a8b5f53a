import { describe, expect, test } from 'vitest';
import { attemptStarted, register, sha, sqliteFixture, submission } from '../../../test/support/store-fixtures.ts';
import type { Session } from '../../../test/support/store-fixtures.ts';
import type { EventData, EventDraft } from '../../core/events.ts';
import type { Instant, StepPath, WorkerId } from '../../core/ids.ts';
import type { CostRow, Lease } from '../../core/ports.ts';
import { MemoryFileStore } from '../files/memory/memory-file-store.ts';
import { SqliteRunQueries } from './run-queries.ts';

type Ended = Partial<EventData['attempt.ended']>;

interface Tried {
  readonly path?: string;
  readonly stage?: string;
  /** Null: the stage calls nobody. */
  readonly candidate?: string | null;
  readonly ms?: number;
  readonly attempt?: number;
  /** The record of another run answers the call. */
  readonly replayed?: true;
}

/** A store whose clock a test moves, and shorthands for runs and their attempts. */
class Bench implements AsyncDisposable {
  readonly session: Session;
  readonly #worker: WorkerId;
  readonly #file: string;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(parts: { session: Session; worker: WorkerId; file: string; cleanup: AsyncDisposableStack }) {
    this.session = parts.session;
    this.#worker = parts.worker;
    this.#file = parts.file;
    this.#cleanup = parts.cleanup;
  }

  static async open(): Promise<Bench> {
    const cleanup = new AsyncDisposableStack();
    const fixture = cleanup.use(await sqliteFixture());
    const session = await fixture.open();
    return new Bench({ session, worker: await register(session, 'one'), file: fixture.file, cleanup });
  }

  queries(zone = 'UTC'): SqliteRunQueries {
    const { clock } = this.session;
    return this.#cleanup.use(
      new SqliteRunQueries({ file: this.#file, clock, files: new MemoryFileStore(), search: 'off', zone }),
    );
  }

  async run(own: Partial<EventData['run.created']> = {}): Promise<Lease> {
    const plain = submission();
    const created = { ...plain.created, data: { ...plain.created.data, ...own } };
    const lease = await this.session.queue.submit({ ...plain, created }, this.#worker);
    if (lease === undefined) throw new Error('the run is not held');
    await this.say(lease, { type: 'run.started', data: {} });
    return lease;
  }

  say(lease: Lease, ...drafts: readonly EventDraft[]): Promise<unknown> {
    return this.session.log.append(lease, { drafts });
  }

  /** One attempt from its start to its end. */
  async attempt(lease: Lease, tried: Tried, end: Ended = {}): Promise<void> {
    const { path = 'interception', stage = 'text.interception', candidate = 'ollama/small', ms = 100 } = tried;
    const { attempt = 1, replayed } = tried;
    const name = { stepPath: path as StepPath, attempt };
    const begun = attemptStarted(path, attempt);
    const route =
      candidate === null
        ? {}
        : { route: { chosen: candidate, candidates: [candidate], ruledOut: {}, ...(replayed && { replayed }) } };
    const started = { ...begun.data, stage, stageVersion: 1, definition: sha('d'), inputs: [], queuedMs: 5 };
    const data = { ...started, worker: this.#worker, ...route };
    const ended = { state: 'succeeded' as const, facts: {}, outputs: [], durationMs: ms, ...end };
    await this.say(lease, { type: 'attempt.started', ...name, data });
    this.session.clock.pass(ms);
    await this.say(lease, { type: 'attempt.ended', ...name, data: ended });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

const served = (model: string, costMicroUsd: number | null, tokens = 0): Ended => {
  const [provider = '', name = ''] = model.split('/');
  return { provider, model: name, usage: { tokensIn: tokens, tokensOut: 2 * tokens, costMicroUsd } };
};
const row = (key: string, own: Partial<CostRow>): CostRow => ({ ...NOTHING, key, calls: 1, ...own });
const NOTHING = { calls: 0, costMicroUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0, estimated: 0 };

describe('costs', () => {
  test('are nothing in an empty store', async () => {
    await using bench = await Bench.open();
    expect(await bench.queries().costs({ by: 'model' })).toEqual({ items: [], total: NOTHING, isCut: false });
  });

  test('are summed by each group, the dearest first', async () => {
    await using bench = await Bench.open();
    const one = await bench.run({ config: 'dada', room: 'blue' });
    await bench.attempt(one, {}, served('ollama/small', 300, 10));
    await bench.attempt(one, { path: 'check', stage: 'safety.check', candidate: null });
    const two = await bench.run({ config: 'bauhaus' });
    await bench.attempt(two, {}, served('ollama/small', 400, 1));
    await bench.attempt(two, { path: 'outputs[1].generate', stage: 'media.image' }, served('hosted/large', 2000));
    const queries = bench.queries();
    const keys = async (by: CostRow['key']) => {
      const { items } = await queries.costs({ by: by as 'run' });
      return items.map(({ key, costMicroUsd }) => [key, costMicroUsd]);
    };
    expect(await keys('run')).toEqual([
      [two.runId, 2400],
      [one.runId, 300],
    ]);
    expect(await keys('step')).toEqual([
      ['outputs[1].generate', 2000],
      ['interception', 700],
    ]);
    expect(await keys('stage')).toEqual([
      ['media.image', 2000],
      ['text.interception', 700],
    ]);
    expect(await keys('provider')).toEqual([
      ['hosted', 2000],
      ['ollama', 700],
    ]);
    expect(await keys('model')).toEqual([
      ['hosted/large', 2000],
      ['ollama/small', 700],
    ]);
    expect(await keys('config')).toEqual([
      ['bauhaus', 2400],
      ['dada', 300],
    ]);
    expect(await keys('room')).toEqual([
      ['', 2400],
      ['blue', 300],
    ]);
    expect(await keys('day')).toEqual([['2026-01-01', 2700]]);
    const { total } = await queries.costs({ by: 'model' });
    expect(total).toEqual({ ...NOTHING, calls: 3, costMicroUsd: 2700, tokensIn: 11, tokensOut: 22 });
  });

  test('take filters, and the attempts of one run', async () => {
    await using bench = await Bench.open();
    const one = await bench.run({ config: 'dada', room: 'blue' });
    await bench.attempt(one, {}, served('ollama/small', 1));
    bench.session.clock.pass(24 * 3600 * 1000);
    await bench.attempt(one, { path: 'optimize' }, served('ollama/small', 20));
    const two = await bench.run({ config: 'bauhaus' });
    await bench.attempt(two, {}, served('ollama/small', 300));
    const queries = bench.queries();
    const cost = async (filter: object): Promise<number> =>
      (await queries.costs({ by: 'model', ...filter })).total.costMicroUsd;
    expect(await cost({ from: '2026-01-02' })).toBe(320);
    expect(await cost({ to: '2026-01-01' })).toBe(1);
    expect(await cost({ from: '2026-01-01', to: '2026-01-01', by: 'run' })).toBe(1);
    expect(await cost({ config: 'dada' })).toBe(21);
    expect(await cost({ room: 'blue', by: 'run' })).toBe(21);
    expect(await cost({ runId: one.runId, from: '2026-01-02' })).toBe(20);
    const { items } = await queries.costs({ by: 'step', runId: one.runId });
    expect(items).toEqual([row('optimize', { costMicroUsd: 20 }), row('interception', { costMicroUsd: 1 })]);
    expect((await queries.costs({ by: 'run', runId: two.runId })).items).toEqual([
      row(two.runId, { costMicroUsd: 300 }),
    ]);
  });

  test('fall on the day of the zone in which the call ended', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    await bench.attempt(run, {}, served('ollama/small', 1));
    const { items } = await bench.queries('America/New_York').costs({ by: 'day' });
    expect(items).toEqual([row('2025-12-31', { costMicroUsd: 1 })]);
  });

  test('say how many calls have no price and how many are estimated', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    await bench.attempt(run, { path: 'a' }, served('ollama/small', null));
    const usage = { costMicroUsd: 70 };
    await bench.attempt(run, { path: 'b' }, { state: 'abandoned', usage, priced: 'estimated' });
    const { items } = await bench.queries().costs({ by: 'model' });
    expect(items).toEqual([row('ollama/small', { calls: 2, costMicroUsd: 70, unpriced: 1, estimated: 1 })]);
  });

  test('are put right by a later correction, which makes them known', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    await bench.attempt(run, { path: 'a' }, { state: 'abandoned', usage: { costMicroUsd: 70 }, priced: 'estimated' });
    await bench.attempt(run, { path: 'b' }, served('ollama/small', null));
    const queries = bench.queries();
    await queries.costs({ by: 'run' });
    for (const [path, costMicroUsd] of [
      ['a', 50],
      ['b', 9],
    ] as const)
      await bench.say(run, {
        type: 'cost.corrected',
        stepPath: path as StepPath,
        attempt: 1,
        data: { costMicroUsd },
      });
    const known = row('ollama/small', { calls: 2, costMicroUsd: 59 });
    expect((await queries.costs({ by: 'model' })).items).toEqual([known]);
    expect((await queries.costs({ by: 'model', runId: run.runId })).items).toEqual([known]);
    expect((await queries.costs({ by: 'run' })).items).toEqual([{ ...known, key: run.runId }]);
  });

  test('count failed tries too, but no attempt that came to no call', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    const fault = { code: 'PROVIDER_UNREACHABLE', type: 'Error', facts: {} };
    await bench.attempt(run, { path: 'a' }, { state: 'failed', fault });
    await bench.attempt(run, { path: 'a', attempt: 2 }, { state: 'timedOut' });
    await bench.attempt(run, { path: 'a', attempt: 3 }, { state: 'blocked' });
    await bench.attempt(run, { path: 'b', candidate: null }, { state: 'failed', fault });
    expect((await bench.queries().costs({ by: 'model' })).items).toEqual([row('ollama/small', { calls: 2 })]);
  });

  test('are not of calls that a replay has answered from the record', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    await bench.attempt(run, { replayed: true }, served('ollama/small', 300));
    expect(await bench.queries().costs({ by: 'model' })).toEqual({ items: [], total: NOTHING, isCut: false });
  });

  test('come in at most 500 groups, which is said; the sum holds all', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    for (let step = 1; step <= 501; step++)
      await bench.attempt(run, { path: `interception[${step}]` }, served('ollama/small', step));
    const { items, total, isCut } = await bench.queries().costs({ by: 'step' });
    expect([items.length, items[0]?.key, isCut]).toEqual([500, 'interception[501]', true]);
    expect(total.calls).toBe(501);
  });
});

describe('medians', () => {
  test('are of the last 50 attempts of that stage and model that succeeded', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    for (let step = 1; step <= 60; step++)
      await bench.attempt(run, { path: `a[${step}]`, ms: step <= 10 ? 9000 : step }, served('ollama/small', 0));
    await bench.attempt(run, { path: 'b', ms: 7777 }, { state: 'timedOut' });
    await bench.attempt(run, { path: 'c', stage: 'safety.check', candidate: null, ms: 3 });
    await bench.attempt(run, { path: 'd', ms: 50 }, { queuedMs: 40, ...served('ollama/small', 0) });
    const of = (candidate: string | null, stage = 'text.interception') => ({ stage, candidate });
    const asked = [of('ollama/small'), of(null, 'safety.check'), of('ollama/large'), of(null)];
    expect(await bench.queries().medians(asked)).toEqual([35.5, 3, null, null]);
  });
});

describe('call rates', () => {
  test('tell latency by nearest rank and failures of the calls since a time, by model', async () => {
    await using bench = await Bench.open();
    const run = await bench.run();
    await bench.attempt(run, { path: 'old', ms: 99_999 }, served('ollama/small', 5));
    bench.session.clock.pass(60_000);
    const since = bench.session.clock.now();
    for (let step = 1; step <= 100; step++)
      await bench.attempt(run, { path: `a[${step}]`, ms: step }, served('ollama/small', 2));
    await bench.attempt(run, { path: 'b', ms: 30_000 }, { state: 'timedOut' });
    await bench.attempt(
      run,
      { path: 'c', candidate: 'hosted/large' },
      { ...served('hosted/large', 7), state: 'failed' },
    );
    expect(await bench.queries().callRates(since)).toEqual([
      {
        provider: 'hosted',
        model: 'large',
        calls: 1,
        failed: 1,
        costMicroUsd: 7,
        p50Ms: null,
        p95Ms: null,
        p99Ms: null,
      },
      { provider: 'ollama', model: 'small', calls: 101, failed: 1, costMicroUsd: 200, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
    ]);
    expect(await bench.queries().callRates((bench.session.clock.now() + 1) as Instant)).toEqual([]);
  });
});

describe('counts', () => {
  test('tell states, how many runs wait for a worker, and how long the first of them has', async () => {
    await using bench = await Bench.open();
    const queries = bench.queries();
    expect(await queries.counts()).toEqual({ states: {}, queued: 0, oldestWaitMs: null });
    await bench.session.queue.submit(submission());
    bench.session.clock.pass(3000);
    await bench.session.queue.submit(submission());
    await bench.run();
    bench.session.clock.pass(500);
    expect(await queries.counts()).toEqual({ states: { pending: 2, running: 1 }, queued: 2, oldestWaitMs: 3500 });
  });
});
