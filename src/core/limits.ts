import type { BudgetMode, BudgetScope } from './schema.ts';

export interface BudgetRule {
  readonly limitMicroUsd: number;
  readonly mode: BudgetMode;
}

type PerCandidate = { readonly [providerOrCandidate: string]: number };

/** What the settings allow. What is not named has no limit. */
export interface Limits {
  /** Calls at a time, by provider or `provider/model`. */
  readonly concurrency: PerCandidate;
  /** Calls at a time of one room. */
  readonly roomConcurrency?: number;
  readonly callsPerMinute: PerCandidate;
  readonly tokensPerMinute: PerCandidate;
  /** Graphics memory for all local models together. */
  readonly vramMb?: number;
  readonly budgets: { readonly [S in BudgetScope]?: BudgetRule };
  /** IANA name; rules when a day begins. */
  readonly timeZone: string;
}

export const NO_LIMITS: Limits = {
  concurrency: {},
  callsPerMinute: {},
  tokensPerMinute: {},
  budgets: {},
  timeZone: 'UTC',
};
