import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  askStage,
  attemptEnds,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  recordingProvider,
  settle,
  stateOf,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';

/** A stage whose attempts begin at once and end when they are let go; counts what it did per step. */
function gated() {
  const waiting = new Map<string, () => void>();
  const begun: string[] = [];
  const stage = testStage('test.gated', async (_input, context) => {
    begun.push(context.stepPath);
    await new Promise<void>((resolve) => waiting.set(context.stepPath, resolve));
    return wrote(context, context.stepPath);
  });
  const begins = (path: string): Promise<void> => until(() => waiting.has(path), `the beginning of ${path}`);
  const letGo = async (path: string): Promise<void> => {
    await begins(path);
    waiting.get(path)?.();
    waiting.delete(path);
  };
  return { stage, begun, begins, letGo };
}

const steps = (...ids: string[]): { id: string; use: string }[] => ids.map((id) => ({ id, use: 'test-gated' }));

describe('cancel', () => {
  test('reaches a provider call that is under way; the run has ended and no further step begins', async () => {
    let reason: unknown;
    const provider = recordingProvider(
      (_text, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    );
    const ask = (id: string) => ({ id, use: 'test-ask' });
    await using engine = await openTestEngine({
      stages: [askStage],
      providers: [provider],
      steps: [ask('one'), ask('two')],
    });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => provider.seen.length === 1);
    await engine.send(runId, 'cancel');
    expect(await session).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(reason).toMatchObject({ message: 'The run was canceled.' });
    expect(attemptEnds(events)).toEqual(['one#1 canceled']);
    expect(endOfRun(events)).toEqual({ state: 'canceled' });
    expect(ofType(events, 'step.skipped').map(({ stepPath }) => stepPath)).toEqual(['two']);
    expect(provider.seen).toHaveLength(1);
  });

  test.each(['pending', 'waiting', 'paused'])('ends a run that is %s, without beginning a step', async (state) => {
    let calls = 0;
    const stage = testStage('test.flaky', () => {
      calls += 1;
      return failed('PROVIDER_UNREACHABLE');
    });
    await using engine = await openTestEngine({ stages: [stage], steps: [{ id: 'step', use: 'test-flaky' }] });
    const runId = await engine.submit();
    if (state === 'waiting') await engine.session(runId);
    if (state === 'paused') {
      await engine.send(runId, 'pause');
      await engine.session(runId);
    }
    expect((await engine.fold(runId)).state).toBe(state);
    const before = calls;
    await engine.send(runId, 'cancel');
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    expect((await engine.fold(runId)).state).toBe('canceled');
    expect(calls).toBe(before);
  });

  test('of a paused run counts also when it came right after the pause', async () => {
    const { stage, letGo, begins } = gated();
    await using engine = await openTestEngine({ stages: [stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await begins('one');
    await engine.send(runId, 'pause');
    await engine.send(runId, 'cancel');
    await letGo('one');
    expect(await session).toEqual({ kind: 'ended' });
    expect((await engine.fold(runId)).state).toBe('canceled');
  });

  test('does not undo a run whose last step has ended', async () => {
    await using engine = await openTestEngine({
      stages: [testStage('test.text', (_input, context) => wrote(context, 'x'))],
      steps: [{ id: 'step', use: 'test-text' }],
    });
    const runId = await engine.submit();
    await engine.finish(runId);
    await expect(engine.send(runId, 'cancel')).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    expect((await engine.fold(runId)).state).toBe('succeeded');
  });
});

/** A run of two gated steps that has been paused during its first. */
async function pausedRun(engine: TestEngine, { begins, letGo }: ReturnType<typeof gated>) {
  const runId = await engine.submit();
  const session = engine.session(runId);
  await begins('one');
  await engine.send(runId, 'pause');
  await settle();
  await letGo('one');
  expect(await session).toEqual({ kind: 'paused' });
  return runId;
}

describe('pause', () => {
  test('lets the running attempt finish, and resume goes on without repeating it', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await pausedRun(engine, gate);
    const paused = await engine.events(runId);
    expect(stateOf(paused)).toBe('paused');
    expect(attemptEnds(paused)).toEqual(['one#1 succeeded']);
    await expect(engine.claim(runId)).rejects.toThrow('cannot be claimed');

    await engine.send(runId, 'resume');
    const resumed = engine.session(runId);
    await gate.letGo('two');
    expect(await resumed).toEqual({ kind: 'ended' });
    expect(gate.begun).toEqual(['one', 'two']);
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
  });

  test('on the last step lets the run succeed', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one') });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await gate.begins('one');
    await engine.send(runId, 'pause');
    await settle();
    await gate.letGo('one');
    expect(await session).toEqual({ kind: 'ended' });
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
  });

  test('and resume before the attempt has ended leave the run running', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await gate.begins('one');
    await engine.send(runId, 'pause');
    await engine.send(runId, 'resume');
    await gate.letGo('one');
    await gate.letGo('two');
    expect(await session).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(stateOf(events)).toBe('succeeded');
    expect(ofType(events, 'command.received').map(({ data }) => data.command)).toEqual(['pause', 'resume']);
  });

  test('and resume while outputs run side by side lose none of them', async () => {
    const gate = gated();
    await using engine = await openTestEngine({
      stages: [gate.stage],
      steps: [{ id: 'outputs', forEach: 'outputs', concurrency: 2, steps: steps('first', 'second') }],
      definitions: { outputs: { a: { name: 'a', medium: 'text' }, b: { name: 'b', medium: 'text' } } },
    });
    const runId = await engine.submit({ outputs: ['a', 'b'] });
    const session = engine.session(runId);
    await gate.begins('outputs[2].first');
    await engine.send(runId, 'pause');
    await gate.letGo('outputs[1].first'); // this lane stops at the pause
    await settle();
    await engine.send(runId, 'resume');
    for (const path of ['outputs[2].first', 'outputs[2].second', 'outputs[1].second']) await gate.letGo(path);
    expect(await session).toEqual({ kind: 'ended' });
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
    expect(gate.begun.toSorted()).toEqual(
      ['outputs[1].first', 'outputs[1].second', 'outputs[2].first', 'outputs[2].second'].toSorted(),
    );
  });

  test.each([[['pause', 'resume', 'pause']], [['resume', 'pause']], [['pause', 'pause']]] as const)(
    'in quick succession: the last of %j counts',
    async (commands) => {
      const gate = gated();
      await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
      const runId = await engine.submit();
      const session = engine.session(runId);
      await gate.begins('one');
      for (const command of commands) await engine.send(runId, command);
      await gate.letGo('one');
      expect(await session).toEqual({ kind: 'paused' });
      await engine.send(runId, 'resume');
      const resumed = engine.session(runId);
      await gate.letGo('two');
      expect(await resumed).toEqual({ kind: 'ended' });
    },
  );

  test('and resume that wait together in the mailbox of a run nobody holds leave it runnable', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await pausedRun(engine, gate);
    for (const command of ['resume', 'pause', 'resume'] as const) await engine.send(runId, command);
    const session = engine.session(runId);
    await gate.letGo('two');
    expect(await session).toEqual({ kind: 'ended' });
  });

  test('of a run that nobody has begun keeps it from beginning', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one') });
    const runId = await engine.submit();
    await engine.send(runId, 'pause');
    expect(await engine.session(runId)).toEqual({ kind: 'paused' });
    expect(gate.begun).toEqual([]);
  });

  test('of a run that waits for a time holds beyond that time', async () => {
    const stage = testStage('test.flaky', () => failed('PROVIDER_UNREACHABLE'));
    await using engine = await openTestEngine({ stages: [stage], steps: [{ id: 'step', use: 'test-flaky' }] });
    const runId = await engine.submit();
    await engine.session(runId);
    await engine.send(runId, 'pause');
    expect(await engine.session(runId)).toEqual({ kind: 'paused' });
    engine.clock.advance(3_600_000);
    await expect(engine.claim(runId)).rejects.toThrow('cannot be claimed');
  });

  test('survives a holder that dies right after recording it', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    engine.engine.queue.park = async () => engine.die();
    const session = engine.session(runId);
    await gate.begins('one');
    await engine.send(runId, 'pause');
    await settle();
    await gate.letGo('one');
    await session;
    await using next = await engine.crash();
    await next.store.queue.claim(next.engine.worker.id, { atMost: 0 });
    next.clock.advance(4000);
    const taken = next.session(runId);
    await settle();
    next.clock.advance(2000);
    expect(await taken).toEqual({ kind: 'paused' });
    expect(gate.begun).toEqual(['one']);
  });
});

describe('a command that comes while the run is being parked', () => {
  test('wakes it again: nothing is lost between the decision and the parking', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    const park = engine.engine.queue.park.bind(engine.engine.queue);
    engine.engine.queue.park = async (...given) => {
      await engine.send(runId, 'resume');
      return park(...given);
    };
    const session = engine.session(runId);
    await gate.begins('one');
    await engine.send(runId, 'pause');
    await settle();
    await gate.letGo('one');
    expect(await session).toEqual({ kind: 'paused' });
    const next = engine.session(runId);
    await gate.letGo('two');
    expect(await next).toEqual({ kind: 'ended' });
  });
});

describe('a worker that goes', () => {
  test('lets running attempts finish and gives the run back', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    const leaving = new AbortController();
    const session = engine.session(runId, leaving.signal);
    await gate.begins('one');
    leaving.abort();
    await gate.letGo('one');
    expect(await session).toEqual({ kind: 'released' });
    expect((await engine.fold(runId)).state).toBe('running');

    await using other = await engine.beside();
    const taken = other.session(runId);
    await gate.letGo('two');
    expect(await taken).toEqual({ kind: 'ended' });
    expect(gate.begun).toEqual(['one', 'two']);
  });

  test('obeys a pause that comes while it goes', async () => {
    const gate = gated();
    await using engine = await openTestEngine({ stages: [gate.stage], steps: steps('one', 'two') });
    const runId = await engine.submit();
    const leaving = new AbortController();
    const session = engine.session(runId, leaving.signal);
    await gate.begins('one');
    leaving.abort();
    await engine.send(runId, 'pause');
    await settle();
    await gate.letGo('one');
    expect(await session).toEqual({ kind: 'paused' });
    expect((await engine.fold(runId)).state).toBe('paused');
  });
});

describe('commands', () => {
  const moments = fc.nat({ max: 9 });
  const plans = fc.array(fc.tuple(moments, fc.constantFrom('pause', 'pause', 'resume', 'resume', 'cancel')), {
    maxLength: 7,
  });

  test('at any moment and in any order repeat no step, lose none, and leave every run an end', async () => {
    const ends = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const effects: string[] = [];
        const stage = testStage('test.effect', async (_input, context) => {
          effects.push(context.stepPath);
          await settle(1);
          return wrote(context, context.stepPath);
        });
        const ids = ['one', 'two', 'three'];
        await using engine = await openTestEngine({
          stages: [stage],
          steps: ids.map((id) => ({ id, use: 'test-effect' })),
        });
        const runId = await engine.submit();
        let appends = 0;
        engine.log.refuse = () => {
          for (const [at, command] of plan) if (at === appends) void engine.send(runId, command).catch(() => {});
          appends += 1;
          return undefined;
        };
        for (let sessions = 0; sessions < 30; sessions += 1) {
          if ((await engine.session(runId)).kind === 'ended') break;
          await engine.send(runId, 'resume');
        }
        const state = stateOf(await engine.events(runId));
        ends.add(state);
        expect(new Set(effects).size).toBe(effects.length);
        if (state === 'succeeded') expect(effects).toEqual(ids);
        else expect([state, plan.some(([, command]) => command === 'cancel')]).toEqual(['canceled', true]);
      }),
      { numRuns: 200 },
    );
    expect(ends).toEqual(new Set(['succeeded', 'canceled']));
  });
});
