/** What a memory store holds. Sessions share it as processes share a database: one is dropped, another goes on. */
import type { RunFold } from '../../core/apply.ts';
import type { Instant, RunId, Sha256, WorkerId } from '../../core/ids.ts';
import type { ArtifactRow, ReceivedCommand, RunHead, WorkerRow } from '../../core/ports.ts';
import { RUN_MOVES, isTerminal } from '../../core/states.ts';
import type { RunState } from '../../core/states.ts';
import { Changes } from '../changes.ts';

/** An event as text, as a database would keep it: nobody can change it through a reference. */
export interface StoredEvent {
  readonly runId: RunId;
  readonly seq: number;
  readonly position: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

export interface MemoryRun {
  readonly runId: RunId;
  /** Order of submission. */
  readonly key: number;
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly events: StoredEvent[];
  readonly artifacts: ArtifactRow[];
  fold: RunFold;
  at: Instant;
  signature: RunHead['signature'];
  token: number;
  holder: WorkerId | undefined;
  wakeAt: Instant | undefined;
  paused: boolean;
}

export interface MemoryState {
  readonly runs: Map<RunId, MemoryRun>;
  /** Every event; the one at index 0 has position 1. */
  readonly events: StoredEvent[];
  readonly definitions: Map<Sha256, string>;
  readonly workers: Map<WorkerId, WorkerRow>;
  readonly commands: (ReceivedCommand & { readonly runId: RunId })[];
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
  changes: new Changes(),
  lastCommand: 0,
});

export const stateOf = (run: MemoryRun): RunState => run.fold.state ?? 'pending';
export const hasEnded = (run: MemoryRun): boolean => isTerminal(RUN_MOVES, stateOf(run));
