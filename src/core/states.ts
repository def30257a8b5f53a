/**
 * The state machines, as data: code, SQL constraints, docs and tests read the same tables.
 * A state maps to the states it may move to; a state without moves is terminal. See spec chapter 1.
 */
import { StemmaError } from './errors.ts';

type Moves<S extends string> = { readonly [state in S]: readonly S[] };

export type RunState =
  'pending' | 'running' | 'waiting' | 'paused' | 'blocked' | 'succeeded' | 'failed' | 'canceled' | 'quarantined';

/** A run waits only when nothing is ready or running; a terminal run never changes. */
export const RUN_MOVES: Moves<RunState> = {
  pending: ['running', 'paused', 'failed', 'canceled'],
  running: ['waiting', 'paused', 'blocked', 'succeeded', 'failed', 'canceled', 'quarantined'],
  waiting: ['running', 'paused', 'blocked', 'failed', 'canceled', 'quarantined'],
  paused: ['running', 'canceled'],
  blocked: [],
  succeeded: [],
  failed: [],
  canceled: [],
  quarantined: [],
};

export type AttemptState =
  'running' | 'succeeded' | 'blocked' | 'suspended' | 'failed' | 'timedOut' | 'canceled' | 'abandoned';

/** Every end of an attempt is final; going on is a new attempt. */
export const ATTEMPT_MOVES: Moves<AttemptState> = {
  running: ['succeeded', 'blocked', 'suspended', 'failed', 'timedOut', 'canceled', 'abandoned'],
  succeeded: [],
  blocked: [],
  suspended: [],
  failed: [],
  timedOut: [],
  canceled: [],
  abandoned: [],
};

/** The ends after which a new attempt of the same step may follow. */
export const REPEATABLE_ENDS: readonly AttemptState[] = ['failed', 'timedOut', 'suspended', 'abandoned'];

/** Computed from a step's attempts and dependencies, never stored. */
export type StepState =
  | 'pending'
  | 'ready'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'succeeded'
  | 'blocked'
  | 'failed'
  | 'skipped'
  | 'canceled';

/** Set by people, from any to any. */
export const WORKER_MODES = ['active', 'paused', 'draining', 'quarantined'] as const;
export type WorkerMode = (typeof WORKER_MODES)[number];

/** Observed by the others. */
export type WorkerLiveness = 'live' | 'unresponsive' | 'stopped' | 'crashed';
export const LIVENESS_MOVES: Moves<WorkerLiveness> = {
  live: ['unresponsive', 'stopped', 'crashed'],
  unresponsive: ['live', 'stopped', 'crashed'],
  stopped: [],
  crashed: [],
};

/** The machines by name, for everything that is generated from them. */
export const STATE_MACHINES = { run: RUN_MOVES, attempt: ATTEMPT_MOVES, liveness: LIVENESS_MOVES } as const;

export const isTerminal = <S extends string>(moves: Moves<S>, state: S): boolean => moves[state].length === 0;

/** @throws {StemmaError} STATE_CONFLICT, naming both states, when the table does not list the move */
export function assertMove<S extends string>(what: string, moves: Moves<S>, move: { from: S; to: S }): void {
  if (moves[move.from].includes(move.to)) return;
  throw new StemmaError('STATE_CONFLICT', `A ${what} cannot go from ${move.from} to ${move.to}.`, {
    facts: { from: move.from, to: move.to },
    hint: isTerminal(moves, move.from)
      ? `It has ended as ${move.from} and never changes again; start a new run to go on.`
      : `From ${move.from} it may go to: ${moves[move.from].join(', ')}.`,
  });
}
