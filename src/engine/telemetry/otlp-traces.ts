/** Sends the traces of ended runs to a collector, by OTLP over HTTP. Loaded only when a collector is configured. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ArtifactId, RunId } from '../../core/ids.ts';
import type { FileStore, RunLog } from '../../core/ports.ts';
import type { Stage } from '../../core/stage.ts';
import type { Engine } from '../engine.ts';
import { runSpans } from './run-spans.ts';
import type { SpanParts } from './run-spans.ts';
import type { RunTraces } from './run-traces.ts';
import { createResource } from './span.ts';
import type { Span } from './span.ts';

/** Spans of one request. */
const BATCH = 512;
/** Runs that wait to be sent; what comes on top is dropped. */
const MOST_WAITING = 1000;
/** For one request with all its tries, and for what is left at the end. */
const TIMEOUT_MS = 2000;

export interface OtlpOptions {
  /** Such as `http://localhost:4318`; without one the exporter takes it from its own variables (`OTEL_EXPORTER_OTLP_…`). */
  readonly endpoint: string | undefined;
  /** Whether texts go with the spans. */
  readonly content: boolean;
  /** One line for the log. */
  readonly warn: (line: string) => void;
}

interface Parts extends Pick<Engine, 'digest' | 'clock' | 'worker'> {
  readonly log: Pick<RunLog, 'read'>;
  readonly files: Pick<FileStore, 'read'>;
  readonly stages: ReadonlyMap<string, Pick<Stage, 'calls'>>;
}

/**
 * Traces in the background: one run after the other, read from its record. A collector that is slow or away costs runs
 * nothing; their traces are dropped, and the log says so once until it answers again. What is left at the end has two
 * seconds.
 */
export function openOtlpTraces(parts: Parts, options: OtlpOptions): RunTraces {
  return new OtlpTraces(parts, options);
}

class OtlpTraces implements RunTraces {
  readonly #parts: Parts;
  readonly #spanParts: SpanParts;
  readonly #exporter: OTLPTraceExporter;
  readonly #warn: (line: string) => void;
  readonly #waiting: RunId[] = [];
  #sending: Promise<void> | undefined;
  #hasWarned = false;
  #closed = false;

  constructor(parts: Parts, { endpoint, content, warn }: OtlpOptions) {
    const { digest, stages, worker } = parts;
    this.#parts = parts;
    this.#warn = warn;
    this.#spanParts = {
      digest,
      resource: createResource(worker.version),
      callOf: (stage) => stages.get(stage)?.calls,
      ...(content ? { textOf: (id: ArtifactId) => this.#textOf(id) } : {}),
    };
    const url = endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/traces` };
    this.#exporter = new OTLPTraceExporter({ ...url, timeoutMillis: TIMEOUT_MS });
  }

  ended(runId: RunId): void {
    if (this.#closed) return;
    if (this.#waiting.length >= MOST_WAITING) return this.#drop('more runs end than it takes');
    this.#waiting.push(runId);
    this.#sending ??= this.#sendAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stop = new AbortController();
    const time = this.#parts.clock.sleep(TIMEOUT_MS, stop.signal).catch(() => {});
    await Promise.race([this.#sending, time]);
    stop.abort();
    if (this.#sending !== undefined) this.#drop('it does not answer in time');
    this.#closed = true;
    this.#exporter.shutdown().catch(() => {}); // what it still sends is given up
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined && !this.#closed; next = this.#waiting.shift())
      await this.#send(next).catch((thrown: unknown) =>
        this.#drop(thrown instanceof Error ? thrown.message : String(thrown)),
      );
    this.#sending = undefined;
  }

  async #send(runId: RunId): Promise<void> {
    let batch: Span[] = [];
    for await (const span of runSpans(this.#parts.log.read(runId), this.#spanParts)) {
      batch.push(span);
      if (batch.length < BATCH) continue;
      await this.#export(batch);
      batch = [];
    }
    if (batch.length > 0) await this.#export(batch);
    this.#hasWarned = false;
  }

  #export(spans: Span[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#exporter.export(spans, ({ error }) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  #drop(why: string): void {
    if (!this.#hasWarned && !this.#closed) this.#warn(`Traces of runs are not delivered to the collector: ${why}.`);
    this.#hasWarned = true;
  }

  async #textOf(id: ArtifactId): Promise<string | undefined> {
    const bytes = await this.#parts.files.read(id).catch(() => undefined);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }
}
