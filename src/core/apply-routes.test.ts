import { describe, expect, it } from 'vitest';
import { SHA, ToldRun, path } from '../../test/support/told-run.ts';
import { foldRun } from './apply.ts';
import type { StepRecord } from './apply.ts';
import type { Fault } from './schema.ts';
import type { Instant } from './ids.ts';

const fault = (code: string): Fault => ({ code, type: 'Test', facts: {} });
const route = (chosen: string | null) => ({ route: { chosen, candidates: ['lab/one', 'lab/two'], ruledOut: {} } });

/** Attempts of one step, one after the other: to whom each was routed, and how it ended. */
function stepAfter(...attempts: readonly (readonly [chosen: string | null, code: string | undefined])[]): StepRecord {
  const told = new ToldRun().begin();
  for (const [index, [chosen, code]] of attempts.entries()) {
    told.start('step', route(chosen), index + 1);
    const end = code === undefined ? { state: 'suspended' as const } : { state: 'failed' as const, fault: fault(code) };
    told.end('step', end, index + 1);
  }
  const step = foldRun(told.events).steps.get(path('step'));
  if (step === undefined) throw new Error('The step is missing.');
  return step;
}

describe('the attempts of a step', () => {
  it('are counted for each candidate, with why the last one failed', () => {
    const step = stepAfter(['lab/one', 'PROVIDER_TIMEOUT'], ['lab/one', 'PROVIDER_AUTH'], ['lab/two', 'MODEL_MISSING']);
    expect(step.failed).toEqual(
      new Map([
        ['lab/one', { failures: 2, fault: fault('PROVIDER_AUTH') }],
        ['lab/two', { failures: 1, fault: fault('MODEL_MISSING') }],
      ]),
    );
    expect(step.candidate).toBe('lab/two');
  });

  it('that found nobody to call are counted in a row; failures among them do not interrupt it', () => {
    expect(stepAfter([null, undefined], [null, undefined]).barred).toBe(2);
    expect(stepAfter([null, undefined], [null, 'NO_CANDIDATE'], [null, undefined]).barred).toBe(2);
    expect(stepAfter([null, undefined], ['lab/one', 'PROVIDER_TIMEOUT']).barred).toBe(0);
  });

  it('that lost the way to their candidate before they called it do not end the row; one that waits of its own accord does', () => {
    expect(stepAfter([null, undefined], ['lab/one', undefined], [null, undefined]).barred).toBe(2);
    const told = new ToldRun().begin().start('step', route(null)).end('step', { state: 'suspended' });
    told.start('step', route('lab/one'), 2);
    told.end('step', { state: 'suspended', wait: { for: 'signal', name: 'go' } }, 2);
    expect(foldRun(told.events).steps.get(path('step'))?.barred).toBe(0);
  });

  it('are told which question an answer is for, also after one that failed', () => {
    const told = new ToldRun().begin().start('step', route('lab/one'));
    const question = told.artifact({ type: 'budget_question', text: 'Pay?', work: true });
    const wait = { for: 'person' as const, question: question.id, options: ['approve', 'stop'] };
    told.end('step', { state: 'suspended', wait });
    told.say({ type: 'run.waiting', data: { for: 'person', until: (told.now + 1) as Instant } });
    told.say({ type: 'review.decided', stepPath: path('step'), data: { choice: 'approve', by: 'teacher' } });
    told.say({ type: 'run.resumed', data: {} });
    told.start('step', route('lab/one'), 2).end('step', { state: 'failed', fault: fault('PROVIDER_TIMEOUT') }, 2);
    told.start('step', route('lab/one'), 3);
    const answer = { choice: 'approve', question: question.id, candidate: 'lab/one' };
    expect(foldRun(told.events).steps.get(path('step'))?.answer).toEqual(answer);
    expect(question.commitment).toBe(SHA);
  });
});
