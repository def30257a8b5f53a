import { canonicalJson } from '../core/canonical.ts';
import { chunkOfOutput } from '../core/definitions.ts';
import type { DefinitionKind, Definitions, Resolved, StepDefinition } from '../core/definitions.ts';
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

/** The exact definitions a run is made with: config, pipeline, chunks, outputs and profile, as they were written. */
export function collectDefinitions(definitions: Definitions, used: Used, digest: Digest): DefinitionSet {
  const steps = definitions.pipelines.get(used.pipeline)?.definition.steps ?? [];
  const chunks = new Set(chunksOf(steps));
  if (chunks.delete('output.chunk'))
    for (const id of used.outputs) {
      const output = definitions.outputs.get(id)?.definition;
      if (output !== undefined) chunks.add(chunkOfOutput(output));
    }
  const files = [
    ...pick(definitions, 'chunks', [...chunks].sort()),
    ...pick(definitions, 'configs', [used.config]),
    ...pick(definitions, 'outputs', [...new Set(used.outputs)].sort()),
    ...pick(definitions, 'pipelines', [used.pipeline]),
    ...pick(definitions, 'profiles', [used.profile]),
  ];
  return { digest: digestOf(files, digest), files };
}

/** SHA-256 over the canonical list of kind, id, origin and digest; what `run.created` names. */
export function digestOf(files: DefinitionSet['files'], digest: Digest): Sha256 {
  const list = files.map(({ kind, id, origin, digest: own }) => ({ kind, id, origin, digest: own }));
  return toHex(digest.sha256(canonicalJson(list))) as Sha256;
}

export function chunksOf(steps: readonly StepDefinition[]): string[] {
  return steps.flatMap((step) => [...(step.use === undefined ? [] : [step.use]), ...chunksOf(step.steps ?? [])]);
}

function pick(definitions: Definitions, kind: DefinitionKind, ids: readonly string[]): DefinitionSet['files'] {
  const all = definitions[kind] as ReadonlyMap<string, Resolved>;
  return ids.flatMap((id) => {
    const found = all.get(id);
    return found === undefined ? [] : [{ kind, id, origin: found.origin, digest: found.digest, text: found.text }];
  });
}
