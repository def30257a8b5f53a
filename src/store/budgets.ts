/** What budgets and permits allow: the same rules for every store. */
import type { BudgetRef, LedgerNeed } from '../core/ports.ts';
import type { BudgetMode, BudgetStanding } from '../core/schema.ts';

export type BudgetName = Pick<BudgetRef, 'scope' | 'subject'>;

/** Scope and subject as one text; scopes have no colon. */
export const keyOf = ({ scope, subject }: BudgetName): string => `${scope}:${subject}`;

export interface BudgetRule {
  readonly limitMicroUsd: number;
  readonly mode: BudgetMode;
}

/** What was spent and reserved under one name, whether a rule limits it or not. */
export interface Account extends BudgetName {
  readonly spentMicroUsd: number;
  readonly reservedMicroUsd: number;
  /** The rule under which money was last reserved. */
  readonly rule: BudgetRule | undefined;
  /** Whether its 80 % have been told. */
  readonly warned: boolean;
}

export const emptyAccount = ({ scope, subject }: BudgetName): Account => ({
  scope,
  subject,
  spentMicroUsd: 0,
  reservedMicroUsd: 0,
  rule: undefined,
  warned: false,
});

export const toStanding = (account: Account, rule: BudgetRule): BudgetStanding => ({
  scope: account.scope,
  subject: account.subject,
  mode: rule.mode,
  limitMicroUsd: rule.limitMicroUsd,
  spentMicroUsd: account.spentMicroUsd,
  reservedMicroUsd: account.reservedMicroUsd,
});

/** An account with the rule that limits it now. */
export interface Ruled {
  readonly account: Account;
  readonly rule: BudgetRule | undefined;
}

export interface Charged {
  readonly accounts: readonly Account[];
  readonly warned: readonly BudgetStanding[];
}

export interface OverBudget {
  readonly because: 'budget' | 'price';
  readonly budget: BudgetStanding;
}

/**
 * The accounts with the estimate reserved in each, or why one of them does not allow it. A call that costs nothing is
 * not refused, even where more was spent than the limit. What a person has approved passes budgets that ask, and a call
 * without a price; a budget that halts is nobody's to pass, and goes before any question.
 */
export function charge(
  budgets: readonly Ruled[],
  need: Pick<LedgerNeed, 'costMicroUsd' | 'approved'>,
): Charged | OverBudget {
  const refusals = budgets.flatMap((budget) => refusalOf(budget, need) ?? []);
  const refusal = refusals.find(({ budget }) => budget.mode === 'halt') ?? refusals[0];
  if (refusal !== undefined) return refusal;
  const accounts = budgets.map((budget) => reserveIn(budget, need.costMicroUsd ?? 0));
  const warned = budgets.flatMap((before, index) => {
    const after = accounts[index];
    return after?.rule !== undefined && after.warned && !isTold(before) ? [toStanding(after, after.rule)] : [];
  });
  return { accounts, warned };
}

function refusalOf(
  { account, rule }: Ruled,
  { costMicroUsd: cost, approved = false }: Pick<LedgerNeed, 'costMicroUsd' | 'approved'>,
): OverBudget | undefined {
  if (rule === undefined || !refuses(rule)) return undefined;
  if (cost === null) return approved ? undefined : { because: 'price', budget: toStanding(account, rule) };
  const isPassed = cost === 0 || cost <= leftIn(account, rule) || (approved && rule.mode === 'ask');
  return isPassed ? undefined : { because: 'budget', budget: toStanding(account, rule) };
}

export const refuses = ({ mode }: BudgetRule): boolean => mode !== 'warn';

/** Negative once more was spent than the limit. */
export const leftIn = ({ spentMicroUsd, reservedMicroUsd }: Account, { limitMicroUsd }: BudgetRule): number =>
  limitMicroUsd - spentMicroUsd - reservedMicroUsd;

function reserveIn({ account, rule }: Ruled, cost: number): Account {
  const after = { ...account, reservedMicroUsd: account.reservedMicroUsd + cost, rule };
  return { ...after, warned: isTold({ account, rule }) || isNear(after) };
}

/** A limit that was raised since, or taken away, is told anew. */
const isTold = ({ account, rule }: Ruled): boolean =>
  account.warned &&
  account.rule !== undefined &&
  rule !== undefined &&
  rule.limitMicroUsd <= account.rule.limitMicroUsd;

/** Whether 80 % of the limit are reached. */
function isNear({ spentMicroUsd, reservedMicroUsd, rule }: Account): boolean {
  const used = spentMicroUsd + reservedMicroUsd;
  return rule !== undefined && used > 0 && used * 5 >= rule.limitMicroUsd * 4;
}

/** A need larger than the whole limit would wait for ever; it passes when nobody else holds anything. */
export const exceeds = (used: number, { amount, limit }: { amount: number; limit: number }): boolean =>
  used > 0 && used + amount > limit;
