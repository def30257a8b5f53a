import { describe, expect, it } from 'vitest';
import { path, RUN, SHA, ToldRun } from '../../../test/support/told-run.ts';
import type { Instant } from '../ids.ts';
import { stepViewSchema } from '../shapes.ts';
import type { AttemptView, StepView } from '../shapes.ts';
import { triesOf } from './attempts.ts';
import { costOf, stepViews } from './steps.ts';

function stepsOf(told: ToldRun): StepView[] {
  const source = told.source();
  const steps = stepViews(source, triesOf(source));
  expect(steps.map((step) => stepViewSchema.parse(step))).toEqual(steps);
  return steps;
}
const began = (): ToldRun => new ToldRun().begin().start('a');
const retryAt = 5 as Instant;

describe('a step that was tried', () => {
  it.each([
    ['succeeded', 'succeeded'],
    ['blocked', 'blocked'],
    ['suspended', 'waiting'],
    ['failed', 'failed'],
    ['timedOut', 'failed'],
    ['canceled', 'canceled'],
    ['abandoned', 'ready'],
  ] as const)('whose last attempt %s is %s', (state, expected) => {
    expect(stepsOf(began().end('a', { state }))[0]?.state).toBe(expected);
  });

  it('is running until its attempt ends', () => {
    expect(stepsOf(began())[0]).toMatchObject({ state: 'running', attempts: 1, endedAt: null, durationMs: null });
  });

  it('waits, and does not retry, when it was suspended until a time', () => {
    expect(stepsOf(began().end('a', { state: 'suspended', retryAt }))[0]).toMatchObject({
      state: 'waiting',
      endedAt: null,
    });
  });

  it('has the outputs of its last attempt and the start of its first', () => {
    const told = began().end('a', { state: 'failed', retryAt, makes: [{ type: 'error', text: 'x', work: true }] });
    told.start('a', {}, 2).end('a', { makes: [{ type: 'interception', text: 'y' }] }, 2);
    const [first, last] = triesOf(told.source()).map(({ view }) => view);
    expect(stepsOf(told)).toMatchObject([
      { startedAt: first?.startedAt, endedAt: last?.endedAt, outputs: last?.outputs },
    ]);
    expect(first?.outputs).not.toEqual(last?.outputs);
  });

  it.each([
    ['canceled', 'canceled'],
    ['failed', 'canceled'],
    ['quarantined', 'failed'],
  ] as const)('and never finished is, in a run that ended %s, %s', (state, expected) => {
    for (const end of [
      { state: 'abandoned' },
      { state: 'suspended', retryAt },
      { state: 'failed', retryAt },
    ] as const) {
      const [step] = stepsOf(began().end('a', end).finish(state));
      expect([step?.state, step?.endedAt]).toEqual([expected, '2026-03-02T09:00:00.300Z']);
    }
  });

  it('keeps its own end in a run that ended otherwise', () => {
    expect(stepsOf(began().end('a').finish('canceled'))[0]?.state).toBe('succeeded');
  });
});

describe('a step that was never tried', () => {
  it('ended when it was skipped or canceled', () => {
    const told = new ToldRun().begin().skip('a', 'dependency');
    const plain = { stage: null, attempts: 0, startedAt: null, durationMs: null, facts: {}, inputs: [], outputs: [] };
    expect(stepsOf(told.say({ type: 'step.canceled', stepPath: path('b'), data: {} }))).toEqual([
      { path: 'a', state: 'skipped', skippedBecause: 'dependency', endedAt: '2026-03-02T09:00:00.200Z', ...plain },
      { path: 'b', state: 'canceled', skippedBecause: null, endedAt: '2026-03-02T09:00:00.300Z', ...plain },
    ]);
  });

  it('is no step when only a verdict names it', () => {
    expect(stepsOf(new ToldRun().begin().verdict('a', {}))).toEqual([]);
  });
});

describe('a step that a branch has taken over', () => {
  it('has succeeded without an attempt, and tells where it was made', () => {
    const told = new ToldRun().begin();
    const output = told.artifact({ type: 'interception', text: 'x' }, path('a'));
    const from = { runId: RUN, spanId: '0123456789abcdef' };
    const made = { stage: 'text.interception', stageVersion: 1, definition: SHA, inputs: [], facts: { words: 2 } };
    told.say({ type: 'step.reused', stepPath: path('a'), data: { from, ...made, outputs: [output] } });
    expect(stepsOf(told)).toEqual([
      {
        path: 'a',
        stage: 'text.interception',
        state: 'succeeded',
        skippedBecause: null,
        reusedFrom: from,
        attempts: 0,
        startedAt: null,
        endedAt: '2026-03-02T09:00:00.200Z',
        durationMs: null,
        facts: { words: 2 },
        inputs: [],
        outputs: [output.id],
      },
    ]);
  });
});

describe('the steps', () => {
  it('stand in the order of their first events, whatever came later', () => {
    const told = began()
      .start('b')
      .end('b', { state: 'failed', retryAt })
      .skip('c', 'condition')
      .end('a')
      .start('b', {}, 2);
    expect(stepsOf(told).map((step) => step.path)).toEqual(['a', 'b', 'c']);
  });
});

describe('the cost', () => {
  it('is the sum over all attempts, failed ones included, and counts the calls without a price', () => {
    const attempt = (own: Partial<AttemptView>): AttemptView => own as AttemptView;
    const attempts = [
      attempt({ costMicroUsd: 5, tokensIn: 1, tokensOut: 2, priced: 'yes' }),
      attempt({ costMicroUsd: null, tokensIn: null, tokensOut: null, priced: 'no' }),
      attempt({ costMicroUsd: 7, tokensIn: 10, tokensOut: 20, priced: 'estimated' }),
    ];
    expect(costOf(attempts)).toEqual({ microUsd: 12, tokensIn: 11, tokensOut: 22, unpriced: 1 });
  });

  it('is nothing without attempts', () => {
    expect(costOf([])).toEqual({ microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0 });
  });
});
