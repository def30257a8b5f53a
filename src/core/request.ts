import { z } from 'zod';
import { levelSchema, prioritySchema } from './schema.ts';
import type { DeepReadonly } from './schema.ts';

/**
 * What a person asked for, complete: kept as an artifact of the run (`work/01_request.json`), because it may hold
 * content. Texts stand in artifacts of their own beside it.
 */
export const runRequestSchema = z.strictObject({
  config: z.string(),
  profile: z.string(),
  level: levelSchema,
  lang: z.string(),
  seed: z.int().min(0),
  priority: prioritySchema,
  outputs: z.array(z.string()),
  /** The config's parameters with what was set on top. */
  parameters: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
  /** Names of the parameters that the person set; they go before everything else of that name. */
  set: z.array(z.string()).optional(),
  /** Whether the person edited the config's text for this run. */
  edited: z.strictObject({ task: z.boolean(), context: z.boolean() }),
  /** What the offline provider does instead of a model. */
  procedure: z.string().optional(),
});
export type RunRequest = DeepReadonly<z.infer<typeof runRequestSchema>>;
