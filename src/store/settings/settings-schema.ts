/** The settings: every key with its default and what it is for. Zod is the one source of their shape. */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/schema.ts';
import { budgetModeSchema, levelSchema } from '../../core/schema.ts';

const languageSchema = z.string().regex(/^[a-z]{2,3}$/, 'is no language: write a code of ISO 639-1 such as de');
/** Countries whose law a policy follows; whoever writes the policy of another one adds it here. */
const JURISDICTIONS = ['de'] as const;
const GIBIBYTE = 2 ** 30;

const bytesSchema = z
  .int()
  .min(1)
  .max(1024 * GIBIBYTE);

/** By provider or `provider/model`. */
const perCandidateSchema = z.record(z.string().min(1), z.int().min(1)).default({});

const usdSchema = z.number().min(0).max(1e9);
const NONE = 'none';
/** A plain amount halts. */
const budgetSchema = z
  .union(
    [
      z.literal(NONE),
      usdSchema.transform((usd) => ({ usd, mode: 'halt' as const })),
      z.strictObject({ usd: usdSchema, mode: budgetModeSchema.default('halt') }),
    ],
    'must be none, an amount in USD, or { usd, mode } with a mode of warn, halt, ask',
  )
  .default(NONE);

const atMostSchema = z.union([z.literal(NONE), z.int().min(1)], 'must be none or a whole number from 1').default(NONE);

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
    return true;
  } catch {
    return false;
  }
};

export const settingsSchema = z.strictObject({
  language: z
    .strictObject({
      primary: z
        .union([z.literal('auto'), languageSchema])
        .default('auto')
        .describe("The language of messages (ISO 639-1). auto: the machine's, when it is supported, else en."),
      supported: z
        .array(languageSchema)
        .min(1)
        .default(['de', 'en'])
        .describe('The languages that people here may choose from.'),
    })
    .prefault({}),
  safety: z
    .strictObject({
      level: levelSchema
        .default('youth')
        .describe('How strict the checks are: kids, youth, adult, research. A config may only tighten it.'),
      jurisdiction: z
        .enum(JURISDICTIONS, `has no policy here: the ones there are: ${JURISDICTIONS.join(', ')}`)
        .default('de')
        .describe('Whose law the checks follow.'),
    })
    .prefault({}),
  profile: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'is no id of a profile')
    .default('offline')
    .describe('Which profile says what provider and model fill each role.'),
  limits: z
    .strictObject({
      inputBytes: bytesSchema.default(262_144).describe('The largest text a run takes as its input.'),
      artifactBytes: bytesSchema.default(2 * GIBIBYTE).describe('The largest single file a run may write.'),
      concurrency: perCandidateSchema.describe(
        'Calls at a time, by provider or provider/model, such as {ollama: 1}. What is not named has no limit.',
      ),
      roomConcurrency: atMostSchema.describe('Calls at a time of one room.'),
      callsPerMinute: perCandidateSchema.describe('Calls in a minute, by provider or provider/model.'),
      tokensPerMinute: perCandidateSchema.describe('Tokens in a minute, by provider or provider/model.'),
      vramMb: atMostSchema.describe('Graphics memory for all local models together, in MB.'),
    })
    .prefault({}),
  budgets: z
    .strictObject({
      day: budgetSchema.describe('What all calls of a day may cost, in USD, such as 5 or {usd: 5, mode: ask}.'),
      run: budgetSchema.describe('What one run may cost.'),
      config: budgetSchema.describe('What all runs of one config may cost together.'),
      room: budgetSchema.describe('What all runs of one room may cost together.'),
      person: budgetSchema.describe('What all runs of one person may cost together.'),
    })
    .prefault({}),
  time: z
    .strictObject({
      zone: z
        .string()
        .refine((name) => name === 'auto' || isTimeZone(name), 'is no time zone: write a name such as Europe/Berlin')
        .default('auto')
        .describe('Where days begin (IANA name). auto: where this machine is.'),
    })
    .prefault({}),
  workers: z
    .strictObject({
      slots: z.int().min(1).max(1024).default(8).describe('How many runs one process holds at the same time.'),
    })
    .prefault({}),
  privacy: z
    .strictObject({
      search: z
        .enum(['on', 'off'])
        .default('on')
        .describe('Whether the texts of runs can be searched (on), or no index of them is kept (off).'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      content: z
        .enum(['on', 'off'])
        .default('off')
        .describe('Whether the texts of runs go to the collector with their traces (on), or never leave here (off).'),
      otlp: z
        .strictObject({
          endpoint: z
            .union([z.literal('none'), z.url({ protocol: /^https?$/, error: 'is no address of a collector' })])
            .default('none')
            .describe('The collector that traces of runs are sent to, such as http://localhost:4318; none sends none.'),
        })
        .prefault({}),
    })
    .prefault({}),
});

export type Settings = DeepReadonly<z.infer<typeof settingsSchema>>;

/** A key as it is written in flags, sources and messages: `safety.level`. */
export interface SettingKey {
  readonly key: string;
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly default: unknown;
  readonly comment: string;
  /** `STEMMA_SAFETY_LEVEL`. */
  readonly variable: string;
}

function keysOf(shape: z.ZodRawShape, above: readonly string[]): SettingKey[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const path = [...above, name];
    const section = field instanceof z.ZodPrefault ? field.unwrap() : field;
    if (section instanceof z.ZodObject) return keysOf(section.shape, path);
    return [toKey(path, field as z.ZodType)];
  });
}

function toKey(path: readonly string[], schema: z.ZodType): SettingKey {
  const words = path.flatMap((name) => name.split(/(?=[A-Z])/));
  return {
    key: path.join('.'),
    path,
    schema,
    default: schema.parse(undefined),
    comment: schema.description ?? '',
    variable: ['stemma', ...words].join('_').toUpperCase(),
  };
}

/** Every key, in the order in which people read them. */
export const SETTING_KEYS: readonly SettingKey[] = keysOf(settingsSchema.shape, []);
