import { describe, expect, test } from 'vitest';
import { endOfRun, ofType, openTestEngine, stateOf, testStage, wrote } from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';
import { stepPath } from '../core/ids.ts';
import type { Instant, RunId, StepPath } from '../core/ids.ts';
import type { Command } from '../core/ports.ts';
import type { Wait } from '../core/schema.ts';
import type { Outcome, StageContext } from '../core/stage.ts';

const ASK = stepPath(undefined, 'ask');

/** Waits once for what it is told to; its answer is what it reports. */
const waitingStage = (wait: (context: StageContext) => Promise<Wait> | Wait) =>
  testStage('test.wait', async (_input, context): Promise<Outcome> => {
    const { answer } = context;
    if (answer === undefined) return { state: 'waiting', wait: await wait(context) };
    const said = answer.artifact === undefined ? '' : await context.text(answer.artifact);
    return wrote(context, said || 'nothing', { choice: answer.choice ?? '', expired: answer.expired ?? false });
  });

const question = async (context: StageContext, more: Partial<Extract<Wait, { for: 'person' }>> = {}): Promise<Wait> => {
  const { id } = await context.write({ type: 'question', body: 'Shall it go on?', work: true });
  return { for: 'person', question: id, options: ['approve', 'reject'], ...more };
};

const openWith = (wait: (context: StageContext) => Promise<Wait> | Wait): Promise<TestEngine> =>
  openTestEngine({ stages: [waitingStage(wait)], steps: [{ id: 'ask', use: 'test-wait' }] });

const send = (engine: TestEngine, runId: RunId, command: Command): Promise<void> =>
  engine.store.queue.send(runId, command);

const decide = (choice: string, more: { note?: string; by?: string; stepPath?: StepPath } = {}): Command => ({
  type: 'decide',
  by: 'teacher',
  stepPath: ASK,
  choice,
  ...more,
});

const factsOf = async (engine: TestEngine, runId: RunId) =>
  ofType(await engine.events(runId), 'attempt.ended').at(-1)?.data.facts;

describe('a run that asks a person', () => {
  test('waits without anybody holding it, and goes on with what was decided', async () => {
    await using engine = await openWith(question);
    const runId = await engine.submit();
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'person' });
    expect(await engine.store.log.head(runId)).toMatchObject({ state: 'waiting' });
    expect((await engine.store.log.head(runId))?.holder).toBeUndefined();

    await send(engine, runId, decide('reject', { note: 'Too dark.' }));
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
    expect(await factsOf(engine, runId)).toEqual({ choice: 'reject', expired: false });
  });

  test('tells in its record what was asked, who decided and what was noted; the note is an artifact', async () => {
    await using engine = await openWith(question);
    const runId = await engine.submit();
    await engine.session(runId);
    await send(engine, runId, decide('approve', { note: 'Fine.' }));
    await engine.session(runId);

    const events = await engine.events(runId);
    const [requested] = ofType(events, 'review.requested');
    expect(requested).toMatchObject({ stepPath: 'ask', data: { options: ['approve', 'reject'] } });
    const [decided] = ofType(events, 'review.decided');
    expect(decided?.data).toMatchObject({ choice: 'approve', by: 'teacher' });
    const rows = await engine.store.log.artifacts(runId);
    expect(rows.find(({ id }) => id === decided?.data.note?.id)).toMatchObject({ type: 'review_note', sizeBytes: 5 });
    expect(JSON.stringify(events)).not.toContain('Fine.');
  });

  test('is not woken by a decision that does not fit, and says so in its record', async () => {
    await using engine = await openWith(question);
    const runId = await engine.submit();
    await engine.session(runId);
    await send(engine, runId, decide('maybe'));
    expect(await engine.session(runId)).toMatchObject({ kind: 'waiting', for: 'person' });
    await send(engine, runId, decide('approve', { stepPath: stepPath(undefined, 'elsewhere') }));
    expect(await engine.session(runId)).toMatchObject({ kind: 'waiting' });
    const notes = ofType(await engine.events(runId), 'note').map(({ data }) => data.facts);
    expect(notes).toEqual([{ because: 'no-such-option' }, { because: 'no-question' }]);
  });

  test('takes the first decision of two', async () => {
    await using engine = await openWith(question);
    const runId = await engine.submit();
    await engine.session(runId);
    await send(engine, runId, decide('approve'));
    await send(engine, runId, decide('reject'));
    await engine.finish(runId);
    expect(await factsOf(engine, runId)).toMatchObject({ choice: 'approve' });
    expect(ofType(await engine.events(runId), 'note')).toHaveLength(1);
  });

  test('takes the default when the time is over', async () => {
    await using engine = await openWith((context) =>
      question(context, { byDefault: 'approve', expiresAt: (context.now + 60_000) as Instant }),
    );
    const runId = await engine.submit();
    const waiting = await engine.session(runId);
    expect(waiting).toMatchObject({ kind: 'waiting', for: 'person', until: engine.clock.now() + 60_000 });
    engine.clock.advance(60_000);
    await engine.finish(runId);
    expect(await factsOf(engine, runId)).toEqual({ choice: 'approve', expired: true });
    expect(ofType(await engine.events(runId), 'review.expired')[0]?.data).toEqual({ choice: 'approve' });
  });

  test('can be canceled, and paused and resumed without losing the question', async () => {
    await using engine = await openWith(question);
    const canceled = await engine.submit();
    await engine.session(canceled);
    await engine.send(canceled, 'cancel');
    expect(await engine.session(canceled)).toEqual({ kind: 'ended' });
    expect(stateOf(await engine.events(canceled))).toBe('canceled');

    const runId = await engine.submit();
    await engine.session(runId);
    await engine.send(runId, 'pause');
    expect(await engine.session(runId)).toEqual({ kind: 'paused' });
    await send(engine, runId, decide('approve'));
    await engine.send(runId, 'resume');
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    expect(await factsOf(engine, runId)).toMatchObject({ choice: 'approve' });
  });

  test('loses neither question nor answer when its holder dies between them', async () => {
    await using engine = await openWith(question);
    const runId = await engine.submit();
    await engine.session(runId);
    await send(engine, runId, decide('approve', { note: 'Fine.' }));
    const next = await engine.crash();
    await next.finish(runId);
    expect(await factsOf(next, runId)).toMatchObject({ choice: 'approve' });
    expect(ofType(await next.events(runId), 'review.decided')).toHaveLength(1);
  });

  test('answers another step while one still runs', async () => {
    const letGo = Promise.withResolvers<void>();
    const slow = testStage('test.slow', async (_input, context) => {
      await letGo.promise;
      return wrote(context, 'slow');
    });
    await using engine = await openTestEngine({
      stages: [waitingStage(question), slow],
      steps: [{ id: 'both', forEach: 'outputs', steps: [{ id: 'ask', use: 'test-wait' }] }],
      definitions: {
        outputs: { one: { name: 'One', medium: 'text' }, two: { name: 'Two', medium: 'text' } },
      },
    });
    const runId = await engine.submit({ outputs: ['one', 'two'] });
    const session = engine.session(runId);
    const paths = [1, 2].map((index) => stepPath(stepPath(undefined, 'both', index), 'ask'));
    expect(await session).toMatchObject({ kind: 'waiting' });
    for (const path of paths) await send(engine, runId, decide('approve', { stepPath: path }));
    letGo.resolve();
    await engine.finish(runId);
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
  });
});

describe('a run that waits for a signal', () => {
  test('goes on with what came, as an artifact of the run', async () => {
    await using engine = await openWith(() => ({ for: 'signal', name: 'form.filled' }));
    const runId = await engine.submit();
    expect(await engine.session(runId)).toEqual({ kind: 'waiting', for: 'signal' });
    await send(engine, runId, { type: 'signal', by: 'service', name: 'form.filled', body: 'yes, please' });
    await engine.finish(runId);
    const rows = await engine.store.log.artifacts(runId);
    const text = rows.find(({ type }) => type === 'text');
    expect(text?.sizeBytes).toBe('yes, please'.length);
  });

  test('takes one that came early', async () => {
    await using engine = await openWith(() => ({ for: 'signal', name: 'form.filled' }));
    const runId = await engine.submit();
    await send(engine, runId, { type: 'signal', by: 'service', name: 'form.filled' });
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    expect(await factsOf(engine, runId)).toEqual({ choice: '', expired: false });
  });

  test('goes on without one when the time is over', async () => {
    await using engine = await openWith(({ now }) => ({
      for: 'signal',
      name: 'form.filled',
      expiresAt: (now + 5000) as Instant,
    }));
    const runId = await engine.submit();
    await engine.finish(runId);
    expect(await factsOf(engine, runId)).toEqual({ choice: '', expired: true });
    expect(ofType(await engine.events(runId), 'signal.expired')).toHaveLength(1);
  });
});

describe('a run whose pipeline says how long it may take', () => {
  const limited = (stage: ReturnType<typeof testStage>, timeoutMs: number): Promise<TestEngine> =>
    openTestEngine({
      stages: [stage],
      steps: [],
      definitions: {
        pipelines: {
          main: {
            title: 'Main',
            timeoutMs,
            steps: [
              { id: 'one', use: 'test-long' },
              { id: 'two', use: 'test-long' },
            ],
          },
        },
      },
    });

  test('fails with RUN_TIMEOUT, tells running steps to stop, and leaves none pending', async () => {
    let told = false;
    const begun = Promise.withResolvers<void>();
    const long = testStage('test.long', async (_input, { signal }) => {
      signal.addEventListener('abort', () => (told = true));
      begun.resolve();
      return new Promise(() => {});
    });
    await using engine = await limited(long, 60_000);
    const runId = await engine.submit();
    const session = engine.session(runId);
    await begun.promise;
    engine.clock.advance(60_001);
    expect(await session).toEqual({ kind: 'ended' });
    expect(told).toBe(true);
    expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'RUN_TIMEOUT' } });
    const fold = await engine.fold(runId);
    expect([...fold.steps].map(([path, { state }]) => `${path} ${state}`)).toEqual(['one canceled', 'two skipped']);
  });

  test('is not stopped by a pause, however long', async () => {
    await using engine = await limited(
      testStage('test.long', (_input, context) => wrote(context, 'well')),
      60_000,
    );
    const runId = await engine.submit();
    await engine.send(runId, 'pause');
    await engine.session(runId);
    engine.clock.advance(3_600_000);
    await engine.send(runId, 'resume');
    await engine.finish(runId);
    expect(stateOf(await engine.events(runId))).toBe('succeeded');
  });
});
