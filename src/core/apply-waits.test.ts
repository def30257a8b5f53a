import { describe, expect, it } from 'vitest';
import { RUN, SHA, createdData, path } from '../../test/support/told-run.ts';
import { applyEvent, foldRun } from './apply.ts';
import type { RunFold } from './apply.ts';
import type { EventDraft } from './events.ts';
import type { ArtifactId, WorkerId } from './ids.ts';
import type { Committed, Wait } from './schema.ts';

const artifact = (name: string): Committed => ({ id: `${RUN}/${name}` as ArtifactId, commitment: SHA });
const question = artifact('work/07_question.txt').id;
const person: Wait = { for: 'person', question, options: ['approve', 'reject'], byDefault: 'approve' };
const signal: Wait = { for: 'signal', name: 'form.filled' };

const begun: readonly EventDraft[] = [
  { type: 'run.created', data: createdData },
  { type: 'run.started', data: {} },
];
const start = (step: string, attempt = 1): EventDraft => ({
  type: 'attempt.started',
  stepPath: path(step),
  attempt,
  data: { stage: 'flow.review', stageVersion: 1, definition: SHA, inputs: [], queuedMs: 0, worker: 'w' as WorkerId },
});
const suspended = (step: string, wait: Wait): EventDraft => ({
  type: 'attempt.ended',
  stepPath: path(step),
  attempt: 1,
  data: { state: 'suspended', facts: {}, outputs: [], durationMs: 1, wait },
});
const asked = (step: string, wait: Wait): readonly EventDraft[] => [...begun, start(step), suspended(step, wait)];
const decided = (step: string, choice: string, note?: Committed): EventDraft => ({
  type: 'review.decided',
  stepPath: path(step),
  data: { choice, by: 'teacher', ...(note === undefined ? {} : { note }) },
});
const received = (body?: Committed): EventDraft => ({
  type: 'signal.received',
  data: { name: 'form.filled', ...(body === undefined ? {} : { body }) },
});
const answerOf = (fold: RunFold, step: string) => fold.steps.get(path(step))?.answer;

describe('a question to a person', () => {
  it('has the answer once somebody has decided, with the note as an artifact of the run', () => {
    const note = artifact('12_review_note.txt');
    const fold = foldRun([...asked('ask', person), decided('ask', 'reject', note)]);
    expect(answerOf(fold, 'ask')).toEqual({ choice: 'reject', artifact: note.id, question });
    expect(fold.artifacts.has(note.id)).toBe(true);
    expect(fold.numbers.main).toBe(12);
  });

  it('keeps the answer for the attempt that follows', () => {
    const fold = foldRun([...asked('ask', person), decided('ask', 'approve'), start('ask', 2)]);
    expect(fold.steps.get(path('ask'))).toMatchObject({ attempt: 2, answer: { choice: 'approve' } });
  });

  it('is asked anew by an attempt that suspends again', () => {
    const again: EventDraft = { ...suspended('ask', person), attempt: 2 };
    const fold = foldRun([...asked('ask', person), decided('ask', 'approve'), start('ask', 2), again]);
    expect(answerOf(fold, 'ask')).toBeUndefined();
  });

  it('takes the default when the time is over, and says that nobody answered', () => {
    const expired: EventDraft = { type: 'review.expired', stepPath: path('ask'), data: { choice: 'approve' } };
    expect(answerOf(foldRun([...asked('ask', person), expired]), 'ask')).toEqual({
      choice: 'approve',
      expired: true,
      question,
    });
    const without: EventDraft = { type: 'review.expired', stepPath: path('ask'), data: {} };
    expect(answerOf(foldRun([...asked('ask', person), without]), 'ask')).toEqual({ expired: true, question });
  });

  it.each([
    { name: 'a second decision', after: [...asked('ask', person), decided('ask', 'approve')], says: 'answered' },
    {
      name: 'a decision where a signal is waited for',
      after: asked('ask', signal),
      says: 'does not wait for a person',
    },
    { name: 'a decision about a step that runs', after: [...begun, start('ask')], says: 'does not wait' },
    { name: 'a decision about no step', after: begun, says: 'does not wait' },
  ])('refuses $name', ({ after, says }) => {
    expect(() => applyEvent(foldRun(after), decided('ask', 'reject'))).toThrow(says);
  });
});

describe('a signal', () => {
  it('answers the first step that waits for it', () => {
    const body = artifact('13_signal.txt');
    const waits = [...asked('one', signal), start('busy'), start('two'), suspended('two', signal)];
    const fold = foldRun([...waits, received(body), received()]);
    expect(answerOf(fold, 'one')).toEqual({ artifact: body.id });
    expect(answerOf(fold, 'two')).toEqual({});
    expect(fold.artifacts.has(body.id)).toBe(true);
  });

  it('that names its step is meant for it alone', () => {
    const body = artifact('13_signal.txt');
    const waits = [...asked('one', signal), start('two'), suspended('two', signal)];
    const named = (draft: EventDraft): EventDraft => ({ ...draft, stepPath: path('two') });
    const fold = foldRun([...waits, named(received(body))]);
    expect([answerOf(fold, 'one'), answerOf(fold, 'two')]).toEqual([undefined, { artifact: body.id }]);
    expect(fold.artifacts.has(body.id)).toBe(true);
    expect(() => applyEvent(fold, named(received()))).toThrow('two has been answered');
  });

  it('that comes early is kept for the step that asks, each once, in order', () => {
    const body = artifact('13_signal.txt');
    const other: Wait = { for: 'signal', name: 'another' };
    const fold = foldRun([
      ...asked('other', other),
      received(body),
      received(),
      ...['one', 'two', 'three'].flatMap((step) => [start(step), suspended(step, signal)]),
    ]);
    expect(['other', 'one', 'two', 'three'].map((step) => answerOf(fold, step))).toEqual([
      undefined,
      { artifact: body.id },
      {},
      undefined,
    ]);
  });

  it('that does not come leaves the step with that answer', () => {
    const expired: EventDraft = { type: 'signal.expired', stepPath: path('one'), data: { name: 'form.filled' } };
    expect(answerOf(foldRun([...asked('one', signal), expired]), 'one')).toEqual({ expired: true });
  });
});

describe('a step taken over from a parent', () => {
  const outputs = [artifact('09_interception.txt')];
  const reused: EventDraft = {
    type: 'step.reused',
    stepPath: path('interception'),
    data: {
      from: { runId: RUN, spanId: '0'.repeat(16) },
      stage: 'text.interception',
      stageVersion: 3,
      definition: SHA,
      inputs: [],
      facts: { words: 4 },
      outputs,
    },
  };

  it('counts as succeeded without an attempt, and its artifacts are the run’s', () => {
    const fold = foldRun([...begun, reused]);
    expect(fold.steps.get(path('interception'))).toMatchObject({
      attempt: 0,
      state: 'succeeded',
      ended: { facts: { words: 4 }, outputs },
    });
    expect(fold.stageVersions.get('text.interception')).toBe(3);
    expect(fold.numbers.main).toBe(9);
  });

  it('is never executed', () => {
    expect(() => applyEvent(foldRun([...begun, reused]), start('interception'))).toThrow('never executed again');
  });
});

it('what is only told changes nothing of the state', () => {
  const standing = { scope: 'run', subject: 'r', mode: 'halt', limitMicroUsd: 1, spentMicroUsd: 1 } as const;
  const budget = { ...standing, reservedMicroUsd: 0, estimateMicroUsd: 5 };
  const told: readonly EventDraft[] = [
    { type: 'review.requested', stepPath: path('ask'), data: { question, options: ['yes'] } },
    { type: 'budget.warned', data: budget },
    { type: 'budget.exceeded', data: budget },
    { type: 'cost.corrected', data: { costMicroUsd: 4 } },
    { type: 'note', data: { kind: 'decision.refused', facts: { until: 5 } } },
  ];
  expect(foldRun([...begun, ...told])).toEqual(foldRun(begun));
});
