import type {
  Definitions,
  PipelineDefinition,
  ProfileDefinition,
  Resolved,
  StepDefinition,
} from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import type { StepPath } from '../../core/ids.ts';
import type { Facts } from '../../core/json.ts';
import type { RunRequest } from '../../core/request.ts';
import type { ArtifactRef, Stage } from '../../core/stage.ts';
import type { AttemptPlace } from '../attempt.ts';
import type { Gateway } from '../gateway.ts';
import type { Replay } from '../replay.ts';
import type { Because } from '../reuse.ts';
import type { Scope } from './scope.ts';

/** What the interpreter works from: the run's own definitions, and what the person gave. */
export interface RunPlan extends AttemptPlace {
  readonly definitions: Definitions;
  readonly pipeline: PipelineDefinition;
  readonly profile: ProfileDefinition;
  readonly request: RunRequest;
  /** What was given, by artifact type: `input`, `task`, `context`, `parameters`. */
  readonly given: ReadonlyMap<string, ArtifactRef>;
  readonly gateway: Gateway;
  /** In a branch: takes over what its parent has made. */
  readonly reuse?: StepReuse;
  /** In a replay: calls, waits and verdicts are those of another run. */
  readonly replay?: Replay;
}

/** A chunk at its place in a run. */
export interface StepPlace {
  readonly step: StepDefinition;
  readonly scope: Scope;
  readonly path: StepPath;
  readonly chunk: Resolved<'chunks'>;
  readonly stage: Stage;
}

export interface StepReuse {
  /** Asked before the first attempt of a step. Undefined when the step has its end now, else why it runs. */
  take(place: StepPlace): Promise<Because | undefined>;
  /** What the step said in the parent. */
  factsBefore(path: StepPath): Facts | undefined;
}

/** @throws {StemmaError} DEFINITION_INVALID when the run's own set does not hold it */
export function definitionOf<K extends keyof Definitions>(definitions: Definitions, kind: K, id: string): Resolved<K> {
  const found = (definitions[kind] as ReadonlyMap<string, Resolved<K>>).get(id);
  if (found === undefined)
    throw new StemmaError('DEFINITION_INVALID', `The run's definitions hold no ${kind.slice(0, -1)} "${id}".`);
  return found;
}
