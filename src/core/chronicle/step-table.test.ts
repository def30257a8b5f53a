import { describe, expect, it } from 'vitest';
import { digest, path, ToldRun } from '../../../test/support/told-run.ts';
import type { Instant } from '../ids.ts';
import { triesOf } from './attempts.ts';
import { StepTable } from './step-table.ts';
import type { StepTotals } from './step-table.ts';
import { costOf, stepViews } from './steps.ts';

const retryAt = 5 as Instant;
const usage = { tokensIn: 3, tokensOut: 4, costMicroUsd: 5 };
const served = { provider: 'offline', model: 'small', usage };

function tableOf({ events }: ToldRun): StepTotals {
  const table = new StepTable({ digest, message: (key) => key });
  for (const event of events) table.take(event);
  return table.end();
}

/** What the chronicle says of the same events. */
function chronicled(told: ToldRun): Omit<StepTotals, 'models'> {
  const source = told.source();
  const tries = triesOf(source);
  return { steps: stepViews(source, tries), cost: costOf(tries.map(({ view }) => view)) };
}

/** Steps of every kind, some of them still open. */
function manySteps(): ToldRun {
  const told = new ToldRun().begin();
  told.start('a').start('b').end('b', served);
  told
    .end('a', { ...served, model: 'large', state: 'failed', retryAt })
    .start('a', {}, 2)
    .end('a', served, 2);
  told.skip('c', 'condition');
  told.say({ type: 'note', stepPath: path('b'), data: { kind: 'told.later', facts: {} } });
  told.say({ type: 'note', stepPath: path('early'), data: { kind: 'told.before', facts: {} } });
  told.start('d').end('d', { state: 'suspended', retryAt });
  return told
    .start('e')
    .start('early')
    .end('early', { ...served, usage: { ...usage, costMicroUsd: null } });
}

describe('the table of steps', () => {
  it('is that of the chronicle, in its order, while the run goes on', () => {
    const told = manySteps();
    expect(tableOf(told)).toMatchObject(chronicled(told));
  });

  it('is that of the chronicle when the run has ended: nothing stays open', () => {
    const told = manySteps().end('e', { state: 'canceled' });
    told.say({ type: 'run.ended', data: { state: 'canceled' } });
    const { steps, cost } = tableOf(told);
    expect({ steps, cost }).toEqual(chronicled(told));
    expect(steps.map((step) => `${step.path} ${step.state}`)).toEqual([
      'a succeeded',
      'b succeeded',
      'c skipped',
      'early succeeded',
      'd canceled',
      'e canceled',
    ]);
  });

  it('names each model once and sums what all attempts have cost', () => {
    const { models, cost } = tableOf(manySteps());
    expect(models).toEqual(['offline: small', 'offline: large']);
    expect(cost).toEqual({ microUsd: 15, tokensIn: 12, tokensOut: 16, unpriced: 1 });
  });

  it('of a run without steps is empty', () => {
    const cost = { microUsd: 0, tokensIn: 0, tokensOut: 0, unpriced: 0 };
    expect(tableOf(new ToldRun())).toEqual({ steps: [], models: [], cost });
  });
});
