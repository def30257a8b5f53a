import type { StepDefinition } from './definitions.ts';
import type { RunEvent } from './events.ts';
import type { Instant } from './ids.ts';
import type { Progress, StepView } from './shapes.ts';
import type { ChronicleSource } from './chronicle/source.ts';

/**
 * How far a run is: steps that have ended of the steps there will be. The plan is counted from the pipeline; loops
 * whose length is not yet known count as one round until they go on.
 */
export function progressOf(
  source: Pick<ChronicleSource, 'events' | 'pipeline' | 'parameters' | 'now'>,
  steps: readonly StepView[],
): Progress {
  const ended = source.events.findLast(({ type }) => type === 'run.ended');
  const [first] = source.events;
  const done = steps.filter(({ state }) => state === 'succeeded' || state === 'skipped').length;
  const failed = steps.filter(({ state }) => state === 'failed' || state === 'blocked' || state === 'canceled').length;
  const running = steps.filter(({ state }) => state === 'running');
  const planned = plannedSteps(source.pipeline.steps, {
    outputs: outputsOf(source.events),
    parameters: source.parameters,
  });
  const total = ended === undefined ? Math.max(planned, steps.length) : steps.length;
  const elapsedMs = first === undefined ? 0 : ((ended?.at ?? source.now) as Instant) - first.at;
  const percent = ended !== undefined ? 100 : total === 0 ? 0 : Math.floor((100 * (done + failed)) / total);
  const remainingMs = remaining({ ended: ended !== undefined, done, total, elapsedMs });
  const current = running[0]?.path ?? null;
  return { total, done, failed, running: running.length, percent, elapsedMs, remainingMs, current };
}

function remaining(of: { ended: boolean; done: number; total: number; elapsedMs: number }): number | null {
  if (of.ended) return 0;
  return of.done === 0 ? null : Math.round((of.elapsedMs / of.done) * (of.total - of.done));
}

function outputsOf(events: readonly RunEvent[]): number {
  const [first] = events;
  return first?.type === 'run.created' ? first.data.outputs.length : 0;
}

interface Lengths {
  readonly outputs: number;
  readonly parameters: ChronicleSource['parameters'];
}

function plannedSteps(steps: readonly StepDefinition[], lengths: Lengths): number {
  const inside = (step: StepDefinition): number => (step.steps === undefined ? 1 : plannedSteps(step.steps, lengths));
  return steps.reduce((sum, step) => sum + rounds(step, lengths) * inside(step), 0);
}

function rounds({ forEach, repeat }: StepDefinition, { outputs, parameters }: Lengths): number {
  if (forEach !== undefined) return outputs;
  const times = typeof repeat?.times === 'string' ? parameters[repeat.times.replace('parameters.', '')] : repeat?.times;
  return typeof times === 'number' && repeat !== undefined ? Math.min(times, repeat.max) : 1;
}
