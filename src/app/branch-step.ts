import { foldRun } from '../core/apply.ts';
import type { StepRecord } from '../core/apply.ts';
import type { StepDefinition } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { isStepPath } from '../core/ids.ts';
import type { StepPath } from '../core/ids.ts';
import { nearest } from '../core/nearest.ts';
import type { RunRequest } from '../core/request.ts';
import { stepAt } from '../engine/step-order.ts';
import type { App } from './context.ts';
import { parseRunId, runNotFound } from './read-run.ts';

/** What a run will look like. */
interface Shape {
  readonly steps: readonly StepDefinition[];
  readonly request: RunRequest;
}

/**
 * Holds a path against the steps and containers that a run has or will have.
 *
 * @param events - of the parent: what it came to is there
 * @throws {StemmaError} INPUT_INVALID with the nearest path as hint
 */
export function assertStep(text: string, shape: Shape, events: readonly RunEvent[]): void {
  const known = pathsIn(events);
  if (isStepPath(text) && stepAt(text, shape.steps) !== undefined && (known.has(text) || isWithin(text, shape))) return;
  const near = nearest(text, [...known, ...shape.steps.map(({ id }) => id)]);
  throw new StemmaError('INPUT_INVALID', `The run has no step "${text.slice(0, 200)}".`, {
    hint: near === undefined ? '`stemma runs show` lists the steps.' : `Did you mean "${near}"?`,
  });
}

/** Recorded steps, and the containers around them with and without their index. */
function pathsIn(events: readonly RunEvent[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { stepPath: path } of events) {
    if (path === undefined || paths.has(path)) continue;
    const segments = path.split('.');
    for (const [at] of segments.entries()) {
      const own = segments.slice(0, at + 1).join('.');
      paths.add(own).add(own.replace(/\[\d+\]$/, ''));
    }
  }
  return paths;
}

/** Whether every index is one of its loop's. */
function isWithin(path: StepPath, { steps, request }: Shape): boolean {
  const segments = path.split('.');
  return segments.every((segment, at) => {
    const index = /\[(\d+)\]$/.exec(segment)?.[1];
    const step = stepAt(segments.slice(0, at + 1).join('.') as StepPath, steps)?.step;
    return index === undefined || step === undefined || Number(index) <= mostRounds(step, request);
  });
}

/** How often a loop can run; one whose length a fact decides has no bound here. */
function mostRounds({ forEach, repeat }: StepDefinition, { outputs, parameters }: RunRequest): number {
  if (forEach === 'outputs') return outputs.length;
  const times = forEach ?? repeat?.times;
  const wanted = typeof times === 'string' ? parameters[times.replace('parameters.', '')] : times;
  return Math.min(typeof wanted === 'number' ? wanted : Infinity, repeat?.max ?? Infinity);
}

/**
 * From where a run is to be done again: its first step that failed, was blocked or canceled, or the first that it never
 * came to.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · INPUT_INVALID when nothing failed
 */
export async function firstFailure(app: App, id: string): Promise<StepPath> {
  const runId = parseRunId(id);
  const events: RunEvent[] = [];
  for await (const event of app.store.log.read(runId)) events.push(event);
  if (events.length === 0) throw runNotFound(runId);
  const { steps, state, created } = foldRun(events);
  const paths = [...steps.keys()];
  const isContainer = (path: StepPath): boolean =>
    paths.some((other) => other.startsWith(`${path}.`) || other.startsWith(`${path}[`));
  const failed = [...steps].find(([path, step]) => FAILED.has(step.state) && !isContainer(path));
  if (failed !== undefined) return failed[0];
  const set = created && (await app.store.log.definitionSet(created.definitions));
  const pipeline = set && (await app.definitions.restore(set)).pipelines.get(created.pipeline)?.definition;
  const known = new Set(paths.map((path) => path.split(/[.[]/)[0]));
  const next = pipeline?.steps.find((step) => !known.has(step.id));
  if (state !== 'succeeded' && next !== undefined) return next.id as StepPath;
  throw new StemmaError('INPUT_INVALID', `No step of run ${runId} has failed, was blocked or canceled.`, {
    hint: `To do a part of it again, name its first step: stemma runs branch ${runId} --from <step>.`,
  });
}

const FAILED: ReadonlySet<StepRecord['state']> = new Set([
  'failed',
  'timedOut',
  'blocked',
  'canceled',
  'abandoned',
  'suspended',
  'running',
]);
