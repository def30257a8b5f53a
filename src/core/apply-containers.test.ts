import { describe, expect, it } from 'vitest';
import { SHA, createdData, path } from '../../test/support/told-run.ts';
import { foldRun } from './apply.ts';
import type { StepRecord } from './apply.ts';
import type { EventData, EventDraft } from './events.ts';
import type { WorkerId } from './ids.ts';

type EndState = EventData['attempt.ended']['state'];

const BEGUN: readonly EventDraft[] = [
  { type: 'run.created', data: createdData },
  { type: 'run.started', data: {} },
];
const start = (step: string, attempt = 1, stage = 'text.x'): EventDraft => ({
  type: 'attempt.started',
  stepPath: path(step),
  attempt,
  data: { stage, stageVersion: 1, definition: SHA, inputs: [], queuedMs: 0, worker: 'w' as WorkerId },
});
const end = (step: string, state: EndState, attempt = 1): EventDraft => ({
  type: 'attempt.ended',
  stepPath: path(step),
  attempt,
  data: { state, facts: {}, outputs: [], durationMs: 1 },
});
const tried = (step: string, state: EndState): readonly EventDraft[] => [start(step), end(step, state)];
const skipped = (step: string): EventDraft => ({
  type: 'step.skipped',
  stepPath: path(step),
  data: { because: 'dependency' },
});
const canceled = (step: string): EventDraft => ({ type: 'step.canceled', stepPath: path(step), data: {} });

const round = (attempt: number): EventDraft => start('round', attempt, 'flow.repeat');

/** What a fold says of each step, as `path state`, with a mark behind those that are tried anew. */
const toldOf = (steps: ReadonlyMap<string, StepRecord>): string[] =>
  [...steps].map(([name, { state, reopened }]) => `${name} ${state}${reopened === true ? ' again' : ''}`);

describe('a container with attempts', () => {
  const first = [
    ...BEGUN,
    ...tried('before', 'failed'),
    ...tried('roundabout', 'failed'),
    round(1),
    ...tried('round[1].a', 'succeeded'),
    ...tried('round[1].b', 'failed'),
    ...tried('round[1].late', 'timedOut'),
    ...tried('round[1].c', 'blocked'),
    ...tried('round[1].d', 'canceled'),
    skipped('round[1].e'),
    canceled('round[1].f'),
  ];

  it('is no stage of its own', () => {
    expect([...foldRun(first).stageVersions.keys()]).toEqual(['text.x']);
  });

  it('tries anew with a retry what has not succeeded below it, but for what was stopped or blocked', () => {
    const { steps } = foldRun([...first, end('round', 'failed'), round(2)]);
    expect(toldOf(steps)).toEqual([
      'before failed',
      'roundabout failed',
      'round running',
      'round[1].a succeeded',
      'round[1].b failed again',
      'round[1].late timedOut again',
      'round[1].c blocked',
      'round[1].d canceled',
    ]);
    expect(steps.get(path('round[1].b'))?.failed.size).toBe(0);
  });

  it('counts from nothing what it tries anew', () => {
    const again = [start('round[1].b', 2), end('round[1].b', 'failed', 2)];
    const { steps } = foldRun([...first, end('round', 'failed'), round(2), ...again]);
    expect(toldOf(steps)).toContain('round[1].b failed');
    expect(steps.get(path('round[1].b'))?.failed.get('')?.failures).toBe(1);
  });

  it.each(['suspended', 'abandoned'] as const)('that was %s goes on where it was', (state) => {
    const { steps } = foldRun([...first, end('round', state), round(2)]);
    expect(toldOf(steps)).toContain('round[1].b failed');
    expect(toldOf(steps)).toContain('round[1].e skipped');
    expect(steps.get(path('round'))?.abandoned).toBe(0);
  });
});
