import { describe, expect, it } from 'vitest';
import { attemptViewSchema, itemSchema, runViewSchema, stepViewSchema } from './shapes.ts';
import { ATTEMPT_MOVES, RUN_MOVES, STATE_MACHINES } from './states.ts';
import type { StepState } from './states.ts';

const STEP_STATES: { readonly [S in StepState]: true } = {
  pending: true,
  ready: true,
  running: true,
  retrying: true,
  waiting: true,
  succeeded: true,
  blocked: true,
  failed: true,
  skipped: true,
  canceled: true,
};

describe('the published states', () => {
  it('are those of the state machines', () => {
    expect(Object.keys(STATE_MACHINES)).toEqual(['run', 'attempt', 'liveness']);
    expect(runViewSchema.shape.state.options).toEqual(Object.keys(RUN_MOVES));
    expect(attemptViewSchema.shape.state.options).toEqual(Object.keys(ATTEMPT_MOVES));
    expect(stepViewSchema.shape.state.options).toEqual(Object.keys(STEP_STATES));
  });
});

describe('a published item', () => {
  const item = {
    seq: 1,
    at: '2026-03-02T09:00:00.000Z',
    stage: 5,
    stageIteration: null,
    loopIteration: 1,
    type: 'run_end',
    stepPath: null,
    artifactId: null,
    text: null,
    truncated: false,
    mediaType: null,
    config: 'dada',
    provider: null,
    model: null,
    durationMs: 0,
  };

  it('has exactly its keys', () => {
    expect(itemSchema.parse(item)).toEqual(item);
    const { durationMs: _gone, ...short } = item;
    for (const other of [short, { ...item, more: 1 }]) expect(itemSchema.safeParse(other).success).toBe(false);
  });

  it.each([{ stage: 6 }, { stage: -1 }, { loopIteration: 0 }, { stageIteration: 0 }, { at: '2026-03-02' }])(
    'is none with %j',
    (change) => {
      expect(itemSchema.safeParse({ ...item, ...change }).success).toBe(false);
    },
  );
});
