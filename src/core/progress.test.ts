import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGAN, ToldRun } from '../../test/support/told-run.ts';
import type { ChronicleSource } from './chronicle.ts';
import { triesOf } from './chronicle/attempts.ts';
import { stepViews } from './chronicle/steps.ts';
import { pipelineSchema } from './definitions.ts';
import type { Instant } from './ids.ts';
import { progressOf } from './progress.ts';
import { progressSchema } from './shapes.ts';
import type { Progress } from './shapes.ts';

function progress(told: ToldRun, own: Partial<ChronicleSource> = {}): Progress {
  const source = told.source(own);
  const result = progressOf(source, stepViews(source, triesOf(source)));
  expect(progressSchema.parse(result)).toEqual(result);
  return result;
}
const pipeline = (...steps: readonly object[]): ChronicleSource['pipeline'] =>
  pipelineSchema.parse({ title: 'Some', steps });
const loop = (repeat: object): ChronicleSource['pipeline'] => pipeline({ id: 'hand', use: 'whisper', repeat });
const total = (own: Partial<ChronicleSource>, told = new ToldRun()): number => progress(told, own).total;

describe('the plan of a run', () => {
  it('counts the steps of each output, and every round of a loop', () => {
    const parameters = { iterations: 8 };
    expect(total({ parameters }, new ToldRun({ outputs: ['a', 'b', 'c'] }))).toBe(2 + 8 + 3 * 3);
    expect(total({ parameters }, new ToldRun({ outputs: [] }))).toBe(2 + 8);
  });

  it.each([
    ['a number', { times: 4 }, 4],
    ['a number above its limit', { times: 60, max: 10 }, 10],
    ['a parameter', { times: 'parameters.hands' }, 8],
    ['a broken parameter', { times: 'parameters.half' }, 2],
    ['a parameter below nothing', { times: 'parameters.less' }, 0],
    ['a text as a parameter', { times: 'parameters.word' }, 1],
    ['a fact that is not known yet', { times: 'steps.count.facts.words' }, 1],
    ['a condition', { until: 'steps.hand.facts.calm' }, 1],
  ])('counts a loop with %s', (_name, repeat, expected) => {
    const parameters = { hands: 8, half: 2.5, less: -3, word: 'many' };
    expect(total({ pipeline: loop(repeat), parameters })).toBe(expected);
  });

  it('counts the iterations of a loop over a number, the steps of a pipeline inside it, and containers with attempts', () => {
    const part = { id: 'part', pipeline: 'inner' };
    const steps = [
      { id: 'in', use: 'x' },
      { id: 'more', use: 'x' },
    ];
    const each = (forEach: unknown, more: object = {}): ChronicleSource['pipeline'] => {
      const plan = pipeline({ id: 'each', forEach, steps: [part], ...more });
      return { ...plan, steps: plan.steps.map((step) => ({ ...step, steps: [{ ...part, steps }] })) };
    };
    expect(total({ pipeline: each(3) })).toBe(6);
    expect(total({ pipeline: each('parameters.many'), parameters: { many: 4 } })).toBe(8);
    expect(total({ pipeline: each('steps.count.facts.many') })).toBe(2);
    expect(total({ pipeline: each(3, { retry: {} }) })).toBe(7);
  });

  it('counts the rounds of a loop of unknown length as it goes on', () => {
    const own = {
      pipeline: pipeline(
        { id: 'ahead', use: 'x' },
        {
          id: 'hand',
          repeat: { until: 'done' },
          steps: [
            { id: 'one', use: 'x' },
            { id: 'two', use: 'x' },
          ],
        },
        { id: 'last', use: 'x' },
      ),
    };
    const told = new ToldRun().begin().step('ahead', 'x.y').step('hand[1].one', 'x.y').step('hand[1].two', 'x.y');
    expect(progress(told, own)).toMatchObject({ total: 4, done: 3, percent: 75 });
    told.step('hand[2].one', 'x.y');
    expect(progress(told, own)).toMatchObject({ total: 6, done: 4, percent: 66 });
    for (const round of [2, 10, 11]) told.step(`hand[${round}].two`, 'x.y');
    expect(total(own, told)).toBe(2 + 11 * 2);
  });

  it('is never less than what has happened, and what happened once the run has ended', () => {
    const own = { pipeline: pipeline({ id: 'one', use: 'x' }) };
    const told = new ToldRun().begin().step('one', 'x.y').step('two', 'x.y').step('three', 'x.y');
    expect(progress(told, own)).toMatchObject({ total: 3, done: 3, percent: 99, remainingMs: 0 });
    expect(total({}, told.finish('failed'))).toBe(3);
  });
});

describe('the progress', () => {
  it('is nothing, with no forecast, before a step has ended', () => {
    const none = { done: 0, failed: 0, running: 0, percent: 0, remainingMs: null, current: null };
    expect(progress(new ToldRun())).toEqual({ total: 6, elapsedMs: 100, ...none });
    expect(progress(new ToldRun(), { pipeline: { ...pipeline({ id: 'x', use: 'x' }), steps: [] } })).toMatchObject({
      total: 0,
      percent: 0,
    });
  });

  it('counts skipped steps as done, and failed, blocked and canceled ones apart', () => {
    const told = new ToldRun().begin().step('a', 'x.y').skip('b', 'condition');
    for (const state of ['failed', 'blocked', 'canceled'] as const) told.step(state, 'x.y', { state });
    told
      .step('later', 'x.y', { state: 'failed', retryAt: 9 as Instant })
      .start('now')
      .start('too');
    expect(progress(told)).toMatchObject({ total: 8, done: 2, failed: 3, running: 2, percent: 62, current: 'now' });
  });

  it('names a step that runs, and not the container around it', () => {
    const told = new ToldRun().begin().start('round', { stage: 'flow.repeat' }).start('round[1].in');
    expect(progress(told)).toMatchObject({ running: 1, current: 'round[1].in' });
  });

  it('forecasts from the steps that have ended, failed ones too', () => {
    const told = new ToldRun().begin().step('check', 'x.y').step('translate', 'x.y', { state: 'failed' });
    expect(progress(told, { now: (BEGAN + 3000) as Instant })).toMatchObject({
      total: 6,
      elapsedMs: 3e3,
      remainingMs: 6e3,
      percent: 33,
    });
  });

  it('forecasts from how long the steps take as a rule, when that is known', () => {
    const told = new ToldRun().begin().step('check', 'x.y');
    expect(progress(told, { typicalMs: () => 50 }).remainingMs).toBe(250);
  });

  it('never runs backwards when the clock has', () => {
    expect(progress(new ToldRun(), { now: (BEGAN - 5000) as Instant }).elapsedMs).toBe(0);
  });

  it('stands still once the run has ended', () => {
    const told = new ToldRun().begin().step('check', 'x.y').finish('canceled');
    expect(progress(told, { now: (BEGAN + 90_000) as Instant })).toEqual({
      total: 1,
      done: 1,
      failed: 0,
      running: 0,
      percent: 100,
      elapsedMs: 400,
      remainingMs: 0,
      current: null,
    });
  });

  it('reaches 100 percent at the end and not before, and never goes beyond its plan', () => {
    const states = ['succeeded', 'failed', 'blocked', 'abandoned', 'suspended'] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 12 }), fc.nat(20), (ends, iterations) => {
        const told = new ToldRun().begin();
        for (const [index, state] of ends.entries()) told.step(`interception[${index + 1}]`, 'x.y', { state });
        const open = progress(told, { parameters: { iterations } });
        expect(open.percent).toBeLessThan(100);
        expect(open.done + open.failed + open.running).toBeLessThanOrEqual(open.total);
        const over = progress(told.finish('failed'));
        expect(over).toMatchObject({ percent: 100, running: 0, remainingMs: 0, done: over.total - over.failed });
      }),
    );
  });
});
