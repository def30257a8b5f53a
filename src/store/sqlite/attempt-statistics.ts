import type { DatabaseSync } from 'node:sqlite';
import type { EventData, RunEvent } from '../../core/events.ts';
import { calledOf } from '../candidate-record.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { Change, Query } from './connection.ts';
import type { KeyedEvent, Projection } from './projection.ts';

type Started = Extract<RunEvent, { type: 'attempt.started' }>;
type Ended = Extract<RunEvent, { type: 'attempt.ended' }>;
type Corrected = Extract<RunEvent, { type: 'cost.corrected' }>;

/** What the rows of an attempt and of its run say of a call that is to be summed up. */
interface Call {
  readonly stage: string;
  readonly candidate: string | null;
  readonly config: string;
  readonly room: string;
  readonly day: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly cost_micro_usd: number;
  readonly priced: string | null;
}

const SUMMED = ['calls', 'cost_micro_usd', 'tokens_in', 'tokens_out', 'unpriced', 'estimated'] as const;
type Sums = Readonly<Record<(typeof SUMMED)[number], number>>;

const CALL = `select stage, candidate, config, room, day, provider, model, cost_micro_usd, priced
  from attempt_statistics join statistics_runs using (run_key) where run_key = ? and path = ? and attempt = ?`;
const BEGIN = `insert into attempt_statistics (run_key, path, attempt, stage, candidate, started_at, queued_ms)
  values (?, ?, ?, ?, ?, ?, ?)`;
const END = `update attempt_statistics set state = ?, ended_at = ?, day = ?, duration_ms = ?, queued_ms = queued_ms + ?,
    provider = ?, model = ?, tokens_in = ?, tokens_out = ?, cost_micro_usd = ?, priced = ?
  where run_key = ? and path = ? and attempt = ?`;

const PLACE = ['day', 'config', 'room', 'path', 'stage', 'provider', 'model'] as const;
const TABLES = ['statistics_runs', 'attempt_statistics', 'cost_sums', 'run_costs'] as const;

const addTo = (table: string, key: readonly string[]): string =>
  `insert into ${table} (${[...key, ...SUMMED].join(', ')}) values (${[...key, ...SUMMED].map(() => '?').join(', ')})
   on conflict do update set ${SUMMED.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`;

/**
 * Every attempt with its times and what it has used, and sums of what calls have used.
 *
 * @param dayOf - the local date of a time; what was summed up under other dates stays there until a rebuild
 */
export function attemptStatisticsProjection(database: DatabaseSync, dayOf: (at: number) => string): Projection {
  const statements: Statements = {
    run: prepareChange(database, 'insert into statistics_runs (run_key, id, config, room) values (?, ?, ?, ?)'),
    begin: prepareChange(database, BEGIN),
    end: prepareChange(database, END),
    correct: prepareChange(
      database,
      `update attempt_statistics set cost_micro_usd = ?, priced = 'yes' where run_key = ? and path = ? and attempt = ?`,
    ),
    addToRun: prepareChange(database, addTo('run_costs', ['run_key', 'day'])),
    addToSums: prepareChange(database, addTo('cost_sums', PLACE)),
    call: prepareQuery<Call>(database, CALL),
    dayOf,
  };
  const clear = TABLES.map((table) => prepareChange(database, `delete from ${table}`));
  return {
    name: 'attempts',
    prepare: (events) => Promise.resolve(() => events.forEach((event) => apply(statements, event))),
    empty: () => clear.forEach((empty) => void empty()),
  };
}

interface Statements extends Readonly<Record<'run' | 'begin' | 'end' | 'correct' | 'addToRun' | 'addToSums', Change>> {
  readonly call: Query<Call>;
  readonly dayOf: (at: number) => string;
}

function apply(statements: Statements, { runKey, event }: KeyedEvent): void {
  switch (event.type) {
    case 'run.created':
      statements.run(runKey, event.runId, event.data.config, event.data.room ?? '');
      return;
    case 'attempt.started':
      begin(statements, runKey, event);
      return;
    case 'attempt.ended':
      end(statements, runKey, event);
      return;
    case 'cost.corrected':
      correct(statements, runKey, event);
      return;
    default: // nothing else has to do with times or money
  }
}

type Place = readonly [runKey: number, path: string, attempt: number];

/** Undefined for an event that names no attempt. */
const placeOf = (runKey: number, { stepPath, attempt }: RunEvent): Place | undefined =>
  stepPath === undefined || attempt === undefined ? undefined : [runKey, stepPath, attempt];

function begin(statements: Statements, runKey: number, event: Started): void {
  const place = placeOf(runKey, event);
  if (place === undefined) return;
  const { stage, route, queuedMs } = event.data;
  statements.begin(...place, stage, calledOf(route), event.at, queuedMs);
}

function end(statements: Statements, runKey: number, event: Ended): void {
  const place = placeOf(runKey, event);
  const begun = place && statements.call.get(...place);
  if (place === undefined || begun === undefined) return;
  const { state, durationMs, queuedMs = 0 } = event.data;
  const day = statements.dayOf(event.at);
  const served = servedBy(event.data, begun.candidate);
  const priced = served === undefined ? null : pricedAs(event.data);
  const used = usedBy(event.data);
  const times = [state, event.at, day, Math.max(0, durationMs - queuedMs), queuedMs];
  const money = [used.tokens_in, used.tokens_out, used.cost_micro_usd, priced];
  statements.end(...times, served?.provider ?? null, served?.model ?? null, ...money, ...place);
  if (served === undefined) return;
  const counted = { calls: 1, unpriced: Number(priced === 'no'), estimated: Number(priced === 'estimated') };
  add(statements, { place, call: { ...begun, day, ...served }, sums: { ...used, ...counted } });
}

const usedBy = ({ usage }: EventData['attempt.ended']): Pick<Sums, 'cost_micro_usd' | 'tokens_in' | 'tokens_out'> => ({
  cost_micro_usd: usage?.costMicroUsd ?? 0,
  tokens_in: usage?.tokensIn ?? 0,
  tokens_out: usage?.tokensOut ?? 0,
});

const pricedAs = ({ priced, usage }: EventData['attempt.ended']): string =>
  priced ?? (usage?.costMicroUsd === null ? 'no' : 'yes');

/**
 * Who served the attempt; undefined when it called nobody. A call that never came back names nobody, so its candidate
 * counts: for what was reserved for it, and for how often it fails.
 */
function servedBy(
  { provider, model, usage, fault, state }: EventData['attempt.ended'],
  candidate: string | null,
): { provider: string; model: string } | undefined {
  const wasCalled = usage !== undefined || state === 'timedOut' || fault?.code.startsWith('PROVIDER_') === true;
  if (candidate === null) return undefined;
  if (provider !== undefined) return { provider, model: model ?? '' };
  if (!wasCalled) return undefined;
  const slash = candidate.indexOf('/');
  return { provider: candidate.slice(0, slash), model: candidate.slice(slash + 1) };
}

/** The cost of an ended call, as it turned out later; it is known then. */
function correct(statements: Statements, runKey: number, event: Corrected): void {
  const place = placeOf(runKey, event);
  const call = place && statements.call.get(...place);
  if (place === undefined || call === undefined || call.provider === null) return;
  const { costMicroUsd } = event.data;
  statements.correct(costMicroUsd, ...place);
  const known = { unpriced: -Number(call.priced === 'no'), estimated: -Number(call.priced === 'estimated') };
  const difference = costMicroUsd - call.cost_micro_usd;
  add(statements, {
    place,
    call,
    sums: { calls: 0, cost_micro_usd: difference, tokens_in: 0, tokens_out: 0, ...known },
  });
}

function add(
  { addToRun, addToSums }: Statements,
  { place: [runKey, path], call, sums }: { readonly place: Place; readonly call: Call; readonly sums: Sums },
): void {
  const { day, config, room, stage, provider, model } = call;
  const values = SUMMED.map((name) => sums[name]);
  addToRun(runKey, day, ...values);
  addToSums(day, config, room, path, stage, provider, model, ...values);
}
