/**
 * Ids. A run has one identifier, a UUIDv7; trace, spans and keys are derived from it, so nothing can disagree.
 * See spec chapter 1.
 */
declare const brand: unique symbol;
/** A type that only its own parser makes. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** UUIDv7, lower case with dashes. */
export type RunId = Brand<string, 'RunId'>;
/** The 32 hex digits of the run's id; the W3C trace id. */
export type TraceId = Brand<string, 'TraceId'>;
/** 16 hex digits, derived from run, path and attempt. */
export type SpanId = Brand<string, 'SpanId'>;
/** Where a step stands in its run, counted from 1: `outputs[2].generate`. */
export type StepPath = Brand<string, 'StepPath'>;
/** `<runId>/<NN>_<type>.<ext>`, or `<runId>/work/<NN>_<type>.<ext>`. */
export type ArtifactId = Brand<string, 'ArtifactId'>;
/** 64 lower-case hex digits. */
export type Sha256 = Brand<string, 'Sha256'>;
export type WorkerId = Brand<string, 'WorkerId'>;
/** Whole milliseconds UTC; never decreasing inside a run. */
export type Instant = Brand<number, 'Instant'>;

/** SHA-256 over the parts one after the other; strings count as UTF-8. */
export interface Digest {
  sha256(...parts: readonly (string | Uint8Array)[]): Uint8Array;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isRunId = (text: string): text is RunId => UUID_V7.test(text);

/** The same 32 hex digits without dashes. */
export const traceIdOf = (runId: RunId): TraceId => runId.replaceAll('-', '') as TraceId;

/** When the run's id was made: the first 48 bits of a UUIDv7 are Unix milliseconds (RFC 9562, 5.7). */
export const instantOf = (runId: RunId): Instant => Number.parseInt(traceIdOf(runId).slice(0, 12), 16) as Instant;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** First 8 bytes of SHA-256(`runId:stepPath:attempt`). */
export const spanIdOf = (digest: Digest, runId: RunId, at: { path: StepPath; attempt: number }): SpanId =>
  toHex(attemptHashOf(digest, runId, at).subarray(0, 8)) as SpanId;

/** SHA-256(`runId:stepPath:attempt`). */
export const attemptKeyOf = (digest: Digest, runId: RunId, at: { path: StepPath; attempt: number }): string =>
  toHex(attemptHashOf(digest, runId, at));

const attemptHashOf = (digest: Digest, runId: RunId, at: { path: StepPath; attempt: number }): Uint8Array =>
  digest.sha256(`${runId}:${at.path}:${at.attempt}`);

/** What outside services recognise a repeated request by. */
export const stepKeyOf = (runId: RunId, path: StepPath): string => `${runId}:${path}`;

/** The first 53 bits of SHA-256(`seed:stepPath`): order and concurrency cannot change it. */
export function seedOf(digest: Digest, seed: number, path: StepPath): number {
  const bytes = digest.sha256(`${seed}:${path}`);
  let value = 0;
  for (const byte of bytes.subarray(0, 6)) value = value * 256 + byte;
  return value * 32 + ((bytes[6] ?? 0) >>> 3);
}

/** `parent.id`, or `parent.id[index]` for an iteration; index from 1. */
export function stepPath(parent: StepPath | undefined, id: string, index?: number): StepPath {
  const own = index === undefined ? id : `${id}[${index}]`;
  return (parent === undefined ? own : `${parent}.${own}`) as StepPath;
}

const STEP_PATH = /^[A-Za-z][\w-]*(\[[1-9]\d*\])?(\.[A-Za-z][\w-]*(\[[1-9]\d*\])?)*$/;
export const isStepPath = (text: string): text is StepPath => STEP_PATH.test(text);

const ARTIFACT_ID = /^([0-9a-f-]{36})\/(work\/)?(\d{2,})_([A-Za-z0-9_-]+)\.([a-z0-9]+)$/;

export interface ArtifactName {
  readonly runId: RunId;
  readonly work: boolean;
  readonly number: number;
  readonly type: string;
  readonly extension: string;
}

export function artifactId(name: ArtifactName): ArtifactId {
  const number = String(name.number).padStart(2, '0');
  return `${name.runId}/${name.work ? 'work/' : ''}${number}_${name.type}.${name.extension}` as ArtifactId;
}

/** The parts of an artifact's id, or undefined for a text that is none. */
export function parseArtifactId(text: string): ArtifactName | undefined {
  const match = ARTIFACT_ID.exec(text);
  const [, runId = '', work, number, type = '', extension = ''] = match ?? [];
  if (!isRunId(runId)) return undefined;
  return { runId, work: work !== undefined, number: Number(number), type, extension };
}
