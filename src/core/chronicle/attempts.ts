import type { EventData, RunEvent } from '../events.ts';
import { attemptKeyOf, spanIdOf } from '../ids.ts';
import type { Sha256 } from '../ids.ts';
import type { AttemptView } from '../shapes.ts';
import { captureOf, iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

type Started = Extract<RunEvent, { type: 'attempt.started' }>;
type Ended = Extract<RunEvent, { type: 'attempt.ended' }>;

/** Every try of every step, in the order they started. */
export function attemptViews(source: ChronicleSource): AttemptView[] {
  const ends = new Map<string, Ended>();
  for (const event of source.events) if (event.type === 'attempt.ended') ends.set(keyOf(event), event);
  return source.events
    .filter((event) => event.type === 'attempt.started')
    .map((event) => attemptView(event, ends.get(keyOf(event)), source));
}

const keyOf = (event: RunEvent): string => `${event.stepPath}:${event.attempt}`;

function attemptView(event: Started, ended: Ended | undefined, source: ChronicleSource): AttemptView {
  const { stepPath: path = '' as never, attempt = 1, data, runId } = event;
  const span = (number: number) => spanIdOf(source.digest, runId, { path, attempt: number });
  return {
    stepPath: path,
    spanId: span(attempt),
    attempt,
    retryOf: attempt === 1 ? null : span(attempt - 1),
    state: ended?.data.state ?? 'running',
    attemptKey: attemptKeyOf(source.digest, runId, { path, attempt }) as Sha256,
    seed: null,
    startedAt: iso(event.at),
    endedAt: ended === undefined ? null : iso(ended.at),
    queuedMs: data.queuedMs,
    ...served(ended?.data),
    error: captureOf(ended?.data.fault, source),
    inputs: data.inputs,
    outputs: ended?.data.outputs.map(({ id }) => id) ?? [],
    route: data.route ?? null,
    worker: data.worker,
    definitionDigest: data.definition,
  };
}

/** Who served the attempt, how long it took, what it used. */
function served(
  data: EventData['attempt.ended'] | undefined,
): Pick<AttemptView, 'provider' | 'model' | 'durationMs' | 'tokensIn' | 'tokensOut' | 'costMicroUsd' | 'priced'> {
  const { provider = null, model = null, durationMs = null, usage } = data ?? {};
  const { tokensIn = null, tokensOut = null, costMicroUsd = null } = usage ?? {};
  const priced = usage !== undefined && costMicroUsd === null ? 'no' : 'yes';
  return { provider, model, durationMs, tokensIn, tokensOut, costMicroUsd, priced };
}
