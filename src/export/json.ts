import { toWireEvent } from '../core/events.ts';
import type { RunEvent } from '../core/events.ts';
import type { Instant } from '../core/ids.ts';
import type { DefinitionSet, RunHead } from '../core/ports.ts';
import { runExportSchema } from '../core/shapes.ts';
import type { Chronicle, RunExport } from '../core/shapes.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';

/** What every format is made from, so that they cannot disagree. */
export interface ExportSource {
  readonly chronicle: Chronicle;
  readonly events: readonly RunEvent[];
  readonly definitions: DefinitionSet;
  readonly texts: ReadonlyMap<string, string>;
  readonly head: RunHead;
  readonly exportedAt: Instant;
  readonly stemmaVersion: string;
}

/** The run as one JSON document, complete enough to be read back; its shape is `schemas/run_export.v1.json`. */
export function toJsonExport(source: ExportSource): RunExport {
  const { chronicle, events, definitions, texts, head } = source;
  const verdicts = events.flatMap((event) =>
    event.type === 'safety.verdict' ? [{ ...event.data, evidence: event.data.evidence.id }] : [],
  );
  const document: unknown = {
    format: 'stemma.run/1',
    exportedAt: new Date(source.exportedAt).toISOString(),
    stemmaVersion: source.stemmaVersion,
    complete: isTerminal(RUN_MOVES, head.state),
    ...chronicle,
    verdicts,
    events: events.map(toWireEvent),
    definitions: definitions.files,
    texts: Object.fromEntries(texts),
    signature: head.signature ?? null,
  };
  return runExportSchema.parse(document) as RunExport;
}
