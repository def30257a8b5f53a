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
 * not refused, even where more was spent than the limit.
 */
export function charge(
  budgets: readonly Ruled[],
  need: Pick<LedgerNeed, 'costMicroUsd' | 'approved'>,
): Charged | OverBudget {
  const { costMicroUsd: cost, approved = false } = need;
  for (const { account, rule } of budgets) {
    if (approved || rule === undefined || !refuses(rule)) continue;
    if (cost === null) return { because: 'price', budget: toStanding(account, rule) };
    if (cost > 0 && cost > leftIn(account, rule)) return { because: 'budget', budget: toStanding(account, rule) };
  }
  const accounts = budgets.map((budget) => reserveIn(budget, cost ?? 0));
  const warned = budgets.flatMap((before, index) => {
    const after = accounts[index];
    return after?.rule !== undefined && after.warned && !isTold(before) ? [toStanding(after, after.rule)] : [];
  });
  return { accounts, warned };
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
