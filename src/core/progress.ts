import { createdOf } from './chronicle/source.ts';
import type { ChronicleSource } from './chronicle/source.ts';
import type { StepDefinition } from './definitions.ts';
import type { Progress, StepView } from './shapes.ts';

const DONE: ReadonlySet<StepView['state']> = new Set(['succeeded', 'skipped']);
const FAILED: ReadonlySet<StepView['state']> = new Set(['failed', 'blocked', 'canceled']);

/**
 * How far a run is: steps that have ended of the steps there will be. The plan is counted from the pipeline; loops
 * whose length is not yet known count as one round until they go on. Only a run that has ended is at 100 percent.
 */
export function progressOf(
  source: Pick<ChronicleSource, 'events' | 'pipeline' | 'parameters' | 'now'>,
  steps: readonly StepView[],
): Progress {
  const created = createdOf(source.events);
  const ended = source.events.findLast(({ type }) => type === 'run.ended');
  const count = (states: ReadonlySet<StepView['state']>): number =>
    steps.filter(({ state }) => states.has(state)).length;
  const done = count(DONE);
  const failed = count(FAILED);
  const running = steps.filter(({ state }) => state === 'running');
  const current = running[0]?.path ?? null;
  const now = ended?.at ?? source.now;
  const elapsedMs = Math.max(0, now - created.at);
  const counted = { done, failed, running: running.length, elapsedMs, current };
  if (ended !== undefined) return { ...counted, total: steps.length, percent: 100, remainingMs: 0 };
  const lengths = { outputs: created.data.outputs.length, parameters: source.parameters, known: steps };
  const total = Math.max(plannedSteps(source.pipeline.steps, lengths), steps.length);
  return { ...counted, total, ...outlook({ over: done + failed, total, elapsedMs }) };
}

function outlook(of: { over: number; total: number; elapsedMs: number }): Pick<Progress, 'percent' | 'remainingMs'> {
  if (of.over === 0) return { percent: 0, remainingMs: null };
  const percent = Math.min(99, Math.floor((100 * of.over) / of.total));
  return { percent, remainingMs: Math.round((of.elapsedMs / of.over) * (of.total - of.over)) };
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
  return steps.reduce((sum, step) => sum + rounds(step, lengths) * inside(step), 0);
}

function rounds({ id, forEach, repeat }: StepDefinition, { outputs, parameters, known }: Lengths): number {
  if (forEach !== undefined) return outputs;
  if (repeat === undefined) return 1;
  const { times, max } = repeat;
  const wanted = typeof times === 'string' ? parameters[times.replace('parameters.', '')] : times;
  if (typeof wanted !== 'number') return latestRound(id, known);
  return Math.max(0, Math.min(Math.floor(wanted), max));
}
