/** What a process of the kit is told to do, and what it tells. */
import { z } from 'zod';
import { runIdSchema } from '../../core/schema.ts';

const ordersSchema = z.strictObject({
  folder: z.string(),
  /**
   * `script`: submits and works until every run has ended. `work`: submits and works until SIGTERM.
   * `hold`: appends to one run by hand for as long as the store lets it.
   */
  mode: z.enum(['script', 'work', 'hold']),
  /** Runs to submit first. */
  submit: z.int().min(0),
  slots: z.int().min(1),
  /** How long a stage takes. */
  pauseMs: z.int().min(0),
  /** The run to take over and hold; without one `hold` submits its own. */
  runId: runIdSchema.optional(),
  /** The process kills itself there. Commits count from 1. */
  kill: z.strictObject({ commit: z.int().min(1), when: z.enum(['before', 'after']) }).optional(),
});
export type Orders = Readonly<z.infer<typeof ordersSchema>>;

export const parseOrders = (text: string): Orders => ordersSchema.parse(JSON.parse(text));

const toldSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    worker: z.string(),
    connections: z.array(z.object({ journalMode: z.string(), synchronous: z.number() })),
  }),
  z.object({ kind: z.literal('submitting'), runId: runIdSchema }),
  /** The promise of the submission has resolved. */
  z.object({ kind: z.literal('submitted'), runId: runIdSchema }),
  /** The promise of an append has resolved. */
  z.object({
    kind: z.literal('stored'),
    runId: runIdSchema,
    events: z.number(),
    seq: z.number(),
    position: z.number(),
    type: z.string(),
    token: z.number(),
  }),
  /** The promise of an append by hand was rejected. */
  z.object({ kind: z.literal('refused'), code: z.string() }),
  z.object({ kind: z.literal('done'), commits: z.number() }),
]);
export type Told = Readonly<z.infer<typeof toldSchema>>;
export type ToldOf<K extends Told['kind']> = Extract<Told, { kind: K }>;

export const parseTold = (line: string): Told => toldSchema.parse(JSON.parse(line));
