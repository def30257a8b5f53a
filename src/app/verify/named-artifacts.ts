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
  switch (event.type) {
    case 'run.created':
      return event.data.given;
    case 'attempt.ended':
    case 'step.reused':
      return event.data.outputs;
    case 'safety.verdict':
      return [event.data.evidence];
    case 'review.decided':
      return present(event.data.note);
    case 'signal.received':
      return present(event.data.body);
    default:
      return [];
  }
}

const present = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

/** Every artifact that the event speaks of, committed to or not. */
export const artifactsIn = (event: RunEvent): readonly ArtifactId[] => [
  ...committedIn(event).map(({ id }) => id),
  ...spokenOf(event),
];

function spokenOf(event: RunEvent): readonly ArtifactId[] {
  switch (event.type) {
    case 'attempt.started':
    case 'step.reused':
      return event.data.inputs;
    case 'safety.verdict':
      return [event.data.subject];
    case 'attempt.ended': {
      const { fault, problems = [], wait } = event.data;
      return [...detailsOf([fault, ...problems]), ...(wait?.for === 'person' ? [wait.question] : [])];
    }
    case 'review.requested':
      return [event.data.question];
    case 'run.ended':
      return detailsOf([event.data.fault]);
    default:
      return [];
  }
}

const detailsOf = (faults: readonly ({ readonly detail?: ArtifactId | undefined } | undefined)[]): ArtifactId[] =>
  faults.flatMap((fault) => fault?.detail ?? []);
