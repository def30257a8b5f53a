import type { Limits } from '../../core/limits.ts';
import { budgetScopeSchema } from '../../core/schema.ts';
import type { Settings } from './settings-schema.ts';

/** What the settings allow, in the engine's units; budgets are written in USD and counted in micro-USD. */
export function limitsOf({ limits, budgets, time }: Settings): Limits {
  const { concurrency, callsPerMinute, tokensPerMinute, roomConcurrency, vramMb } = limits;
  const rules = budgetScopeSchema.options.flatMap((scope) => {
    const rule = budgets[scope];
    return rule === 'none' ? [] : [[scope, { limitMicroUsd: Math.round(rule.usd * 1e6), mode: rule.mode }] as const];
  });
  return {
    concurrency,
    callsPerMinute,
    tokensPerMinute,
    ...(roomConcurrency === 'none' ? {} : { roomConcurrency }),
    ...(vramMb === 'none' ? {} : { vramMb }),
    budgets: Object.fromEntries(rules),
    timeZone: time.zone === 'auto' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : time.zone,
  };
}
