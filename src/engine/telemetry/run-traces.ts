import type { RunId } from '../../core/ids.ts';

/** Where the traces of runs go. */
export interface RunTraces extends AsyncDisposable {
  /** Takes note that a run has ended; its trace is sent later, and never delays or fails anything. */
  ended(runId: RunId): void;
}
