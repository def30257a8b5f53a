/** Building blocks shared by the schemas of events, definitions and results. */
import { z } from 'zod';
import type { ArtifactId, Instant, RunId, Sha256, StepPath, WorkerId } from './ids.ts';

/** What a schema's output looks like to everyone who only reads it. */
export type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends (infer I)[]
    ? readonly DeepReadonly<I>[]
    : { readonly [K in keyof T]: DeepReadonly<T[K]> };

const branded = <T extends string>(schema: z.ZodString): z.ZodType<T, T> => schema as unknown as z.ZodType<T, T>;

export const runIdSchema = branded<RunId>(
  z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'is no run id (UUIDv7)'),
);
export const stepPathSchema = branded<StepPath>(z.string().min(1).max(500));
export const artifactIdSchema = branded<ArtifactId>(z.string().min(1).max(300));
export const sha256Schema = branded<Sha256>(z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 (64 hex digits)'));
export const workerIdSchema = branded<WorkerId>(z.string().min(1).max(80));
export const instantSchema = z.int().min(0) as unknown as z.ZodType<Instant, Instant>;

const MAX_FACTS_BYTES = 2048;

/** Letters of any script, digits and signs of paths and versions: an enum word, an id or a list of them, no sentence. */
export const closedWordSchema = z
  .string()
  .max(80, 'is no closed word (80 characters at most)')
  .regex(/^[\p{L}\p{M}\p{Nd}._/@:+,[\]-]*$/u, 'is no closed word (letters, digits and . _ / @ : + , - [ ] only)');
const closedValueSchema = z.union([z.number(), z.boolean(), closedWordSchema, z.null()], {
  error: 'is no number, flag or closed word',
});

const isClosedWord = (text: string): boolean => closedWordSchema.safeParse(text).success;

/** Closed facts, 2 kB at most. */
export const factsSchema = z
  .record(z.string(), closedValueSchema)
  .refine((facts) => Object.keys(facts).every(isClosedWord), 'have a name that is no closed word')
  .refine((facts) => JSON.stringify(facts).length <= MAX_FACTS_BYTES, 'facts are larger than 2 kB');

/** Whether a fact may stand in an event. */
export const isClosedFact = (name: string, value: unknown): boolean =>
  isClosedWord(name) && closedValueSchema.safeParse(value).success;

export const levelSchema = z.enum(['kids', 'youth', 'adult', 'research']);
/** How strict safety is, strictest first. */
export type Level = z.infer<typeof levelSchema>;
export const LEVELS = levelSchema.options;

export const prioritySchema = z.enum(['critical', 'high', 'normal', 'low']);
export type Priority = z.infer<typeof prioritySchema>;

/** An artifact named by its commitment: SHA-256(salt ‖ bytes). */
export const committedSchema = z.strictObject({ id: artifactIdSchema, commitment: sha256Schema });
export type Committed = DeepReadonly<z.infer<typeof committedSchema>>;

export const faultSchema = z.strictObject({
  code: closedWordSchema.min(1),
  /** Class of the thrown error, or `StemmaError`. */
  type: closedWordSchema.min(1),
  stackHash: z.string().length(16).optional(),
  facts: factsSchema,
  detail: artifactIdSchema.optional(),
  retryAfterMs: z.int().min(0).optional(),
});
/** Why something failed, without any content: the thrown text and the stack are the artifact `detail`. */
export type Fault = DeepReadonly<z.infer<typeof faultSchema>>;

/** More than any call uses or costs: what says more is wrong, and sums of a lifetime stay exact numbers. */
export const MOST_OF_A_CALL = 1e12;
const amountSchema = z.int().min(0).max(MOST_OF_A_CALL);

export const usageSchema = z.strictObject({
  tokensIn: amountSchema.optional(),
  tokensOut: amountSchema.optional(),
  images: amountSchema.optional(),
  seconds: z.number().min(0).max(MOST_OF_A_CALL).optional(),
  /** null: there is no price for it. */
  costMicroUsd: amountSchema.nullable(),
});
export type Usage = DeepReadonly<z.infer<typeof usageSchema>>;

export const verdictSchema = z.strictObject({
  check: z.string().min(1).max(80),
  level: levelSchema,
  decision: z.enum(['pass', 'note', 'warn', 'block']),
  method: z.enum(['list', 'model', 'person', 'unavailable']),
  subject: artifactIdSchema,
  class: z.string().max(80).optional(),
  policyVersion: z.string().max(80),
  model: z.string().max(200).optional(),
  durationMs: z.number().min(0),
});
/** A safety decision about one artifact. The terms it found stand in its evidence artifact only. */
export type Verdict = DeepReadonly<z.infer<typeof verdictSchema>>;

const optionSchema = closedWordSchema.min(1);

export const waitSchema = z.discriminatedUnion('for', [
  z.strictObject({ for: z.literal('time'), until: instantSchema }),
  z.strictObject({
    for: z.literal('person'),
    /** The text of the question. */
    question: artifactIdSchema,
    options: z.array(optionSchema).min(1).max(20),
    expiresAt: instantSchema.optional(),
    /** Chosen when the time is over; without one the step fails then. */
    byDefault: optionSchema.optional(),
    /** Whoever asked for the run may not decide. */
    byOther: z.boolean().optional(),
  }),
  z.strictObject({ for: z.literal('signal'), name: optionSchema, expiresAt: instantSchema.optional() }),
]);
/** What a step waits for. Going on is a new attempt. */
export type Wait = DeepReadonly<z.infer<typeof waitSchema>>;

export const strategySchema = z.enum(['fixed', 'round_robin', 'least_busy', 'cheapest', 'best_score']);
/** How one of several candidates is chosen; where it does not decide, the order of the list does. */
export type Strategy = z.infer<typeof strategySchema>;

/** Who could have served an attempt, who was ruled out and why, and who was chosen: null when there was nobody. */
export const routeSchema = z.strictObject({
  chosen: z.string().min(1).max(200).nullable(),
  candidates: z.array(z.string().min(1).max(200)),
  ruledOut: z.record(z.string(), z.string().max(80)),
  /** Absent in records of before there was a choice. */
  strategy: strategySchema.optional(),
  /** A replay: nobody was called, the answer comes from the record of the run it replays. */
  replayed: z.literal(true).optional(),
});
export type RecordedRoute = DeepReadonly<z.infer<typeof routeSchema>>;

export const budgetScopeSchema = z.enum(['run', 'config', 'room', 'person', 'day']);
export type BudgetScope = z.infer<typeof budgetScopeSchema>;
export const budgetModeSchema = z.enum(['warn', 'halt', 'ask']);
/** What happens at the limit: it is only said, the call is not made, or a person is asked. */
export type BudgetMode = z.infer<typeof budgetModeSchema>;

/** A budget as it stood when a call asked for money. */
export const budgetStandingSchema = z.strictObject({
  scope: budgetScopeSchema,
  /** Id of the run, config, room or person; the date for `day`; `*` where a budget is set for each of them. */
  subject: z.union([closedWordSchema, z.literal('*')]),
  mode: budgetModeSchema,
  limitMicroUsd: z.int().min(0),
  spentMicroUsd: z.int().min(0),
  /** Of calls that have not ended yet. */
  reservedMicroUsd: z.int().min(0),
});
export type BudgetStanding = DeepReadonly<z.infer<typeof budgetStandingSchema>>;
