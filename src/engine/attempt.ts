import { seedOf, spanIdOf, stepPath } from '../core/ids.ts';
import type { Instant, StepPath } from '../core/ids.ts';
import { StemmaError } from '../core/errors.ts';
import { assertEventData } from '../core/events.ts';
import type { EventData } from '../core/events.ts';
import { createRandom } from '../core/random.ts';
import type { RetryPolicy } from '../core/definitions.ts';
import type { Committed, Fault, Usage, Verdict } from '../core/schema.ts';
import type { ArtifactRef, Outcome } from '../core/stage.ts';
import type { Engine } from './engine.ts';
import { closedFacts, describeThrown, toFault } from './fault.ts';
import { mayRetry, retryDelayMs } from './retry.ts';
import type { RunArtifacts, Written } from './run-artifacts.ts';
import type { RunSession } from './run-session.ts';

/** What an attempt collects while its body runs. */
export interface AttemptScope {
  readonly path: StepPath;
  readonly attempt: number;
  readonly spanId: ReturnType<typeof spanIdOf>;
  readonly signal: AbortSignal;
  /** Artifacts made on the way (evidence, prompts, exchanges); they are named when the attempt ends. */
  readonly written: Written[];
  /** Set by the gateway's doors to models and results: the attempt ends so, whatever its stage makes of it. */
  blocked?: Verdict;
  /** Set by the funnel. */
  served?: { readonly provider: string; readonly model: string; readonly usage: Usage };
}

export interface AttemptPlan {
  readonly path: StepPath;
  readonly started: EventData['attempt.started'];
  readonly retry: RetryPolicy;
  readonly timeoutMs: number | undefined;
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
  using stop = stopAfter(place, plan.timeoutMs);
  const scope: AttemptScope = { path: plan.path, attempt, spanId, signal: stop.signal, written: [] };
  const end = await untilAborted(place, scope, body);
  if (session.writer.broken) return;
  const durationMs = Math.max(0, Math.round(engine.clock.monotonicMs() - before));
  const ended = { ...end, ...scope.served, ...nextTry(place, plan, { end, attempt }), durationMs };
  const fault = malformation({ type: 'attempt.ended', data: ended });
  const data = fault === undefined ? ended : { ...(await thrownEnd(place, scope, fault)), durationMs };
  const artifacts = scope.written.map(({ row }) => row);
  // not awaited: the next step's start shares this commit, and a failure to store ends the session
  session.writer.record({ type: 'attempt.ended', ...name, data }, { artifacts }).catch(() => {});
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

type End = Pick<EventData['attempt.ended'], 'state' | 'facts' | 'outputs' | 'fault' | 'problems' | 'retryAt'>;

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
    (outcome) => toEnd(outcome, scope),
    (thrown: unknown) => (signal.aborted ? undefined : thrownEnd(place, scope, thrown)),
  );
  const end = await Promise.race([ended, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
  return signal.aborted || end === undefined ? abortEnd(place, scope) : end;
}

function toEnd(outcome: Outcome, scope: AttemptScope): End {
  const outputs = outcome.state === 'done' ? inOrder(scope, outcome.artifacts) : named(scope);
  switch (outcome.state) {
    case 'done': {
      const problems = outcome.problems === undefined ? {} : { problems: outcome.problems };
      return { state: 'succeeded', facts: outcome.facts, outputs, ...problems };
    }
    case 'blocked': {
      const { check, method } = outcome.verdict;
      const code = method === 'unavailable' ? 'SAFETY_UNAVAILABLE' : 'SAFETY_BLOCKED';
      return { state: 'blocked', facts: { check }, outputs, fault: { code, type: 'Verdict', facts: { check } } };
    }
    case 'waiting':
      return { state: 'suspended', facts: {}, outputs, retryAt: outcome.wait.until };
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
  const fault: Fault = { code: 'STEP_TIMEOUT', type: 'StemmaError', facts: closedFacts({ path: scope.path }) };
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

/** When a failed attempt is tried again; nothing when it is not. */
function nextTry(
  { engine, session }: AttemptPlace,
  { path, retry }: AttemptPlan,
  last: { readonly end: End; readonly attempt: number },
): { readonly retryAt?: Instant } {
  const { state, fault } = last.end;
  if ((state !== 'failed' && state !== 'timedOut') || fault === undefined) return {};
  const failures = (session.fold.steps.get(path)?.failures ?? 0) + 1;
  if (!mayRetry(fault, failures, retry)) return {};
  const random = createRandom(seedOf(engine.digest, last.attempt, stepPath(path, session.lease.runId)));
  const delay = retryDelayMs(failures, retry, { random, retryAfterMs: fault.retryAfterMs });
  return { retryAt: (engine.clock.now() + delay) as Instant };
}

/** One signal per attempt, so that what listens to it does not outlive the attempt. */
function stopAfter(
  { engine, session }: AttemptPlace,
  timeoutMs: number | undefined,
): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const onStop = (): void => stop.abort(session.signal.reason);
  session.signal.addEventListener('abort', onStop, { once: true });
  if (session.signal.aborted) onStop();
  const timer = timeoutMs === undefined ? undefined : startTimer(engine, stop, timeoutMs);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      timer?.abort();
      session.signal.removeEventListener('abort', onStop);
    },
  };
}

/** Stops the attempt after the time, unless what it returns is aborted before. */
function startTimer({ clock }: Engine, stop: AbortController, timeoutMs: number): AbortController {
  const over = new AbortController();
  const reason = new StemmaError('STEP_TIMEOUT', `The step took longer than ${timeoutMs} ms.`);
  clock.sleep(timeoutMs, over.signal).then(
    () => stop.abort(reason),
    () => {},
  );
  return over;
}
