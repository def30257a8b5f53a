import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { StageContext } from '../core/stage.ts';
import {
  askStage,
  attemptEnds,
  endOfRun,
  ofType,
  openTestEngine,
  recordingProvider,
  settle,
  stateOf,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';

/** Two steps; the attempts of the second never end, until `works` is set. */
function stuck() {
  const effects: string[] = [];
  const contexts: StageContext[] = [];
  const control = { works: false };
  const first = testStage('test.first', (_input, context) => {
    effects.push('first');
    return wrote(context, 'first text');
  });
  const second = testStage('test.second', async (_input, context) => {
    effects.push('second');
    contexts.push(context);
    await context.write({ type: 'draft', body: `draft ${effects.length}` });
    return control.works ? wrote(context, 'second text') : new Promise(() => {});
  });
  const steps = [
    { id: 'first', use: 'test-first' },
    { id: 'second', use: 'test-second' },
  ];
  return { effects, contexts, control, options: { stages: [first, second], steps } };
}

/** Takes the run over from a process that died in the middle of an attempt. */
async function crashIn(
  engine: TestEngine,
  runId: Parameters<TestEngine['claim']>[0],
  begun: () => boolean,
): Promise<TestEngine> {
  void engine.session(runId).catch(() => {});
  await until(begun, 'the attempt');
  await settle();
  return engine.crash();
}

describe('after a crash', () => {
  test('the open attempt is abandoned and followed by a new one; steps that had succeeded are not repeated', async () => {
    const { effects, control, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => effects.length === 2);
    control.works = true;
    const events = await next.finish(runId);
    expect(attemptEnds(events)).toEqual(['first#1 succeeded', 'second#1 abandoned', 'second#2 succeeded']);
    expect(effects).toEqual(['first', 'second', 'second']);
    expect(stateOf(events)).toBe('succeeded');
  });

  test('files that no event names are gone, and their numbers do not come back', async () => {
    const { effects, control, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => effects.length === 2);
    expect((await next.inventory(runId)).filter(({ path }) => path.includes('draft'))).toHaveLength(1);
    control.works = true;
    await next.finish(runId);
    const { artifacts } = await next.fold(runId);
    const files = (await next.inventory(runId)).map(({ path }) => `${runId}/${path}`);
    expect(files.toSorted()).toEqual([...artifacts].toSorted());
  });

  test('the third abandoned attempt of a step quarantines the run', async () => {
    const { effects, options } = stuck();
    const first = await openTestEngine(options);
    const runId = await first.submit();
    let engine = first;
    for (const begun of [2, 3, 4]) engine = await crashIn(engine, runId, () => effects.length === begun);
    expect(await engine.session(runId)).toEqual({ kind: 'ended' });
    const events = await engine.events(runId);
    expect(attemptEnds(events).slice(1)).toEqual(['second#1 abandoned', 'second#2 abandoned', 'second#3 abandoned']);
    expect(endOfRun(events)).toMatchObject({
      state: 'quarantined',
      fault: { facts: { path: 'second', abandoned: 3 } },
    });
    expect(effects).toHaveLength(4);
  });

  test('abandoned attempts use up none of the tries that a step has', async () => {
    const { effects, control, options } = stuck();
    const retry = { maxAttempts: 1 };
    const steps = [{ id: 'second', use: 'test-second', retry }];
    await using engine = await openTestEngine({ ...options, steps });
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => effects.length === 1);
    control.works = true;
    expect(attemptEnds(await next.finish(runId))).toEqual(['second#1 abandoned', 'second#2 succeeded']);
  });

  test('a verdict about a text that the crash took with it lets no other text pass', async () => {
    const provider = recordingProvider(() => new Promise(() => {}));
    const steps = [{ id: 'ask', use: 'ask' }];
    const definitions = { chunks: { ask: { stage: 'test.ask', role: 'any', template: { prompt: 'Now {{prompt}}' } } } };
    await using engine = await openTestEngine({ stages: [askStage], providers: [provider], steps, definitions });
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => provider.seen.length === 1);
    const answering = recordingProvider();
    await using last = await next.crash({ providers: [answering] });
    const events = await last.finish(runId);
    expect(attemptEnds(events)).toEqual(['ask#1 abandoned', 'ask#2 succeeded']);
    const subjects = ofType(events, 'safety.verdict').map(({ data }) => data.subject);
    const texts = await last.artifacts(runId);
    const lost = subjects.filter((subject) => !texts.some(({ id }) => id === subject));
    expect(lost.length).toBeGreaterThan(0);
    expect(new Set(subjects).size).toBe(subjects.length); // every number was given once
    expect(answering.seen).toEqual(['Now a small cat']);
  });

  test('a text that was judged and lost leaves its number unused, so that no verdict speaks about other bytes', async () => {
    let round = 0;
    const judging = testStage('test.judging', async (_input, context) => {
      round += 1;
      const text = await context.write({ type: 'text', body: `text of round ${round}`, work: true });
      await context.check(text, 'look');
      return round === 1 ? new Promise(() => {}) : { state: 'done', facts: {}, artifacts: [text] };
    });
    await using engine = await openTestEngine({ stages: [judging], steps: [{ id: 'one', use: 'test-judging' }] });
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => round === 1);
    const [lost, kept] = ofType(await next.finish(runId), 'safety.verdict').map(({ data }) => data.subject);
    expect(kept).not.toBe(lost);
    expect((await next.artifacts(runId)).map(({ id }) => id)).not.toContain(lost);
  });
});

describe('a holder that has lost its lease', () => {
  test('is refused with LEASE_LOST, ends as broken and harms nothing', async () => {
    const { effects, contexts, control, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    const stale = engine.session(runId);
    await until(() => effects.length === 2);
    await settle();
    await using next = await engine.beside();
    engine.clock.advance(4000); // it has stood still for so long, but it is not dead
    control.works = true;
    const events = await next.finish(runId);
    expect(stateOf(events)).toBe('succeeded');

    await engine.send(runId, 'cancel').catch(() => {});
    const held = engine.engine.log.append(
      { runId, worker: engine.engine.worker.id, token: 1 },
      { drafts: [{ type: 'run.ended', data: { state: 'canceled' } }] },
    );
    await expect(held).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await contexts[0]?.write({ type: 'stray', body: 'from the stale holder' });
    expect(await next.events(runId)).toEqual(events);
    void stale.catch(() => {});
  });

  test('finds out at its next append', async () => {
    const released = Promise.withResolvers<void>();
    let begun = 0;
    const stage = testStage('test.slow', async (_input, context) => {
      begun += 1;
      if (begun === 1) await released.promise;
      return wrote(context, `text ${begun}`);
    });
    const steps = [
      { id: 'one', use: 'test-slow' },
      { id: 'two', use: 'test-slow' },
    ];
    await using engine = await openTestEngine({ stages: [stage], steps });
    const runId = await engine.submit();
    const stale = engine.session(runId);
    await until(() => begun === 1);
    await using next = await engine.beside();
    engine.clock.advance(4000);
    const events = await next.finish(runId);
    released.resolve();
    expect(await stale).toMatchObject({ kind: 'broken', error: { code: 'LEASE_LOST' } });
    expect(begun).toBe(3);
    expect(await next.events(runId)).toEqual(events);
    expect(attemptEnds(events)).toEqual(['one#1 abandoned', 'one#2 succeeded', 'two#1 succeeded']);
  });
});

const full = new StemmaError('STORE_FULL', 'no space');

describe('a full disk', () => {
  const text = testStage('test.text', (_input, context) => wrote(context, context.stepPath));
  const steps = ['one', 'two', 'three'].map((id) => ({ id, use: 'test-text' }));

  test('at an append breaks the session; once there is space the run ends, with no step repeated that had succeeded', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    engine.log.refuse = ({ drafts }) => (drafts.some(({ stepPath }) => stepPath === 'three') ? full : undefined);
    const lease = await engine.claim(runId);
    const { executeRun } = await import('./execute-run.ts');
    const end = await executeRun(engine.engine, lease, new AbortController().signal);
    expect(end).toMatchObject({ kind: 'broken', error: { code: 'STORE_FULL' } });
    expect((await engine.fold(runId)).state).toBe('running');
    engine.log.refuse = () => undefined;
    await engine.engine.queue.release(lease);
    const events = await engine.finish(runId);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
    expect(attemptEnds(events).filter((end) => end.startsWith('one'))).toEqual(['one#1 succeeded']);
    expect(attemptEnds(events).filter((end) => end.endsWith('abandoned'))).toEqual([]);
  });

  test('at an artifact is no fault of the step: it is suspended, and tried again as often as it takes', async () => {
    await using engine = await openTestEngine({ stages: [text], steps });
    const runId = await engine.submit();
    engine.refuseFile = (type) => (type === 'text' ? full : undefined);
    for (let round = 0; round < 6; round += 1) {
      const lease = await engine.claim(runId);
      const { executeRun } = await import('./execute-run.ts');
      const end = await executeRun(engine.engine, lease, new AbortController().signal);
      expect(end).toMatchObject({ kind: 'broken', error: { code: 'STORE_FULL' } });
      await engine.engine.queue.release(lease);
    }
    engine.refuseFile = () => undefined;
    const events = await engine.finish(runId);
    expect(endOfRun(events)).toEqual({ state: 'succeeded' });
    expect(attemptEnds(events).slice(0, 7)).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((attempt) => `one#${attempt} suspended`),
      'one#7 succeeded',
    ]);
  });

  test('that a stage hides from the engine breaks the session all the same', async () => {
    const hiding = testStage('test.hiding', async (_input, context) => {
      await context.write({ type: 'notes', body: 'x' }).catch(() => {});
      return { state: 'done', facts: {}, artifacts: [] };
    });
    await using engine = await openTestEngine({ stages: [hiding], steps: [{ id: 'one', use: 'test-hiding' }] });
    const runId = await engine.submit();
    engine.refuseFile = (type) => (type === 'notes' ? full : undefined);
    expect(await engine.session(runId)).toMatchObject({ kind: 'broken', error: { code: 'STORE_FULL' } });
  });
});

describe('a run that is taken up again', () => {
  test('fails with STAGE_CHANGED when a stage it has used is another one now', async () => {
    const { effects, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    const second = testStage('test.second', (_input, context) => wrote(context, 'new'), { version: 2 });
    await using next = await crashIn(engine, runId, () => effects.length === 2);
    await using changed = await next.crash({ stages: [...options.stages.slice(0, 1), second] });
    const events = await changed.finish(runId);
    expect(endOfRun(events)).toMatchObject({
      state: 'failed',
      fault: { code: 'STAGE_CHANGED', facts: { stage: 'test.second', before: 1, now: 2 } },
    });
    expect(effects).toHaveLength(2);
  });

  test('goes on with its own definitions, whatever they are now', async () => {
    const { effects, control, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    await using next = await crashIn(engine, runId, () => effects.length === 2);
    await using edited = await next.crash({ steps: [{ id: 'other', use: 'test-first' }] });
    control.works = true;
    const events = await edited.finish(runId);
    expect(attemptEnds(events).at(-1)).toBe('second#2 succeeded');
  });

  test('fails when it needs a stage that is not there', async () => {
    const { effects, options } = stuck();
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    await using next = await engine.crash({ stages: options.stages.slice(0, 1) });
    const events = await next.finish(runId);
    expect(endOfRun(events)).toMatchObject({ state: 'failed', fault: { code: 'STAGE_CHANGED' } });
    expect(effects).toEqual(['first']);
  });
});
