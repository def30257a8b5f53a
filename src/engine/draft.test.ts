import { expect, test } from 'vitest';
import { attemptEnds, endOfRun, openTestEngine, testStage } from '../../test/support/engine-fixtures.ts';

test.each([
  ['a width between two pixels', { width: 512.5 }],
  ['a language that is no word', { language: {} }],
  ['no name of a type', { type: 7 }],
  ['no sources', { sources: 'x' }],
  ['no bytes', { body: 5 }],
  ['nothing in it', { body: undefined }],
])('an artifact with %s fails its step, once', async (_what, wrong) => {
  const odd = testStage('test.odd', async (_input, context) => ({
    state: 'done',
    facts: {},
    artifacts: [await context.write({ type: 'text', body: 'x', ...wrong } as never)],
  }));
  await using engine = await openTestEngine({ stages: [odd], steps: [{ id: 'odd', use: 'test-odd' }] });
  const events = await engine.run();
  expect(attemptEnds(events)).toEqual(['odd#1 failed']);
  expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'INPUT_INVALID' } });
});
