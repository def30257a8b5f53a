/** Attempts in words: what each met with, how it ended, and what was decided then. */
import type { AttemptView } from '../../core/shapes.ts';
import { ENGLISH } from './words.data.ts';
import { fill } from './words.ts';
import type { Phrases } from './words.ts';

/** A shorter wait is not worth a line. */
const LEAST_TOLD_MS = 100;

/** Whom the route passed over and how long it had to wait, as far as that was not so from the start. */
export function wayOf(attempt: AttemptView, { words, duration }: Phrases): string[] {
  const passed = passedOver(attempt).map(([candidate, reason]) => fill(words.tries.passed[reason], { candidate }));
  const waited = waitedLong(attempt) ? [fill(words.tries.waited, { time: duration(attempt.queuedMs) })] : [];
  return [...passed, ...waited];
}

/** Whether there is anything to tell of an attempt's way. */
export const hasWay = (attempt: AttemptView): boolean => waitedLong(attempt) || passedOver(attempt).length > 0;

const waitedLong = ({ queuedMs }: AttemptView): boolean => queuedMs >= LEAST_TOLD_MS;

type Passed = keyof Phrases['words']['tries']['passed'];
const isPassed = (reason: string): reason is Passed => Object.hasOwn(ENGLISH.tries.passed, reason);

function passedOver({ route }: AttemptView): (readonly [candidate: string, reason: Passed])[] {
  if (route === null || route.chosen === null) return [];
  return Object.entries(route.ruledOut).flatMap(([candidate, reason]) =>
    isPassed(reason) ? [[candidate, reason] as const] : [],
  );
}

/** How an attempt ended that did not succeed; who failed is named where there was a choice. */
export function whatHappened(attempt: AttemptView, phrases: Phrases): string {
  const { route } = attempt;
  if (route !== null && route.chosen === null && attempt.state === 'suspended') return barredText(attempt, phrases);
  const what = endText(attempt, phrases);
  return route === null || route.chosen === null ? what : `${route.chosen}: ${what}`;
}

/** What was decided after it; nothing after a wait that was nobody's fault here, or when nothing has followed yet. */
export function decisionAfter(
  attempt: AttemptView,
  follower: AttemptView | undefined,
  { words, duration }: Phrases,
): string | undefined {
  const [before, next] = [attempt.route?.chosen, follower?.route?.chosen];
  if (before === null || next === null || follower === undefined) return undefined;
  if (typeof next === 'string' && next !== before) return fill(words.tries.movedOn, { candidate: next });
  const waitMs = waitAfter(attempt);
  return waitMs > 0 && !isAskedFor(attempt)
    ? fill(words.tries.againAfter, { time: duration(waitMs) })
    : words.tries.again;
}

/** Then the wait has been told already. */
const isAskedFor = ({ error }: AttemptView): boolean => error !== null && error.retryAfterMs !== null;

function waitAfter({ endedAt, retryAt }: AttemptView): number {
  return endedAt === null || retryAt === null ? 0 : Date.parse(retryAt) - Date.parse(endedAt);
}

/** Everybody who could have served was left alone by a breaker. */
function barredText(attempt: AttemptView, { words, duration }: Phrases): string {
  const isBarred = (reason: string): boolean => reason === 'breaker open' || reason === 'probe under way';
  const barred = Object.entries(attempt.route?.ruledOut ?? {}).filter(([, reason]) => isBarred(reason));
  const candidates = barred.map(([name]) => name).join(', ');
  return fill(words.tries.open, { candidates, time: duration(waitAfter(attempt)) });
}

function endText({ state, error }: AttemptView, phrases: Phrases): string {
  const { words } = phrases;
  if (state === 'abandoned') return words.abandoned;
  if (error === null) return state === 'timedOut' ? words.timedOut : words.unknownReason;
  return ownText(error, phrases) ?? withoutStop(error.message);
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/u, '');

type Ended = NonNullable<AttemptView['error']>;

/** Faults whose facts say more than their message. */
function ownText({ code, type, facts, retryAfterMs }: Ended, phrases: Phrases): string | undefined {
  const { words, duration, money } = phrases;
  const { tries } = words;
  const { idle, timeoutMs, estimateMicroUsd, limitMicroUsd } = facts;
  switch (code) {
    case 'PROVIDER_RATE_LIMITED':
      if (retryAfterMs === null) return tries.rateLimited;
      return fill(tries.rateLimitedFor, { time: duration(retryAfterMs) });
    case 'STEP_TIMEOUT':
      if (typeof idle === 'number') return fill(tries.idle, { time: duration(idle) });
      return typeof timeoutMs === 'number' ? fill(tries.tooLong, { time: duration(timeoutMs) }) : undefined;
    case 'BUDGET_EXCEEDED':
    case 'BUDGET_UNKNOWN':
      if (type === 'Declined') return tries.declined;
      if (typeof estimateMicroUsd !== 'number' || typeof limitMicroUsd !== 'number') return undefined;
      return fill(tries.budget, { estimate: money(estimateMicroUsd), limit: money(limitMicroUsd) });
    default:
      return undefined;
  }
}
