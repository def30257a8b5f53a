import type { Instant } from '../core/ids.ts';
import type { CandidateRecord } from '../core/ports.ts';
import type { RecordedRoute } from '../core/schema.ts';
import type { AttemptState } from '../core/states.ts';

/** So many of the attempts that ended say how a candidate does. */
export const ATTEMPTS_THAT_COUNT = 50;

export interface EndedAttempt {
  readonly state: AttemptState;
  readonly durationMs: number;
}

export interface AttemptsOfCandidate {
  readonly running: number;
  /** At most the last 50. */
  readonly ended: readonly EndedAttempt[];
  readonly lastAt: Instant | null;
}

/** Whom an attempt was routed to, as far as statistics count: in a replay nobody is called. */
export const calledOf = (route: RecordedRoute | undefined): string | null =>
  route === undefined || route.replayed === true ? null : route.chosen;

/** Attempts that were blocked, canceled, suspended or abandoned say nothing about the candidate. */
export function candidateRecord({ running, ended, lastAt }: AttemptsOfCandidate): CandidateRecord {
  const succeeded = ended.filter(({ state }) => state === 'succeeded');
  const failed = ended.filter(({ state }) => state === 'failed' || state === 'timedOut').length;
  const medianMs = medianOf(succeeded.map(({ durationMs }) => durationMs));
  return { running, succeeded: succeeded.length, failed, medianMs, lastAt };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
