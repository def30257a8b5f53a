import type { RunId } from '../core/ids.ts';
import type { Lease, QueueSurvey } from '../core/ports.ts';
import type { WorkerMode } from '../core/states.ts';
import type { SessionEnd } from '../engine/execute-run.ts';
import { runWorker } from '../engine/worker.ts';
import type { App } from './context.ts';
import { writeSummary } from './summary.ts';

export interface WorkInput {
  /** Only this run; with the lease when it was claimed at its submission. */
  readonly only?: RunId;
  readonly held?: readonly Lease[];
  readonly once?: boolean;
  readonly signal: AbortSignal;
  /** Told when a session with a run begins (no end yet) and when it is over. */
  readonly onSession?: (runId: RunId, end: SessionEnd | undefined) => void;
  /** Told when people have set another mode for this worker. */
  readonly onMode?: (mode: WorkerMode) => void;
}

/** Makes this process a worker for the time of the body: registers it, and gives back at the end what it still holds. */
export async function asWorker<T>(app: App, body: () => Promise<T>): Promise<T> {
  const { queue } = app.store;
  await queue.register(app.engine.worker);
  try {
    return await body();
  } finally {
    await queue.retire(app.engine.worker.id);
  }
}

/** Holds runs and executes their steps, inside `asWorker`. */
export async function work(app: App, input: WorkInput): Promise<{ survey: QueueSurvey; last: SessionEnd | undefined }> {
  const { only, held, once, signal, onMode } = input;
  return runWorker(app.engine, {
    slots: app.settings.slots,
    signal,
    ...(only === undefined ? {} : { only }),
    ...(held === undefined ? {} : { held }),
    ...(once === undefined ? {} : { once }),
    ...(onMode === undefined ? {} : { onMode }),
    onSession: async (runId, end) => {
      input.onSession?.(runId, end);
      if (end?.kind === 'ended') app.traces?.ended(runId);
      if (end !== undefined) await writeSummary(app, runId).catch(() => {}); // a convenience; the record is complete
    },
  });
}
