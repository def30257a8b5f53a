/** What a memory store holds. Sessions share it as processes share a database: one is dropped, another goes on. */
import type { RunFold } from '../../core/apply.ts';
import type { Instant, RunId, Sha256, WorkerId } from '../../core/ids.ts';
import type { ArtifactRow, Lease, OpenReservation, ReceivedCommand, RunHead, WorkerRow } from '../../core/ports.ts';
import { RUN_MOVES, isTerminal } from '../../core/states.ts';
import type { AttemptState, RunState } from '../../core/states.ts';
import type { Account, BudgetName, BudgetRule } from '../budgets.ts';
import { Changes } from '../changes.ts';
import type { Taken } from '../minute-window.ts';

/** An event as text, as a database would keep it: nobody can change it through a reference. */
export interface StoredEvent {
  /** null: of the installation. */
  readonly runId: RunId | null;
  readonly seq: number;
  readonly position: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

export interface MemoryRun {
  readonly runId: RunId;
  /** Order of submission. */
  readonly key: number;
  readonly share: string;
  labels: Readonly<Record<string, string>>;
  readonly events: StoredEvent[];
  readonly artifacts: ArtifactRow[];
  contentDeleted: boolean;
  fold: RunFold;
  at: Instant;
  signature: RunHead['signature'];
  token: number;
  holder: WorkerId | undefined;
  wakeAt: number | undefined;
  paused: boolean;
  /** Its priority, or higher when it has waited long. */
  class: number;
  turn: number;
  /** Since when it waits in its class. */
  classSince: number;
}

export interface MemoryReservation extends OpenReservation {
  readonly lease: Lease;
  readonly budgets: readonly BudgetName[];
  /** Held amounts by the permit's name. */
  readonly permits: ReadonlyMap<string, number>;
}

/** Budgets and accounts by scope and subject. */
export interface MemoryLedgerState {
  readonly rules: Map<string, BudgetName & BudgetRule>;
  readonly accounts: Map<string, Account>;
  readonly reservations: Map<number, MemoryReservation>;
  taken: readonly (Taken & { readonly name: string })[];
  lastKey: number;
}

/** An attempt with a route. */
export interface RoutedAttempt {
  readonly candidate: string;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly state: AttemptState;
}

export interface MemoryState {
  readonly runs: Map<RunId, MemoryRun>;
  /** Every event; the one at index 0 has position 1. */
  readonly events: StoredEvent[];
  readonly definitions: Map<Sha256, string>;
  readonly workers: Map<WorkerId, WorkerRow>;
  readonly commands: (ReceivedCommand & { readonly runId: RunId })[];
  /** The last turn of each share, by class. */
  readonly turns: Map<string, number>[];
  /** How far the turns have come, by class. */
  readonly rounds: number[];
  /** The installation's own log. */
  readonly installation: { readonly events: StoredEvent[]; at: number };
  readonly ledger: MemoryLedgerState;
  /** By run, path and number, in the order they started. */
  readonly routed: Map<string, RoutedAttempt>;
  readonly changes: Changes;
  lastCommand: number;
}

/** An empty store. */
export const createMemoryState = (): MemoryState => ({
  runs: new Map(),
  events: [],
  definitions: new Map(),
  workers: new Map(),
  commands: [],
  turns: [],
  rounds: [],
  installation: { events: [], at: 0 },
  ledger: { rules: new Map(), accounts: new Map(), reservations: new Map(), taken: [], lastKey: 0 },
  routed: new Map(),
  changes: new Changes(),
  lastCommand: 0,
});

export const stateOf = (run: MemoryRun): RunState => run.fold.state ?? 'pending';
export const hasEnded = (run: MemoryRun): boolean => isTerminal(RUN_MOVES, stateOf(run));
