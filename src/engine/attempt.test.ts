import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import { spanIdOf } from '../core/ids.ts';
import type { ArtifactRef, StageContext } from '../core/stage.ts';
import { nodeDigest } from '../store/system/digest.ts';
import {
  attemptEnds,
  done,
  endOfRun,
  ofType,
  openTestEngine,
  path,
  settle,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';

const one = (use: string, more: object = {}): { readonly [name: string]: unknown }[] => [{ id: 'step', use, ...more }];

describe('an attempt', () => {
  test('is named by the run, the path and its number', async () => {
    const stage = testStage('test.text', (_input, context) => wrote(context, 'words'));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-text') });
    const events = await engine.run();
    const [started] = ofType(events, 'attempt.started');
    expect(started?.spanId).toBe(
      spanIdOf(nodeDigest, events[0]?.runId ?? ('' as never), { path: path('step'), attempt: 1 }),
    );
    expect(started?.data.worker).toBe(engine.engine.worker.id);
  });

  test('names its results first, whatever it wrote before them', async () => {
    const stage = testStage('test.text', async (_input, context) => {
      await context.write({ type: 'notes', body: 'aside', work: true });
      return wrote(context, 'the result');
    });
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-text') });
    const outputs = ofType(await engine.run(), 'attempt.ended')[0]?.data.outputs ?? [];
    expect(await Promise.all(outputs.map((output) => engine.textOf(output)))).toEqual(['the result', 'aside']);
  });
});

describe('a body that throws', () => {
  const failing = (thrown: unknown) =>
    testStage('test.broken', () => {
      throw thrown;
    });

  test('is a failed attempt with the stack as an artifact, and no word of it in the log', async () => {
    await using engine = await openTestEngine({
      stages: [failing(new Error('private words'))],
      steps: one('test-broken'),
    });
    const events = await engine.run();
    const [ended] = ofType(events, 'attempt.ended');
    const { fault } = ended?.data ?? {};
    expect(ended?.data.state).toBe('failed');
    expect(fault).toMatchObject({
      code: 'INTERNAL',
      type: 'Error',
      stackHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(await engine.textOf({ id: fault?.detail as ArtifactRef['id'] })).toContain('private words');
    expect(JSON.stringify(events)).not.toContain('private words');
    expect(endOfRun(events)?.state).toBe('failed');
  });

  test('is tried again when its code says so', async () => {
    const error = new StemmaError('PROVIDER_UNREACHABLE', 'nobody there');
    await using engine = await openTestEngine({ stages: [failing(error)], steps: one('test-broken') });
    expect(attemptEnds(await engine.run())).toHaveLength(3);
  });
});

describe('a stage that says too much', () => {
  test('in its facts ends as a failed attempt; what it said is not recorded', async () => {
    const stage = testStage('test.chatty', (_input, context) => wrote(context, 'x', { story: 'long '.repeat(100) }));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-chatty') });
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['step#1 failed']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'INTERNAL' } });
    expect(JSON.stringify(events)).not.toContain('long long');
  });

  test.each([
    ['as a value', { said: 'a secret of somebody' }],
    ['as a name', { 'a secret of somebody': 1 }],
  ])('in a sentence %s ends as a failed attempt with the reason beside it', async (_where, facts) => {
    const stage = testStage('test.chatty', (_input, context) => wrote(context, 'x', facts));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-chatty') });
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['step#1 failed']);
    expect(JSON.stringify(events)).not.toContain('secret of');
    const fault = endOfRun(events)?.fault;
    expect(await engine.textOf({ id: fault?.detail as ArtifactRef['id'] })).toContain('closed word');
  });

  test.each([
    ['code', { code: 'a secret of somebody', type: 'Test' }],
    ['type', { code: 'PROVIDER_REFUSED', type: 'a secret of somebody' }],
  ])('in the %s of its fault ends as a failed attempt too', async (_where, said) => {
    const stage = testStage('test.chatty', () => ({ state: 'failed', fault: { ...said, facts: {} } }));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-chatty') });
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['step#1 failed']);
    expect(JSON.stringify(events)).not.toContain('secret of');
  });

  test('in its fault ends as a failed attempt too', async () => {
    const fault = { code: 'PROVIDER_REFUSED', type: 'x', facts: { reply: 'long '.repeat(100) } };
    const stage = testStage('test.chatty', () => ({ state: 'failed', fault }));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-chatty') });
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['step#1 failed']);
    expect(JSON.stringify(events)).not.toContain('long long');
  });

  test('without the text that it promised has failed', async () => {
    const stage = testStage('test.empty', () => done());
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-empty') });
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed', fault: { code: 'INTERNAL' } });
  });

  test('with the text of another step as its own has failed', async () => {
    const stage = testStage('test.thief', ({ prompt }) => ({
      state: 'done',
      facts: {},
      artifacts: prompt === undefined ? [] : [prompt],
    }));
    await using engine = await openTestEngine({ stages: [stage], steps: one('test-thief') });
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed', fault: { code: 'INTERNAL' } });
  });
});

describe('a step that takes too long', () => {
  test('is told by its signal and ends as timedOut, even if it does not listen', async () => {
    const contexts: StageContext[] = [];
    const deaf = testStage('test.deaf', (_input, context) => {
      contexts.push(context);
      return new Promise(() => {});
    });
    const retry = { maxAttempts: 1 };
    await using engine = await openTestEngine({ stages: [deaf], steps: one('test-deaf', { timeoutMs: 5000, retry }) });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => contexts.length === 1);
    engine.clock.advance(4999);
    await settle();
    expect(contexts[0]?.signal.aborted).toBe(false);
    engine.clock.advance(1);
    expect(await session).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(attemptEnds(events)).toEqual(['step#1 timedOut']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'STEP_TIMEOUT' } });
  });

  test('is tried again', async () => {
    let calls = 0;
    const slowOnce = testStage('test.slow', (_input, context) =>
      (calls += 1) === 1 ? new Promise(() => {}) : wrote(context, 'quick'),
    );
    await using engine = await openTestEngine({ stages: [slowOnce], steps: one('test-slow', { timeoutMs: 1000 }) });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => calls === 1);
    engine.clock.advance(1000);
    expect((await session).kind).toBe('waiting');
    engine.clock.advance(1000);
    expect(attemptEnds(await engine.finish(runId))).toEqual(['step#1 timedOut', 'step#2 succeeded']);
  });

  test('can do no harm afterwards: what it writes late is refused, and what was under way is not kept', async () => {
    const late = Promise.withResolvers<void>();
    const answers: unknown[] = [];
    const slow = testStage('test.slow', async (_input, context) => {
      await late.promise;
      answers.push(await context.write({ type: 'late', body: 'too late' }).catch((error: unknown) => error));
      return wrote(context, 'also too late');
    });
    const next = testStage('test.next', async (_input, context) => {
      late.resolve();
      await until(() => answers.length === 1);
      return wrote(context, 'in time');
    });
    await using engine = await openTestEngine({
      stages: [slow, next],
      steps: [
        { id: 'slow', use: 'test-slow', timeoutMs: 100, retry: { maxAttempts: 1 }, continueOn: ['failed'] },
        { id: 'next', use: 'test-next' },
      ],
    });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => engine.log.appends.length === 1);
    await settle();
    engine.clock.advance(100);
    expect(await session).toEqual({ kind: 'ended' });
    expect(answers[0]).toMatchObject({ code: 'STEP_TIMEOUT' });
    const files = (await engine.inventory(runId)).map((entry) => entry.path);
    expect(files.filter((file) => file.includes('late'))).toEqual([]);
    expect(attemptEnds(await engine.events(runId))).toEqual(['slow#1 timedOut', 'next#1 succeeded']);
  });

  test('has no timer when it ended in time', async () => {
    const quick = testStage('test.quick', (_input, context) => wrote(context, 'x'));
    await using engine = await openTestEngine({ stages: [quick], steps: one('test-quick', { timeoutMs: 1000 }) });
    const events = await engine.run();
    engine.clock.advance(10_000);
    await settle();
    expect(attemptEnds(events)).toEqual(['step#1 succeeded']);
  });
});

test('a stage that waits for a time parks its run and goes on with a new attempt that counts as no failure', async () => {
  let calls = 0;
  const patient = testStage('test.patient', (_input, context) =>
    (calls += 1) < 5
      ? { state: 'waiting', wait: { for: 'time', until: (context.now + 60_000) as typeof context.now } }
      : wrote(context, 'now'),
  );
  await using engine = await openTestEngine({ stages: [patient], steps: one('test-patient') });
  const started = engine.clock.now();
  expect(attemptEnds(await engine.run())).toEqual([
    'step#1 suspended',
    'step#2 suspended',
    'step#3 suspended',
    'step#4 suspended',
    'step#5 succeeded',
  ]);
  expect(engine.clock.now() - started).toBe(240_000);
});
