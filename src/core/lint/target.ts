import { checkNamed } from './finding.ts';
import { usableChunk } from './output.ts';
import type { UsableChunk } from './output.ts';
import type { StepDesk } from './pipeline.ts';

/** What a `use` step runs: one chunk, the chunk of each output config, or something that cannot be checked. */
export type Target =
  | ({ readonly kind: 'chunk'; readonly id: string } & UsableChunk)
  | { readonly kind: 'outputs' }
  | { readonly kind: 'unknown' };

export const OUTPUT_CHUNK = 'output.chunk';

export function checkTarget(place: StepDesk, id: string): Target {
  const { desk, step, scope, needs } = place;
  const path = [...place.path, 'use'];
  if (id === OUTPUT_CHUNK) {
    if (!scope.inOutputs) desk.report(path, '`use: output.chunk` stands only inside `forEach: outputs`');
    needs.outputSteps.push({ step, scope });
    return { kind: 'outputs' };
  }
  if (isPipeline(place, id)) {
    const message = id === place.pipeline ? 'a pipeline cannot use itself' : `"${id}" is a pipeline, not a chunk`;
    desk.report(path, message, '`use` takes the id of a chunk, or output.chunk.');
    return { kind: 'unknown' };
  }
  needs.chunks.add(id);
  const used = checkNamed(desk, { path, kind: 'chunks', id }) ? usableChunk(desk.bench, id) : undefined;
  return used === undefined ? { kind: 'unknown' } : { kind: 'chunk', id, ...used };
}

function isPipeline({ desk: { bench }, pipeline }: StepDesk, id: string): boolean {
  if (bench.definitions.chunks.has(id) || bench.broken.chunks.has(id)) return false;
  return id === pipeline || bench.definitions.pipelines.has(id);
}
