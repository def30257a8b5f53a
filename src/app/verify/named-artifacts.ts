import type { RunEvent } from '../../core/events.ts';
import type { ArtifactId, SpanId, StepPath } from '../../core/ids.ts';
import type { Committed } from '../../core/schema.ts';

/** An event's word on an artifact. */
export interface Naming extends Committed {
  readonly stepPath: StepPath | undefined;
  readonly spanId: SpanId | undefined;
}

/** Every artifact that the events commit to; evidence may be named by several. */
export function namedArtifacts(events: readonly RunEvent[]): ReadonlyMap<ArtifactId, readonly Naming[]> {
  const named = new Map<ArtifactId, Naming[]>();
  for (const event of events) {
    const { stepPath, spanId } = event;
    for (const one of committedIn(event)) {
      const namings = named.get(one.id) ?? [];
      named.set(one.id, [...namings, { ...one, stepPath, spanId }]);
    }
  }
  return named;
}

function committedIn(event: RunEvent): readonly Committed[] {
  if (event.type === 'run.created') return event.data.given;
  if (event.type === 'attempt.ended') return event.data.outputs;
  return event.type === 'safety.verdict' ? [event.data.evidence] : [];
}

/** Every artifact that the event speaks of, committed to or not. */
export function artifactsIn(event: RunEvent): readonly ArtifactId[] {
  const committed = committedIn(event).map(({ id }) => id);
  switch (event.type) {
    case 'attempt.started':
      return event.data.inputs;
    case 'safety.verdict':
      return [event.data.subject, ...committed];
    case 'attempt.ended':
      return [...committed, ...detailsOf([event.data.fault, ...(event.data.problems ?? [])])];
    case 'run.ended':
      return detailsOf([event.data.fault]);
    default:
      return committed;
  }
}

const detailsOf = (faults: readonly ({ readonly detail?: ArtifactId | undefined } | undefined)[]): ArtifactId[] =>
  faults.flatMap((fault) => fault?.detail ?? []);
