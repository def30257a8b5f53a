import { describe, expect, test } from 'vitest';
import type { Instant, RunId } from '../core/ids.ts';
import { faultSchema } from '../core/schema.ts';
import type { BudgetStanding } from '../core/schema.ts';
import { budgetsOf, dayOf, questionFacts, shortageFault } from './budgets.ts';
import { NO_LIMITS } from '../core/limits.ts';

const runId = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10' as RunId;
const now = Date.parse('2026-03-01T23:30:00Z') as Instant;
const standing: BudgetStanding = {
  scope: 'day',
  subject: '2026-03-01',
  mode: 'halt',
  limitMicroUsd: 7_000_000,
  spentMicroUsd: 5_000_000,
  reservedMicroUsd: 1_500_000,
};

describe('the budgets of a call', () => {
  test('are those of its run, its config and its day, so that what people set for them counts', () => {
    expect(budgetsOf({ runId, created: { config: 'dada' }, now }, NO_LIMITS)).toEqual([
      { scope: 'run', subject: runId },
      { scope: 'config', subject: 'dada' },
      { scope: 'day', subject: '2026-03-01' },
    ]);
  });

  test('are also those of its room and its person, with the rules of the settings', () => {
    const day = { limitMicroUsd: 1, mode: 'warn' as const };
    const created = { config: 'dada', room: 'room-1', by: 'person-1' };
    const refs = budgetsOf({ runId, created, now }, { ...NO_LIMITS, budgets: { day } });
    expect(refs.map(({ scope }) => scope)).toEqual(['run', 'config', 'room', 'person', 'day']);
    expect(refs.at(-1)).toEqual({ scope: 'day', subject: '2026-03-01', rule: day });
  });

  test('halt the run at what it was started with, whatever the settings say of runs', () => {
    const created = { config: 'dada', budgetMicroUsd: 500 };
    const budgets = { run: { limitMicroUsd: 9, mode: 'warn' as const } };
    expect(budgetsOf({ runId, created, now }, { ...NO_LIMITS, budgets })[0]?.rule).toEqual({
      limitMicroUsd: 500,
      mode: 'halt',
    });
  });
});

test('a day begins where the people are', () => {
  expect(dayOf(now, 'UTC')).toBe('2026-03-01');
  expect(dayOf(now, 'Europe/Berlin')).toBe('2026-03-02');
});

test('a refusal says whose budget it is, how it stands and what the call would cost', () => {
  const fault = faultSchema.parse(shortageFault({ budget: standing, estimateMicroUsd: 1_000_000 }));
  expect(fault).toEqual({
    code: 'BUDGET_EXCEEDED',
    type: 'Budget',
    facts: {
      scope: 'day',
      subject: '2026-03-01',
      limitMicroUsd: 7_000_000,
      spentMicroUsd: 5_000_000,
      reservedMicroUsd: 1_500_000,
      estimateMicroUsd: 1_000_000,
    },
  });
});

test('a question tells amounts as people of its language read them', () => {
  const at = { budget: standing, estimateMicroUsd: 1_000_000, candidate: 'lab/one' };
  expect(questionFacts(at, 'en')).toMatchObject({ limit: '$7.00', spent: '$6.50', estimate: '$1.00' });
  expect(questionFacts({ ...at, estimateMicroUsd: null }, 'de')).toMatchObject({ limit: '7,00\u00A0$', estimate: '' });
});
