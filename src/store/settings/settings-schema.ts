/** The settings: every key with its default and what it is for. Zod is the one source of their shape. */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/schema.ts';
import { levelSchema } from '../../core/schema.ts';

const languageSchema = z.string().regex(/^[a-z]{2,3}$/, 'is no language: write a code of ISO 639-1 such as de');
/** Countries whose law a policy follows; whoever writes the policy of another one adds it here. */
const JURISDICTIONS = ['de'] as const;
const GIBIBYTE = 2 ** 30;

const bytesSchema = z
  .int()
  .min(1)
  .max(1024 * GIBIBYTE);

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
