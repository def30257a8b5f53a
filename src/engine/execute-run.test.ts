import { describe, expect, test } from 'vitest';
import {
  done,
  endOfRun,
  ofType,
  openTestEngine,
  stateOf,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';

const noop = testStage('test.noop', () => done(), { writes: 'nothing' });
const noops = (count: number): { id: string; use: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `s${index + 1}`, use: 'test-noop' }));

describe('what a run writes', () => {
  test('two events per step, and a start and an end of the run', async () => {
    await using engine = await openTestEngine({ stages: [noop], steps: noops(10) });
    const events = await engine.run();
    expect(events.map(({ type }) => type)).toEqual([
      'run.created',
      'run.started',
      ...Array.from({ length: 10 }, () => ['attempt.started', 'attempt.ended']).flat(),
      'run.ended',
    ]);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
  });

  test('the end of a step and the start of the next in one append', async () => {
    await using engine = await openTestEngine({ stages: [noop], steps: noops(3) });
    await engine.run();
    expect(engine.log.appends.map(({ types }) => types.join(' + '))).toEqual([
      'run.started + attempt.started',
      'attempt.ended + attempt.started',
      'attempt.ended + attempt.started',
      'attempt.ended + run.ended',
    ]);
  });

  test('the start of a step before its body runs', async () => {
    const seen: string[][] = [];
    const look = testStage('test.look', async (_input, context) => {
      const events = await engine.events(runId);
      seen.push(ofType(events, 'attempt.started').map(({ stepPath }) => String(stepPath)));
      return wrote(context, context.stepPath);
    });
    await using engine = await openTestEngine({
      stages: [look],
      steps: [
        { id: 'one', use: 'test-look' },
        { id: 'two', use: 'test-look' },
      ],
    });
    const runId = await engine.submit();
    await engine.finish(runId);
    expect(seen).toEqual([['one'], ['one', 'two']]);
  });

  test('nothing that counts before it is on disk: no step begins while the append before it has not been answered', async () => {
    let begun = 0;
    const count = testStage('test.count', () => done({ begun: (begun += 1) }), { writes: 'nothing' });
    await using engine = await openTestEngine({ stages: [count], steps: [{ id: 'only', use: 'test-count' }] });
    const answer = Promise.withResolvers<void>();
    const append = engine.engine.log.append.bind(engine.engine.log);
    let asked = false;
    Object.assign(engine.engine.log, {
      append: async (...given: Parameters<typeof append>) => {
        asked = true;
        await answer.promise;
        return append(...given);
      },
    });
    const session = engine.session(await engine.submit());
    await until(() => asked);
    expect(begun).toBe(0);
    answer.resolve();
    expect(await session).toEqual({ kind: 'ended' });
    expect(begun).toBe(1);
  });

  test('every run ends exactly once', async () => {
    await using engine = await openTestEngine({ stages: [noop], steps: noops(2) });
    const runId = await engine.submit();
    const events = await engine.finish(runId);
    expect(ofType(events, 'run.ended')).toHaveLength(1);
    expect(stateOf(events)).toBe('succeeded');
    await expect(engine.claim(runId)).rejects.toThrow('cannot be claimed');
  });
});
