/** The list of runs as a query: filters, pages, labels. */
import { sql } from 'kysely';
import type { Kysely, SelectQueryBuilder } from 'kysely';
import { StemmaError } from '../../core/errors.ts';
import type { Instant, RunId } from '../../core/ids.ts';
import type { RunListFilter, RunListRow } from '../../core/ports.ts';
import type { RunState } from '../../core/states.ts';
import { searchTerms } from './search.ts';

export interface ListedRun {
  readonly run_key: number;
  readonly id: RunId;
  readonly state: RunState;
  readonly config: string;
  readonly pipeline: string;
  readonly profile: string;
  readonly safety: string;
  readonly created_at: Instant;
  readonly ended_at: Instant | null;
  readonly duration_ms: number | null;
  readonly outputs: string;
  readonly cost_micro_usd: number;
  readonly parent: RunId | null;
}

export interface Tables {
  run_list: ListedRun;
  runs: { readonly key: number; readonly id: string };
  labels: { readonly run_key: number; readonly key: string; readonly value: string };
  searched_texts: { readonly key: number; readonly run_key: number; readonly artifact: string };
  run_texts: { readonly rowid: number; readonly run_texts: string };
}

type ListQuery = SelectQueryBuilder<Tables, 'run_list', ListedRun>;
export type Labels = Record<string, string>;

function matching(query: ListQuery, filter: RunListFilter): ListQuery {
  const { state, config, from, to, label, search } = filter;
  let found = query;
  if (state !== undefined) found = found.where('state', '=', state);
  if (config !== undefined) found = found.where('config', '=', config);
  if (from !== undefined) found = found.where('created_at', '>=', from);
  if (to !== undefined) found = found.where('created_at', '<=', to);
  if (label !== undefined) found = labeled(found, label);
  return search === undefined ? found : containing(found, search);
}

const labeled = (query: ListQuery, { key, value }: { key: string; value: string }): ListQuery =>
  query.where('run_key', 'in', (inner) =>
    inner.selectFrom('labels').select('labels.run_key').where('key', '=', key).where('value', '=', value),
  );

/** Every word stands in some text of the run; a search without a word finds nothing. */
function containing(query: ListQuery, search: string): ListQuery {
  const terms = searchTerms(search);
  if (terms.length === 0) return query.where(sql<boolean>`false`);
  return terms.reduce(
    (found, term) =>
      found.where('run_key', 'in', (inner) =>
        inner
          .selectFrom('searched_texts')
          .select('searched_texts.run_key')
          .where('key', 'in', (texts) =>
            texts
              .selectFrom('run_texts')
              .select('rowid')
              .where(sql<boolean>`run_texts match ${term}`),
          ),
      ),
    query,
  );
}

export interface Cursor {
  readonly createdAt: number;
  /** Tells apart what was created in the same millisecond. */
  readonly runKey: number;
}

/**
 * Newest first, one more than wanted, so that it shows whether there are more.
 *
 * @throws {StemmaError} INPUT_INVALID for a limit that is none
 */
export function selectRuns(
  reader: Kysely<Tables>,
  filter: RunListFilter,
  after: Cursor | undefined,
): Promise<ListedRun[]> {
  const { limit } = filter;
  if (!Number.isInteger(limit) || limit < 1)
    throw new StemmaError('INPUT_INVALID', `A list is cut after a whole number of rows from 1, not ${limit}.`);
  const query = matching(reader.selectFrom('run_list').selectAll(), filter);
  const from = after && query.where(sql<boolean>`(created_at, run_key) < (${after.createdAt}, ${after.runKey})`);
  return (from ?? query)
    .orderBy('created_at', 'desc')
    .orderBy('run_key', 'desc')
    .limit(limit + 1)
    .execute();
}

export async function labelsOf(
  reader: Kysely<Tables>,
  runs: readonly ListedRun[],
): Promise<ReadonlyMap<number, Labels>> {
  const labels = new Map<number, Labels>();
  if (runs.length === 0) return labels;
  const keys = runs.map((run) => run.run_key);
  const rows = await reader.selectFrom('labels').selectAll().where('run_key', 'in', keys).execute();
  for (const { run_key: run, key, value } of rows) labels.set(run, { ...labels.get(run), [key]: value });
  return labels;
}

/** The most rows that one statement fetches. */
const BRANCHES_AT_ONCE = 1000;

/** Runs that branched off a run, oldest first. */
export async function selectBranches(reader: Kysely<Tables>, runId: RunId): Promise<RunId[]> {
  const found: RunId[] = [];
  for (let after = 0; ;) {
    const query = reader.selectFrom('run_list').select(['run_key', 'id']).where('parent', '=', runId);
    const page = await query.where('run_key', '>', after).orderBy('run_key').limit(BRANCHES_AT_ONCE).execute();
    found.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (last === undefined || page.length < BRANCHES_AT_ONCE) return found;
    after = last.run_key;
  }
}

export const toListRow = (row: ListedRun, labels: Labels): RunListRow => ({
  runId: row.id,
  state: row.state,
  config: row.config,
  pipeline: row.pipeline,
  profile: row.profile,
  safety: row.safety,
  createdAt: row.created_at,
  endedAt: row.ended_at,
  durationMs: row.duration_ms,
  outputs: JSON.parse(row.outputs) as string[],
  costMicroUsd: row.cost_micro_usd,
  parent: row.parent,
  labels,
});

export const formatCursor = ({ created_at: createdAt, run_key: runKey }: ListedRun): string =>
  Buffer.from(`${createdAt}/${runKey}`).toString('base64url');

/** @throws {StemmaError} INPUT_INVALID */
export function parseCursor(cursor: string): Cursor {
  const parts = /^(\d{1,15})\/(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (parts !== null) return { createdAt: Number(parts[1]), runKey: Number(parts[2]) };
  throw new StemmaError('INPUT_INVALID', 'The cursor is none that a list has given.', {
    hint: 'Pass nextCursor of the page before as it is, or leave the cursor out for the first page.',
  });
}
