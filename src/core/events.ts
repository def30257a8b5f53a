/**
 * Events: everything that is ever written about a run, closed by type. Coincident facts share one event.
 * They hold facts, sizes, commitments and ids; never prompts, generated text, names, keys or stack traces (spec chapter 3).
 */
import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import { StemmaError } from './errors.ts';
import { toHex } from './ids.ts';
import type { Digest, Instant, RunId, Sha256, SpanId, StepPath } from './ids.ts';
import type { Json } from './json.ts';
import {
  artifactIdSchema,
  committedSchema,
  factsSchema,
  faultSchema,
  instantSchema,
  levelSchema,
  prioritySchema,
  runIdSchema,
  sha256Schema,
  stepPathSchema,
  usageSchema,
  verdictSchema,
  workerIdSchema,
} from './schema.ts';
import type { DeepReadonly } from './schema.ts';

const id = z.string().min(1).max(200);

export const eventDataSchemas = {
  'run.created': z.strictObject({
    config: id,
    pipeline: id,
    profile: id,
    outputs: z.array(id),
    /** SHA-256 of the set of definitions the run was made with; the set itself is kept beside the log. */
    definitions: sha256Schema,
    level: levelSchema,
    policy: z.string().max(80),
    lang: z.string().max(35),
    seed: z.int().min(0),
    priority: prioritySchema,
    /** The input and everything else the person gave, as artifacts. */
    given: z.array(committedSchema),
    parent: z.strictObject({ runId: runIdSchema, fromStep: stepPathSchema }).optional(),
    stemma: z.string().max(40),
  }),
  'run.started': z.strictObject({}),
  'run.waiting': z.strictObject({ for: z.enum(['time']), until: instantSchema }),
  'run.paused': z.strictObject({}),
  'run.resumed': z.strictObject({}),
  'run.ended': z.strictObject({
    state: z.enum(['blocked', 'succeeded', 'failed', 'canceled', 'quarantined']),
    fault: faultSchema.optional(),
    /** Outputs that did not succeed in a run that did. */
    problems: z.array(z.strictObject({ stepPath: stepPathSchema, state: z.string().max(20), code: id })).optional(),
  }),
  'attempt.started': z.strictObject({
    stage: id,
    stageVersion: z.int().min(1),
    /** Digest of the chunk's definition. */
    definition: sha256Schema,
    inputs: z.array(artifactIdSchema),
    route: z
      .strictObject({ chosen: id, candidates: z.array(id), ruledOut: z.record(z.string(), z.string().max(80)) })
      .optional(),
    queuedMs: z.number().min(0),
    worker: workerIdSchema,
  }),
  'attempt.ended': z.strictObject({
    state: z.enum(['succeeded', 'blocked', 'suspended', 'failed', 'timedOut', 'canceled', 'abandoned']),
    facts: factsSchema,
    outputs: z.array(committedSchema),
    durationMs: z.number().min(0),
    provider: id.optional(),
    /** As the service reported it. */
    model: id.optional(),
    usage: usageSchema.optional(),
    fault: faultSchema.optional(),
    problems: z.array(faultSchema).optional(),
    /** When the next attempt is due; absent when none follows. */
    retryAt: instantSchema.optional(),
  }),
  'step.skipped': z.strictObject({ because: z.enum(['condition', 'dependency']) }),
  'step.canceled': z.strictObject({}),
  'safety.verdict': verdictSchema.extend({ evidence: committedSchema }),
  'command.received': z.strictObject({ command: z.enum(['cancel', 'pause', 'resume']), by: z.string().max(80) }),
} as const;

export type EventType = keyof typeof eventDataSchemas;
export type EventData = { readonly [T in EventType]: DeepReadonly<z.infer<(typeof eventDataSchemas)[T]>> };

/** An event before the log gives it its number, time and hash. */
export type EventDraft = {
  readonly [T in EventType]: {
    readonly type: T;
    readonly stepPath?: StepPath;
    readonly attempt?: number;
    readonly spanId?: SpanId;
    readonly data: EventData[T];
  };
}[EventType];

/** `seq` counts in the run from 1 without gaps, `position` in the whole log. */
export type RunEvent = EventDraft & {
  readonly v: 1;
  readonly runId: RunId;
  readonly seq: number;
  readonly position: number;
  readonly at: Instant;
  readonly hash: Sha256;
};

/** The hash before a run's first event: 32 zero bytes. */
export const GENESIS = new Uint8Array(32);

/**
 * The text that is hashed and stored: the RFC 8785 form of `{ v, runId, seq, at, type, stepPath, attempt, spanId, data }`
 * without absent keys; `at` is ISO 8601 with milliseconds.
 */
export function eventBody(runId: RunId, place: { seq: number; at: Instant }, draft: EventDraft): string {
  const { type, stepPath, attempt, spanId, data } = draft;
  const at = new Date(place.at).toISOString();
  return canonicalJson({ v: 1, runId, seq: place.seq, at, type, stepPath, attempt, spanId, data: data as Json });
}

/** SHA-256(previous hash as 32 raw bytes ‖ the body's UTF-8). */
export const eventHash = (digest: Digest, previous: Uint8Array, body: string): Uint8Array =>
  digest.sha256(previous, body);

const storedEventSchema = z.looseObject({
  v: z.literal(1),
  runId: runIdSchema,
  seq: z.int().min(1),
  at: z.iso.datetime({ precision: 3 }),
  type: z.string(),
  stepPath: z.string().optional(),
  attempt: z.int().min(1).optional(),
  spanId: z.string().optional(),
  data: z.custom<object>((value) => typeof value === 'object' && value !== null),
});

/**
 * A stored body as an event. Types this version does not know (an old or newer file) are kept as they are.
 *
 * @throws {StemmaError} STORE_CORRUPT when the text is no event
 */
export function parseEvent(body: string, place: { position: number; hash: Uint8Array }): RunEvent {
  try {
    const stored = storedEventSchema.parse(JSON.parse(body));
    const at = Date.parse(stored.at);
    return { ...stored, at, position: place.position, hash: toHex(place.hash) } as unknown as RunEvent;
  } catch (cause) {
    throw new StemmaError('STORE_CORRUPT', `The entry at position ${place.position} of the log is no event.`, {
      cause,
      facts: { position: place.position },
      hint: 'Run `stemma doctor`; restore the data directory from a backup if it names more.',
    });
  }
}

export const isKnownEvent = (type: string): type is EventType => Object.hasOwn(eventDataSchemas, type);

/**
 * The draft itself when its data has the shape of its type.
 *
 * @throws {StemmaError} INTERNAL: a malformed event is a bug of the writer, never a person's mistake
 */
export function assertEventData(draft: EventDraft): EventDraft {
  const result = eventDataSchemas[draft.type].safeParse(draft.data);
  if (result.success) return draft;
  const faults = result.error.issues.map(({ path, message }) => `"${path.join('.')}": ${message}`);
  throw new StemmaError('INTERNAL', `The event ${draft.type} is malformed at ${faults.join('; ')}`);
}

/** The event as it goes to people and programs: ISO times, and the envelope's keys in a fixed order. */
export function toWireEvent(event: RunEvent): Json {
  const { v, runId, seq, position, type, stepPath, attempt, spanId, data, hash } = event;
  const at = new Date(event.at).toISOString();
  return { v, runId, seq, position, at, type, stepPath, attempt, spanId, data: data as Json, hash };
}
