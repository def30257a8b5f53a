import { describe, expect, test } from 'vitest';
import {
  askStage,
  attemptEnds,
  endOfRun,
  ofType,
  openTestEngine,
  settle,
  stateOf,
  until,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine, TestEngineOptions } from '../../test/support/engine-fixtures.ts';
import { lab, replied } from '../../test/support/test-providers.ts';
import type { Lab } from '../../test/support/test-providers.ts';
import type { RunEvent } from '../core/events.ts';
import type { RunId, StepPath } from '../core/ids.ts';
import { leftBehind } from './open-call.ts';

const open = (provider: Lab, options: Partial<TestEngineOptions> = {}): Promise<TestEngine> =>
  openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask' }], providers: [provider], ...options });

const DOLLAR = { costMicroUsd: 1_000_000 };
const day = (usd: number, mode: 'halt' | 'ask' | 'warn' = 'halt') => ({
  budgets: { day: { limitMicroUsd: usd * 1_000_000, mode } },
});
const decide = (engine: TestEngine, runId: RunId, choice: string): Promise<void> =>
  engine.store.queue.send(runId, { type: 'decide', by: 'teacher', stepPath: 'ask' as StepPath, choice });

const asked = async (engine: TestEngine, events: readonly RunEvent[]): Promise<string> => {
  const [requested] = ofType(events, 'review.requested');
  return requested === undefined ? '' : engine.textOf({ id: requested.data.question });
};

describe('a budget that halts', () => {
  test('lets exactly seven of thirty concurrent runs call; the others say estimate and limit', async () => {
    const gate = Promise.withResolvers<void>();
    const provider = lab({
      estimate: DOLLAR,
      answer: async (call) => {
        await gate.promise;
        return replied(`call ${call}`, DOLLAR);
      },
    });
    await using engine = await open(provider, { limits: day(7) });
    const runs = await Promise.all(Array.from({ length: 30 }, () => engine.submit()));
    const sessions = runs.map((runId) => engine.session(runId));
    await until(() => provider.calls.length === 7);
    await settle();
    gate.resolve();
    await Promise.all(sessions);
    const ends = await Promise.all(runs.map(async (runId) => endOfRun(await engine.events(runId))));
    expect(provider.calls).toHaveLength(7);
    expect(ends.filter((end) => end?.state === 'succeeded')).toHaveLength(7);
    const refused = ends.filter((end) => end?.state === 'failed');
    expect(refused).toHaveLength(23);
    for (const end of refused)
      expect(end?.fault).toMatchObject({
        code: 'BUDGET_EXCEEDED',
        facts: { scope: 'day', limitMicroUsd: 7_000_000, estimateMicroUsd: 1_000_000 },
      });
    const standing = (await engine.engine.ledger.standings()).find(({ scope }) => scope === 'day');
    expect(standing).toMatchObject({ spentMicroUsd: 7_000_000, reservedMicroUsd: 0 });
  });

  test('lets exactly seven of thirty outputs of one run call; the run succeeds with the others as problems', async () => {
    const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
    const ids = Array.from({ length: 30 }, (_, index) => `out-${index}`);
    await using engine = await open(provider, {
      steps: [
        {
          id: 'outputs',
          forEach: 'outputs',
          concurrency: 30,
          steps: [{ id: 'make', use: 'test-ask', retry: { maxAttempts: 1 } }],
        },
      ],
      definitions: { outputs: Object.fromEntries(ids.map((id) => [id, { name: id, medium: 'text' }])) },
    });
    const events = await engine.run({ outputs: ids, created: { budgetMicroUsd: 7_000_000 } });
    expect(provider.calls).toHaveLength(7);
    expect(endOfRun(events)?.state).toBe('succeeded');
    expect(endOfRun(events)?.problems).toHaveLength(23);
    expect(new Set(endOfRun(events)?.problems?.map(({ code }) => code))).toEqual(new Set(['BUDGET_EXCEEDED']));
    expect(ofType(events, 'budget.exceeded')).toHaveLength(23);
    expect(ofType(events, 'budget.exceeded')[0]?.data).toMatchObject({
      scope: 'run',
      mode: 'halt',
      limitMicroUsd: 7_000_000,
      estimateMicroUsd: 1_000_000,
    });
  });

  test('of nothing lets nobody call, and what is free all the same', async () => {
    const provider = lab({ estimate: DOLLAR });
    await using engine = await open(provider, { limits: day(0) });
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed', fault: { code: 'BUDGET_EXCEEDED' } });
    await using free = await open(lab({ location: 'local' }), { limits: day(0) });
    expect(stateOf(await free.run())).toBe('succeeded');
  });

  test('of the day stands in the log of the installation too; it is another one the next day', async () => {
    const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
    await using engine = await open(provider, { limits: day(1) });
    await engine.run();
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed' });
    await settle();
    const told: string[] = [];
    for await (const { type } of engine.engine.installation.read()) told.push(type);
    expect(told).toContain('budget.exceeded');
    engine.clock.advance(24 * 3_600_000);
    expect(stateOf(await engine.run())).toBe('succeeded');
  });

  test('counts what calls really cost, not what was expected', async () => {
    const provider = lab({ estimate: DOLLAR, usage: { costMicroUsd: 100_000 } });
    await using engine = await open(provider, { limits: day(1.5) });
    for (let run = 0; run < 5; run += 1) expect(stateOf(await engine.run())).toBe('succeeded');
    expect(stateOf(await engine.run())).toBe('succeeded');
    expect(stateOf(await engine.run())).toBe('failed');
  });

  test('lets a free candidate take over', async () => {
    const [dear, home] = [lab({ estimate: DOLLAR }), lab({ id: 'home', location: 'local' })];
    await using engine = await openTestEngine({
      stages: [askStage],
      steps: [{ id: 'ask', use: 'test-ask' }],
      providers: [dear, home],
      limits: day(0),
    });
    expect(attemptEnds(await engine.run())).toEqual(['ask#1 failed', 'ask#2 succeeded']);
    expect([dear.calls.length, home.calls.length]).toEqual([0, 1]);
  });
});

describe('a budget that warns', () => {
  test('says once that most of it is used up, and stops nobody', async () => {
    const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
    await using engine = await open(provider, { limits: day(2, 'warn') });
    const warned: number[] = [];
    for (let run = 0; run < 4; run += 1) warned.push(ofType(await engine.run(), 'budget.warned').length);
    expect(provider.calls).toHaveLength(4);
    expect(warned).toEqual([0, 1, 0, 0]);
  });

  test('lets calls without a price go on', async () => {
    await using engine = await open(lab(), { limits: day(1, 'warn') });
    const events = await engine.run();
    expect(stateOf(events)).toBe('succeeded');
    expect(ofType(events, 'attempt.ended')[0]?.data.priced).toBe('no');
  });
});

describe('a budget that asks', () => {
  test('lets a person decide; a yes pays', async () => {
    const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
    await using engine = await open(provider, { limits: day(0.5, 'ask') });
    const runId = await engine.submit();
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'person' });
    expect(provider.calls).toHaveLength(0);
    expect(await asked(engine, await engine.events(runId))).toMatch(/^review\.budget_question .*"estimate":"\$1\.00"/);
    await decide(engine, runId, 'approve');
    const events = await engine.finish(runId);
    expect(attemptEnds(events)).toEqual(['ask#1 suspended', 'ask#2 succeeded']);
    expect(provider.calls).toHaveLength(1);
    expect(ofType(events, 'review.requested')[0]?.data.options).toEqual(['approve', 'stop']);
  });

  test('cannot be asked past one that halts: nobody is asked in vain', async () => {
    const provider = lab({ estimate: DOLLAR });
    const limitMicroUsd = 500_000;
    const budgets = { config: { limitMicroUsd, mode: 'ask' as const }, day: { limitMicroUsd, mode: 'halt' as const } };
    await using engine = await open(provider, { limits: { budgets } });
    expect(endOfRun(await engine.run())).toMatchObject({
      state: 'failed',
      fault: { code: 'BUDGET_EXCEEDED', facts: { scope: 'day' } },
    });
    expect(provider.calls).toHaveLength(0);
  });

  test('does not ask again for another try of what was approved', async () => {
    const provider = lab({
      estimate: DOLLAR,
      answer: (call) =>
        call === 1 ? { ok: false, fault: { code: 'PROVIDER_TIMEOUT', type: 'Lab', facts: {} } } : undefined,
    });
    await using engine = await open(provider, { limits: day(0.5, 'ask') });
    const runId = await engine.submit();
    await engine.session(runId);
    await decide(engine, runId, 'approve');
    expect(attemptEnds(await engine.finish(runId))).toEqual(['ask#1 suspended', 'ask#2 failed', 'ask#3 succeeded']);
  });

  test('has said yes to one candidate only: the next one is asked about anew', async () => {
    const cheap = lab({
      estimate: DOLLAR,
      answer: () => ({ ok: false, fault: { code: 'PROVIDER_AUTH', type: 'Lab', facts: {} } }),
    });
    const dear = lab({ id: 'other', estimate: DOLLAR });
    await using engine = await openTestEngine({
      stages: [askStage],
      steps: [{ id: 'ask', use: 'test-ask' }],
      providers: [cheap, dear],
      limits: day(0.5, 'ask'),
    });
    const runId = await engine.submit();
    await engine.session(runId);
    await decide(engine, runId, 'approve');
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'person' });
    expect([cheap.calls.length, dear.calls.length]).toEqual([1, 0]);
    await decide(engine, runId, 'approve');
    await engine.finish(runId);
    expect(dear.calls).toHaveLength(1);
  });

  test('stops where a person says so; nobody else is asked instead', async () => {
    const [dear, home] = [lab({ estimate: DOLLAR }), lab({ id: 'other', estimate: DOLLAR })];
    await using engine = await openTestEngine({
      stages: [askStage],
      steps: [{ id: 'ask', use: 'test-ask' }],
      providers: [dear, home],
      limits: day(0.5, 'ask'),
    });
    const runId = await engine.submit();
    await engine.session(runId);
    await decide(engine, runId, 'stop');
    const events = await engine.finish(runId);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'BUDGET_EXCEEDED', type: 'Declined' } });
    expect([dear.calls.length, home.calls.length]).toEqual([0, 0]);
  });

  test.each(['halt', 'ask'] as const)('also when there is no price and the budget would %s', async (mode) => {
    const provider = lab();
    await using engine = await open(provider, { limits: day(1, mode) });
    const runId = await engine.submit();
    expect(await engine.session(runId)).toMatchObject({ kind: 'waiting', for: 'person' });
    expect(await asked(engine, await engine.events(runId))).toMatch(/^review\.price_question/);
    await decide(engine, runId, 'stop');
    expect(endOfRun(await engine.finish(runId))).toMatchObject({ fault: { code: 'BUDGET_UNKNOWN' } });
    expect(provider.calls).toHaveLength(0);
  });
});

describe('a call whose holder died', () => {
  const orphaned = async () => {
    const provider = lab({ estimate: DOLLAR, answer: () => new Promise(() => {}) });
    const first = await open(provider, { limits: day(5) });
    const runId = await first.submit();
    first.session(runId).catch(() => {}); // never ends: its process is dead
    await until(() => provider.calls.length === 1);
    return { provider, runId, second: await first.crash() };
  };
  const standingOf = async ({ engine }: TestEngine) =>
    (await engine.ledger.standings()).find(({ scope }) => scope === 'day');

  test('is settled at what was expected', async () => {
    const { runId, second } = await orphaned();
    const lease = await second.claim(runId);
    const fold = await second.fold(runId);
    const left = await leftBehind(second.engine, { lease, fold });
    expect([...left.bills]).toEqual([['ask', { usage: DOLLAR, priced: 'estimated' }]]);
    await left.settle();
    expect(await standingOf(second)).toMatchObject({ spentMicroUsd: 1_000_000, reservedMicroUsd: 0 });
    expect([...(await leftBehind(second.engine, { lease, fold })).bills]).toEqual([]);
  });

  test('stands in the record with that cost', async () => {
    const { provider, runId, second } = await orphaned();
    second.session(runId).catch(() => {}); // waits for its own call
    await until(() => provider.calls.length === 2);
    const abandoned = (await second.events(runId)).find(({ type }) => type === 'attempt.ended');
    expect(abandoned?.data).toMatchObject({ state: 'abandoned', usage: DOLLAR, priced: 'estimated' });
    expect(await standingOf(second)).toMatchObject({ spentMicroUsd: 1_000_000, reservedMicroUsd: 1_000_000 });
  });
});

describe('a permit that is not to be had', () => {
  const slow = (): { provider: Lab; gates: PromiseWithResolvers<void>[] } => {
    const gates: PromiseWithResolvers<void>[] = [];
    const answer = async (): Promise<undefined> => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    };
    return { provider: lab({ answer }), gates };
  };

  test('is waited for; no limit of the step runs meanwhile, and the wait is on record', async () => {
    const { provider, gates } = slow();
    await using engine = await open(provider, {
      limits: { concurrency: { lab: 1 } },
      steps: [{ id: 'ask', use: 'test-ask', timeoutMs: 5000 }],
    });
    const [first, second] = [await engine.submit(), await engine.submit()];
    const one = engine.session(first);
    await until(() => gates.length === 1);
    const two = engine.session(second);
    await settle();
    engine.clock.advance(4200);
    gates[0]?.resolve();
    await one;
    await until(() => gates.length === 2);
    engine.clock.advance(4000);
    gates[1]?.resolve();
    await two;
    const [ended] = ofType(await engine.events(second), 'attempt.ended');
    expect(ended?.data).toMatchObject({ state: 'succeeded', queuedMs: 4200 });
    expect(provider.calls).toHaveLength(2);
  });

  test.each(['pause', 'release'] as const)('keeps nobody when there is a %s: nothing was called', async (how) => {
    const { provider, gates } = slow();
    await using engine = await open(provider, { limits: { concurrency: { lab: 1 } } });
    const [first, second] = [await engine.submit(), await engine.submit()];
    const one = engine.session(first);
    await until(() => gates.length === 1);
    const leave = new AbortController();
    const two = engine.session(second, leave.signal);
    await settle();
    if (how === 'pause') await engine.send(second, 'pause');
    else leave.abort();
    expect((await two).kind).toBe(how === 'pause' ? 'paused' : 'released');
    expect(attemptEnds(await engine.events(second))).toEqual(['ask#1 suspended']);
    expect(provider.calls).toHaveLength(1);
    gates[0]?.resolve();
    await one;
  });

  test('keeps nobody who is canceled', async () => {
    const { provider, gates } = slow();
    await using engine = await open(provider, { limits: { concurrency: { lab: 1 } } });
    const [first, second] = [await engine.submit(), await engine.submit()];
    const one = engine.session(first);
    await until(() => gates.length === 1);
    const two = engine.session(second);
    await settle();
    await engine.send(second, 'cancel');
    expect(await two).toEqual({ kind: 'ended' });
    expect(attemptEnds(await engine.events(second))).toEqual(['ask#1 canceled']);
    gates[0]?.resolve();
    await one;
    expect(provider.calls).toHaveLength(1);
  });
});
