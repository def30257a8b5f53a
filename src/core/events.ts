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
  budgetStandingSchema,
  committedSchema,
  factsSchema,
  faultSchema,
  instantSchema,
  levelSchema,
  prioritySchema,
  routeSchema,
  runIdSchema,
  sha256Schema,
  stepPathSchema,
  usageSchema,
  verdictSchema,
  waitSchema,
  workerIdSchema,
} from './schema.ts';
import type { DeepReadonly } from './schema.ts';
import { WORKER_MODES } from './states.ts';

const id = z.string().min(1).max(200);
const word = z.string().min(1).max(80);
/** Role, worker or random id of a person; never a name. */
const by = z.string().max(80);
const candidate = z.strictObject({ candidate: id, worker: workerIdSchema });
const budgetStanding = budgetStandingSchema.extend({
  /** What the call would have cost; null when there is no price for it. */
  estimateMicroUsd: z.int().min(0).nullable(),
});

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
    /** Calls are answered from that run's record. */
    replayOf: runIdSchema.optional(),
    by: by.optional(),
    room: word.optional(),
    /** What the run may cost. */
    budgetMicroUsd: z.int().min(0).optional(),
    stemma: z.string().max(40),
  }),
  'run.started': z.strictObject({}),
  'run.waiting': z.strictObject({
    for: z.enum(['time', 'person', 'signal']),
    /** When it goes on by itself at the latest; absent when only an answer wakes it. */
    until: instantSchema.optional(),
  }),
  'run.paused': z.strictObject({}),
  'run.resumed': z.strictObject({}),
  'run.ended': z.strictObject({
    state: z.enum(['blocked', 'succeeded', 'failed', 'canceled', 'quarantined']),
    fault: faultSchema.optional(),
    /** Outputs that did not succeed in a run that did. */
    problems: z.array(z.strictObject({ stepPath: stepPathSchema, state: z.string().max(20), code: id })).optional(),
    /** How many there are besides those that are listed. */
    moreProblems: z.int().min(1).optional(),
  }),
  'attempt.started': z.strictObject({
    stage: id,
    stageVersion: z.int().min(1),
    /** Digest of the chunk's definition. */
    definition: sha256Schema,
    inputs: z.array(artifactIdSchema),
    route: routeSchema.optional(),
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
    /** What a suspended attempt waits for. */
    wait: waitSchema.optional(),
    /** Waited for permits inside the attempt, before its call. */
    queuedMs: z.number().min(0).optional(),
    /** Whether the cost is known, unknown, or what was reserved for a call whose end nobody has seen. */
    priced: z.enum(['yes', 'no', 'estimated']).optional(),
  }),
  'step.skipped': z.strictObject({ because: z.enum(['condition', 'dependency']) }),
  'step.canceled': z.strictObject({}),
  /** A branch takes over what its parent made. */
  'step.reused': z.strictObject({
    from: z.strictObject({ runId: runIdSchema, spanId: z.string().length(16) }),
    stage: id,
    stageVersion: z.int().min(1),
    definition: sha256Schema,
    inputs: z.array(artifactIdSchema),
    facts: factsSchema,
    outputs: z.array(committedSchema),
  }),
  'safety.verdict': verdictSchema.extend({ evidence: committedSchema }),
  'command.received': z.strictObject({ command: z.enum(['cancel', 'pause', 'resume', 'decide', 'signal']), by }),
  'review.requested': z.strictObject({
    question: artifactIdSchema,
    options: z.array(word).min(1),
    expiresAt: instantSchema.optional(),
    byDefault: word.optional(),
    byOther: z.boolean().optional(),
  }),
  'review.decided': z.strictObject({ choice: word, by, note: committedSchema.optional() }),
  /** Nobody decided in time; `choice` is the default, when there is one. */
  'review.expired': z.strictObject({ choice: word.optional() }),
  'signal.received': z.strictObject({ name: word, body: committedSchema.optional() }),
  'signal.expired': z.strictObject({ name: word }),
  'budget.warned': budgetStanding,
  'budget.exceeded': budgetStanding,
  'cost.corrected': z.strictObject({ costMicroUsd: z.int().min(0) }),
  note: z.strictObject({ kind: word, facts: factsSchema }),
} as const;

/** What happens to the installation as a whole, in a log of its own. */
export const installationDataSchemas = {
  'breaker.opened': candidate.extend({ failures: z.int().min(1) }),
  'breaker.halfOpened': candidate,
  'breaker.closed': candidate,
  'budget.warned': budgetStanding,
  'budget.exceeded': budgetStanding,
  'budget.set': budgetStandingSchema
    .pick({ scope: true, subject: true, mode: true, limitMicroUsd: true })
    .extend({ by }),
  'budget.removed': budgetStandingSchema.pick({ scope: true, subject: true }).extend({ by }),
  'worker.started': z.strictObject({ worker: workerIdSchema, pid: z.int(), slots: z.int().min(1), stemma: word }),
  'worker.stopped': z.strictObject({ worker: workerIdSchema }),
  'worker.crashed': z.strictObject({ worker: workerIdSchema }),
  'worker.modeSet': z.strictObject({ worker: workerIdSchema, mode: z.enum(WORKER_MODES), by }),
  /** The receipt of a deletion: what is left of the run's chain verifies and says nothing about its content. */
  'content.deleted': z.strictObject({
    runId: runIdSchema,
    /** The run's last hash. */
    hash: sha256Schema,
    events: z.int().min(1),
    artifacts: z.int().min(0),
    files: z.int().min(0),
    bytes: z.int().min(0),
    by,
  }),
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

export type InstallationType = keyof typeof installationDataSchemas;
export type InstallationDraft = {
  readonly [T in InstallationType]: {
    readonly type: T;
    readonly data: DeepReadonly<z.infer<(typeof installationDataSchemas)[T]>>;
  };
}[InstallationType];

/** An event of the installation's own log; `seq` counts in it from 1, `position` in the whole log. */
export type InstallationEvent = InstallationDraft & {
  readonly v: 1;
  readonly runId: null;
  readonly seq: number;
  readonly position: number;
  readonly at: Instant;
  readonly hash: Sha256;
};

/** `seq` counts in the run from 1 without gaps, `position` in the whole log. */
export type RunEvent = EventDraft & {
  readonly v: 1;
  readonly runId: RunId;
  readonly seq: number;
  readonly position: number;
  readonly at: Instant;
  readonly hash: Sha256;
};

export type LogEvent = RunEvent | InstallationEvent;

/** The hash before a run's first event: 32 zero bytes. */
export const GENESIS = new Uint8Array(32);

/**
 * The text that is hashed and stored: the RFC 8785 form of `{ v, runId, seq, at, type, stepPath, attempt, spanId, data }`
 * without absent keys; `at` is ISO 8601 with milliseconds.
 */
export function eventBody(
  runId: RunId | null,
  place: { seq: number; at: Instant },
  draft: EventDraft | InstallationDraft,
): string {
  const { type, data } = draft;
  const { stepPath, attempt, spanId } = 'stepPath' in draft ? draft : NO_STEP;
  const own = `"data":${canonicalJson(data)},"runId":${JSON.stringify(runId)},"seq":${place.seq},`;
  const step = member('spanId', spanId) + member('stepPath', stepPath);
  return `{"at":"${isoOf(place.at)}",${member('attempt', attempt)}${own}${step}"type":${JSON.stringify(type)},"v":1}`;
}

const member = (name: string, value: string | number | undefined): string =>
  value === undefined ? '' : `"${name}":${JSON.stringify(value)},`;

/** The last one is kept: all that is written in one turn has the same time. */
let lastIso = { at: 0, text: new Date(0).toISOString() };

function isoOf(at: Instant): string {
  if (lastIso.at !== at) lastIso = { at, text: new Date(at).toISOString() };
  return lastIso.text;
}

const NO_STEP = { stepPath: undefined, attempt: undefined, spanId: undefined };

/** SHA-256(previous hash as 32 raw bytes ‖ the body's UTF-8). */
export const eventHash = (digest: Digest, previous: Uint8Array, body: string): Uint8Array =>
  digest.sha256(previous, body);

const storedEventSchema = z.looseObject({
  v: z.literal(1),
  runId: runIdSchema.nullable(),
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
  return parseLogEvent(body, place) as RunEvent;
}

/**
 * A stored body of any log as an event: of a run, or of the installation (`runId` null).
 *
 * @throws {StemmaError} STORE_CORRUPT when the text is no event
 */
export function parseLogEvent(body: string, place: { position: number; hash: Uint8Array }): LogEvent {
  try {
    const stored = storedEventSchema.parse(JSON.parse(body));
    const at = Date.parse(stored.at);
    return { ...stored, at, position: place.position, hash: toHex(place.hash) } as unknown as LogEvent;
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
  assertData(draft, eventDataSchemas[draft.type]);
  return draft;
}

/** @throws {StemmaError} INTERNAL: as for events of runs */
export function assertInstallationData(draft: InstallationDraft): InstallationDraft {
  assertData(draft, installationDataSchemas[draft.type]);
  return draft;
}

function assertData(draft: { readonly type: string; readonly data: unknown }, schema: z.ZodType): void {
  const result = schema.safeParse(draft.data);
  if (result.success) return;
  const faults = result.error.issues.map(({ path, message }) => `"${path.join('.')}": ${message}`);
  throw new StemmaError('INTERNAL', `The event ${draft.type} is malformed at ${faults.join('; ')}`);
}

/** The event as it goes to people and programs: ISO times, and the envelope's keys in a fixed order. */
export function toWireEvent(event: LogEvent): Json {
  const { v, runId, seq, position, type, data, hash } = event;
  const { stepPath, attempt, spanId } = event.runId === null ? NO_STEP : event;
  const at = new Date(event.at).toISOString();
  return { v, runId, seq, position, at, type, stepPath, attempt, spanId, data: data as Json, hash };
}
