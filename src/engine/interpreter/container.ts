import type { StepRecord } from '../../core/apply.ts';
import { CONTAINER_STAGES } from '../../core/containers.ts';
import type { RetryPolicy, StepDefinition } from '../../core/definitions.ts';
import type { EventData } from '../../core/events.ts';
import { seedOf, spanIdOf, stepPath } from '../../core/ids.ts';
import type { Instant, StepPath } from '../../core/ids.ts';
import { createRandom } from '../../core/random.ts';
import { toFault } from '../fault.ts';
import { mayRetry, retryDelayMs } from '../retry.ts';
import { definitionOf } from './plan.ts';
import type { Scope, StepEnd } from './scope.ts';
import { sitOut } from './sit-out.ts';

type ContainerKind = keyof typeof CONTAINER_STAGES;
type Run = (step: StepDefinition, scope: Scope) => Promise<StepEnd>;

/**
 * A container with `retry` of its own has attempts. A retry keeps the steps below that have succeeded, and runs the
 * others again. An attempt that stops with its session, or with its holder, is suspended, and is followed by one that
 * goes on where it was.
 */
export const retried =
  (kind: ContainerKind, run: Run): Run =>
  (step, scope) =>
    step.retry === undefined ? run(step, scope) : runAttempts({ kind, retry: step.retry, step, scope }, run);

interface Container {
  readonly kind: ContainerKind;
  readonly retry: RetryPolicy;
  readonly step: StepDefinition;
  readonly scope: Scope;
}

async function runAttempts(container: Container, run: Run): Promise<StepEnd> {
  const { step, scope } = container;
  const { session } = scope.plan;
  const path = stepPath(scope.path, step.id);
  for (;;) {
    const next = await session.busy(() => nextMove(path, scope));
    if (next === 'halted') return { state: 'halted' };
    // everything below has ended, or is told to: nothing is begun anew
    if (next === 'over') return run(step, scope);
    if (next === 'canceled') return { state: 'canceled' };
    const end = await attempt(container, path, run);
    if (end !== undefined) return end;
  }
}

/** What is to be done with the container once it has waited for its next attempt. */
async function nextMove(path: StepPath, { plan }: Scope): Promise<'over' | 'halted' | 'canceled' | 'attempt'> {
  const { session } = plan;
  for (;;) {
    const known = session.fold.steps.get(path);
    if (isOver(known)) return 'over';
    const gate = session.gate();
    if (gate === 'halted') return 'halted';
    if (gate === 'canceled') return isRetry(known) ? 'canceled' : 'over';
    if (!(await sitOut(plan, path))) return 'attempt';
  }
}

const isRetry = (known: StepRecord | undefined): boolean => known?.ended?.retryAt !== undefined;

function isOver(known: StepRecord | undefined): boolean {
  if (known === undefined || known.reopened === true || isRetry(known)) return false;
  return known.state !== 'suspended' && known.state !== 'abandoned';
}

/** Undefined when another attempt follows. */
async function attempt(container: Container, path: StepPath, run: Run): Promise<StepEnd | undefined> {
  const { kind, step, scope } = container;
  const { engine, session, definitions } = scope.plan;
  const number = (session.fold.steps.get(path)?.attempt ?? 0) + 1;
  const spanId = spanIdOf(engine.digest, session.lease.runId, { path, attempt: number });
  const name = { stepPath: path, attempt: number, spanId };
  const pipeline = definitionOf(definitions, 'pipelines', session.fold.created?.pipeline ?? '');
  const started = {
    stage: CONTAINER_STAGES[kind],
    stageVersion: 1,
    definition: pipeline.digest,
    inputs: [],
    queuedMs: 0,
    worker: session.lease.worker,
  };
  session.writer.record({ type: 'attempt.started', ...name, data: started }).catch(() => {}); // ends the session
  const before = engine.clock.monotonicMs();
  const end = await run(step, scope).catch((thrown: unknown): StepEnd => {
    if (session.isBrokenBy(thrown)) return { state: 'halted' };
    return { state: 'failed', fault: toFault(thrown, engine.digest) };
  });
  const durationMs = Math.max(0, Math.round(engine.clock.monotonicMs() - before));
  const data = { ...recordOf(end), ...nextTry(container, { path, number, end }), durationMs };
  session.writer.record({ type: 'attempt.ended', ...name, data }).catch(() => {}); // ends the session
  return data.retryAt === undefined ? end : undefined;
}

type Ended = Pick<EventData['attempt.ended'], 'state' | 'facts' | 'outputs' | 'fault'>;

const STATES: { readonly [S in StepEnd['state']]: Ended['state'] } = {
  succeeded: 'succeeded',
  skipped: 'succeeded',
  blocked: 'blocked',
  failed: 'failed',
  canceled: 'canceled',
  halted: 'suspended',
};

const recordOf = ({ state, facts = {}, fault }: StepEnd): Ended => ({
  state: STATES[state],
  facts,
  outputs: [],
  ...(fault === undefined ? {} : { fault }),
});

function nextTry(
  { retry, scope }: Container,
  { path, number, end }: { path: StepPath; number: number; end: StepEnd },
): { readonly retryAt?: Instant } {
  const { engine, session } = scope.plan;
  if (end.state !== 'failed' || end.fault === undefined) return {};
  const failures = (session.fold.steps.get(path)?.failed.get('')?.failures ?? 0) + 1;
  if (!mayRetry(end.fault, failures, retry)) return {};
  const random = createRandom(seedOf(engine.digest, number, stepPath(path, session.lease.runId)));
  return { retryAt: (engine.clock.now() + retryDelayMs(failures, retry, { random })) as Instant };
}
