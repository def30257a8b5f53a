import { createdOf } from './chronicle/source.ts';
import type { ChronicleSource } from './chronicle/source.ts';
import { isContainerStage } from './containers.ts';
import { MOST_ITERATIONS } from './definitions.ts';
import type { StepDefinition } from './definitions.ts';
import { remainingMsOf } from './remaining-time.ts';
import type { Progress, StepView } from './shapes.ts';

const DONE: ReadonlySet<StepView['state']> = new Set(['succeeded', 'skipped']);
const FAILED: ReadonlySet<StepView['state']> = new Set(['failed', 'blocked', 'canceled']);

/**
 * How far a run is: steps that have ended of the steps there will be. The plan is counted from the pipeline; loops
 * whose length is not yet known count as one round until they go on. Only a run that has ended is at 100 percent.
 */
export function progressOf(
  source: Pick<ChronicleSource, 'events' | 'pipeline' | 'parameters' | 'now' | 'typicalMs'>,
  steps: readonly StepView[],
): Progress {
  const created = createdOf(source.events);
  const ended = source.events.findLast(({ type }) => type === 'run.ended');
  const count = (states: ReadonlySet<StepView['state']>): number =>
    steps.filter(({ state }) => states.has(state)).length;
  const done = count(DONE);
  const failed = count(FAILED);
  const running = steps.filter(({ state, stage }) => state === 'running' && !isContainerStage(stage));
  const current = running[0]?.path ?? null;
  const now = ended?.at ?? source.now;
  const elapsedMs = Math.max(0, now - created.at);
  const counted = { done, failed, running: running.length, elapsedMs, current };
  if (ended !== undefined) return { ...counted, total: steps.length, percent: 100, remainingMs: 0 };
  const lengths = { outputs: created.data.outputs.length, parameters: source.parameters, known: steps };
  const total = Math.max(plannedSteps(source.pipeline.steps, lengths), steps.length);
  const over = done + failed;
  const remainingMs = remainingMsOf(source.pipeline.steps, {
    known: steps,
    now,
    roundsOf: (step) => rounds(step, lengths),
    typicalMs: source.typicalMs ?? (() => undefined),
    paceMs: over === 0 ? undefined : elapsedMs / over,
  });
  const percent = over === 0 ? 0 : Math.min(99, Math.floor((100 * over) / total));
  return { ...counted, total, percent, remainingMs };
}

interface Lengths {
  readonly outputs: number;
  readonly parameters: ChronicleSource['parameters'];
  /** What has been recorded so far. */
  readonly known: readonly StepView[];
}

function latestRound(id: string, steps: readonly StepView[]): number {
  const round = new RegExp(`(?:^|\\.)${id}\\[(\\d+)\\]`);
  return steps.reduce((latest, { path }) => Math.max(latest, Number(round.exec(path)?.[1] ?? 1)), 1);
}

function plannedSteps(steps: readonly StepDefinition[], lengths: Lengths): number {
  const inside = (step: StepDefinition): number => (step.steps === undefined ? 1 : plannedSteps(step.steps, lengths));
  return steps.reduce((sum, step) => sum + rounds(step, lengths) * inside(step) + ownAttempts(step), 0);
}

/** A container counts besides its steps only where it has attempts. */
const ownAttempts = ({ steps, retry }: StepDefinition): number => (steps === undefined || retry === undefined ? 0 : 1);

function rounds({ id, forEach, repeat }: StepDefinition, { outputs, parameters, known }: Lengths): number {
  if (forEach === 'outputs') return outputs;
  const times = forEach ?? repeat?.times;
  if (times === undefined && repeat === undefined) return 1;
  const wanted = typeof times === 'string' ? parameters[times.replace('parameters.', '')] : times;
  if (typeof wanted !== 'number') return latestRound(id, known);
  return Math.max(0, Math.min(Math.floor(wanted), repeat?.max ?? MOST_ITERATIONS));
}
