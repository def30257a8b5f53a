import type { ChunkDefinition, Resolved } from '../definitions.ts';
import { chunkOfOutput, outputSchema } from '../definitions.ts';
import type { ClosedType } from '../expression.ts';
import { checkNamed } from './finding.ts';
import type { Bench, Desk } from './finding.ts';
import type { StageShape } from './stage-catalogue.ts';

/** Fields of an output config that are texts for people and models; all others are closed. */
const TEXT_FIELDS = new Set(['name', 'description', 'instruction']);
const LISTS = new Set(['fallback']);
const FIELD_TYPES: Readonly<Record<string, ClosedType>> = {
  width: 'number',
  height: 'number',
  samplingSteps: 'number',
  estimatedSeconds: 'number',
  vramMb: 'number',
  optimize: 'boolean',
};

export const OUTPUT_FIELDS: readonly string[] = [
  'id',
  ...Object.keys(outputSchema.shape).filter((field) => !LISTS.has(field)),
];

/** What a reference to the field gives; undefined for a field that does not exist. */
export function outputFieldType(field: string): ClosedType | 'text' | undefined {
  if (!OUTPUT_FIELDS.includes(field)) return undefined;
  return TEXT_FIELDS.has(field) ? 'text' : (FIELD_TYPES[field] ?? 'string');
}

export function lintOutput(desk: Desk, output: Resolved<'outputs'>): void {
  const { definition } = output;
  const id = chunkOfOutput(definition);
  const path = [definition.chunk === undefined ? 'medium' : 'chunk'];
  const used = checkNamed(desk, { path, kind: 'chunks', id }) ? usableChunk(desk.bench, id) : undefined;
  if (used === undefined) return;
  const { shape } = used;
  if (!fits(shape, definition.medium))
    desk.report(
      path,
      `the chunk "${id}" makes ${shape.medium ?? shape.writes}, but the medium is ${definition.medium}`,
      `Name a chunk whose stage makes ${definition.medium}, or leave \`chunk\` out for "generate-${definition.medium}".`,
    );
}

function fits(shape: StageShape, medium: string): boolean {
  if (shape.writes === 'nothing') return false;
  if (shape.medium === undefined || shape.medium === medium) return true;
  return shape.medium === 'text' && medium === 'code';
}

/** A chunk with the stage it runs. */
export interface UsableChunk {
  readonly chunk: ChunkDefinition;
  readonly shape: StageShape;
}

/** Undefined when the chunk or its stage cannot be used. */
export function usableChunk(bench: Bench, id: string): UsableChunk | undefined {
  const chunk = bench.broken.chunks.has(id) ? undefined : bench.definitions.chunks.get(id)?.definition;
  const shape = bench.stages.get(chunk?.stage ?? '');
  return chunk === undefined || shape === undefined ? undefined : { chunk, shape };
}
