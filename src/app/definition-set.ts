import { canonicalJson } from '../core/canonical.ts';
import { allSteps, chunkOfOutput } from '../core/definitions.ts';
import type { ChunkDefinition, DefinitionKind, Definitions, Resolved } from '../core/definitions.ts';
import { toHex } from '../core/ids.ts';
import type { Digest, Sha256 } from '../core/ids.ts';
import type { DefinitionSet } from '../core/ports.ts';

/** What a run uses, by id. */
export interface Used {
  readonly config: string;
  readonly pipeline: string;
  readonly profile: string;
  readonly outputs: readonly string[];
}

/** The exact definitions a run is made with: config, pipeline and those inside it, chunks, outputs and profile, as they were written. */
export function collectDefinitions(definitions: Definitions, used: Used, digest: Digest): DefinitionSet {
  const files = [
    ...pick(definitions, 'chunks', chunkIds(definitions, used).toSorted()),
    ...pick(definitions, 'configs', [used.config]),
    ...pick(definitions, 'outputs', [...new Set(used.outputs)].toSorted()),
    ...pick(definitions, 'pipelines', pipelineIds(definitions, used.pipeline)),
    ...pick(definitions, 'profiles', [used.profile]),
  ];
  return { digest: digestOf(files, digest), files };
}

/** The chunks of the pipeline's steps and of the outputs. */
export function chunksUsed(definitions: Definitions, used: Pick<Used, 'pipeline' | 'outputs'>): ChunkDefinition[] {
  return chunkIds(definitions, used).flatMap((id) => definitions.chunks.get(id)?.definition ?? []);
}

/** SHA-256 over the canonical list of kind, id, origin and digest; what `run.created` names. */
export function digestOf(files: DefinitionSet['files'], digest: Digest): Sha256 {
  const list = files.map(({ kind, id, origin, digest: own }) => ({ kind, id, origin, digest: own }));
  return toHex(digest.sha256(canonicalJson(list))) as Sha256;
}

function pipelineIds(definitions: Definitions, id: string): string[] {
  const steps = allSteps(definitions.pipelines.get(id)?.definition.steps ?? []);
  return [...new Set([id, ...steps.flatMap(({ pipeline }) => pipeline ?? [])])].toSorted();
}

function chunkIds(definitions: Definitions, { pipeline, outputs }: Pick<Used, 'pipeline' | 'outputs'>): string[] {
  const steps = allSteps(definitions.pipelines.get(pipeline)?.definition.steps ?? []);
  const ids = new Set(steps.flatMap(({ use }) => use ?? []));
  if (ids.delete('output.chunk'))
    for (const id of outputs) {
      const output = definitions.outputs.get(id)?.definition;
      if (output !== undefined) ids.add(chunkOfOutput(output));
    }
  return [...ids];
}

function pick(definitions: Definitions, kind: DefinitionKind, ids: readonly string[]): DefinitionSet['files'] {
  const all = definitions[kind] as ReadonlyMap<string, Resolved>;
  return ids.flatMap((id) => {
    const found = all.get(id);
    return found === undefined ? [] : [{ kind, id, origin: found.origin, digest: found.digest, text: found.text }];
  });
}
