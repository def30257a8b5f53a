import type { CandidateRecord, RouteStatistics } from '../../core/ports.ts';
import type { Strategy } from '../../core/schema.ts';
import type { Candidate } from '../routing.ts';

/** Smaller goes first; where two are the same, the order of the list decides. */
type Rank = (candidate: Candidate, record: CandidateRecord | undefined) => number;

/** Without one the list stays as it is. */
const RANKS: { readonly [S in Strategy]: Rank | undefined } = {
  fixed: undefined,
  round_robin: (_candidate, record) => record?.lastAt ?? 0,
  least_busy: (_candidate, record) => record?.running ?? 0,
  cheapest: ({ expectedCost }) => expectedCost ?? Infinity,
  best_score: (_candidate, record) => timeToSuccessMs(record),
};
const NEEDS_RECORD: ReadonlySet<Strategy> = new Set(['round_robin', 'least_busy', 'best_score']);

/** The candidates in the order in which the strategy would take them. */
export async function inOrderOf(
  strategy: Strategy,
  candidates: readonly Candidate[],
  statistics: RouteStatistics,
): Promise<readonly Candidate[]> {
  const rank = RANKS[strategy];
  if (rank === undefined || candidates.length < 2) return candidates;
  const names = candidates.map(({ name }) => name);
  const records = NEEDS_RECORD.has(strategy) ? await statistics.of(names) : new Map<string, CandidateRecord>();
  const ranked = candidates.map((candidate) => ({ candidate, rank: rank(candidate, records.get(candidate.name)) }));
  return ranked.toSorted(byRank).map(({ candidate }) => candidate);
}

/** Two that are endless are the same. */
const byRank = (a: { readonly rank: number }, b: { readonly rank: number }): number =>
  a.rank === b.rank ? 0 : a.rank - b.rank;

/**
 * How long it takes on average until a call has succeeded: the usual time of one, more often the more of them fail.
 * Whoever has not been tried goes first, whoever has only failed goes last.
 */
function timeToSuccessMs(record: CandidateRecord | undefined): number {
  const { succeeded = 0, failed = 0, medianMs = null } = record ?? {};
  if (succeeded + failed === 0) return 0;
  if (succeeded === 0) return Infinity;
  return (medianMs ?? 0) * ((succeeded + failed) / succeeded);
}
