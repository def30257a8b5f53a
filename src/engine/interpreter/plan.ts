import type { Definitions, PipelineDefinition, ProfileDefinition, Resolved } from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import type { RunRequest } from '../../core/request.ts';
import type { ArtifactRef } from '../../core/stage.ts';
import type { AttemptPlace } from '../attempt.ts';
import type { Gateway } from '../gateway.ts';

/** What the interpreter works from: the run's own definitions, and what the person gave. */
export interface RunPlan extends AttemptPlace {
  readonly definitions: Definitions;
  readonly pipeline: PipelineDefinition;
  readonly profile: ProfileDefinition;
  readonly request: RunRequest;
  /** What was given, by artifact type: `input`, `task`, `context`, `parameters`. */
  readonly given: ReadonlyMap<string, ArtifactRef>;
  readonly gateway: Gateway;
}

/** @throws {StemmaError} DEFINITION_INVALID when the run's own set does not hold it */
export function definitionOf<K extends keyof Definitions>(definitions: Definitions, kind: K, id: string): Resolved<K> {
  const found = (definitions[kind] as ReadonlyMap<string, Resolved<K>>).get(id);
  if (found === undefined)
    throw new StemmaError('DEFINITION_INVALID', `The run's definitions hold no ${kind.slice(0, -1)} "${id}".`);
  return found;
}
