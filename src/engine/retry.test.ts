import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_RETRY } from '../core/definitions.ts';
import {
  attemptEnds,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  testStage,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';
import { mayRetry, retryDelayMs } from './retry.ts';

describe('the wait before the next try', () => {
  const policies = fc.record({
    backoff: fc.constantFrom('fixed' as const, 'linear' as const, 'exponential' as const),
    baseMs: fc.integer({ min: 0, max: 10_000 }),
    maxMs: fc.integer({ min: 0, max: 100_000 }),
  });

  test('is between half of the full wait and the full wait, which never exceeds its cap', () => {
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), policies, chances, (failures, policy, chance) => {
        const factor = { fixed: 1, linear: failures, exponential: 2 ** (failures - 1) }[policy.backoff];
        const full = Math.min(policy.baseMs * factor, policy.maxMs);
        const delay = retryDelayMs(failures, policy, { random: () => chance });
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
        expect(delay).toBeLessThanOrEqual(full);
        expect(Number.isInteger(delay)).toBe(true);
      }),
    );
  });

  test('doubles from its base, half of it random', () => {
    const policy = { backoff: 'exponential', baseMs: 500, maxMs: 30_000 } as const;
    const delays = [1, 2, 3, 4, 10].map((failures) => retryDelayMs(failures, policy, { random: () => 0.5 }));
    expect(delays).toEqual([375, 750, 1500, 3000, 22_500]);
  });

  test('is what the service asked for when that is longer, and only then', () => {
    const wait = (retryAfterMs: number): number =>
      retryDelayMs(1, { backoff: 'fixed', baseMs: 1000, maxMs: 1000 }, { random: () => 0, retryAfterMs });
    expect([wait(90_000), wait(10)]).toEqual([90_000, 500]);
  });

  test('has no meaning before the first failure', () => {
    expect(() => retryDelayMs(0, DEFAULT_RETRY, { random: () => 0 })).toThrow(RangeError);
  });
});

describe('whether a failure is tried again', () => {
  const fault = (code: string) => ({ code, type: 'Test', facts: {} });

  test('is decided by the error table', () => {
    expect(mayRetry(fault('PROVIDER_UNREACHABLE'), 1, DEFAULT_RETRY)).toBe(true);
    expect(mayRetry(fault('PROVIDER_AUTH'), 1, DEFAULT_RETRY)).toBe(false);
    expect(mayRetry(fault('A_CODE_OF_A_PLUGIN'), 1, DEFAULT_RETRY)).toBe(false);
  });

  test('is decided by `retryOn` where a step names codes', () => {
    const policy = { ...DEFAULT_RETRY, retryOn: ['PROVIDER_AUTH'] };
    expect(mayRetry(fault('PROVIDER_AUTH'), 1, policy)).toBe(true);
    expect(mayRetry(fault('PROVIDER_UNREACHABLE'), 1, policy)).toBe(false);
  });

  test('ends with the last attempt', () => {
    expect(mayRetry(fault('PROVIDER_UNREACHABLE'), 2, DEFAULT_RETRY)).toBe(true);
    expect(mayRetry(fault('PROVIDER_UNREACHABLE'), 3, DEFAULT_RETRY)).toBe(false);
  });
});

/** A run of one step that fails so often, with these codes one after the other. */
async function flaky(codes: readonly string[], retry?: object, retryAfterMs?: number): Promise<TestEngine> {
  const left = [...codes];
  const stage = testStage('test.flaky', (_input, context) => {
    const code = left.shift();
    if (code === undefined) return wrote(context, 'at last');
    return failed(code, retryAfterMs === undefined ? {} : { retryAfterMs });
  });
  const step = { id: 'flaky', use: 'test-flaky', ...(retry === undefined ? {} : { retry }) };
  return openTestEngine({ stages: [stage], steps: [step] });
}

describe('a step that fails', () => {
  test('parks its run until the next attempt, which follows the one before it', async () => {
    await using engine = await flaky(['PROVIDER_UNREACHABLE']);
    const runId = await engine.submit();
    const end = await engine.session(runId);
    const parked = await engine.fold(runId);
    expect(parked.state).toBe('waiting');
    expect(end).toEqual({ kind: 'waiting', for: 'time', until: parked.wakeAt });
    const [first] = ofType(await engine.events(runId), 'attempt.ended');
    expect(first?.data.retryAt).toBe(parked.wakeAt);
    await expect(engine.claim(runId)).rejects.toThrow('cannot be claimed');

    engine.clock.advanceTo(parked.wakeAt ?? 0);
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(attemptEnds(events)).toEqual(['flaky#1 failed', 'flaky#2 succeeded']);
    expect(events.map(({ type }) => type)).toContain('run.resumed');
  });

  test('is tried three times when nothing else is said, then it has failed with its last fault', async () => {
    await using engine = await flaky(Array.from({ length: 9 }, () => 'PROVIDER_TIMEOUT'));
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['flaky#1 failed', 'flaky#2 failed', 'flaky#3 failed']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_TIMEOUT' } });
    expect(ofType(events, 'attempt.ended').at(-1)?.data.retryAt).toBeUndefined();
  });

  test('is tried as often as its step says', async () => {
    await using engine = await flaky(
      Array.from({ length: 9 }, () => 'RATE_LIMITED'),
      { maxAttempts: 5 },
    );
    expect(attemptEnds(await engine.run())).toHaveLength(5);
  });

  test('has failed at once when another try would not help', async () => {
    await using engine = await flaky(['PROVIDER_REFUSED']);
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['flaky#1 failed']);
    expect(events.map(({ type }) => type)).not.toContain('run.waiting');
  });

  test('is tried again only on the codes that its step names', async () => {
    await using engine = await flaky(['PROVIDER_REFUSED', 'RATE_LIMITED'], { retryOn: ['PROVIDER_REFUSED'] });
    expect(attemptEnds(await engine.run())).toEqual(['flaky#1 failed', 'flaky#2 failed']);
  });

  test('waits as long as the service asked for', async () => {
    await using engine = await flaky(['RATE_LIMITED'], undefined, 120_000);
    const before = engine.clock.now();
    const runId = await engine.submit();
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'time', until: before + 120_000 });
  });

  test('waits differently in every run, the same in a recovery', async () => {
    await using engine = await flaky(Array.from({ length: 20 }, () => 'RATE_LIMITED'));
    const waits = new Set<number>();
    for (let run = 0; run < 5; run += 1) {
      const end = await engine.session(await engine.submit());
      if (end.kind === 'waiting' && end.until !== undefined) waits.add(end.until - engine.clock.now());
    }
    expect(waits.size).toBeGreaterThan(1);
    for (const wait of waits) expect(wait >= 250 && wait <= 500).toBe(true);
  });
});

test('a route without any candidate is tried three times, then the step has failed', async () => {
  const ask = testStage('test.ask', (_input, context) => wrote(context, 'never'), { calls: 'text.generate' });
  await using engine = await openTestEngine({ stages: [ask], steps: [{ id: 'ask', use: 'test-ask' }] });
  const events = await engine.run();
  expect(attemptEnds(events)).toEqual(['ask#1 failed', 'ask#2 failed', 'ask#3 failed']);
  expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'NO_CANDIDATE' } });
});
