import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FORBIDDEN_WORD,
  askStage,
  attemptEnds,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  recordingProvider,
  settle,
  testStage,
  until,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { TestRun } from '../../../test/support/engine-fixtures.ts';
import { each } from './for-each.ts';

const outputsNamed = (...ids: string[]) =>
  Object.fromEntries(ids.map((id) => [id, { name: id, medium: 'text', chunk: `make-${id}` }]));
const chunksNamed = (stages: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(stages).map(([id, stage]) => [`make-${id}`, { stage, role: 'any' }]));

const good = testStage('test.good', (_input, context) => wrote(context, context.stepPath));
const bad = testStage('test.bad', () => failed('PROVIDER_REFUSED'));
const blocked = testStage('test.blocked', async ({ prompt }, context) => {
  const { verdict } = await context.check(prompt ?? ({} as never), 'look');
  return { state: 'blocked', verdict };
});
const stages = [good, bad, blocked];

/** One output per stage, all made by `output.chunk`. */
async function made(kinds: readonly ('good' | 'bad' | 'blocked')[], more: object = {}, after: readonly object[] = []) {
  const ids = kinds.map((_kind, index) => `o${index}`);
  const definitions = {
    outputs: outputsNamed(...ids),
    chunks: chunksNamed(Object.fromEntries(ids.map((id, index) => [id, `test.${kinds[index]}`]))),
  };
  const steps = [
    { id: 'outputs', forEach: 'outputs', steps: [{ id: 'make', use: 'output.chunk', ...more }] },
    ...after,
  ];
  await using engine = await openTestEngine({ stages, steps: steps as { [name: string]: unknown }[], definitions });
  return await engine.run({ outputs: ids });
}

describe('outputs', () => {
  test('are made each by its own chunk, counted from 1', async () => {
    const events = await made(['good', 'good']);
    expect(attemptEnds(events).toSorted()).toEqual(['outputs[1].make#1 succeeded', 'outputs[2].make#1 succeeded']);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
  });

  test('that do not succeed stop no others and are the problems of the run', async () => {
    const events = await made(['bad', 'good', 'blocked']);
    expect(endOfRun(events)).toEqual({
      state: 'succeeded',
      problems: [
        { stepPath: 'outputs[1]', state: 'failed', code: 'PROVIDER_REFUSED' },
        { stepPath: 'outputs[3]', state: 'blocked', code: 'SAFETY_BLOCKED' },
      ],
    });
  });

  test('leave their problems in the run when steps follow', async () => {
    const events = await made(['bad', 'good'], {}, [{ id: 'after', use: 'test-good' }]);
    expect(endOfRun(events)?.problems).toHaveLength(1);
  });

  test('of which none succeeded and one was blocked block the run', async () => {
    expect(endOfRun(await made(['bad', 'blocked']))).toMatchObject({
      state: 'blocked',
      fault: { code: 'SAFETY_BLOCKED' },
    });
    expect(endOfRun(await made(['blocked', 'blocked']))?.state).toBe('blocked');
  });

  test('that have all failed fail the run', async () => {
    expect(endOfRun(await made(['bad', 'bad']))).toMatchObject({
      state: 'failed',
      fault: { code: 'PROVIDER_REFUSED' },
    });
  });

  test('of which there are none succeed', async () => {
    expect(endOfRun(await made([]))).toEqual({ state: 'succeeded' });
  });

  test('may go on after a failed step', async () => {
    const events = await made(['bad', 'bad'], { continueOn: ['failed'] });
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
  });

  test('one of which is blocked by the gateway leave the others to go on', async () => {
    const provider = recordingProvider();
    const definitions = {
      outputs: {
        a: { name: 'a', medium: 'text', instruction: FORBIDDEN_WORD },
        b: { name: 'b', medium: 'text', instruction: 'kind' },
      },
      chunks: {
        shaped: { stage: 'test.ask', role: 'any', template: { task: '{{output.instruction}}', prompt: '{{prompt}}' } },
      },
    };
    const steps = [{ id: 'outputs', forEach: 'outputs', steps: [{ id: 'ask', use: 'shaped' }] }];
    await using engine = await openTestEngine({ stages: [askStage], providers: [provider], steps, definitions });
    const end = endOfRun(await engine.run({ outputs: ['a', 'b'] }));
    expect(end).toMatchObject({ state: 'succeeded', problems: [{ stepPath: 'outputs[1]', state: 'blocked' }] });
    expect(provider.seen).toEqual(['kind | a small cat']);
  });
});

/** Makes six outputs in two steps each; how many were at work at once, and with which seeds. */
async function watched(concurrency: number) {
  let now = 0;
  let most = 0;
  const seeds: Record<string, number> = {};
  const work = testStage('test.work', async (_input, context) => {
    now += 1;
    most = Math.max(most, now);
    seeds[context.stepPath] = context.seed;
    await settle(3);
    now -= 1;
    return wrote(context, context.stepPath);
  });
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const steps = [
    { id: 'outputs', forEach: 'outputs', concurrency, steps: ['one', 'two'].map((id) => ({ id, use: 'test-work' })) },
  ];
  const definitions = { outputs: Object.fromEntries(ids.map((id) => [id, { name: id, medium: 'text' }])) };
  await using engine = await openTestEngine({ stages: [work], steps, definitions });
  await engine.run({ outputs: ids, seed: 42 });
  return { most, seeds };
}

describe('concurrency', () => {
  test('is never exceeded, and is used', async () => {
    expect((await watched(1)).most).toBe(1);
    expect((await watched(4)).most).toBe(4);
  });

  test('changes no seed', async () => {
    expect((await watched(1)).seeds).toEqual((await watched(4)).seeds);
  });

  test('holds for any number of items, each of which is done once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 8 }), async (count, concurrency) => {
        let now = 0;
        const finished: number[] = [];
        await each(count, concurrency, async (index) => {
          now += 1;
          expect(now).toBeLessThanOrEqual(concurrency);
          await Promise.resolve();
          now -= 1;
          finished.push(index);
        });
        expect(finished.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
      { numRuns: 30 },
    );
  });

  test('waits for every lane before it passes an error on', async () => {
    const late = Promise.withResolvers<void>();
    let ended = false;
    const all = each(2, 2, async (index) => {
      if (index === 0) throw new Error('first lane');
      await late.promise;
      ended = true;
    }).catch((error: unknown) => [error, ended]);
    late.resolve();
    expect(await all).toEqual([new Error('first lane'), true]);
  });
});

describe('a wait for a retry in one lane', () => {
  const lanes = (kinds: readonly string[]) => ({
    steps: [{ id: 'outputs', forEach: 'outputs', concurrency: 4, steps: [{ id: 'make', use: 'output.chunk' }] }],
    definitions: {
      outputs: outputsNamed(...kinds),
      chunks: chunksNamed(Object.fromEntries(kinds.map((kind) => [kind, `test.${kind}`]))),
    },
  });
  const flaky = (name: string) => {
    let calls = 0;
    return testStage(`test.${name}`, (_input, context) =>
      (calls += 1) === 1 ? failed('RATE_LIMITED', { retryAfterMs: 60_000 }) : wrote(context, name),
    );
  };

  test('does not park the run while another lane works; both end in the same session', async () => {
    const working = Promise.withResolvers<void>();
    const slow = testStage('test.slow', async (_input, context) => {
      await working.promise;
      return wrote(context, 'slow');
    });
    await using engine = await openTestEngine({ stages: [flaky('flaky'), slow], ...lanes(['flaky', 'slow']) });
    const runId = await engine.submit({ outputs: ['flaky', 'slow'] });
    const session = engine.session(runId);
    await until(() => engine.log.appends.flatMap(({ types }) => types).includes('attempt.ended'));
    await settle();
    expect((await engine.fold(runId)).state).toBe('running');
    engine.clock.advance(60_000);
    await until(
      () => engine.log.appends.flatMap(({ types }) => types).filter((type) => type === 'attempt.ended').length === 2,
    );
    working.resolve();
    expect(await session).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(ofType(events, 'run.waiting')).toEqual([]);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
  });

  test('parks the run once all lanes wait, until the first of them is due', async () => {
    let calls = 0;
    const later = testStage('test.later', (_input, context) =>
      (calls += 1) === 1 ? failed('RATE_LIMITED', { retryAfterMs: 90_000 }) : wrote(context, 'later'),
    );
    await using engine = await openTestEngine({ stages: [flaky('flaky'), later], ...lanes(['flaky', 'later']) });
    const runId = await engine.submit({ outputs: ['flaky', 'later'] });
    const start = engine.clock.now();
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'time', until: start + 60_000 });
    engine.clock.advance(60_000);
    const events = await engine.finish(runId);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
    expect(attemptEnds(events).toSorted()).toEqual([
      'outputs[1].make#1 failed',
      'outputs[1].make#2 succeeded',
      'outputs[2].make#1 failed',
      'outputs[2].make#2 succeeded',
    ]);
    expect(engine.clock.now()).toBe(start + 90_000);
  });
});

describe('a loop over a number', () => {
  const told = async (forEach: number | string, more: object = {}, run: TestRun = {}) => {
    const named = testStage('test.named', ({ number }, context) => wrote(context, `${number} ${context.iteration}`));
    const step = { id: 'make', use: 'test-named', with: { number: 'iteration' }, ...more };
    const steps = [
      { id: 'look', use: 'test-count', when: 'parameters.look == 1' },
      { id: 'each', forEach, steps: [step] },
    ];
    const count = testStage('test.count', () => ({ state: 'done', facts: { many: 2 }, artifacts: [] }), {
      writes: 'nothing',
    });
    await using engine = await openTestEngine({ stages: [named, bad, count], steps });
    const events = await engine.run(run);
    const made = ofType(events, 'attempt.ended').filter(({ stepPath }) => stepPath?.startsWith('each') === true);
    const first = ({ data }: (typeof made)[number]) => data.outputs[0] ?? ({} as never);
    return { texts: await Promise.all(made.map((one) => engine.textOf(first(one)))), events };
  };

  test('runs so often, and each iteration knows its number', async () => {
    expect((await told(3)).texts).toEqual(['1 1', '2 2', '3 3']);
    expect((await told('parameters.count', {}, { parameters: { count: 2.9 } })).texts).toEqual(['1 1', '2 2']);
    expect((await told('steps.look.facts.many', {}, { parameters: { look: 1 } })).texts).toHaveLength(2);
  });

  test('of nothing, of less than nothing, and of a fact that is not there does nothing', async () => {
    for (const parameters of [{ count: 0 }, { count: -4 }]) {
      const { texts, events } = await told('parameters.count', {}, { parameters });
      expect([texts, endOfRun(events)]).toEqual([[], { state: 'succeeded' }]);
    }
    expect((await told('steps.look.facts.many', {}, { parameters: { look: 0 } })).texts).toEqual([]);
  });

  test('that is larger than any loop may be fails', async () => {
    const { events } = await told('parameters.count', {}, { parameters: { count: 100_001 } });
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'INPUT_INVALID' } });
  });

  test('lists the first hundred of its problems and counts the rest, in whatever order they end', async () => {
    const some = testStage('test.some', async (_input, context) => {
      await settle(context.iteration % 3);
      return context.iteration === 200 ? wrote(context, 'one') : failed('PROVIDER_REFUSED');
    });
    const inner = { id: 'make', use: 'test-some' };
    const steps = [
      { id: 'each', forEach: 450, concurrency: 32, steps: [inner] },
      { id: 'again', forEach: 202, concurrency: 256, steps: [inner] },
    ];
    await using engine = await openTestEngine({ stages: [some], steps });
    const end = endOfRun(await engine.run());
    expect(end?.problems?.map(({ stepPath }) => stepPath)).toEqual(
      Array.from({ length: 100 }, (_, index) => `each[${index + 1}]`),
    );
    expect(end?.moreProblems).toBe(449 - 100 + 201);
  });
});
