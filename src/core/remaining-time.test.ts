import { describe, expect, it } from 'vitest';
import { pipelineSchema } from './definitions.ts';
import type { StepDefinition } from './definitions.ts';
import type { Instant, StepPath } from './ids.ts';
import { remainingMsOf } from './remaining-time.ts';
import type { RemainingParts } from './remaining-time.ts';
import type { StepView } from './shapes.ts';

const NOW = Date.parse('2026-03-02T09:00:00.000Z') as Instant;

/** A step that began so many milliseconds ago. */
function view(path: string, state: StepView['state'], agoMs: number | null = 0): StepView {
  const startedAt = agoMs === null ? null : new Date(NOW - agoMs).toISOString();
  const plain = { stage: null, skippedBecause: null, attempts: 1, endedAt: null, durationMs: null };
  return { path: path as StepPath, state, startedAt, ...plain, facts: {}, inputs: [], outputs: [] };
}

const use = (id: string, own: object = {}): object => ({ id, use: id, ...own });
const TYPICAL: Readonly<Record<string, number>> = { check: 10, write: 100, draw: 1000 };

function remaining(steps: readonly object[], own: Partial<RemainingParts> = {}): number | null {
  const parsed: readonly StepDefinition[] =
    steps.length === 0 ? [] : pipelineSchema.parse({ title: 'Some', steps }).steps;
  return remainingMsOf(parsed, {
    known: [],
    now: NOW,
    roundsOf: () => 3,
    typicalMs: ({ use: chunk }) => TYPICAL[chunk ?? ''],
    paceMs: undefined,
    ...own,
  });
}

describe('the remaining time', () => {
  it('is what the steps that have not ended take as a rule', () => {
    const steps = [use('check'), use('write'), use('draw')];
    expect(remaining(steps)).toBe(1110);
    expect(remaining(steps, { known: [view('check', 'succeeded')] })).toBe(1100);
    for (const state of ['skipped', 'failed', 'blocked', 'canceled'] as const)
      expect(remaining(steps, { known: [view('check', 'succeeded'), view('write', state)] })).toBe(1000);
  });

  it('takes off what a running step has taken, and no more than all', () => {
    const steps = [use('write')];
    expect(remaining(steps, { known: [view('write', 'running', 30)] })).toBe(70);
    expect(remaining(steps, { known: [view('write', 'running', 300)] })).toBe(0);
    expect(remaining(steps, { known: [view('write', 'retrying', 300)] })).toBe(100);
    expect(remaining(steps, { known: [view('write', 'running', null)] })).toBe(100);
  });

  it('goes by the pace of the run where nothing else is known, and else is not known', () => {
    const steps = [use('write'), use('other')];
    expect(remaining(steps, { paceMs: 7 })).toBe(107);
    expect(remaining(steps)).toBeNull();
    expect(remaining([], { paceMs: 7 })).toBeNull();
    const conditional = [use('write'), use('other', { when: 'parameters.more' })];
    expect(remaining(conditional)).toBe(100);
    expect(remaining(conditional, { paceMs: 7 })).toBe(107);
  });

  it('shares the time of iterations as many as run side by side, and waits for the longest', () => {
    const loop = (own: object): object => ({ id: 'outputs', forEach: 'outputs', steps: [use('draw')], ...own });
    expect(remaining([loop({})])).toBe(1000);
    expect(remaining([loop({ concurrency: 1 })])).toBe(3000);
    expect(remaining([loop({ concurrency: 2 })])).toBe(1500);
    expect(remaining([loop({ concurrency: 2 })], { roundsOf: () => 100 })).toBe(50_000);
    const known = [view('outputs[1].draw', 'succeeded'), view('outputs[2].draw', 'running', 900)];
    expect(remaining([loop({ concurrency: 2 })], { known })).toBe(1000);
    expect(remaining([loop({})], { roundsOf: () => 0 })).toBe(0);
    expect(remaining([loop({})], { known: [view('outputs', 'skipped')] })).toBe(0);
  });

  it('asks for each output by its number, also below further containers', () => {
    const inner = { id: 'twice', repeat: { times: 2 }, steps: [use('draw')] };
    const asked: (number | undefined)[] = [];
    const typicalMs = (_step: StepDefinition, output: number | undefined): number => {
      asked.push(output);
      return 1;
    };
    remaining([use('check'), { id: 'outputs', forEach: 'outputs', steps: [inner] }], { typicalMs, roundsOf: () => 2 });
    remaining([{ id: 'many', forEach: 2, steps: [use('draw')] }], { typicalMs, roundsOf: () => 1 });
    expect(asked).toEqual([undefined, 1, 1, 2, 2, undefined]);
  });

  it('adds up the rounds of a loop until what comes after it has begun', () => {
    const steps = [use('write', { repeat: { times: 3 } }), use('check')];
    expect(remaining(steps)).toBe(310);
    expect(remaining(steps, { known: [view('write[1]', 'succeeded')] })).toBe(210);
    const known = [view('write[1]', 'succeeded'), view('check', 'running', 4)];
    expect(remaining(steps, { known })).toBe(6);
    const container = [{ id: 'outputs', forEach: 2, steps: [use('draw')] }];
    const inside = [view('outputs[1].draw', 'succeeded')];
    expect(remaining([use('write'), ...container], { known: inside, roundsOf: () => 1 })).toBe(0);
  });

  it('follows the longest way through what the steps need of each other', () => {
    const steps = [use('check'), use('write', { needs: [] }), use('draw', { needs: ['check', 'write'] })];
    expect(remaining(steps)).toBe(1100);
    expect(remaining([use('write', { needs: ['nowhere'] })])).toBe(100);
  });

  it('is not known while the run waits, or as long as an answer lies ahead', () => {
    const steps = [use('check'), { id: 'ask', review: 'Shall it go on?' }, { id: 'form', waitFor: 'form.filled' }];
    expect(remaining(steps)).toBeNull();
    expect(remaining(steps.slice(0, 2), { known: [view('check', 'succeeded')] })).toBeNull();
    expect(remaining([use('check')], { known: [view('check', 'waiting')] })).toBeNull();
    const known = [view('check', 'succeeded'), view('ask', 'succeeded'), view('form', 'succeeded')];
    expect(remaining(steps, { known })).toBe(0);
  });
});
