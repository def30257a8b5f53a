import type { PipelineDefinition } from '../definitions.ts';
import type { RunEvent } from '../events.ts';
import type { ArtifactId, Digest, Instant } from '../ids.ts';
import type { Facts } from '../json.ts';
import type { ArtifactRow } from '../ports.ts';
import type { ErrorCapture } from '../shapes.ts';
import { isRetryable } from '../errors.ts';
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
  /** What evidence artifacts hold of blocked texts. */
  readonly terms: readonly string[];
  readonly now: Instant;
  readonly digest: Digest;
  /** The catalogue. */
  message(key: string, facts: Facts): string;
}

export const iso = (at: Instant): string => new Date(at).toISOString();

/** A fault as people and programs read it. */
export function captureOf(fault: Fault | undefined, source: Pick<ChronicleSource, 'message'>): ErrorCapture | null {
  if (fault === undefined) return null;
  const { code, type, stackHash = null, facts, detail = null } = fault;
  const message = source.message(`error.${code}.title`, facts);
  return { code, type, message, stackHash, retryable: isRetryable(code), facts, detail };
}
