/** What could keep a run from its end, or its worker from anything else. */
import { describe, expect, test } from 'vitest';
import {
  askStage,
  attemptEnds,
  endOfRun,
  ofType,
  openTestEngine,
  settle,
  stateOf,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';
import { lab } from '../../test/support/test-providers.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunId, StepPath } from '../core/ids.ts';

const DOLLAR = { costMicroUsd: 1_000_000 };
const ASK = [{ id: 'ask', use: 'test-ask' }];

/** Waits for the signal `go`. */
const signaled = testStage('test.wait', (_input, context) =>
  context.answer === undefined ? { state: 'waiting', wait: { for: 'signal', name: 'go' } } : wrote(context, 'well'),
);
const WAIT = [{ id: 'wait', use: 'test-wait' }];

const approve = (engine: TestEngine, runId: RunId): Promise<void> =>
  engine.store.queue.send(runId, { type: 'decide', by: 'teacher', stepPath: 'ask' as StepPath, choice: 'approve' });

/** Five calls have failed in a row. */
async function openBreaker({ engine }: TestEngine, candidate: string): Promise<void> {
  for (let call = 0; call < 5; call += 1) {
    engine.breakers.enter(candidate)?.end('down');
    await settle(2);
  }
}

describe('a step that was answered', () => {
  test('and then finds its candidate behind an open breaker sleeps until it half-opens', async () => {
    const provider = lab({ estimate: DOLLAR, usage: DOLLAR });
    const limits = { budgets: { day: { limitMicroUsd: 1, mode: 'ask' as const } } };
    await using engine = await openTestEngine({ stages: [askStage], steps: ASK, providers: [provider], limits });
    const runId = await engine.submit();
    await engine.session(runId);
    await approve(engine, runId);
    await openBreaker(engine, 'lab/m');
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'time', until: engine.clock.now() + 60_000 });
    engine.clock.advance(60_000);
    expect(stateOf(await engine.finish(runId))).toBe('succeeded');
    expect(ofType(await engine.events(runId), 'review.requested')).toHaveLength(1);
  });
});

describe('a command whose content cannot be kept', () => {
  test('is noted and changes nothing; those behind it are obeyed', async () => {
    await using engine = await openTestEngine({ stages: [signaled], steps: WAIT });
    const runId = await engine.submit();
    await engine.session(runId);
    engine.refuseFile = (type) => (type === 'signal' ? new StemmaError('TOO_LARGE', 'no such size') : undefined);
    await engine.store.queue.send(runId, { type: 'signal', by: 'hook', name: 'go', body: 'far too long' });
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'signal' });
    const notes = ofType(await engine.events(runId), 'note').map(({ data }) => data);
    expect(notes).toEqual([{ kind: 'command.refused', facts: { command: 'signal', because: 'TOO_LARGE' } }]);
    await engine.store.queue.send(runId, { type: 'signal', by: 'hook', name: 'go' });
    expect(stateOf(await engine.finish(runId))).toBe('succeeded');
  });

  test('stays in the mailbox when it is the store that is in trouble', async () => {
    await using engine = await openTestEngine({ stages: [signaled], steps: WAIT });
    const runId = await engine.submit();
    await engine.session(runId);
    engine.refuseFile = (type) => (type === 'signal' ? new StemmaError('STORE_FULL', 'no space') : undefined);
    await engine.store.queue.send(runId, { type: 'signal', by: 'hook', name: 'go', body: 'well' });
    expect(await engine.session(runId)).toMatchObject({ kind: 'broken', error: { code: 'STORE_FULL' } });
    engine.refuseFile = () => undefined;
    await using next = await engine.crash();
    expect(stateOf(await next.finish(runId))).toBe('succeeded');
  });
});

describe('a run with a time limit', () => {
  const limited = (stage: typeof signaled, steps: readonly object[]): Promise<TestEngine> =>
    openTestEngine({
      stages: [stage],
      steps: [],
      definitions: { pipelines: { main: { title: 'Main', timeoutMs: 60_000, steps } } },
    });

  test('is woken at it, whoever it waits for', async () => {
    await using engine = await limited(signaled, WAIT);
    const runId = await engine.submit();
    const waiting = { kind: 'waiting', for: 'signal', until: engine.clock.now() + 60_000 };
    expect(await engine.session(runId)).toEqual(waiting);
    engine.clock.advance(60_000);
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
  });

  test('gets no more time by a pause that is taken back before it takes hold', async () => {
    const gates: (() => void)[] = [];
    const slow = testStage('test.slow', async (_input, context) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return wrote(context, 'well');
    });
    const step = (id: string, needs: readonly string[]) => ({ id, use: 'test-slow', needs });
    await using engine = await limited(slow, [step('one', []), step('two', []), step('three', ['one'])]);
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => gates.length === 2);
    engine.clock.advance(50_000);
    await engine.send(runId, 'pause');
    await settle();
    gates[0]?.(); // its path halts before the third step
    await settle();
    await engine.send(runId, 'resume');
    await settle();
    gates[1]?.();
    await until(() => gates.length === 3);
    engine.clock.advance(10_000);
    expect(await session).toEqual({ kind: 'ended' });
    expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
  });
});

test("the store's trouble while somebody is looked for is no fault of the step", async () => {
  const definitions = { profiles: { test: { name: 'Test', strategy: 'least_busy', roles: { any: ['a/m', 'b/m'] } } } };
  const providers = [lab({ id: 'a' }), lab({ id: 'b' })];
  await using engine = await openTestEngine({ stages: [askStage], steps: ASK, providers, definitions });
  const runId = await engine.submit();
  const { routes } = engine.engine;
  const busy = { of: () => Promise.reject(new StemmaError('STORE_BUSY', 'somebody else writes')) };
  Object.assign(engine.engine, { routes: busy });
  expect(await engine.session(runId)).toMatchObject({ kind: 'broken', error: { code: 'STORE_BUSY' } });
  Object.assign(engine.engine, { routes });
  await using next = await engine.crash();
  expect(attemptEnds(await next.finish(runId))).toEqual(['ask#1 succeeded']);
});

test('a stage that does not wait for its call leaves no timer when the call stands in the queue', async () => {
  const gate = Promise.withResolvers<void>();
  const provider = lab({ answer: () => gate.promise });
  const hasty = testStage(
    'test.hasty',
    (_input, context) => {
      context.call({ parts: [] }).catch(() => {});
      return wrote(context, 'well');
    },
    { calls: 'text.generate' },
  );
  await using engine = await openTestEngine({
    stages: [askStage, hasty],
    steps: [{ id: 'hasty', use: 'test-hasty', timeoutMs: 3_600_000 }],
    definitions: { pipelines: { asking: { title: 'Asking', steps: ASK } } },
    providers: [provider],
    limits: { concurrency: { lab: 1 } },
  });
  const first = engine.session(await engine.submit({ created: { pipeline: 'asking' } }));
  await until(() => provider.calls.length === 1);
  const sleeping = new Set<number>();
  const sleep = engine.clock.sleep.bind(engine.clock);
  engine.clock.sleep = (ms, signal) => {
    sleeping.add(ms);
    return sleep(ms, signal).finally(() => sleeping.delete(ms));
  };
  await engine.session(await engine.submit());
  await settle();
  expect([...sleeping]).toEqual([]);
  gate.resolve();
  await first;
});
