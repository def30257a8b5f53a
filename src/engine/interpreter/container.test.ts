import { describe, expect, test } from 'vitest';
import {
  attemptEnds,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  settle,
  testStage,
  until,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { AnyStage } from '../../core/stage.ts';

type Step = Readonly<Record<string, unknown>>;
const use = (id: string, chunk: string, more: object = {}): Step => ({ id, use: chunk, ...more });
const RETRY = { maxAttempts: 3, backoff: 'fixed', baseMs: 1000, retryOn: ['PROVIDER_REFUSED'] };

/** Fails as often as it is told, at each step anew, and in a way that a step alone does not retry. */
function flaky(times: number): AnyStage {
  const calls = new Map<string, number>();
  return testStage('test.flaky', (_input, context) => {
    const before = calls.get(context.stepPath) ?? 0;
    calls.set(context.stepPath, before + 1);
    return before < times ? failed('PROVIDER_REFUSED') : wrote(context, context.stepPath);
  });
}
const good = testStage('test.good', (_input, context) => wrote(context, context.stepPath));

async function told(step: Step, { times = 1, pipelines = {} }: { times?: number; pipelines?: object } = {}) {
  const definitions = { pipelines: pipelines as Record<string, Step> };
  const steps = [step, use('after', 'test-good')];
  await using engine = await openTestEngine({ stages: [good, flaky(times)], steps, definitions });
  const events = await engine.run();
  return {
    ends: attemptEnds(events),
    skipped: ofType(events, 'step.skipped').map(({ stepPath }) => stepPath),
    stages: [...new Set(ofType(events, 'attempt.started').map(({ data }) => data.stage))],
    end: endOfRun(events),
  };
}

const body = [use('one', 'test-good'), use('two', 'test-flaky'), use('three', 'test-good')];

describe('a container with retry', () => {
  test('keeps what has succeeded and runs the rest again, their attempts going on', async () => {
    const { ends, skipped, stages, end } = await told({ id: 'round', repeat: { times: 1 }, retry: RETRY, steps: body });
    expect(ends).toEqual([
      'round[1].one#1 succeeded',
      'round[1].two#1 failed',
      'round#1 failed',
      'round[1].two#2 succeeded',
      'round[1].three#1 succeeded',
      'round#2 succeeded',
      'after#1 succeeded',
    ]);
    expect(skipped).toEqual(['round[1].three']);
    expect(stages).toContain('flow.repeat');
    expect(end).toEqual({ state: 'succeeded' });
  });

  test('fails when it has failed as often as it may', async () => {
    const { ends, skipped, end } = await told(
      { id: 'part', pipeline: 'inner', retry: RETRY },
      {
        times: 9,
        pipelines: { inner: { title: 'Inner', steps: [use('two', 'test-flaky'), use('three', 'test-good')] } },
      },
    );
    expect(ends.filter((one) => one.startsWith('part#'))).toEqual([1, 2, 3].map((number) => `part#${number} failed`));
    expect(skipped).toEqual(['part.three', 'part.three', 'part.three', 'after']);
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_REFUSED' } });
  });

  test('is not tried again for a fault that its policy does not name', async () => {
    const { ends } = await told({ id: 'round', repeat: { times: 1 }, retry: { maxAttempts: 3 }, steps: body });
    expect(ends.at(-1)).toBe('round#1 failed');
  });

  test('may stand in a container with retry, and begins anew with it', async () => {
    const inner = { id: 'in', forEach: 1, retry: { ...RETRY, maxAttempts: 2 }, steps: [use('two', 'test-flaky')] };
    const { ends } = await told({ id: 'out', repeat: { times: 1 }, retry: RETRY, steps: [inner] }, { times: 3 });
    expect(ends).toEqual([
      'out[1].in[1].two#1 failed',
      'out[1].in#1 failed',
      'out#1 suspended',
      'out[1].in[1].two#2 failed',
      'out[1].in#2 failed',
      'out#2 failed',
      'out[1].in[1].two#3 failed',
      'out[1].in#3 failed',
      'out#3 suspended',
      'out[1].in[1].two#4 succeeded',
      'out[1].in#4 succeeded',
      'out#4 succeeded',
      'after#1 succeeded',
    ]);
  });

  test('ends as failed when it cannot be carried out at all', async () => {
    const step = { id: 'each', forEach: 'parameters.count', retry: RETRY, steps: [use('one', 'test-good')] };
    await using engine = await openTestEngine({ stages: [good], steps: [step] });
    const events = await engine.run({ parameters: { count: 1_000_000 } });
    expect(attemptEnds(events)).toEqual(['each#1 failed']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'INPUT_INVALID' } });
  });
});

describe('a container with retry that is stopped', () => {
  const step = {
    id: 'round',
    repeat: { times: 1 },
    retry: RETRY,
    steps: [use('one', 'test-hold'), use('two', 'test-flaky')],
  };

  async function begun() {
    const gate = Promise.withResolvers<void>();
    let working = false;
    const hold = testStage('test.hold', async (_input, context) => {
      working = true;
      await gate.promise;
      return wrote(context, 'held');
    });
    const engine = await openTestEngine({ stages: [good, hold, flaky(1)], steps: [step] });
    const runId = await engine.submit();
    const session = engine.session(runId);
    await until(() => working);
    return { engine, runId, session, gate };
  }

  test('by a pause is suspended, and goes on without counting it', async () => {
    const { engine, runId, session, gate } = await begun();
    await using _engine = engine;
    await engine.send(runId, 'pause');
    await settle();
    gate.resolve();
    expect(await session).toEqual({ kind: 'paused' });
    await engine.send(runId, 'resume');
    const events = await engine.finish(runId);
    expect(attemptEnds(events)).toEqual([
      'round[1].one#1 succeeded',
      'round#1 suspended',
      'round[1].two#1 failed',
      'round#2 failed',
      'round[1].two#2 succeeded',
      'round#3 succeeded',
    ]);
  });

  test('by cancel is canceled with what is in it, also while it waits for its next attempt', async () => {
    const { engine, runId, session } = await begun();
    await using _engine = engine;
    await engine.send(runId, 'cancel');
    expect(await session).toEqual({ kind: 'ended' });
    expect(attemptEnds(await engine.events(runId))).toEqual(['round[1].one#1 canceled', 'round#1 canceled']);

    const other = await begun();
    await using _other = other.engine;
    other.gate.resolve();
    expect((await other.session).kind).toBe('waiting');
    await other.engine.send(other.runId, 'cancel');
    await other.engine.session(other.runId);
    expect((await other.engine.fold(other.runId)).state).toBe('canceled');
  });

  test('before it has begun is canceled step by step', async () => {
    await using engine = await openTestEngine({
      stages: [good, flaky(0)],
      steps: [use('first', 'test-flaky'), { ...step, needs: [], steps: [use('one', 'test-good')] }],
    });
    const runId = await engine.submit();
    await engine.send(runId, 'pause');
    await engine.session(runId);
    await engine.send(runId, 'cancel');
    await engine.session(runId);
    expect((await engine.fold(runId)).state).toBe('canceled');
  });

  test('by the death of its holder goes on, and is not what wore its holders out', async () => {
    const ids = ['one', 'two', 'three', 'four'];
    const steps = [{ ...step, steps: ids.map((id) => use(id, 'test-mortal')) }];
    const deaths: (() => void)[] = [];
    const alive = new Set<string>();
    /** Its holder dies in it the first time. */
    const mortal = testStage('test.mortal', async (_input, context) => {
      if (!alive.has(context.stepPath)) {
        alive.add(context.stepPath);
        await new Promise<void>((resolve) => deaths.push(resolve));
      }
      return wrote(context, context.stepPath);
    });
    let engine = await openTestEngine({ stages: [mortal], steps });
    const runId = await engine.submit();
    for (const count of ids.keys()) {
      engine.session(runId).catch(() => undefined);
      await until(() => deaths.length === count + 1);
      engine = await engine.crash();
    }
    const events = await engine.finish(runId);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
    expect(attemptEnds(events).filter((end) => end.startsWith('round#'))).toEqual([
      ...[1, 2, 3, 4].map((number) => `round#${number} abandoned`),
      'round#5 succeeded',
    ]);
    for (const die of deaths) die();
  });
});
