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
import { faulty, lab, replied } from '../../test/support/test-providers.ts';
import type { Lab } from '../../test/support/test-providers.ts';
import { StemmaError } from '../core/errors.ts';
import { defineStage } from '../core/stage.ts';
import type { ArtifactRef } from '../core/stage.ts';

const ONE_TRY = { maxAttempts: 1 };
const open = (
  providers: readonly Lab[],
  { step = { retry: ONE_TRY }, ...options }: Partial<TestEngineOptions> & { step?: object } = {},
): Promise<TestEngine> =>
  openTestEngine({ stages: [askStage], steps: [{ id: 'ask', use: 'test-ask', ...step }], providers, ...options });

const endOf = async (engine: TestEngine) => ofType(await engine.run(), 'attempt.ended')[0]?.data;

describe('what a call has cost', () => {
  const prices = { 'lab/m': { asOf: '2026-03-01', usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 2 } };

  test('is what the provider names', async () => {
    await using engine = await open([lab({ usage: { costMicroUsd: 42 } })], { prices });
    expect(await endOf(engine)).toMatchObject({
      usage: { costMicroUsd: 42 },
      priced: 'yes',
      provider: 'lab',
      model: 'm',
    });
  });

  test('is counted by the table when it names none', async () => {
    await using engine = await open([lab({ usage: { costMicroUsd: null, tokensIn: 100, tokensOut: 10 } })], { prices });
    expect(await endOf(engine)).toMatchObject({ usage: { costMicroUsd: 120, tokensIn: 100 }, priced: 'yes' });
  });

  test('is unknown without a price, and nothing on a machine of our own', async () => {
    await using hosted = await open([lab()]);
    expect(await endOf(hosted)).toMatchObject({ usage: { costMicroUsd: null }, priced: 'no' });
    await using local = await open([lab({ location: 'local' })]);
    expect(await endOf(local)).toMatchObject({ usage: { costMicroUsd: 0 }, priced: 'yes' });
  });

  test('is nothing when the service did not work on it, and what was expected when nobody knows', async () => {
    const estimate = { costMicroUsd: 7 };
    await using away = await open([lab({ estimate, answer: () => faulty('PROVIDER_UNREACHABLE') })]);
    expect(await endOf(away)).toMatchObject({ usage: { costMicroUsd: 0 }, priced: 'yes' });
    await using slow = await open([lab({ estimate, answer: () => faulty('PROVIDER_TIMEOUT') })]);
    expect(await endOf(slow)).toMatchObject({ usage: { costMicroUsd: 7 }, priced: 'estimated' });
  });
});

describe('a provider', () => {
  test.each([
    ['says nothing', () => 'hello'],
    ['answers with a story in its fault', () => faulty('X', { facts: { said: 'a secret of somebody' } })],
    ['breaks off', () => Promise.reject(new TypeError('a secret of somebody'))],
  ])('that %s has given a bad reply, which is no fault of ours', async (_what, answer) => {
    await using engine = await open([lab({ answer })]);
    const events = await engine.run();
    const fault = endOfRun(events)?.fault;
    expect(fault).toMatchObject({ code: 'PROVIDER_BAD_REPLY' });
    expect(JSON.stringify(events)).not.toContain('secret of');
    expect(await engine.textOf({ id: fault?.detail as ArtifactRef['id'] })).not.toBe('');
  });

  test('that names its fault by throwing it keeps its code', async () => {
    const answer = (): never => {
      throw new StemmaError('PROVIDER_AUTH', 'the key is not accepted');
    };
    await using engine = await open([lab({ answer })]);
    expect(endOfRun(await engine.run())).toMatchObject({ fault: { code: 'PROVIDER_AUTH' } });
  });

  test('that answers after its time is over is not heard any more', async () => {
    const late = Promise.withResolvers<unknown>();
    const seen: string[] = [];
    const answer = async (_call: number, context: { progress(update: object): void }): Promise<unknown> => {
      await late.promise;
      context.progress({ partialText: 'too late' });
      seen.push('told');
      return replied('too late');
    };
    await using engine = await open([lab({ answer, estimate: { costMicroUsd: 9 } })], {
      step: { retry: ONE_TRY, timeoutMs: 1000 },
    });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await settle();
    engine.clock.advance(1000);
    expect(await session).toEqual({ kind: 'ended' });
    const before = await engine.events(runId);
    expect(ofType(before, 'attempt.ended')[0]?.data).toMatchObject({
      state: 'timedOut',
      fault: { code: 'STEP_TIMEOUT', facts: { timeoutMs: 1000 } },
      usage: { costMicroUsd: 9 },
      priced: 'estimated',
    });
    late.resolve(undefined);
    await until(() => seen.length === 1);
    await settle();
    expect(await engine.events(runId)).toEqual(before);
    expect((await engine.inventory(runId)).map((entry) => entry.path).join()).not.toContain('exchange');
  });

  test('that calls back after its answer is not heard any more', async () => {
    const told: unknown[] = [];
    let callBack = (): void => {};
    const answer = (_call: number, context: { progress(update: object): void }): unknown => {
      context.progress({ partialText: 'in time' });
      callBack = () => context.progress({ partialText: 'once more' });
      return replied('done');
    };
    await using engine = await open([lab({ answer })]);
    Object.assign(engine.engine, { observe: (update: { partialText?: string }) => told.push(update.partialText) });
    await engine.run();
    callBack();
    expect(told).toEqual(['in time']);
  });

  test('that hangs without a sign is stopped; one that streams is not', async () => {
    const steps = { retry: ONE_TRY, idleTimeoutMs: 1000 };
    const hang = lab({ answer: () => new Promise(() => {}) });
    await using hanging = await open([hang], { step: steps });
    const runId = await hanging.submit();
    const session = hanging.session(runId);
    await until(() => hang.calls.length === 1);
    hanging.clock.advance(1000);
    expect(await session).toEqual({ kind: 'ended' });
    expect(endOfRun(await hanging.events(runId))).toMatchObject({
      fault: { code: 'STEP_TIMEOUT', facts: { idle: 1000 } },
    });

    const next: PromiseWithResolvers<void>[] = [];
    const stream = lab({
      answer: async (_call, { progress }) => {
        for (let part = 0; part < 3; part += 1) {
          const gate = Promise.withResolvers<void>();
          next.push(gate);
          await gate.promise;
          progress({ partialText: 'more' });
        }
        return replied('all');
      },
    });
    await using streaming = await open([stream], { step: steps });
    const other = await streaming.submit();
    const going = streaming.session(other);
    for (let part = 0; part < 3; part += 1) {
      await until(() => next.length === part + 1);
      streaming.clock.advance(900);
      next[part]?.resolve();
      await settle(2);
    }
    await going;
    expect(stateOf(await streaming.events(other))).toBe('succeeded');
  });
});

describe('a stage that does not wait for its call', () => {
  test('leaves nothing behind: the call is told to stop', async () => {
    const signals: AbortSignal[] = [];
    const provider = lab({
      answer: (_call, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const template = askStage as unknown as Parameters<typeof defineStage>[0];
    const hasty = defineStage({
      ...template,
      type: 'test.hasty',
      writes: 'nothing',
      run: async (_input, _settings, context) => {
        context.call({ parts: [] }).catch(() => {});
        await until(() => signals.length === 1);
        return { state: 'done', facts: {}, artifacts: [] };
      },
    });
    await using engine = await openTestEngine({
      stages: [hasty],
      steps: [{ id: 'hasty', use: 'test-hasty' }],
      providers: [provider],
    });
    expect(attemptEnds(await engine.run())).toEqual(['hasty#1 succeeded']);
    expect(signals[0]?.aborted).toBe(true);
  });
});
