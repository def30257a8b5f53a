import { describe, expect, test } from 'vitest';
import {
  attemptEnds,
  endOfRun,
  ofType,
  openTestEngine,
  path,
  testStage,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../../test/support/engine-fixtures.ts';
import type { RunId } from '../../core/ids.ts';
import type { Command } from '../../core/ports.ts';
import { flowReview } from '../../stages/flow/review.ts';
import { flowSignal } from '../../stages/flow/signal.ts';

const append = testStage('test.append', async ({ prompt, word }, context) => {
  const before = prompt === undefined ? '-' : await context.text(prompt);
  return wrote(context, `${before}>${context.stepPath}${word ?? ''}`);
});

type Step = Readonly<Record<string, unknown>>;
const opened = (...steps: readonly Step[]): Promise<TestEngine> =>
  openTestEngine({ stages: [append, flowReview, flowSignal], steps });
const review = (more: object = {}): Step => ({ id: 'ask', review: { de: 'Darf es?', en: 'May it?' }, ...more });
const after = { id: 'after', use: 'test-append', with: { word: 'steps.ask.facts.choice' } };

/** Carries the run to its question, answers it, and carries it to its end. */
async function answered(engine: TestEngine, answer: Command): Promise<RunId> {
  const runId = await engine.submit({ text: 'cat' });
  expect((await engine.session(runId)).kind).toBe('waiting');
  await engine.store.queue.send(runId, answer);
  await engine.finish(runId);
  return runId;
}
const decide = (choice: string): Command => ({ type: 'decide', by: 'test', stepPath: path('ask'), choice });

describe('a review', () => {
  test('asks in the language of the run, and what was chosen can be read', async () => {
    await using engine = await opened(review({ options: ['fine', 'finer'] }), after);
    const runId = await answered(engine, decide('finer'));
    const events = await engine.events(runId);
    expect(attemptEnds(events)).toEqual(['ask#1 suspended', 'ask#2 succeeded', 'after#1 succeeded']);
    const [asked, decided, made] = ofType(events, 'attempt.ended').map(({ data }) => data);
    expect(await engine.textOf(asked?.outputs[0] ?? ({} as never))).toBe('May it?');
    expect(asked?.wait).toEqual({ for: 'person', question: asked?.outputs[0]?.id, options: ['fine', 'finer'] });
    expect(decided?.facts).toEqual({ choice: 'finer', expired: false });
    expect(await engine.textOf(made?.outputs[0] ?? ({} as never))).toBe('cat>afterfiner');
  });

  test('that is rejected fails', async () => {
    await using engine = await opened(review({ byOther: true }), after);
    const runId = await answered(engine, decide('reject'));
    expect(endOfRun(await engine.events(runId))).toMatchObject({ state: 'failed', fault: { code: 'REVIEW_REJECTED' } });
  });

  test('nobody answers takes its default, or fails', async () => {
    await using engine = await opened(review({ expiresMs: 60_000, byDefault: 'approve' }), after);
    const events = await engine.run();
    expect(ofType(events, 'attempt.ended')[1]?.data.facts).toEqual({ choice: 'approve', expired: true });
    await using other = await opened(review({ expiresMs: 60_000 }), after);
    const end = endOfRun(await other.run());
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'WAIT_EXPIRED' } });
  });

  test('lets what does not need it go on', async () => {
    await using engine = await opened(review(), { ...after, id: 'free', with: {}, needs: [] });
    const runId = await engine.submit();
    await engine.session(runId);
    expect((await engine.fold(runId)).steps.get(path('free'))?.state).toBe('succeeded');
  });
});

describe('a wait for a signal', () => {
  const wait = (more: object = {}): Step => ({ id: 'scan', waitFor: 'scan.done', ...more });
  const next = { id: 'next', use: 'test-append' };
  const signal = (body?: string | Uint8Array): Command => ({
    type: 'signal',
    by: 'test',
    name: 'scan.done',
    ...(body === undefined ? {} : { body }),
  });
  const textOfNext = async (engine: TestEngine, runId: RunId): Promise<string> => {
    const ended = ofType(await engine.events(runId), 'attempt.ended').find(({ stepPath }) => stepPath === 'next');
    return engine.textOf(ended?.data.outputs[0] ?? ({} as never));
  };

  test('goes on with the text that comes', async () => {
    await using engine = await opened(wait(), next);
    const runId = await answered(engine, signal('a page'));
    expect(await textOfNext(engine, runId)).toBe('a page>next');
  });

  test('goes on with the text before it when none comes', async () => {
    await using engine = await opened(wait(), next);
    for (const body of [undefined, new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0xff])])
      expect(await textOfNext(engine, await answered(engine, signal(body)))).toBe('cat>next');
  });

  test('fails when nothing has come in time', async () => {
    await using engine = await opened(wait({ expiresMs: 1000 }), next);
    const end = endOfRun(await engine.run());
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'WAIT_EXPIRED' } });
  });
});
