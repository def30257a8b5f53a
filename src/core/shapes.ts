/** The shapes that others read: CLI, exports, later HTTP and MCP. Published under `schemas/`. See spec chapter 3. */
import { z } from 'zod';
import {
  artifactIdSchema,
  factsSchema,
  levelSchema,
  prioritySchema,
  routeSchema,
  runIdSchema,
  sha256Schema,
  stepPathSchema,
  verdictSchema,
} from './schema.ts';
import type { DeepReadonly } from './schema.ts';

const time = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);
const ms = z.number().min(0);
const runState = z.enum([
  'pending',
  'running',
  'waiting',
  'paused',
  'blocked',
  'succeeded',
  'failed',
  'canceled',
  'quarantined',
]);
const stepState = z.enum([
  'pending',
  'ready',
  'running',
  'retrying',
  'waiting',
  'succeeded',
  'blocked',
  'failed',
  'skipped',
  'canceled',
]);
const attemptState = z.enum([
  'running',
  'succeeded',
  'blocked',
  'suspended',
  'failed',
  'timedOut',
  'canceled',
  'abandoned',
]);

export const errorCaptureSchema = z.strictObject({
  code: z.string(),
  type: z.string(),
  /** The catalogue's text for code and facts. */
  message: z.string(),
  stackHash: z.string().nullable(),
  retryable: z.boolean(),
  /** How long the service asked to wait. */
  retryAfterMs: count.nullable(),
  facts: factsSchema,
  /** The thrown text and its stack, as an artifact. */
  detail: artifactIdSchema.nullable(),
});
export type ErrorCapture = DeepReadonly<z.infer<typeof errorCaptureSchema>>;

export const blockedSchema = z.strictObject({
  stage: z.int().min(0).max(5),
  code: z.string(),
  check: z.string(),
  heading: z.string(),
  message: z.string(),
  why: z.string(),
  protection: z.string(),
  suggestion: z.string(),
  /** What was found, for the person who wrote it. */
  terms: z.array(z.string()),
});
export type Blocked = DeepReadonly<z.infer<typeof blockedSchema>>;

const problemSchema = z.strictObject({ stepPath: stepPathSchema, state: z.string(), code: z.string() });

export const runViewSchema = z.strictObject({
  runId: runIdSchema,
  traceId: z.string().length(32),
  state: runState,
  config: z.string(),
  configName: z.string(),
  pipeline: z.string(),
  profile: z.string(),
  safety: levelSchema,
  lang: z.string(),
  seed: count,
  priority: prioritySchema,
  labels: z.record(z.string(), z.string()),
  room: z.string().nullable(),
  parent: z.strictObject({ runId: runIdSchema, fromStep: stepPathSchema }).nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  durationMs: ms.nullable(),
  costMicroUsd: count,
  /** The first 100 of them. */
  problems: z.array(problemSchema),
  moreProblems: count,
  blocked: blockedSchema.nullable(),
  error: errorCaptureSchema.nullable(),
  /** What a waiting run is woken by; null in every other state. */
  waitingFor: z.enum(['time', 'person', 'signal']).nullable(),
  content: z.enum(['present', 'deleted']),
  stemmaVersion: z.string(),
});
export type RunView = DeepReadonly<z.infer<typeof runViewSchema>>;

export const itemSchema = z.strictObject({
  seq: count,
  at: time,
  /** 0 start, 1 input, 2 interception, 3 before the output, 4 media, 5 end. */
  stage: z.int().min(0).max(5),
  stageIteration: z.int().min(1).nullable(),
  loopIteration: z.int().min(1).nullable(),
  type: z.string(),
  stepPath: stepPathSchema.nullable(),
  artifactId: artifactIdSchema.nullable(),
  text: z.string().nullable(),
  truncated: z.boolean(),
  mediaType: z.string().nullable(),
  config: z.string(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  durationMs: ms.nullable(),
});
export type Item = DeepReadonly<z.infer<typeof itemSchema>>;

export const stepViewSchema = z.strictObject({
  path: stepPathSchema,
  stage: z.string().nullable(),
  state: stepState,
  skippedBecause: z.enum(['condition', 'dependency']).nullable(),
  /** In a branch: the attempt of another run that made what the step has; absent when it was made here. */
  reusedFrom: z.strictObject({ runId: runIdSchema, spanId: z.string().length(16) }).optional(),
  attempts: count,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  durationMs: ms.nullable(),
  facts: factsSchema,
  inputs: z.array(artifactIdSchema),
  outputs: z.array(artifactIdSchema),
});
export type StepView = DeepReadonly<z.infer<typeof stepViewSchema>>;

export const attemptViewSchema = z.strictObject({
  stepPath: stepPathSchema,
  spanId: z.string().length(16),
  attempt: z.int().min(1),
  /** Span of the attempt before. */
  retryOf: z.string().length(16).nullable(),
  state: attemptState,
  attemptKey: sha256Schema,
  provider: z.string().nullable(),
  model: z.string().nullable(),
  seed: count.nullable(),
  startedAt: time,
  endedAt: time.nullable(),
  durationMs: ms.nullable(),
  queuedMs: ms,
  tokensIn: count.nullable(),
  tokensOut: count.nullable(),
  costMicroUsd: count.nullable(),
  priced: z.enum(['yes', 'no', 'estimated']),
  error: errorCaptureSchema.nullable(),
  inputs: z.array(artifactIdSchema),
  outputs: z.array(artifactIdSchema),
  route: routeSchema.nullable(),
  /** When the next attempt is due; null when none follows, or only an answer brings it. */
  retryAt: time.nullable(),
  worker: z.string(),
  definitionDigest: sha256Schema,
});
export type AttemptView = DeepReadonly<z.infer<typeof attemptViewSchema>>;

export const artifactViewSchema = z.strictObject({
  id: artifactIdSchema,
  runId: runIdSchema,
  stepPath: stepPathSchema.nullable(),
  spanId: z.string().nullable(),
  type: z.string(),
  mediaType: z.string(),
  sha256: sha256Schema,
  salt: z.string(),
  sizeBytes: count,
  sources: z.array(artifactIdSchema),
  language: z.string().nullable(),
  width: count.nullable(),
  height: count.nullable(),
});
export type ArtifactView = DeepReadonly<z.infer<typeof artifactViewSchema>>;

export const costSchema = z.strictObject({
  microUsd: count,
  tokensIn: count,
  tokensOut: count,
  /** Calls without a price. */
  unpriced: count,
});
export type Cost = DeepReadonly<z.infer<typeof costSchema>>;

export const progressSchema = z.strictObject({
  total: count,
  done: count,
  failed: count,
  running: count,
  percent: z.number().min(0).max(100),
  elapsedMs: ms,
  remainingMs: ms.nullable(),
  /** The step that runs, or null. */
  current: stepPathSchema.nullable(),
});
export type Progress = DeepReadonly<z.infer<typeof progressSchema>>;

export const chronicleSchema = z.strictObject({
  run: runViewSchema,
  items: z.array(itemSchema),
  steps: z.array(stepViewSchema),
  attempts: z.array(attemptViewSchema),
  artifacts: z.array(artifactViewSchema),
  cost: costSchema,
  progress: progressSchema,
  branches: z.array(z.strictObject({ runId: runIdSchema, fromStep: stepPathSchema })),
});
export type Chronicle = DeepReadonly<z.infer<typeof chronicleSchema>>;

export const runExportSchema = z.strictObject({
  format: z.literal('stemma.run/1'),
  exportedAt: time,
  stemmaVersion: z.string(),
  /** False while the run goes on. */
  complete: z.boolean(),
  ...chronicleSchema.shape,
  verdicts: z.array(verdictSchema.extend({ evidence: artifactIdSchema })),
  /** As stored: hashing these texts one after the other gives the chain. */
  events: z.array(z.looseObject({ seq: count, type: z.string(), hash: sha256Schema })),
  definitions: z.array(
    z.strictObject({ kind: z.string(), id: z.string(), origin: z.string(), digest: sha256Schema, text: z.string() }),
  ),
  /** Texts by artifact; media stay in the run's folder. */
  texts: z.record(z.string(), z.string()),
  signature: z.strictObject({ keyId: z.string(), value: z.string() }).nullable(),
});
export type RunExport = DeepReadonly<z.infer<typeof runExportSchema>>;
