import { describe, expect, test } from 'vitest';
import { attemptEnds, endOfRun, openTestEngine, testStage } from '../../test/support/engine-fixtures.ts';

describe('a stage that returns no outcome', () => {
  test.each([
    ['nothing', undefined],
    ['a wait for nothing', { state: 'waiting' }],
    ['a block without a verdict', { state: 'blocked' }],
    ['a failure without a fault', { state: 'failed' }],
    ['facts without artifacts', { state: 'done', facts: {} }],
    ['a state that there is not', { state: 'odd' }],
  ])('but %s has failed, once', async (_what, outcome) => {
    const odd = testStage('test.odd', () => outcome as never);
    await using engine = await openTestEngine({ stages: [odd], steps: [{ id: 'odd', use: 'test-odd' }] });
    const events = await engine.run();
    expect(attemptEnds(events)).toEqual(['odd#1 failed']);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'INTERNAL' } });
  });
});
