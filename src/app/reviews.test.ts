import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { Instant, RunId } from '../core/ids.ts';
import { decideReview, listReviews, signalRun } from './reviews.ts';
import { readRun } from './read-run.ts';

const options = { signal: new AbortController().signal };

const DEFINITIONS = {
  'pipelines/asked.yaml': [
    'title: Asked',
    'input: { text: 1 }',
    'steps:',
    '  - { id: ask, review: { en: Shall it go on?, de: Soll es weitergehen? }, options: [yes, no], byOther: true }',
    '  - { id: form, waitFor: form.filled }',
  ].join('\n'),
  'pipelines/two.yaml': [
    'title: Two questions',
    'steps:',
    '  - { id: one, review: One? }',
    '  - { id: two, needs: [], review: Two? }',
  ].join('\n'),
  'pipelines/timed.yaml': 'title: T\nsteps: [{ id: ask, review: Go?, expiresMs: 600000, byDefault: approve }]',
  'pipelines/strict.yaml': 'title: S\nsteps: [{ id: ask, review: Go?, expiresMs: 600000 }]',
  'configs/timed.yaml': 'name: Timed\npipeline: timed',
  'configs/strict.yaml': 'name: Strict\npipeline: strict',
  'configs/asked.yaml': 'name: Asked\npipeline: asked',
  'configs/two.yaml': 'name: Two\npipeline: two',
};

const openApp = (): Promise<TestApp> => openTestApp({ definitions: DEFINITIONS });

const waiting = (app: TestApp, config: string, by = 'pupil-7'): Promise<RunId> =>
  carryOut(app, { config, text: 'A cat', by, lang: 'en' });

const stateOf = async (app: TestApp, runId: RunId) => (await readRun(app, runId)).chronicle.run;

describe('questions to people', () => {
  it('are listed with what can be answered, and answered by somebody else than who asked for the run', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'asked');
    expect(await stateOf(app, runId)).toMatchObject({ state: 'waiting', waitingFor: 'person' });
    expect(await listReviews(app)).toMatchObject([
      { runId, stepPath: 'ask', config: 'asked', question: 'Shall it go on?', options: ['yes', 'no'], byOther: true },
    ]);

    const decide = (choice: string, by: string) => decideReview(app, { runId, choice, by }, options);
    await expect(decide('yes', 'pupil-7')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(decide('yess', 'teacher')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: 'Did you mean "yes"?',
    });
    expect(await decide('yes', 'teacher')).toMatchObject({ runId, state: 'waiting' });
    expect(await listReviews(app)).toEqual([]);
    expect((await stateOf(app, runId)).waitingFor).toBe('signal');
    await expect(decide('yes', 'teacher')).rejects.toMatchObject({ code: 'STATE_CONFLICT' });

    await signalRun(app, { runId, name: 'form.filled', body: 'blue' }, options);
    expect((await stateOf(app, runId)).state).toBe('succeeded');
  });

  it('are answered by a role or an id, never by a name: it would stand in the record for good', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'asked');
    await expect(decideReview(app, { runId, choice: 'yes', by: 'Änne Müller' }, options)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('"by" must be an id'),
    });
  });

  it('need a step where a run asks several things at once', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'two');
    const decide = (step?: string) =>
      decideReview(app, { runId, choice: 'approve', ...(step === undefined ? {} : { step }) }, options);
    await expect(decide()).rejects.toMatchObject({ code: 'INPUT_INVALID', hint: 'Name one with --step: one, two.' });
    await expect(decide('three')).rejects.toMatchObject({ hint: 'Something is asked at: one, two.' });
    await decide('two');
    await decide();
    expect((await stateOf(app, runId)).state).toBe('succeeded');
  });

  it('cannot be answered any more when the time is over, also where nobody has noticed yet', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'timed');
    expect(await listReviews(app)).toMatchObject([{ runId }]);
    const later = { ...app, clock: { ...app.clock, now: () => (Date.now() + 3_600_000) as Instant } };
    expect(await listReviews(later)).toEqual([]);
    await expect(decideReview(later, { runId, choice: 'reject' }, options)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'The time to answer is over.',
      hint: expect.stringContaining('"approve"'),
    });
    const forEver = await waiting(later, 'strict');
    await expect(
      decideReview(
        { ...later, clock: { ...later.clock, now: () => (Date.now() + 9e6) as Instant } },
        {
          runId: forEver,
          choice: 'reject',
        },
        options,
      ),
    ).rejects.toMatchObject({ hint: expect.stringContaining('does not go on') });
  });

  it('tell whoever decides as the second that somebody else was faster', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'asked');
    await decideReview(app, { runId, choice: 'yes', by: 'first' }, { ...options, carryOn: false });
    await expect(decideReview(app, { runId, choice: 'no', by: 'second' }, options)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: 'Somebody else was faster and decided "yes".',
    });
    expect((await stateOf(app, runId)).waitingFor).toBe('signal');
  });

  it('of a run that is not there are no questions', async () => {
    await using app = await openApp();
    const nobody = { runId: app.ids.runId(), choice: 'yes' };
    await expect(decideReview(app, nobody, options)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('a signal', () => {
  it.each([
    { name: 'no name', body: 'x', code: 'INPUT_INVALID' },
    { name: 'form.filled', body: 'x'.repeat(300_000), code: 'TOO_LARGE' },
  ])('is refused with $code', async ({ name, body, code }) => {
    await using app = await openApp();
    const runId = await waiting(app, 'asked');
    await expect(signalRun(app, { runId, name, body }, options)).rejects.toMatchObject({ code });
  });

  it('to a run that has ended is refused', async () => {
    await using app = await openApp();
    const runId = await waiting(app, 'two');
    await decideReview(app, { runId, step: 'one', choice: 'reject' }, options);
    await decideReview(app, { runId, choice: 'reject' }, options);
    expect(await stateOf(app, runId)).toMatchObject({ state: 'failed', error: { code: 'REVIEW_REJECTED' } });
    await expect(signalRun(app, { runId, name: 'late' }, options)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });
});
