/**
 * Definitions: chunks, pipelines, configs, output configs, profiles. Zod is the one source of their shape;
 * the JSON Schemas under `schemas/` come from here. See spec chapter 2 and `docs/definitions.md`.
 */
import { z } from 'zod';
import type { Sha256 } from './ids.ts';
import { closedWordSchema, levelSchema, strategySchema } from './schema.ts';
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

/** The most iterations of a `forEach` over a number. */
export const MOST_ITERATIONS = 100_000;
/** How many iterations of a `forEach` run side by side when it does not say. */
export const DEFAULT_CONCURRENCY = 4;
const DEFAULT_OPTIONS = ['approve', 'reject'] as const;

const stepFields = {
  id: stepIdSchema,
  title: textSchema.optional(),
  explains: textSchema.optional(),
  when: z.string().optional(),
  /** Steps of the same list that come before it, whatever the order in the file; absent: the one above. */
  needs: z.array(stepIdSchema).optional(),
  continueOn: z.array(z.enum(['failed', 'blocked'])).optional(),
  retry: retrySchema.optional(),
  /** Per attempt. */
  timeoutMs: z.int().min(1).optional(),
  /** How long an attempt may say nothing. */
  idleTimeoutMs: z.int().min(1).optional(),
  use: z.string().optional(),
  with: z.record(z.string(), z.string()).optional(),
  repeat: loopSchema.optional(),
  /** `outputs`, how many times, or a reference to a number. */
  forEach: z
    .union([z.int().min(0).max(MOST_ITERATIONS), z.string()], 'must be outputs, a whole number or a reference')
    .optional(),
  concurrency: z.int().min(1).max(256).optional(),
  /** Another pipeline, whose steps stand below this one. */
  pipeline: idSchema.optional(),
  /** A question to a person; the run waits for the answer. */
  review: textSchema.optional(),
  options: z.array(closedWordSchema.min(1)).min(1).max(20).optional(),
  expiresMs: z.int().min(1).optional(),
  byDefault: closedWordSchema.min(1).optional(),
  byOther: z.boolean().optional(),
  /** The name of a signal from outside. */
  waitFor: closedWordSchema.min(1).optional(),
};

/** A step as it is written. Exactly one of its keys says its kind; see `kindOf`. */
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
    const fault = kindFault(step) ?? optionFault(step);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

export type StepKind = 'use' | 'repeat' | 'forEach' | 'pipeline' | 'review' | 'waitFor';
const KINDS: readonly Exclude<StepKind, 'repeat'>[] = ['use', 'forEach', 'pipeline', 'review', 'waitFor'];

/** `use` with `repeat` is a `use` step that repeats its chunk. */
export const kindOf = (step: StepDefinition): StepKind => KINDS.find((kind) => step[kind] !== undefined) ?? 'repeat';

/** The keys that go with some kinds of steps only. */
const KEYS_OF_KINDS = {
  repeat: ['use', 'repeat'],
  steps: ['repeat', 'forEach'],
  with: ['use', 'pipeline'],
  retry: ['use', 'repeat', 'forEach', 'pipeline'],
  timeoutMs: ['use'],
  idleTimeoutMs: ['use'],
  concurrency: ['forEach'],
  options: ['review'],
  expiresMs: ['review', 'waitFor'],
  byDefault: ['review'],
  byOther: ['review'],
} as const satisfies { readonly [K in keyof StepSource]?: readonly StepKind[] };
const KEYS = Object.keys(KEYS_OF_KINDS) as readonly (keyof typeof KEYS_OF_KINDS)[];

function kindFault(step: StepSource): string | undefined {
  const named = KINDS.filter((kind) => step[kind] !== undefined);
  if (named.length > 1) return `a step is of one kind: it cannot have ${quoted(named, 'and')}`;
  if (named.length === 0 && step.repeat === undefined)
    return step.steps === undefined
      ? 'a step needs `use: <chunk>`, or `repeat` or `forEach` with `steps`, or `pipeline`, `review` or `waitFor`'
      : 'a step with `steps` needs either `repeat` or `forEach`';
  const kind = kindOf(step);
  if (kind === 'forEach' && step.repeat !== undefined) return 'a step with `steps` needs either `repeat` or `forEach`';
  const misplaced = KEYS.find((key) => step[key] !== undefined && !goesWith(key, kind));
  if (misplaced !== undefined) return `\`${misplaced}\` goes with ${quoted(KEYS_OF_KINDS[misplaced], 'or')}`;
  return goesWith('steps', kind) && step.steps === undefined ? `\`${kind}\` needs \`steps\`` : undefined;
}

const goesWith = (key: keyof typeof KEYS_OF_KINDS, kind: StepKind): boolean =>
  KEYS_OF_KINDS[key].some((one) => one === kind);

const quoted = (words: readonly string[], joint: string): string =>
  words
    .map((word) => `\`${word}\``)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ` ${joint} `);

function optionFault(step: StepSource): string | undefined {
  const options = optionsOf(step);
  if (new Set(options).size < options.length) return '`options` names one of them twice';
  return step.byDefault === undefined || options.includes(step.byDefault)
    ? undefined
    : `\`byDefault\` is none of the options: ${options.join(', ')}`;
}

/** What a person may choose; `reject` fails the step. */
export const optionsOf = (step: Pick<StepDefinition, 'options'>): readonly string[] => step.options ?? DEFAULT_OPTIONS;

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
  /** The whole run, waits included and pauses not. */
  timeoutMs: z.int().min(1).optional(),
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
  /** `provider/model` in order, for when the pin or the profile's models cannot serve. */
  fallback: z
    .array(z.string().regex(/^[^/]+\/.+$/, 'is no model: write provider/model'))
    .min(1)
    .optional(),
  /** Graphics memory that a local model needs for it. */
  vramMb: z.int().min(1).optional(),
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
  /** How one of a role's models is chosen: one word for all roles, or one per role; `fixed` takes the first that can serve. */
  strategy: z
    .union(
      [strategySchema, z.record(z.string(), strategySchema)],
      `must be one of ${strategySchema.options.join(', ')}, or one of them per role`,
    )
    .default('fixed'),
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

/** The steps and those inside them. */
export const allSteps = (steps: readonly StepDefinition[]): readonly StepDefinition[] =>
  steps.flatMap((step) => [step, ...allSteps(step.steps ?? [])]);

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
