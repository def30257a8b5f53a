/** The real stores and the real engine with the stages and definitions of the crash tests, for child and test alike. */
import { join } from 'node:path';
import type { App } from '../../src/app/context.ts';
import type { RunLog } from '../../src/core/ports.ts';
import { compilePolicy } from '../../src/engine/safety/policy.ts';
import { loadMessages } from '../../src/store/messages/load-messages.ts';
import type { SqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import { changedLog } from '../../src/testing/changed-log.ts';
import { composeApp } from './app.ts';
import { crashStages } from './crash-stages.ts';

const VERSION = '0.0.0-crash';
const DEFINITIONS = new URL('../crash/definitions/', import.meta.url);

/** Everything one crash test leaves behind, in one folder. */
export interface CrashPlaces {
  /** The data directory. */
  readonly data: string;
  /** `XDG_CONFIG_HOME`, with the signing key in it. */
  readonly config: string;
  readonly effects: string;
  readonly gate: string;
}

export const crashPlaces = (folder: string): CrashPlaces => ({
  data: join(folder, 'data'),
  config: join(folder, 'config'),
  effects: join(folder, 'effects.txt'),
  gate: join(folder, 'gate'),
});

export interface CrashAppOptions {
  /** Awaited after the artifacts of a run were read: a new holder does so before it works on the run. */
  readonly onArtifacts?: (runId: string) => Promise<void>;
}

export type CrashApp = App & AsyncDisposable;

/** Opens the folder's store, makes it when it is not there, and puts an app around it. */
export async function openCrashApp(folder: string, options: CrashAppOptions = {}): Promise<CrashApp> {
  const places = crashPlaces(folder);
  return composeApp({
    version: VERSION,
    data: places.data,
    user: join(places.config, 'stemma'),
    stages: crashStages(places),
    sources: [{ folder: DEFINITIONS, origin: 'shipped' }],
    providers: [],
    policy: compilePolicy([]),
    messages: await loadMessages([]),
    settings: {
      level: 'kids',
      profile: 'crash',
      language: 'en',
      languages: ['de', 'en'],
      inputBytes: 10_000,
      slots: 4,
    },
    search: 'off',
    beats: 'thread',
    hearLog: (opened) => hesitatingLog(opened, options),
  });
}

function hesitatingLog({ log }: SqliteLogAndQueue, { onArtifacts }: CrashAppOptions): RunLog {
  return changedLog(log, {
    async artifacts(runId) {
      const artifacts = await log.artifacts(runId);
      await onArtifacts?.(runId);
      return artifacts;
    },
  });
}
