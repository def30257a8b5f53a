/**
 * Definitions: chunks, pipelines, configs, output configs, profiles. Zod is the one source of their shape;
 * the JSON Schemas under `schemas/` come from here. See spec chapter 2 and `docs/definitions.md`.
 */
import { z } from 'zod';
import type { Sha256 } from './ids.ts';
import { levelSchema } from './schema.ts';
import type { DeepReadonly } from './schema.ts';

/** The stem of a definition's file. */
export const idSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'is no id: lower-case letters, digits and dashes, starting with a letter');
const stepIdSchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]*$/, 'is no step id: letters and digits, starting with a lower-case letter');
const partSchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]*$/, 'is no name: letters and digits, starting with a lower-case letter');
const textSchema = z.union(
  [
    z.string(),
    z.record(z.string().regex(/^[a-z]{2,3}$/, 'is no language: write its code, such as de or en'), z.string()),
  ],
  'must be a text, or one text per language such as { de: ..., en: ... }',
);
const closedSchema = z.union(
  [z.number(), z.boolean(), z.string().max(200)],
  'must be a number, true, false or a text of at most 200 characters',
);

const retrySchema = z.strictObject({
  maxAttempts: z.int().min(1).max(100).default(3),
  backoff: z.enum(['fixed', 'linear', 'exponential']).default('exponential'),
  baseMs: z.int().min(0).default(500),
  maxMs: z.int().min(0).default(30_000),
  retryOn: z.array(z.string()).optional(),
});
/** `maxAttempts` counts failed and timed-out attempts; a wait doubles from `baseMs` to `maxMs` unless `backoff` says otherwise. */
export type RetryPolicy = DeepReadonly<z.infer<typeof retrySchema>>;
export const DEFAULT_RETRY: RetryPolicy = retrySchema.parse({});

const loopSchema = z.strictObject({
  times: z.union([z.int().min(0), z.string()], 'must be a whole number from 0 or a reference').optional(),
  until: z.string().optional(),
  max: z.int().min(1).max(10_000).default(50),
});

const stepFields = {
  id: stepIdSchema,
  title: textSchema.optional(),
  explains: textSchema.optional(),
  when: z.string().optional(),
  continueOn: z.array(z.enum(['failed', 'blocked'])).optional(),
  retry: retrySchema.optional(),
  timeoutMs: z.int().min(1).optional(),
  use: z.string().optional(),
  with: z.record(z.string(), z.string()).optional(),
  repeat: loopSchema.optional(),
  forEach: z.string().optional(),
  concurrency: z.int().min(1).max(64).optional(),
};

/** A step as it is written. Exactly one of `use`, `repeat` with `steps`, `forEach` with `steps` says its kind. */
export interface StepSource extends z.infer<z.ZodObject<typeof stepFields>> {
  steps?: StepSource[] | undefined;
}
const stepSchema: z.ZodType<StepSource> = z
  .strictObject({
    ...stepFields,
    get steps(): z.ZodOptional<z.ZodArray<z.ZodType<StepSource>>> {
      return z.array(stepSchema).min(1).optional();
    },
  })
  .superRefine((step, context) => {
    const fault = kindFault(step);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

function kindFault(step: StepSource): string | undefined {
  if (step.concurrency !== undefined && step.forEach === undefined) return '`concurrency` goes with `forEach`';
  if (step.use !== undefined)
    return step.steps === undefined && step.forEach === undefined
      ? undefined
      : 'a step with `use` runs one chunk; it takes no `steps` and no `forEach`';
  if (step.steps === undefined) return 'a step needs `use: <chunk>`, or `repeat` or `forEach` with `steps`';
  return containerFault(step);
}

function containerFault(step: StepSource): string | undefined {
  if ((step.forEach === undefined) === (step.repeat === undefined))
    return 'a step with `steps` needs either `repeat` or `forEach`';
  const ofChunks = [step.with, step.retry, step.timeoutMs].some((value) => value !== undefined);
  return ofChunks ? '`with`, `retry` and `timeoutMs` belong to the steps inside' : undefined;
}

export const chunkSchema = z.strictObject({
  title: textSchema.optional(),
  description: textSchema.optional(),
  /** Type of a registered stage, such as `text.interception`. */
  stage: z.string().min(1),
  /** Which of the profile's roles picks provider and model. */
  role: z.string().optional(),
  /** The parts of the prompt in order. `{{name}}` takes a step's `with`, or a reference such as `config.context`. */
  template: z.record(partSchema, z.string()).optional(),
  /** Settings of the stage; a config's parameters and an output's fields of the same name go before them. */
  defaults: z.record(z.string(), closedSchema).default({}),
  output: z.enum(['text']).default('text'),
});
export const pipelineSchema = z.strictObject({
  title: textSchema,
  description: textSchema.optional(),
  input: z
    .strictObject({
      text: z
        .union(
          [z.int().min(0), z.strictObject({ min: z.int().min(0), max: z.int().min(0) })],
          'must be how many: a whole number from 0, or { min, max }',
        )
        .default(1),
    })
    .default({ text: 1 }),
  steps: z.array(stepSchema).min(1),
});
export const configSchema = z.strictObject({
  name: textSchema,
  description: textSchema.optional(),
  category: textSchema.optional(),
  tags: z
    .union(
      [z.array(z.string()), z.record(z.string(), z.array(z.string()))],
      'must be a list of texts, or one list per language',
    )
    .optional(),
  pipeline: idSchema,
  /** The style text that a learner sees and may edit. */
  context: textSchema.default(''),
  /** The kind of rewriting: `transformation`, `optimization`, `passthrough`, or a text of its own. */
  instruction: textSchema.default('transformation'),
  /** What the offline provider does instead of a model. */
  procedure: z.string().optional(),
  parameters: z.record(z.string(), closedSchema).default({}),
  outputs: z.array(idSchema).default([]),
  display: z
    .strictObject({
      icon: z.string().optional(),
      color: z.string().optional(),
      order: z.number().optional(),
      difficulty: z.int().min(1).max(5).optional(),
      minAge: z.int().min(0).max(99).optional(),
    })
    .default({}),
  /** May only tighten. */
  safety: levelSchema.optional(),
});
export const MEDIA = ['image', 'speech', 'music', 'video', 'code', 'text'] as const;
export const outputSchema = z.strictObject({
  name: textSchema,
  description: textSchema.optional(),
  medium: z.enum(MEDIA),
  chunk: idSchema.optional(),
  /** `provider/model`; then the profile is not asked. */
  pin: z
    .string()
    .regex(/^[^/]+\/.+$/, 'is no pin: write provider/model')
    .optional(),
  width: z.int().min(64).max(4096).optional(),
  height: z.int().min(64).max(4096).optional(),
  samplingSteps: z.int().min(1).optional(),
  optimize: z.boolean().default(false),
  instruction: textSchema.optional(),
  estimatedSeconds: z.number().min(0).optional(),
});
export const profileSchema = z.strictObject({
  name: textSchema,
  description: textSchema.optional(),
  /** Role → `provider/model` in order of preference. */
  roles: z.record(z.string(), z.array(z.string().regex(/^[^/]+\/.+$/, 'is no model: write provider/model')).min(1)),
});

/** The kinds of definition by folder. */
export const DEFINITION_SCHEMAS = {
  chunks: chunkSchema,
  pipelines: pipelineSchema,
  configs: configSchema,
  outputs: outputSchema,
  profiles: profileSchema,
} as const;
export type DefinitionKind = keyof typeof DEFINITION_SCHEMAS;
export const DEFINITION_KINDS = Object.keys(DEFINITION_SCHEMAS) as readonly DefinitionKind[];

export type ChunkDefinition = DeepReadonly<z.infer<typeof chunkSchema>>;
export type PipelineDefinition = DeepReadonly<z.infer<typeof pipelineSchema>>;
export type ConfigDefinition = DeepReadonly<z.infer<typeof configSchema>>;
export type OutputDefinition = DeepReadonly<z.infer<typeof outputSchema>>;
export type ProfileDefinition = DeepReadonly<z.infer<typeof profileSchema>>;
export type StepDefinition = DeepReadonly<StepSource>;

export interface DefinitionOf {
  readonly chunks: ChunkDefinition;
  readonly pipelines: PipelineDefinition;
  readonly configs: ConfigDefinition;
  readonly outputs: OutputDefinition;
  readonly profiles: ProfileDefinition;
}

/** `shipped` with Stemma, `admin` in the data directory, `member` saved by a person; decides what it may use. */
export type Origin = 'shipped' | 'admin' | 'member';

/** A definition that has loaded: parsed, and exactly as it was written. */
export interface Resolved<K extends DefinitionKind = DefinitionKind> {
  readonly kind: K;
  readonly id: string;
  readonly definition: DefinitionOf[K];
  readonly origin: Origin;
  /** SHA-256 of `text`. */
  readonly digest: Sha256;
  readonly text: string;
}

/** The chunk an output is made with. */
export const chunkOfOutput = (output: OutputDefinition): string => output.chunk ?? `generate-${output.medium}`;

/** All definitions that loaded, by kind and id. */
export type Definitions = { readonly [K in DefinitionKind]: ReadonlyMap<string, Resolved<K>> };

export type StepKind = 'use' | 'repeat' | 'forEach';
/** `use` with `repeat` is a `use` step that repeats its chunk. */
export function kindOf(step: StepDefinition): StepKind {
  if (step.use !== undefined) return 'use';
  return step.forEach === undefined ? 'repeat' : 'forEach';
}

/** What is wrong with a definition, and where. `path` leads into the parsed document; line and column count from 1. */
export interface DefinitionProblem {
  readonly file: string;
  readonly kind: DefinitionKind;
  readonly id: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly suggestion?: string;
  readonly line?: number;
  readonly column?: number;
}
