import type { EventData, RunEvent } from '../events.ts';
import { attemptKeyOf, seedOf, spanIdOf } from '../ids.ts';
import type { Instant, Sha256, StepPath } from '../ids.ts';
import type { Facts } from '../json.ts';
import type { Usage } from '../schema.ts';
import type { AttemptView } from '../shapes.ts';
import { captureOf, createdOf, iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

/** One try of a step: as others read it, and what only the rest of the chronicle asks for. */
export interface Try {
  readonly view: AttemptView;
  /** Type of the stage. */
  readonly stage: string;
  readonly facts: Facts;
  /** When the next attempt is due. */
  readonly retryAt: Instant | undefined;
}

type TriesSource = Pick<ChronicleSource, 'events' | 'digest' | 'message'>;
type Started = Extract<RunEvent, { type: 'attempt.started' }> & Named;
type Ended = Extract<RunEvent, { type: 'attempt.ended' }>;
interface Named {
  readonly stepPath: StepPath;
  readonly attempt: number;
}

/** Names an attempt inside its run. */
export const tryKey = (of: { readonly stepPath?: StepPath; readonly attempt?: number }): string =>
  `${of.stepPath}:${of.attempt}`;

/** Every try of every step, in the order they started. */
export function triesOf(source: TriesSource): Try[] {
  const ends = new Map<string, Ended>();
  for (const event of source.events) if (event.type === 'attempt.ended') ends.set(tryKey(event), event);
  return source.events.filter(isStarted).map((event) => toTry(event, ends.get(tryKey(event)), source));
}

const isStarted = (event: RunEvent): event is Started =>
  event.type === 'attempt.started' && event.stepPath !== undefined && event.attempt !== undefined;

function toTry(event: Started, ended: Ended | undefined, source: TriesSource): Try {
  const { facts = {}, retryAt } = ended?.data ?? {};
  return { view: attemptView(event, ended, source), stage: event.data.stage, facts, retryAt };
}

function attemptView(event: Started, ended: Ended | undefined, source: TriesSource): AttemptView {
  const { stepPath: path, attempt, data, runId } = event;
  const span = (number: number) => spanIdOf(source.digest, runId, { path, attempt: number });
  return {
    stepPath: path,
    spanId: span(attempt),
    attempt,
    retryOf: attempt === 1 ? null : span(attempt - 1),
    state: ended?.data.state ?? 'running',
    attemptKey: attemptKeyOf(source.digest, runId, { path, attempt }) as Sha256,
    seed: ended?.data.provider === undefined ? null : seedOf(source.digest, createdOf(source.events).data.seed, path),
    startedAt: iso(event.at),
    queuedMs: data.queuedMs + (ended?.data.queuedMs ?? 0),
    ...served(ended?.data),
    ...results(ended, source),
    inputs: data.inputs,
    route: data.route ?? null,
    worker: data.worker,
    definitionDigest: data.definition,
  };
}

const results = (
  ended: Ended | undefined,
  source: TriesSource,
): Pick<AttemptView, 'endedAt' | 'error' | 'outputs' | 'retryAt'> => ({
  endedAt: ended === undefined ? null : iso(ended.at),
  error: captureOf(ended?.data.fault, source),
  outputs: ended?.data.outputs.map(({ id }) => id) ?? [],
  retryAt: dueOf(ended?.data),
});

/** When the next attempt is due, after a failure or a wait for a time. */
function dueOf(data: EventData['attempt.ended'] | undefined): string | null {
  const due = data?.retryAt ?? (data?.wait?.for === 'time' ? data.wait.until : undefined);
  return due === undefined ? null : iso(due);
}

/** Who served the attempt, how long it took, what it used. */
function served(
  data: EventData['attempt.ended'] | undefined,
): Pick<AttemptView, 'provider' | 'model' | 'durationMs' | 'tokensIn' | 'tokensOut' | 'costMicroUsd' | 'priced'> {
  const { provider = null, model = null, durationMs = null, usage } = data ?? {};
  const { tokensIn = null, tokensOut = null, costMicroUsd = null } = usage ?? {};
  const priced = data?.priced ?? certaintyOf(usage);
  return { provider, model, durationMs, tokensIn, tokensOut, costMicroUsd, priced };
}

/** Of records that do not say it. */
const certaintyOf = (usage: Usage | undefined): AttemptView['priced'] =>
  usage !== undefined && usage.costMicroUsd === null ? 'no' : 'yes';
