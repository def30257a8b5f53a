import { foldRun } from '../../core/apply.ts';
import { toStemmaError } from '../../core/errors.ts';
import { attemptsOf } from './run-record.ts';
import type { Attempt, RunRecord } from './run-record.ts';

/** How often a step may be abandoned before its run is quarantined. */
const MOST_ABANDONED = 3;

/** One end, and the one that it should be, or quarantine for a step that was abandoned three times. */
export function endFaults({ events, head }: RunRecord, expected: 'succeeded' | 'failed'): readonly string[] {
  const ends = events.flatMap((event) => (event.type === 'run.ended' ? [event.data.state] : []));
  const [state = head.state] = ends;
  const faults: string[] = [];
  if (ends.length !== 1) faults.push(`has ended ${ends.length} times (${head.state})`);
  else if (events.at(-1)?.type !== 'run.ended') faults.push('has events after its end');
  if (head.state !== state) faults.push(`ended as ${state}, and its head says ${head.state}`);
  const worn = state === 'quarantined' && mostAbandoned(attemptsOf(events)) >= MOST_ABANDONED;
  if (ends.length === 1 && state !== expected && !worn) faults.push(`ended as ${state} instead of ${expected}`);
  return faults;
}

function mostAbandoned(attempts: readonly Attempt[]): number {
  const abandoned = Map.groupBy(
    attempts.filter(({ state }) => state === 'abandoned'),
    ({ path }) => path,
  );
  return Math.max(0, ...[...abandoned.values()].map((list) => list.length));
}

/** Attempts count up without gaps, each has one end, nothing follows on success, and the rows say the same. */
export function attemptFaults(record: RunRecord): readonly string[] {
  const attempts = attemptsOf(record.events);
  return [...storyFaults(record), ...sequenceFaults(attempts), ...rowFaults(record, attempts)];
}

/** What the fold of the core refuses can never have happened. */
function storyFaults({ events }: RunRecord): readonly string[] {
  try {
    foldRun(events);
    return [];
  } catch (thrown) {
    return [`the events tell an impossible story: ${toStemmaError(thrown).message}`];
  }
}

function sequenceFaults(attempts: readonly Attempt[]): readonly string[] {
  const faults: string[] = [];
  const last = new Map<string, Attempt>();
  for (const attempt of attempts) {
    const name = `attempt ${attempt.attempt} of ${attempt.path}`;
    const before = last.get(attempt.path);
    if (attempt.attempt !== (before?.attempt ?? 0) + 1) faults.push(`${name} is out of its order`);
    if (before?.state === 'succeeded') faults.push(`${name} followed on success`);
    if (attempt.state === 'running') faults.push(`${name} has no end`);
    last.set(attempt.path, attempt);
  }
  return faults;
}

function rowFaults({ rows }: RunRecord, attempts: readonly Attempt[]): readonly string[] {
  const inRows = new Set(rows.map(({ path, attempt, state }) => `${attempt} of ${path} ${state}`));
  const inEvents = new Set(attempts.map(({ path, attempt, state }) => `${attempt} of ${path} ${state}`));
  return [
    ...[...inEvents].filter((name) => !inRows.has(name)).map((name) => `attempt ${name} has no row`),
    ...[...inRows].filter((name) => !inEvents.has(name)).map((name) => `attempt ${name} has a row and no events`),
  ];
}
