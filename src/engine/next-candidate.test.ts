import { describe, expect, test } from 'vitest';
import { askStage, attemptEnds, endOfRun, ofType, openTestEngine } from '../../test/support/engine-fixtures.ts';
import type { TestEngine, TestEngineOptions } from '../../test/support/engine-fixtures.ts';
import { faulty, lab } from '../../test/support/test-providers.ts';
import type { Lab } from '../../test/support/test-providers.ts';
import type { RunEvent } from '../core/events.ts';
import type { Instant } from '../core/ids.ts';

const open = (providers: readonly Lab[], options: Partial<TestEngineOptions> = {}): Promise<TestEngine> =>
  openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask' }], providers, ...options });

/** Whom each attempt was routed to. */
const chosen = (events: readonly RunEvent[]) => ofType(events, 'attempt.started').map(({ data }) => data.route?.chosen);

const down = (id: string): Lab => lab({ id, answer: () => faulty('PROVIDER_UNREACHABLE') });

describe('a step with several candidates', () => {
  test('tries each as often as its policy says, and the next one at once', async () => {
    await using engine = await open([down('a'), lab({ id: 'b' })]);
    const events = await engine.run();
    expect(chosen(events)).toEqual(['a/m', 'a/m', 'a/m', 'b/m']);
    expect(attemptEnds(events)).toEqual(['ask#1 failed', 'ask#2 failed', 'ask#3 failed', 'ask#4 succeeded']);
    const third = ofType(events, 'attempt.ended')[2];
    expect(third?.data.retryAt).toBe(third?.at);
    expect(ofType(events, 'attempt.started')[3]?.data.route).toMatchObject({ ruledOut: { 'a/m': 'has failed here' } });
  });

  test('fails with the last fault when nobody is left', async () => {
    const b = lab({ id: 'b', answer: () => faulty('PROVIDER_TIMEOUT') });
    await using engine = await open([down('a'), b]);
    const events = await engine.run();
    expect(chosen(events)).toEqual(['a/m', 'a/m', 'a/m', 'b/m', 'b/m', 'b/m']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_TIMEOUT' } });
  });

  test.each(['PROVIDER_AUTH', 'PROVIDER_KEY_HOST', 'MODEL_MISSING'])(
    'goes on to the next one at once after %s, which does not get better by itself',
    async (code) => {
      await using engine = await open([lab({ id: 'a', answer: () => faulty(code) }), lab({ id: 'b' })]);
      expect(chosen(await engine.run())).toEqual(['a/m', 'b/m']);
    },
  );

  test('does not look for a service that is less strict when one has refused', async () => {
    const [a, b] = [lab({ id: 'a', answer: () => faulty('PROVIDER_REFUSED') }), lab({ id: 'b' })];
    await using engine = await open([a, b]);
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_REFUSED' } });
    expect(b.calls).toEqual([]);
  });

  test('waits as long as the service asks for, when that is longer than its own wait', async () => {
    const a = lab({
      id: 'a',
      answer: (call) => (call === 1 ? faulty('PROVIDER_RATE_LIMITED', { retryAfterMs: 45_000 }) : undefined),
    });
    await using engine = await open([a, lab({ id: 'b' })]);
    const before = engine.clock.now();
    const events = await engine.run();
    expect(ofType(events, 'attempt.ended')[0]?.data.retryAt).toBe(before + 45_000);
    expect(chosen(events)).toEqual(['a/m', 'a/m']);
  });

  test('counts on after its holder has died', async () => {
    const a = down('a');
    await using first = await open([a, lab({ id: 'b' })]);
    const runId = await first.submit();
    await first.session(runId);
    await using second = await first.crash();
    expect(chosen(await second.finish(runId))).toEqual(['a/m', 'a/m', 'a/m', 'b/m']);
  });
});

describe('a service that is down', () => {
  test('is left alone after five failures, by all runs of this process; they go on elsewhere', async () => {
    const [a, b] = [down('a'), lab({ id: 'b' })];
    await using engine = await open([a, b]);
    for (let run = 0; run < 4; run += 1) await engine.run();
    expect(a.calls).toHaveLength(5);
    expect(b.calls).toHaveLength(4);
    const last = await engine.run();
    expect(ofType(last, 'attempt.started')[0]?.data.route).toMatchObject({
      chosen: 'b/m',
      ruledOut: { 'a/m': 'breaker open' },
    });
  });

  test('is waited for when there is nobody else, and that counts against nothing', async () => {
    let isUp = false;
    const a = lab({ id: 'a', answer: () => (isUp ? undefined : faulty('PROVIDER_UNREACHABLE')) });
    const retry = { maxAttempts: 2 };
    await using engine = await open([a], { steps: [{ id: 'ask', use: 'test-ask', retry }] });
    for (let run = 0; run < 2; run += 1) await engine.run();
    const unlucky = await engine.submit();
    expect(await engine.session(unlucky)).toMatchObject({ kind: 'waiting', for: 'time' });
    const next = await engine.submit();
    engine.clock.advance(500);
    const waiting = await engine.session(next);
    expect(waiting).toMatchObject({ kind: 'waiting', until: expect.any(Number) });
    expect(a.calls).toHaveLength(5);
    isUp = true;
    engine.clock.advanceTo(waiting.kind === 'waiting' ? (waiting.until ?? 0) : 0);
    const events = await engine.finish(next);
    expect(chosen(events)).toEqual([null, 'a/m']);
    expect(attemptEnds(events)).toEqual(['ask#1 suspended', 'ask#2 succeeded']);
    const [wait] = ofType(events, 'attempt.ended');
    expect(wait?.data.retryAt).toBe(waiting.kind === 'waiting' ? waiting.until : (0 as Instant));
    const told: string[] = [];
    for await (const { type } of engine.engine.installation.read()) if (type.startsWith('breaker')) told.push(type);
    expect(told).toEqual(['breaker.opened', 'breaker.halfOpened', 'breaker.closed']);
  });

  test('that hangs until the step is out of time counts as one that has failed', async () => {
    const a = lab({ id: 'a', answer: () => new Promise(() => {}) });
    const step = { id: 'ask', use: 'test-ask', timeoutMs: 1000, retry: { maxAttempts: 1 } };
    await using engine = await open([a], { steps: [step] });
    for (let run = 0; run < 5; run += 1) {
      const runId = await engine.submit();
      const session = engine.session(runId);
      while (a.calls.length <= run) await new Promise((resolve) => setImmediate(resolve));
      engine.clock.advance(1000);
      await session;
    }
    expect(engine.engine.breakers.barOf('a/m')).toMatchObject({ reason: 'breaker open' });
  });
});
