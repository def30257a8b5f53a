import { describe, expect, it } from 'vitest';
import { RUN, ToldRun } from '../../../test/support/told-run.ts';
import type { ArtifactId, RunId } from '../ids.ts';
import { runViewSchema } from '../shapes.ts';
import type { RunView } from '../shapes.ts';
import { runView } from './run-view.ts';

const COST = { microUsd: 5, tokensIn: 0, tokensOut: 0, unpriced: 0 };
function viewOf(told: ToldRun): RunView {
  const view = runView(told.source(), COST);
  expect(runViewSchema.parse(view)).toEqual(view);
  return view;
}

describe('the times of a run', () => {
  it('are its creation alone until it starts', () => {
    expect(viewOf(new ToldRun())).toMatchObject({
      state: 'pending',
      createdAt: '2026-03-02T09:00:00.000Z',
      startedAt: null,
      endedAt: null,
      durationMs: null,
    });
  });

  it('count from the first start, not from the last', () => {
    const told = new ToldRun().begin().say({ type: 'run.paused', data: {} }).say({ type: 'run.resumed', data: {} });
    expect(viewOf(told.finish('failed'))).toMatchObject({ startedAt: '2026-03-02T09:00:00.100Z', durationMs: 300 });
  });

  it('know a run that was paused before its start and then resumed', () => {
    const told = new ToldRun().say({ type: 'run.paused', data: {} }).say({ type: 'run.resumed', data: {} });
    expect(viewOf(told.finish('succeeded'))).toMatchObject({ startedAt: '2026-03-02T09:00:00.200Z', durationMs: 100 });
  });

  it('count from its creation when it never started', () => {
    expect(viewOf(new ToldRun().finish('canceled'))).toMatchObject({ startedAt: null, durationMs: 100 });
  });
});

describe('a run', () => {
  it('names the run it was branched from', () => {
    const parent = { runId: RUN.replace('0', '1') as RunId, fromStep: 'translate' as never };
    expect(viewOf(new ToldRun({ parent })).parent).toEqual(parent);
  });

  it('says what it waits for, as long as it does', () => {
    const told = new ToldRun().begin().say({ type: 'run.waiting', data: { for: 'person' } });
    expect(viewOf(told)).toMatchObject({ state: 'waiting', waitingFor: 'person' });
    expect(viewOf(told.say({ type: 'run.resumed', data: {} })).waitingFor).toBeNull();
  });

  it('names its room, and says when its content is gone', () => {
    expect(viewOf(new ToldRun({ room: 'r7' }))).toMatchObject({ room: 'r7', content: 'present' });
    expect(viewOf(new ToldRun()).room).toBeNull();
    expect(runView(new ToldRun().source({ content: 'deleted' }), COST).content).toBe('deleted');
  });

  it('has the error it ended with, in the words of the catalogue', () => {
    const fault = { code: 'PACK_OWN', type: 'Error', stackHash: '0123456789abcdef', facts: { path: 'a' } };
    const detail = `${RUN}/work/01_error.txt` as ArtifactId;
    expect(viewOf(new ToldRun().begin().finish('failed', { fault: { ...fault, detail } })).error).toEqual({
      ...fault,
      detail,
      retryable: false,
      retryAfterMs: null,
      message: 'error.PACK_OWN.title {"path":"a"}',
    });
  });
});

describe('what blocked a run', () => {
  const before = (): ToldRun =>
    new ToldRun().begin().start('check').verdict('check', { check: 'names', decision: 'block' });

  it('is the last verdict that blocks', () => {
    const told = before()
      .verdict('check', { check: 'symbols', decision: 'block', level: 'youth' })
      .verdict('check', {});
    expect(viewOf(told.end('check', { state: 'blocked' }).finish('blocked')).blocked).toMatchObject({
      check: 'symbols',
      heading: 'safety.symbols.youth.heading {}',
      stage: 1,
    });
  });

  it('is nothing where no verdict says so', () => {
    expect(viewOf(new ToldRun().begin().finish('blocked')).blocked).toBeNull();
  });

  it('is nothing in a run that went on in spite of a blocked output', () => {
    expect(viewOf(before().end('check', { state: 'blocked' }).finish('succeeded')).blocked).toBeNull();
  });
});
