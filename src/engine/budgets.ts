import type { EventData } from '../core/events.ts';
import type { Instant, RunId } from '../core/ids.ts';
import type { Facts } from '../core/json.ts';
import type { BudgetRef } from '../core/ports.ts';
import type { BudgetScope, BudgetStanding, Fault } from '../core/schema.ts';
import type { Limits } from '../core/limits.ts';

/** A run as its budgets see it. */
export interface Spender {
  readonly runId: RunId;
  readonly created: Pick<EventData['run.created'], 'config' | 'room' | 'by' | 'budgetMicroUsd'>;
  readonly now: Instant;
}

/** The budgets that a call of the run counts against. What the run was started with goes before the settings' rule for runs. */
export function budgetsOf({ runId, created, now }: Spender, { budgets, timeZone }: Limits): BudgetRef[] {
  const { config, room, by, budgetMicroUsd } = created;
  const own = budgetMicroUsd === undefined ? {} : { run: { limitMicroUsd: budgetMicroUsd, mode: 'halt' as const } };
  const rules: Limits['budgets'] = { ...budgets, ...own };
  const subjects: { readonly [S in BudgetScope]: string | undefined } = {
    run: runId,
    config,
    room,
    person: by,
    day: dayOf(now, timeZone),
  };
  return SCOPES.flatMap((scope) => {
    const subject = subjects[scope];
    const rule = rules[scope];
    return subject === undefined ? [] : [{ scope, subject, ...(rule === undefined ? {} : { rule }) }];
  });
}

const SCOPES: readonly BudgetScope[] = ['run', 'config', 'room', 'person', 'day'];

/** The date at a place, such as `2026-03-01`. */
export const dayOf = (now: Instant, timeZone: string): string =>
  // Swedish writes dates as ISO 8601 does
  new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(now);

/** What a call was refused for: whose budget it is, how it stands, and what the call would have cost. */
export interface Shortage {
  readonly budget: BudgetStanding;
  /** Null when there is no price. */
  readonly estimateMicroUsd: number | null;
}

export function shortageFault({ budget, estimateMicroUsd }: Shortage): Fault {
  const { scope, subject, limitMicroUsd, spentMicroUsd, reservedMicroUsd } = budget;
  const facts = { scope, subject, limitMicroUsd, spentMicroUsd, reservedMicroUsd, estimateMicroUsd };
  return { code: 'BUDGET_EXCEEDED', type: 'Budget', facts };
}

/** Someone was asked and has said no. Nobody else is asked in the place of the model that was not paid for. */
export const DECLINED = 'Declined';
export const declinedFault = (asked: BudgetQuestion): Fault => ({
  code: asked === 'price_question' ? 'BUDGET_UNKNOWN' : 'BUDGET_EXCEEDED',
  type: DECLINED,
  facts: { choice: 'stop' },
});

/** Types of the artifacts that ask a person about money. */
export type BudgetQuestion = 'budget_question' | 'price_question';
export const isBudgetQuestion = (type: string): type is BudgetQuestion =>
  type === 'budget_question' || type === 'price_question';
export const BUDGET_OPTIONS = ['approve', 'stop'] as const;

/** What the question's text tells, with amounts as they are read. */
export function questionFacts(at: Shortage & { readonly candidate: string }, language: string): Facts {
  const { scope, subject, limitMicroUsd, spentMicroUsd, reservedMicroUsd } = at.budget;
  const usd = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', maximumFractionDigits: 6 });
  const money = (microUsd: number): string => usd.format(microUsd / 1e6);
  return {
    candidate: at.candidate,
    scope,
    subject,
    limit: money(limitMicroUsd),
    spent: money(spentMicroUsd + reservedMicroUsd),
    estimate: at.estimateMicroUsd === null ? '' : money(at.estimateMicroUsd),
  };
}

/** Budgets of many runs: what happens to them stands in the installation's log too. */
export const isShared = ({ scope }: BudgetStanding): boolean => scope === 'day' || scope === 'room';
