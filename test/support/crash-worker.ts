/**
 * A process to kill: `node crash-worker.ts <folder> once | work | hesitate`.
 * `hesitate` works, but having looked at a run it goes on only when the gate is open.
 *
 * Tells a line of JSON for all that it knows to be done, in one write each and right away: what it has told has
 * happened, whatever becomes of it afterwards.
 */
import { existsSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { asWorker, work } from '../../src/app/work.ts';
import type { QueueSurvey } from '../../src/core/ports.ts';
import { crashPlaces, openCrashApp } from './crash-app.ts';
import type { CrashApp } from './crash-app.ts';

export type CrashMode = 'once' | 'work' | 'hesitate';

export type Told =
  | { readonly kind: 'ready'; readonly worker: string; readonly at: number }
  | { readonly kind: 'session'; readonly runId: string; readonly end: string; readonly code: string | null }
  | { readonly kind: 'looked'; readonly runId: string }
  | { readonly kind: 'done'; readonly survey: QueueSurvey };

const LOOK_EVERY_MS = 5;

const tell = (told: Told): void => void writeSync(1, `${JSON.stringify(told)}\n`);

async function workOn(app: CrashApp, once: boolean): Promise<void> {
  const leave = new AbortController();
  process.on('SIGTERM', () => leave.abort());
  const { survey } = await asWorker(app, () => {
    tell({ kind: 'ready', worker: app.engine.worker.id, at: Date.now() });
    return work(app, {
      once,
      signal: leave.signal,
      onSession: (runId, end) => {
        if (end === undefined) return;
        tell({ kind: 'session', runId, end: end.kind, code: end.kind === 'broken' ? end.error.code : null });
      },
    });
  });
  tell({ kind: 'done', survey });
}

async function hesitate(runId: string): Promise<void> {
  tell({ kind: 'looked', runId });
  while (!existsSync(crashPlaces(folder).gate)) await pause(LOOK_EVERY_MS);
}

const [folder = '.', mode = 'once'] = process.argv.slice(2);
await using app = await openCrashApp(folder, mode === 'hesitate' ? { onArtifacts: hesitate } : {});
await workOn(app, mode === 'once');
