import type { StageCatalogue } from '../core/lint.ts';
import type { DefinitionProblem } from '../core/definitions.ts';
import type { Clock, DefinitionSource, Ids, Messages, Pictures, Signer, Store } from '../core/ports.ts';
import type { Digest } from '../core/ids.ts';
import type { Level } from '../core/schema.ts';
import type { AnyStage } from '../core/stage.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunTraces } from '../engine/telemetry/run-traces.ts';

/** The settings that operations ask for. */
export interface AppSettings {
  readonly level: Level;
  readonly profile: string;
  /** Language of messages. */
  readonly language: string;
  /** Those that people may choose from. */
  readonly languages: readonly string[];
  readonly inputBytes: number;
  readonly slots: number;
}

/** What can be told without opening a store. */
export interface Catalogue {
  readonly version: string;
  readonly dataDirectory: string;
  readonly definitions: DefinitionSource & { lintPath(path: string): Promise<readonly DefinitionProblem[]> };
  readonly stages: readonly AnyStage[];
  readonly catalogue: StageCatalogue;
  readonly messages: Messages;
  readonly settings: AppSettings;
}

/** What every operation works with; the composition root makes it. */
export interface App extends Catalogue {
  readonly store: Store;
  readonly engine: Engine;
  /** There when a collector is configured. */
  readonly traces?: RunTraces;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly pictures: Pictures;
}
