import type { DatabaseSync } from 'node:sqlite';
import type { RunState } from '../../core/states.ts';
import { prepareChange } from './connection.ts';
import type { Change } from './connection.ts';
import type { KeyedEvent, Projection } from './projection.ts';

const CREATE = `insert into run_list (run_key, id, state, config, pipeline, profile, safety, created_at, outputs, parent)
  values (?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?)`;
const END = `update run_list set state = ?1, ended_at = ?2, duration_ms = ?2 - coalesce(started_at, created_at)
  where run_key = ?3`;

/** One row per run, as lists show it. */
export function runListProjection(database: DatabaseSync): Projection {
  const create = prepareChange(database, CREATE);
  const move = prepareChange(database, 'update run_list set state = ? where run_key = ?');
  const start = prepareChange(database, `update run_list set state = 'running', started_at = ? where run_key = ?`);
  const end = prepareChange(database, END);
  const pay = prepareChange(database, 'update run_list set cost_micro_usd = cost_micro_usd + ? where run_key = ?');
  const clear = prepareChange(database, 'delete from run_list');
  const statements = { create, move, start, end, pay };
  return {
    name: 'runs',
    prepare: (events) => Promise.resolve(() => events.forEach((event) => apply(statements, event))),
    empty: () => void clear(),
  };
}

type Statements = Readonly<Record<'create' | 'move' | 'start' | 'end' | 'pay', Change>>;

function apply(statements: Statements, { runKey, event }: KeyedEvent): void {
  switch (event.type) {
    case 'run.created': {
      const { config, pipeline, profile, level, outputs, parent, replayOf } = event.data;
      const source = parent?.runId ?? replayOf ?? null; // whose content it has copies of
      const what = [config, pipeline, profile, level];
      statements.create(runKey, event.runId, ...what, event.at, JSON.stringify(outputs), source);
      return;
    }
    case 'run.started':
      statements.start(event.at, runKey);
      return;
    case 'run.ended':
      statements.end(event.data.state, event.at, runKey);
      return;
    case 'attempt.ended': {
      const cost = event.data.usage?.costMicroUsd ?? 0;
      if (cost > 0) statements.pay(cost, runKey);
      return;
    }
    default: {
      const state = MOVED_TO[event.type];
      if (state !== undefined) statements.move(state, runKey);
    }
  }
}

/** Other events, those of another version among them, move nothing. */
const MOVED_TO: { readonly [type: string]: RunState } = {
  'run.waiting': 'waiting',
  'run.paused': 'paused',
  'run.resumed': 'running',
};
