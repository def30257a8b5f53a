import { TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { toHex, traceIdOf } from '../../core/ids.ts';
import type { Digest, Instant, RunId } from '../../core/ids.ts';

/** A span that has ended, as the exporter takes it. */
export type Span = Parameters<OTLPTraceExporter['export']>[0][number];

const SCOPE = { name: 'stemma' };

/** Who tells: the same for all spans of a process. */
export function createResource(version: string): Span['resource'] {
  const attributes = { 'service.name': 'stemma', 'service.version': version };
  const resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) };
  return resource;
}

/** The trace of a run and a place in it; everyone that has the record derives the same. */
export const contextOf = (runId: RunId, spanId: string): SpanContext => ({
  traceId: traceIdOf(runId),
  spanId,
  traceFlags: TraceFlags.SAMPLED,
});

/** First 8 bytes of SHA-256(`runId`). */
export const rootSpanIdOf = (digest: Digest, runId: RunId): string => toHex(digest.sha256(runId)).slice(0, 16);

export const timeOf = (at: Instant): HrTime => [Math.floor(at / 1000), (at % 1000) * 1_000_000];

type Told = Pick<Span, 'name' | 'kind' | 'status' | 'resource'> &
  Partial<Pick<Span, 'links' | 'events'>> & {
    readonly context: SpanContext;
    readonly parent?: SpanContext;
    readonly from: Instant;
    readonly to: Instant;
    /** Those without a value are left out. */
    readonly attributes: Attributes;
  };

export function createSpan({ context, parent, from, to, attributes, links = [], events = [], ...told }: Told): Span {
  return {
    ...told,
    spanContext: () => context,
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
    startTime: timeOf(from),
    endTime: timeOf(to),
    duration: timeOf((to - from) as Instant),
    ended: true,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
    links,
    events,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
