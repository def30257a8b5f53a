import type { StepRecord } from '../core/apply.ts';
import type { EventDraft } from '../core/events.ts';
import type { Instant, StepPath } from '../core/ids.ts';
import type { Waiting } from './run-session.ts';

/** What a step waits for before its next attempt; undefined when that may start now. */
export function waitOf(step: StepRecord | undefined, now: Instant): Waiting | undefined {
  const { retryAt, wait } = step?.ended ?? {};
  if (retryAt !== undefined && retryAt > now) return { for: 'time', until: retryAt };
  if (wait === undefined || step?.answer !== undefined) return undefined;
  if (wait.for === 'time') return wait.until > now ? wait : undefined;
  return wait.expiresAt === undefined ? { for: wait.for } : { for: wait.for, until: wait.expiresAt };
}

/** The event that ends a wait whose time is over without an answer; the next attempt is told of it. */
export function expiryOf(step: StepRecord | undefined, at: { path: StepPath; now: Instant }): EventDraft | undefined {
  const wait = step?.ended?.wait;
  if (step?.state !== 'suspended' || wait === undefined || wait.for === 'time' || step.answer !== undefined)
    return undefined;
  if (wait.expiresAt === undefined || wait.expiresAt > at.now) return undefined;
  const stepPath = at.path;
  if (wait.for === 'signal') return { type: 'signal.expired', stepPath, data: { name: wait.name } };
  const choice = wait.byDefault === undefined ? {} : { choice: wait.byDefault };
  return { type: 'review.expired', stepPath, data: choice };
}
