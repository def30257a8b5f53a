import { seedOf, spanIdOf, stepPath } from '../core/ids.ts';
import type { Instant, StepPath } from '../core/ids.ts';
import { toStemmaError } from '../core/errors.ts';
import { assertEventData } from '../core/events.ts';
import type { EventData } from '../core/events.ts';
import { createRandom } from '../core/random.ts';
import type { RetryPolicy } from '../core/definitions.ts';
import type { Committed, Fault, Verdict } from '../core/schema.ts';
import type { ArtifactDraft, ArtifactRef, Outcome } from '../core/stage.ts';
import { AttemptTime } from './attempt-time.ts';
import type { TimeLimits } from './attempt-time.ts';
import type { Engine } from './engine.ts';
import { closedFacts, describeThrown, toFault } from './fault.ts';
import type { OpenCall } from './open-call.ts';
import { mayRetry, movesOn, retryDelayMs } from './retry.ts';
import type { RunArtifacts, Written } from './run-artifacts.ts';
import type { RunSession } from './run-session.ts';

/** How an attempt ends when its stage has no say in it. */
export type ForcedEnd = Pick<EventData['attempt.ended'], 'state' | 'facts' | 'fault' | 'wait' | 'retryAt'>;

/** Where evidence and other artifacts are made. */
export interface WritingScope {
  readonly path: StepPath;
  readonly attempt: number;
  readonly spanId: ReturnType<typeof spanIdOf>;
  readonly signal: AbortSignal;
  /** Artifacts made on the way (evidence, prompts, exchanges); they are named when the attempt ends. */
  readonly written: Written[];
}

/** What an attempt collects while its body runs. */
export interface AttemptScope extends WritingScope {
  readonly time: AttemptTime;
  /** Set by the gateway's doors to models and results: the attempt ends so, whatever its stage makes of it. */
  blocked?: Verdict;
  /** Set when no call was made. */
  ends?: ForcedEnd;
  /** The funnel is under way. */
  isCalling?: boolean;
  /** The call, once it is made. */
  call?: Pick<OpenCall, 'served' | 'failed'>;
  /** The files that came with its reply. */
  received?: readonly ArtifactDraft[];
}

export interface AttemptPlan extends TimeLimits {
  readonly path: StepPath;
  readonly started: EventData['attempt.started'];
  readonly retry: RetryPolicy;
  /** Whether another candidate is left for when this one is used up. */
  readonly hasOthers?: boolean;
}

/** The run the attempt belongs to. */
export interface AttemptPlace {
  readonly engine: Engine;
  readonly session: RunSession;
  readonly artifacts: RunArtifacts;
}

/**
 * One try of a step: its start is on disk before the body runs, its end is recorded with what it made. Whether
 * another attempt follows, and when, stands in the end (`retryAt`).
 *
 * @throws what the store answers; a body that throws is a failed attempt, never an exception here
 */
export async function runAttempt(
  place: AttemptPlace,
  plan: AttemptPlan,
  body: (scope: AttemptScope) => Promise<Outcome>,
): Promise<void> {
  const { engine, session } = place;
  const attempt = (session.fold.steps.get(plan.path)?.attempt ?? 0) + 1;
  const spanId = spanIdOf(engine.digest, session.lease.runId, { path: plan.path, attempt });
  const name = { stepPath: plan.path, attempt, spanId };
  await session.writer.record({ type: 'attempt.started', ...name, data: plan.started });
  const before = engine.clock.monotonicMs();
  using time = new AttemptTime({ clock: engine.clock, signal: session.signal }, plan);
  const scope: AttemptScope = { path: plan.path, attempt, spanId, signal: time.signal, time, written: [] };
  const end = await untilAborted(place, scope, body);
  if (scope.isCalling === true) time.end();
  if (session.writer.broken) return;
  await scope.call?.failed(end.fault?.code ?? ''); // nothing when its end is known
  const durationMs = Math.max(0, Math.round(engine.clock.monotonicMs() - before));
  const measured = { ...scope.call?.served, ...queuedOf(time), durationMs };
  const ended = { ...measured, ...end, ...nextTry(place, plan, { end, attempt }) };
  const fault = malformation({ type: 'attempt.ended', data: ended });
  recordEnd(session, scope, fault === undefined ? ended : { ...(await thrownEnd(place, scope, fault)), ...measured });
}

const queuedOf = ({ queuedMs }: AttemptTime): { readonly queuedMs?: number } => (queuedMs === 0 ? {} : { queuedMs });

/** Not awaited: the next step's start shares this commit, and a failure to store ends the session. */
function recordEnd({ writer }: RunSession, scope: AttemptScope, data: EventData['attempt.ended']): void {
  const name = { stepPath: scope.path, attempt: scope.attempt, spanId: scope.spanId };
  // a body that pays no heed to its signal may have written more since; what no event names has no row either
  const ids = new Set(data.outputs.map(({ id }) => id));
  const artifacts = scope.written.flatMap(({ row }) => (ids.has(row.id) ? [row] : []));
  writer.record({ type: 'attempt.ended', ...name, data }, { artifacts }).catch(() => {});
  if (data.wait?.for !== 'person') return;
  const { for: _for, ...asked } = data.wait;
  writer.record({ type: 'review.requested', ...name, data: asked }).catch(() => {});
}

/** Why the event could not be recorded: a stage or a provider that says more than closed facts. */
function malformation(draft: Parameters<typeof assertEventData>[0]): unknown {
  try {
    assertEventData(draft);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

type End = ForcedEnd & Pick<EventData['attempt.ended'], 'outputs' | 'problems'>;

/**
 * A body that pays no heed to its signal cannot hold the run up: its outcome no longer counts. One whose time to begin
 * has come and gone is not begun.
 */
async function untilAborted(
  place: AttemptPlace,
  scope: AttemptScope,
  body: (scope: AttemptScope) => Promise<Outcome>,
): Promise<End> {
  const { signal } = scope;
  if (signal.aborted) return abortEnd(place, scope);
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = (): void => aborted.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = body(scope).then(
    (outcome) => forcedEnd(scope) ?? toEnd(outcome, scope),
    (thrown: unknown) => (signal.aborted ? undefined : (forcedEnd(scope) ?? thrownEnd(place, scope, thrown))),
  );
  const end = await Promise.race([ended, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
  return signal.aborted || end === undefined ? abortEnd(place, scope) : end;
}

const forcedEnd = (scope: AttemptScope): End | undefined =>
  scope.ends === undefined ? undefined : { ...scope.ends, outputs: named(scope) };

function toEnd(outcome: Outcome, scope: AttemptScope): End {
  const outputs = outcome.state === 'done' ? inOrder(scope, outcome.artifacts) : named(scope);
  switch (outcome.state) {
    case 'done': {
      const problems = outcome.problems === undefined ? {} : { problems: outcome.problems };
      return { facts: outcome.facts, outputs, ...problems, state: 'succeeded' }; // in the order of the canonical form
    }
    case 'blocked': {
      const { check, method } = outcome.verdict;
      const code = method === 'unavailable' ? 'SAFETY_UNAVAILABLE' : 'SAFETY_BLOCKED';
      return { state: 'blocked', facts: { check }, outputs, fault: { code, type: 'Verdict', facts: { check } } };
    }
    case 'waiting':
      return { state: 'suspended', facts: {}, outputs, wait: outcome.wait };
    case 'failed':
      return { state: 'failed', facts: {}, outputs, fault: outcome.fault };
  }
}

/** What the stage names as its results comes first; evidence, prompts and exchanges follow. */
function inOrder(scope: AttemptScope, results: readonly ArtifactRef[]): Committed[] {
  const place = new Map(results.map(({ id }, index) => [id, index]));
  const rank = ({ row }: Written): number => place.get(row.id) ?? results.length;
  return scope.written.toSorted((a, b) => rank(a) - rank(b)).map(({ committed }) => committed);
}

const named = (scope: AttemptScope): Committed[] => scope.written.map(({ committed }) => committed);

/** The store failed, someone has canceled the run, or the attempt is out of time. */
function abortEnd({ session }: AttemptPlace, scope: AttemptScope): End {
  // not the step's fault: it is tried again when there is a store to write to, as often as it takes
  if (session.broken !== undefined) return { state: 'suspended', facts: {}, outputs: named(scope) };
  if (session.canceled) return { state: 'canceled', facts: {}, outputs: named(scope) };
  const { facts } = toStemmaError(scope.signal.reason);
  const fault: Fault = {
    code: 'STEP_TIMEOUT',
    type: 'StemmaError',
    facts: closedFacts({ path: scope.path, ...facts }),
  };
  return { state: 'timedOut', facts: {}, outputs: named(scope), fault };
}

/** The thrown text and its stack are content: they become the artifact that the fault names. */
async function thrownEnd(place: AttemptPlace, scope: AttemptScope, thrown: unknown): Promise<End> {
  const fault = toFault(thrown, place.engine.digest);
  const draft = { type: 'error', body: describeThrown(thrown), work: true };
  const detail = await place.artifacts.create(draft, scope).catch(() => undefined); // the fault itself counts more
  if (detail === undefined) return { state: 'failed', facts: {}, outputs: named(scope), fault };
  scope.written.push(detail);
  return { state: 'failed', facts: {}, outputs: named(scope), fault: { ...fault, detail: detail.row.id } };
}

/** When a failed attempt is tried again, with the same candidate or at once with the next; nothing when it is not. */
function nextTry(
  { engine, session }: AttemptPlace,
  { path, started, retry, hasOthers }: AttemptPlan,
  last: { readonly end: End; readonly attempt: number },
): { readonly retryAt?: Instant } {
  const { state, fault } = last.end;
  if ((state !== 'failed' && state !== 'timedOut') || fault === undefined) return {};
  const candidate = started.route?.chosen ?? '';
  const failures = (session.fold.steps.get(path)?.failed.get(candidate)?.failures ?? 0) + 1;
  if (!mayRetry(fault, failures, retry))
    return hasOthers === true && movesOn(fault) ? { retryAt: engine.clock.now() } : {};
  const random = createRandom(seedOf(engine.digest, last.attempt, stepPath(path, session.lease.runId)));
  const delay = retryDelayMs(failures, retry, { random, retryAfterMs: fault.retryAfterMs });
  return { retryAt: (engine.clock.now() + delay) as Instant };
}
