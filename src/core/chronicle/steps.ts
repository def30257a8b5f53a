import type { RunEvent } from '../events.ts';
import type { StepPath } from '../ids.ts';
import type { AttemptView, Cost, StepView } from '../shapes.ts';
import type { Try } from './attempts.ts';
import { iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

/** Every step that something has been recorded of, in order of its first event. */
export function stepViews({ events }: Pick<ChronicleSource, 'events'>, tries: readonly Try[]): StepView[] {
  const triedSteps = spansOf(tries);
  const leftAs = leftOpenAs(events);
  const views = new Map<StepPath, StepView>();
  for (const event of events) {
    const path = event.stepPath;
    if (path === undefined || views.has(path)) continue;
    const tried = triedSteps.get(path);
    if (tried !== undefined) views.set(path, triedStep(tried, leftAs));
    else if (isUntried(event)) views.set(path, untriedStep(path, event));
    else if (event.type === 'step.reused') views.set(path, reusedStep(path, event));
  }
  return [...views.values()];
}

interface Span {
  readonly first: Try;
  readonly last: Try;
}

function spansOf(tries: readonly Try[]): Map<StepPath, Span> {
  const spans = new Map<StepPath, Span>();
  for (const one of tries) {
    const { stepPath } = one.view;
    spans.set(stepPath, { first: spans.get(stepPath)?.first ?? one, last: one });
  }
  return spans;
}

const STATES = {
  running: 'running',
  succeeded: 'succeeded',
  blocked: 'blocked',
  suspended: 'waiting',
  failed: 'failed',
  timedOut: 'failed',
  canceled: 'canceled',
  abandoned: 'ready',
} as const satisfies Record<AttemptView['state'], StepView['state']>;

const OPEN: ReadonlySet<StepView['state']> = new Set(['pending', 'ready', 'running', 'retrying', 'waiting']);

/** Nothing stays open in a run that has ended: what would have gone on is canceled, or failed where it wore its workers out. */
function leftOpenAs(events: readonly RunEvent[]): 'canceled' | 'failed' | undefined {
  const end = events.findLast((event) => event.type === 'run.ended');
  if (end === undefined) return undefined;
  return end.data.state === 'quarantined' ? 'failed' : 'canceled';
}

function stateAfter({ view, retryAt }: Try): StepView['state'] {
  return retryAt !== undefined && view.state !== 'suspended' ? 'retrying' : STATES[view.state];
}

function triedStep({ first, last }: Span, leftAs: 'canceled' | 'failed' | undefined): StepView {
  const { view, stage, facts } = last;
  const own = stateAfter(last);
  const state = OPEN.has(own) ? (leftAs ?? own) : own;
  return {
    path: view.stepPath,
    stage,
    state,
    skippedBecause: null,
    attempts: view.attempt,
    startedAt: first.view.startedAt,
    endedAt: OPEN.has(state) ? null : view.endedAt,
    durationMs: view.durationMs,
    facts,
    inputs: view.inputs,
    outputs: view.outputs,
  };
}

type Untried = Extract<RunEvent, { type: 'step.skipped' | 'step.canceled' }>;
const isUntried = (event: RunEvent): event is Untried =>
  event.type === 'step.skipped' || event.type === 'step.canceled';

function untriedStep(path: StepPath, event: Untried): StepView {
  const skipped = event.type === 'step.skipped';
  return {
    path,
    stage: null,
    state: skipped ? 'skipped' : 'canceled',
    skippedBecause: skipped ? event.data.because : null,
    attempts: 0,
    startedAt: null,
    endedAt: iso(event.at),
    durationMs: null,
    facts: {},
    inputs: [],
    outputs: [],
  };
}

function reusedStep(path: StepPath, { at, data }: Extract<RunEvent, { type: 'step.reused' }>): StepView {
  return {
    path,
    stage: data.stage,
    state: 'succeeded',
    skippedBecause: null,
    reusedFrom: data.from,
    attempts: 0,
    startedAt: null,
    endedAt: iso(at),
    durationMs: null,
    facts: data.facts,
    inputs: data.inputs,
    outputs: data.outputs.map(({ id }) => id),
  };
}

/** The sum over all attempts, failed ones included. */
export function costOf(attempts: readonly AttemptView[]): Cost {
  const sum = (read: (attempt: AttemptView) => number | null): number =>
    attempts.reduce((total, attempt) => total + (read(attempt) ?? 0), 0);
  return {
    microUsd: sum(({ costMicroUsd }) => costMicroUsd),
    tokensIn: sum(({ tokensIn }) => tokensIn),
    tokensOut: sum(({ tokensOut }) => tokensOut),
    unpriced: attempts.filter(({ priced }) => priced === 'no').length,
  };
}
