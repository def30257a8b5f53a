/** Costs, medians and rates as queries over the statistics. */
import type { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';
import type { Instant } from '../../core/ids.ts';
import type { CallRate, CostFilter, CostGroup, CostRow, CostSum, RunCounts, Work } from '../../core/ports.ts';
import type { RunState } from '../../core/states.ts';
import { CLAIMABLE } from './claimable.ts';
import { prepareQuery } from './connection.ts';
import type { Tables } from './run-list-query.ts';

/** Groups that one answer holds. */
const MOST_GROUPS = 500;
/** Attempts that a median is taken of. */
const MEDIAN_OF = 50;

type Reader = Kysely<Tables>;
type Condition = RawBuilder<unknown>;

const KEYS: Readonly<Record<CostGroup, Condition>> = {
  run: sql`run`,
  step: sql`path`,
  stage: sql`stage`,
  provider: sql`provider`,
  model: sql`provider || '/' || model`,
  config: sql`config`,
  room: sql`room`,
  day: sql`day`,
};

const SUMS = sql`
  coalesce(sum(calls), 0) as calls, coalesce(sum(cost_micro_usd), 0) as "costMicroUsd",
  coalesce(sum(tokens_in), 0) as "tokensIn", coalesce(sum(tokens_out), 0) as "tokensOut",
  coalesce(sum(unpriced), 0) as unpriced, coalesce(sum(estimated), 0) as estimated`;

/** The smallest table that knows what is asked: the attempts of one run, the sums of runs, or the sums of all. */
function sourceOf({ by, runId }: CostFilter): Condition {
  if (runId !== undefined)
    return sql`(
      select runs.id as run, day, config, room, path, stage, provider, model, 1 as calls, cost_micro_usd,
        tokens_in, tokens_out, priced = 'no' as unpriced, priced = 'estimated' as estimated
      from attempt_statistics join statistics_runs using (run_key) join runs on runs.key = run_key
      where provider is not null and runs.id = ${runId}
    )`;
  if (by === 'run')
    return sql`(select run_costs.*, id as run, config, room from run_costs join statistics_runs using (run_key))`;
  return sql`cost_sums`;
}

function conditionsOf({ from, to, config, room }: CostFilter): Condition {
  const conditions: readonly Condition[] = [
    from === undefined ? [] : [sql`day >= ${from}`],
    to === undefined ? [] : [sql`day <= ${to}`],
    config === undefined ? [] : [sql`config = ${config}`],
    room === undefined ? [] : [sql`room = ${room}`],
  ].flat();
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

export async function selectCosts(
  reader: Reader,
  filter: CostFilter,
): Promise<{ items: readonly CostRow[]; total: CostSum; isCut: boolean }> {
  const from = sql`from ${sourceOf(filter)} where ${conditionsOf(filter)}`;
  const order = filter.by === 'day' ? sql`key desc` : sql`sum(cost_micro_usd) desc, sum(calls) desc, key`;
  const { rows } = await sql<CostRow>`
    select ${KEYS[filter.by]} as key, ${SUMS} ${from} group by 1 order by ${order} limit ${MOST_GROUPS + 1}
  `.execute(reader);
  const { rows: totals } = await sql<CostSum>`select ${SUMS} ${from}`.execute(reader);
  const [total = NOTHING] = totals;
  return { items: rows.slice(0, MOST_GROUPS), total, isCut: rows.length > MOST_GROUPS };
}

const NOTHING: CostSum = { calls: 0, costMicroUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0, estimated: 0 };

export async function selectMedian(reader: Reader, { stage, candidate }: Work): Promise<number | null> {
  const { rows } = await sql<{ ms: number }>`
    select duration_ms as ms from attempt_statistics
    where stage = ${stage} and candidate is ${candidate} and state = 'succeeded'
    order by ended_at desc limit ${MEDIAN_OF}
  `.execute(reader);
  const sorted = rows.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** The smallest latency that so many of a hundred calls do not exceed (nearest rank). */
const percentile = (share: number): RawBuilder<unknown> =>
  sql`min(iif(state = 'succeeded' and place >= succeeded * ${share}, duration_ms, null))`;

export async function selectCallRates(reader: Reader, since: Instant): Promise<readonly CallRate[]> {
  const { rows } = await sql<CallRate>`
    with ranked as (
      select provider, model, state, duration_ms, cost_micro_usd,
        row_number() over (partition by provider, model, state order by duration_ms) as place,
        count(*) filter (where state = 'succeeded') over (partition by provider, model) as succeeded
      from attempt_statistics where provider is not null and ended_at >= ${since}
    )
    select provider, model, count(*) as calls, count(*) filter (where state in ('failed', 'timedOut')) as failed,
      sum(cost_micro_usd) as "costMicroUsd", ${percentile(0.5)} as "p50Ms", ${percentile(0.95)} as "p95Ms",
      ${percentile(0.99)} as "p99Ms"
    from ranked group by provider, model order by provider, model
  `.execute(reader);
  return rows;
}

export function selectCounts(database: DatabaseSync, now: Instant): RunCounts {
  const states = prepareQuery<{ state: RunState; runs: number }>(
    database,
    'select state, count(*) as runs from run_list group by state',
  );
  const waiting = prepareQuery<{ queued: number; since: number | null }>(
    database,
    `select count(*) as queued, min(coalesce(wake_at, at)) as since from runs where holder is null and ${CLAIMABLE}`,
  );
  const { queued, since } = waiting.get('[]', now) ?? { queued: 0, since: null };
  return {
    states: Object.fromEntries(states.all().map(({ state, runs }) => [state, runs])),
    queued,
    oldestWaitMs: since === null ? null : Math.max(0, now - since),
  };
}
