import { describe, expect, it } from 'vitest';
import { BEGAN, RUN, SHA, ToldRun, digest, path } from '../../../test/support/told-run.ts';
import type { ToldEnd } from '../../../test/support/told-run.ts';
import { attemptKeyOf, seedOf, spanIdOf } from '../ids.ts';
import type { Instant } from '../ids.ts';
import { attemptViewSchema } from '../shapes.ts';
import { triesOf } from './attempts.ts';

describe('the tries of a run', () => {
  it('stand in the order they started, each with its own end', () => {
    const told = new ToldRun().begin().start('a').start('b').end('b', { state: 'failed' }).end('a').start('b', {}, 2);
    const views = triesOf(told.source()).map(({ view }) => view);
    expect(views.map(({ stepPath, attempt, state }) => `${stepPath} ${attempt} ${state}`)).toEqual([
      'a 1 succeeded',
      'b 1 failed',
      'b 2 running',
    ]);
    expect(views.map((view) => attemptViewSchema.safeParse(view).success)).toEqual([true, true, true]);
  });

  it('derive their ids from run, path and attempt', () => {
    const told = new ToldRun().begin().start('a').end('a', { state: 'timedOut' }).start('a', {}, 2);
    const [first, second] = triesOf(told.source());
    const at = { path: path('a'), attempt: 2 };
    expect(first?.view.retryOf).toBeNull();
    expect(second?.view).toMatchObject({
      spanId: spanIdOf(digest, RUN, at),
      attemptKey: attemptKeyOf(digest, RUN, at),
      retryOf: first?.view.spanId,
    });
  });

  it('have the seed of their step when a provider served them', () => {
    const told = new ToldRun().begin().start('a').end('a', { provider: 'offline', model: 'm' }).start('b').end('b');
    const seeds = triesOf(told.source()).map(({ view }) => view.seed);
    expect(seeds).toEqual([seedOf(digest, 7, path('a')), null]);
  });

  it('keep what the start says', () => {
    const route = { chosen: 'local/small', candidates: ['local/small'], ruledOut: { 'far/big': 'offline' } };
    const told = new ToldRun().begin().start('a', { route, queuedMs: 12, stage: 'text.output' });
    const [only] = triesOf(told.source());
    expect(only).toMatchObject({ stage: 'text.output', facts: {}, retryAt: undefined });
    expect(only?.view).toMatchObject({ route, queuedMs: 12, worker: 'worker-1', definitionDigest: SHA, inputs: [] });
  });

  it('keep what the end says', () => {
    const told = new ToldRun().begin().step('a', 'text.output', {
      state: 'failed',
      facts: { words: 2 },
      retryAt: 5 as Instant,
      provider: 'local',
      model: 'small',
      usage: {
        tokensIn: 3,
        costMicroUsd: 0,
      },
    });
    const [only] = triesOf(told.source());
    expect(only).toMatchObject({ facts: { words: 2 }, retryAt: 5 });
    expect(only?.view).toMatchObject({
      provider: 'local',
      model: 'small',
      tokensIn: 3,
      tokensOut: null,
      costMicroUsd: 0,
      priced: 'yes',
    });
  });

  it('are unpriced only when something was used that has no price', () => {
    const end = (usage: object): string | undefined =>
      triesOf(new ToldRun().begin().step('a', 'x.y', usage).source())[0]?.view.priced;
    expect(end({})).toBe('yes');
    expect(end({ usage: { costMicroUsd: null } })).toBe('no');
  });

  it('have waited in the queue before and inside of them, and say when the next one is due', () => {
    const viewOf = (end: ToldEnd) =>
      triesOf(new ToldRun().begin().start('a', { queuedMs: 5 }).end('a', end).source())[0]?.view;
    expect(viewOf({})).toMatchObject({ queuedMs: 5, retryAt: null });
    const due = BEGAN as Instant;
    expect(viewOf({ state: 'failed', queuedMs: 37, retryAt: due })).toMatchObject({
      queuedMs: 42,
      retryAt: '2026-03-02T09:00:00.000Z',
    });
    expect(viewOf({ state: 'suspended', wait: { for: 'time', until: due } })?.retryAt).toBe('2026-03-02T09:00:00.000Z');
    expect(viewOf({ state: 'suspended', wait: { for: 'signal', name: 'file' } })?.retryAt).toBeNull();
  });

  it('have cost what was expected where the record says so', () => {
    const end: ToldEnd = { state: 'abandoned', usage: { costMicroUsd: 9 }, priced: 'estimated' };
    const told = new ToldRun().begin().step('a', 'x.y', end);
    expect(triesOf(told.source())[0]?.view).toMatchObject({ costMicroUsd: 9, priced: 'estimated' });
  });

  it('are none where an event names no step or no attempt', () => {
    const [, start] = new ToldRun().start('a').events;
    const events = [
      { ...start, stepPath: undefined },
      { ...start, attempt: undefined },
    ] as never;
    expect(triesOf(new ToldRun().source({ events }))).toEqual([]);
  });
});
