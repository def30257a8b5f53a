import type { PipelineDefinition } from '../definitions.ts';
import type { RunEvent } from '../events.ts';
import type { ArtifactId, Digest, Instant } from '../ids.ts';
import type { Facts } from '../json.ts';
import type { ArtifactRow } from '../ports.ts';
import type { TypicalMs } from '../remaining-time.ts';
import type { Chronicle, ErrorCapture, RunView } from '../shapes.ts';
import { StemmaError, isRetryable } from '../errors.ts';
import type { Fault } from '../schema.ts';

/** What a chronicle is made from. */
export interface ChronicleSource {
  readonly events: readonly RunEvent[];
  /** In the order they were written. */
  readonly artifacts: readonly ArtifactRow[];
  /** Of the run's own definitions. */
  readonly pipeline: PipelineDefinition;
  readonly configName: string;
  /** Of the request. */
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Texts of text artifacts, as far as they are wanted. */
  readonly texts: ReadonlyMap<ArtifactId, string>;
  /** Runs that branched off this one, in the order they were made. */
  readonly branches: Chronicle['branches'];
  /** Whether the artifacts are still there. */
  readonly content: RunView['content'];
  /** What evidence artifacts hold of blocked texts. */
  readonly terms: readonly string[];
  /** From earlier runs; without it the remaining time is told from this run alone. */
  readonly typicalMs?: TypicalMs;
  readonly now: Instant;
  readonly digest: Digest;
  /** The catalogue. */
  message(key: string, facts: Facts): string;
}

export const iso = (at: Instant): string => new Date(at).toISOString();

/** A run's first event. @throws {StemmaError} STORE_CORRUPT for a list of events without a beginning */
export function createdOf(events: readonly RunEvent[]): Extract<RunEvent, { type: 'run.created' }> {
  const [first] = events;
  if (first?.type === 'run.created') return first;
  throw new StemmaError('STORE_CORRUPT', 'The run has no first event.');
}

type VerdictEvent = Extract<RunEvent, { type: 'safety.verdict' }>;

/** The last verdict that stopped something. */
export const lastBlock = (events: readonly RunEvent[]): VerdictEvent | undefined =>
  events.findLast((event): event is VerdictEvent => event.type === 'safety.verdict' && event.data.decision === 'block');

/** A fault as people and programs read it. */
export function captureOf(fault: Fault | undefined, source: Pick<ChronicleSource, 'message'>): ErrorCapture | null {
  if (fault === undefined) return null;
  const { code, type, stackHash = null, facts, detail = null, retryAfterMs = null } = fault;
  const message = source.message(`error.${code}.title`, facts);
  return { code, type, message, stackHash, retryable: isRetryable(code), retryAfterMs, facts, detail };
}
