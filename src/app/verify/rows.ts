import { runStateOf } from '../../core/apply.ts';
import type { RunFold } from '../../core/apply.ts';
import type { RunEvent } from '../../core/events.ts';
import type { Instant } from '../../core/ids.ts';
import type { AttemptRow, RunHead } from '../../core/ports.ts';
import type { VerifyProblem } from './problem.ts';

/**
 * The run's row against what its events say. Its place in the queue (holder, token, pause, wake-up) is no part of the
 * record, and its labels are descriptive: no event names them.
 */
export function checkHead(head: RunHead, events: readonly RunEvent[], fold: RunFold): VerifyProblem[] {
  const [first, last] = [events.at(0), events.at(-1)];
  const pairs: readonly (readonly [name: string, inRow: string | number, inEvents: string | number])[] = [
    ['state', head.state, runStateOf(fold)],
    ['the beginning', timeOf(head.createdAt), timeOf(first?.at)],
    ['the last event', timeOf(head.at), timeOf(last?.at)],
    ['the end', timeOf(head.endedAt), timeOf(last?.type === 'run.ended' ? last.at : undefined)],
    ['open attempts', head.openAttempts, fold.open.size],
    ['priority', head.priority, fold.created?.priority ?? 'unknown'],
    ['definitions', head.definitions, fold.created?.definitions ?? 'unknown'],
  ];
  return pairs
    .filter(([, inRow, inEvents]) => inRow !== inEvents)
    .map(([name, inRow, inEvents]) => ({
      what: 'run',
      problem: `has a row that differs: ${name} ${inRow}, where its events say ${inEvents}`,
    }));
}

/** The attempts' rows against what the events say. */
export function checkAttempts(rows: readonly AttemptRow[], events: readonly RunEvent[]): VerifyProblem[] {
  const recorded = attemptsIn(events);
  const stored = new Map(rows.map((row) => [nameOf(row), row]));
  const added = [...stored.keys()].filter((what) => !recorded.has(what));
  const compared = [...recorded].flatMap(([what, attempt]): VerifyProblem[] => {
    const row = stored.get(what);
    if (row === undefined) return [{ what, problem: 'has no row' }];
    const [inRow, inEvents] = [describe(row), describe(attempt)];
    if (inRow === inEvents) return [];
    return [{ what, problem: `has a row that differs: ${inRow}, where its events say ${inEvents}` }];
  });
  return [...compared, ...added.map((what) => ({ what, problem: 'has a row that no event speaks of' }))];
}

function attemptsIn(events: readonly RunEvent[]): Map<string, AttemptRow> {
  const attempts = new Map<string, AttemptRow>();
  for (const event of events) {
    const { stepPath: path, attempt, at } = event;
    if (path === undefined || attempt === undefined) continue;
    const what = nameOf({ path, attempt });
    const retryOf = attempt === 1 ? {} : { retryOf: attempt - 1 };
    const started = attempts.get(what);
    if (event.type === 'attempt.started')
      attempts.set(what, { path, attempt, ...retryOf, state: 'running', startedAt: at });
    if (event.type === 'attempt.ended' && started !== undefined)
      attempts.set(what, { ...started, state: event.data.state, endedAt: at });
  }
  return attempts;
}

const nameOf = ({ path, attempt }: Pick<AttemptRow, 'path' | 'attempt'>): string => `attempt ${attempt} of ${path}`;

function describe({ state, retryOf, startedAt, endedAt }: AttemptRow): string {
  const after = retryOf === undefined ? '' : ` after ${retryOf}`;
  return `${state}${after}, from ${timeOf(startedAt)} to ${timeOf(endedAt)}`;
}

/** A number in a damaged row may be no time at all. */
const timeOf = (at: Instant | undefined): string => {
  if (at === undefined) return 'unknown';
  return Math.abs(at) > 8.64e15 ? `${at} ms` : new Date(at).toISOString();
};
