import { describe, expect, it } from 'vitest';
import type { BranchPlan, PlannedStep } from '../../app/branch-plan.ts';
import { drawPlan } from './plan.ts';
import { createStyle } from './style.ts';

const step = (path: string, own: Partial<PlannedStep>): PlannedStep =>
  ({ path, action: 'run', because: 'after from', costMicroUsd: 0, ...own }) as PlannedStep;

const PLAN = {
  parent: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10',
  from: 'outputs[1].generate',
  config: 'dada',
  profile: 'fast',
  safety: 'youth',
  seed: 7,
  steps: [step('translate', { action: 'reuse', because: null }), step('outputs[1].generate', { because: 'from' })],
  reused: 1,
  runs: 1,
  cost: { microUsd: 0, unpriced: 0 },
  notes: [],
} as unknown as BranchPlan;

const draw = (own: Partial<BranchPlan> = {}, language = 'en'): string =>
  drawPlan({ ...PLAN, ...own }, { style: createStyle({ colour: false, unicode: true }), width: 100, language });

describe('the plan of a branch', () => {
  it('says how much is taken over, what runs and why, and what it costs', () => {
    expect(draw()).toBe(
      [
        'branch of 01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10, from outputs[1].generate',
        '1 step is taken over',
        '1 step runs',
        '  ↻ outputs[1].generate: from here on',
        'cost, as in the parent: $0',
        '',
      ].join('\n'),
    );
  });

  it('never gives a sum for calls without a price alone', () => {
    expect(draw({ cost: { microUsd: 0, unpriced: 2 } })).toContain('parent: 2 calls that have no price there\n');
    expect(draw({ cost: { microUsd: 1200, unpriced: 1 } })).toContain('$0.0012, 1 call that has no price there\n');
  });

  it('names what does not pass, and notes another profile and a stricter level', () => {
    const steps = [step('interception[1]', { action: 'block', because: null })];
    const drawn = draw({ steps, notes: ['profile', 'level'] }, 'de');
    expect(drawn).toContain('║ interception[1]: besteht mit der geltenden Schutzstufe nicht\n');
    expect(drawn).toContain('Profils fast');
    expect(drawn).toContain('Schutzstufe neu geprüft');
  });

  it('tells a long list by its number', () => {
    const steps = Array.from({ length: 25 }, (_, index) => step(`loop[${index + 1}]`, {}));
    const drawn = draw({ steps, runs: 25 });
    expect(drawn).toContain('loop[20]');
    expect(drawn).not.toContain('loop[21]');
    expect(drawn).toContain('and 5 more');
  });
});
