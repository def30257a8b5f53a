import type { RetryPolicy } from '../core/definitions.ts';
import { isRetryable } from '../core/errors.ts';
import type { RandomSource } from '../core/random.ts';
import type { Fault } from '../core/schema.ts';
import { DECLINED } from './budgets.ts';

/**
 * How long to wait before the next try of a failed step.
 *
 * Grows by `backoff` from `baseMs` and stops at `maxMs`; half of it is random, so that a thousand steps that failed
 * together don't come back together. A longer `Retry-After` wins.
 *
 * @param failures - tries that have failed so far, from 1
 * @throws {RangeError} when `failures` is below 1
 * @example
 * retryDelayMs(3, { backoff: 'exponential', baseMs: 500, maxMs: 30_000 }, { random: () => 0.5 }) // => 1500
 */
export function retryDelayMs(
  failures: number,
  policy: Pick<RetryPolicy, 'backoff' | 'baseMs' | 'maxMs'>,
  options: { readonly random: RandomSource; readonly retryAfterMs?: number | undefined },
): number {
  if (failures < 1) throw new RangeError(`failures must be 1 or more, not ${failures}`);
  const factor = { fixed: 1, linear: failures, exponential: 2 ** (failures - 1) }[policy.backoff];
  const full = Math.min(policy.baseMs * factor, policy.maxMs);
  const wait = Math.round(full / 2 + (full / 2) * options.random());
  return Math.max(wait, options.retryAfterMs ?? 0);
}

/** Whether a step that has failed so often with this fault gets another attempt. The error table decides, never a message. */
export function mayRetry(fault: Fault, failures: number, policy: RetryPolicy): boolean {
  if (failures >= policy.maxAttempts) return false;
  return policy.retryOn === undefined ? isRetryable(fault.code) : policy.retryOn.includes(fault.code);
}

/**
 * Faults that concern the candidate alone and do not get better by themselves. PROVIDER_REFUSED is none of them: a
 * service that refuses a request speaks about the request, and nobody goes looking for one that is less strict.
 */
const OF_THE_CANDIDATE: ReadonlySet<string> = new Set([
  'PROVIDER_AUTH',
  'PROVIDER_KEY_HOST',
  'MODEL_MISSING',
  'BUDGET_EXCEEDED',
]);

/** Whether the route's next candidate may do better than the one that has failed for good. */
export const movesOn = ({ code, type }: Fault): boolean =>
  type !== DECLINED && (isRetryable(code) || OF_THE_CANDIDATE.has(code));
