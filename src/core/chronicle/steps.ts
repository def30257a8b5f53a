import type { RunEvent } from '../events.ts';
import type { StepPath } from '../ids.ts';
import type { AttemptView, Cost, StepView } from '../shapes.ts';
import { iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

/** Every step that something has been recorded of, in order of its first event. */
export function stepViews(source: ChronicleSource, attempts: readonly AttemptView[]): StepView[] {
  const tries = Map.groupBy(attempts, ({ stepPath }) => stepPath);
  const last = new Map<StepPath, Partial<StepEvents>>();
  for (const event of source.events)
    if (event.stepPath !== undefined) last.set(event.stepPath, { ...last.get(event.stepPath), [event.type]: event });
  return [...last].flatMap(([path, events]): StepView[] => {
    const tried = tries.get(path);
    if (tried !== undefined) return [triedStep(path, tried, events)];
    const untried = events['step.skipped'] ?? events['step.canceled'];
    return untried === undefined ? [] : [untriedStep(path, untried)];
  });
}

/** The last event of each type that a step has. */
type StepEvents = { readonly [T in RunEvent['type']]: Extract<RunEvent, { type: T }> };

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

function triedStep(path: StepPath, tries: readonly AttemptView[], events: Partial<StepEvents>): StepView {
  const last = tries.at(-1) as AttemptView;
  const end = events['attempt.ended'];
  const data = end?.attempt === last.attempt ? end.data : undefined;
  const retrying = data?.retryAt !== undefined && data.state !== 'suspended';
  return {
    path,
    stage: events['attempt.started']?.data.stage ?? null,
    state: retrying ? 'retrying' : STATES[last.state],
    skippedBecause: null,
    attempts: tries.length,
    startedAt: tries[0]?.startedAt ?? null,
    endedAt: retrying ? null : last.endedAt,
    durationMs: last.durationMs,
    facts: data?.facts ?? {},
    inputs: last.inputs,
    outputs: last.outputs,
  };
}

function untriedStep(path: StepPath, event: StepEvents['step.skipped' | 'step.canceled']): StepView {
  const skipped = event.type === 'step.skipped';
  const at = iso(event.at);
  return {
    path,
    stage: null,
    state: skipped ? 'skipped' : 'canceled',
    skippedBecause: skipped ? event.data.because : null,
    attempts: 0,
    startedAt: null,
    endedAt: at,
    durationMs: null,
    facts: {},
    inputs: [],
    outputs: [],
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
