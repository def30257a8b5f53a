/** What the linter knows about stages: read off their Zod objects, so that nothing is written down twice. */
import { z } from 'zod';
import { MEDIA } from '../definitions.ts';
import type { ClosedType } from '../expression.ts';
import type { AnyStage } from '../stage.ts';

export interface StageInputShape {
  /** One artifact, a list of them, or a number, flag or word. */
  readonly kind: 'artifact' | 'artifacts' | 'closed';
  readonly required: boolean;
}

export interface StageShape {
  readonly inputs: Readonly<Record<string, StageInputShape>>;
  readonly settings: readonly string[];
  readonly facts: Readonly<Record<string, ClosedType>>;
  readonly writes: 'text' | 'media' | 'nothing';
  readonly calls?: string;
  /** What an output config that runs it may be for; absent when that cannot be told. */
  readonly medium?: string;
}

/** Stages by type. */
export type StageCatalogue = ReadonlyMap<string, StageShape>;

export const stageCatalogue = (stages: Iterable<AnyStage>): StageCatalogue =>
  new Map(Array.from(stages, (stage) => [stage.type, describeStage(stage)]));

/** The stage as the linter sees it. An object in its input is an artifact, a list is several, all else is closed. */
export function describeStage(stage: AnyStage): StageShape {
  const medium = mediumOf(stage);
  return {
    inputs: mapShape(stage.input, (schema) => ({
      kind: inputKind(schema),
      required: !z.safeParse(schema, undefined).success,
    })),
    settings: Object.keys(stage.settings.shape),
    facts: mapShape(stage.facts, factType),
    writes: stage.writes,
    ...(stage.calls === undefined ? {} : { calls: stage.calls }),
    ...(medium === undefined ? {} : { medium }),
  };
}

function mapShape<T>(
  object: { readonly shape: z.core.$ZodShape },
  map: (schema: z.core.$ZodType) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(object.shape).map(([key, schema]) => [key, map(schema)]));
}

function inputKind(schema: z.core.$ZodType): StageInputShape['kind'] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodArray) return 'artifacts';
  return bare instanceof z.ZodObject ? 'artifact' : 'closed';
}

function factType(schema: z.core.$ZodType): ClosedType {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodNumber) return 'number';
  if (bare instanceof z.ZodBoolean) return 'boolean';
  if (bare instanceof z.ZodString || bare instanceof z.ZodEnum) return 'string';
  return bare instanceof z.ZodNull ? 'null' : 'unknown';
}

/** Without `optional`, `nullable`, `default` and their like. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { _zod: internals } = schema;
  const def: object = internals.def;
  return 'innerType' in def && def.innerType instanceof z.ZodType ? unwrapped(def.innerType) : schema;
}

function mediumOf(stage: AnyStage): string | undefined {
  const called = stage.calls?.split('.')[0];
  if (called !== undefined && called !== 'text' && isMedium(called)) return called;
  return stage.writes === 'text' ? 'text' : undefined;
}

const isMedium = (word: string): boolean => MEDIA.some((medium) => medium === word);
