import { expect, test } from 'vitest';
import { endOfRun, failed, ofType, openTestEngine, testStage, wrote } from '../../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../../test/support/engine-fixtures.ts';
import type { RunId } from '../../core/ids.ts';
import { isTerminal, RUN_MOVES } from '../../core/states.ts';
import { flowReview } from '../../stages/flow/review.ts';

const good = testStage('test.good', async ({ prompt }, context) => {
  const text = prompt === undefined ? '' : await context.text(prompt);
  return wrote(context, `${text} ${context.stepPath}:${context.seed}`.slice(-300), { length: text.length });
});

const use = (id: string, more: object = {}, chunk = 'test-good') => ({ id, use: chunk, ...more });
const RETRY = { maxAttempts: 2, retryOn: ['PROVIDER_REFUSED'] };

const steps = [
  use('a'),
  use('left', { needs: ['a'] }),
  { id: 'part', pipeline: 'inner', needs: ['a'], retry: RETRY },
  { id: 'each', forEach: 2, needs: ['left', 'part'], steps: [use('make'), use('more', { when: 'iteration == 2' })] },
  { id: 'ask', review: 'Go on?', expiresMs: 60_000, byDefault: 'approve', needs: ['left'] },
  use('lost', { needs: [], continueOn: ['failed'] }, 'test-bad'),
  use('last', { needs: ['lost', 'ask', 'each', 'part'] }),
];
const inner = [
  use('one'),
  use('flaky', {}, 'test-flaky'),
  { id: 'loop', repeat: { until: 'steps.two.facts.length > 9999', max: 2 }, steps: [use('two')] },
  use('met', { when: 'not steps.loop.facts.met and steps.loop.facts.rounds == 2' }),
];

/** The stages of one world, in which the flaky step fails the first time that its first attempt is carried out to its end. */
function open(): Promise<TestEngine> {
  const bad = testStage('test.bad', () => failed('PROVIDER_REFUSED'));
  const flaky = testStage('test.flaky', async (_input, context) => {
    const runId = context.stepKey.split(':')[0] as RunId;
    const ended = await engine.then(async (first) => ofType(await first.events(runId), 'attempt.ended'));
    const before = ended.some(({ stepPath, data }) => stepPath === context.stepPath && data.state === 'failed');
    return before ? wrote(context, 'flaky', { length: 5 }) : failed('PROVIDER_REFUSED');
  });
  const definitions = { pipelines: { inner: { title: 'Inner', steps: inner } } };
  const engine = openTestEngine({ stages: [good, bad, flaky, flowReview], steps, definitions });
  return engine;
}

async function resultOf(engine: TestEngine, runId: RunId) {
  const events = await engine.events(runId);
  const rows = new Map((await engine.artifacts(runId)).map((row) => [row.id, row]));
  const ended = ofType(events, 'attempt.ended').filter(({ data }) => ['succeeded', 'failed'].includes(data.state));
  const made = ended.map(({ stepPath, data }) => {
    const outputs = data.outputs.map(({ id }) => `${rows.get(id)?.type} ${rows.get(id)?.sha256}`);
    return [stepPath, data.state, data.facts, outputs].flat();
  });
  const skipped = ofType(events, 'step.skipped').map(({ stepPath, data }) => `${stepPath} ${data.because}`);
  const byPath = (one: readonly unknown[]): string => JSON.stringify(one);
  return { end: endOfRun(events), made: made.map(byPath).toSorted(), skipped: skipped.toSorted() };
}

/** Dead after so many commits; then another process carries the run to its end. */
async function killedAt(commit: number): Promise<{ died: boolean; result: unknown }> {
  const first = await open();
  const runId = await first.submit();
  let left = commit + 1; // one commit is the worker's registration
  let died = false;
  const second = await first.crash({}, () => {
    left -= 1;
    died ||= left < 0;
    if (left < 0) throw new Error('killed');
  });
  for (;;) {
    const end = await second.session(runId).catch(() => undefined);
    if (end?.kind !== 'waiting' || end.until === undefined) break;
    second.clock.advanceTo(end.until);
  }
  const third = await second.crash();
  if (!isTerminal(RUN_MOVES, (await third.fold(runId)).state ?? 'pending')) await third.finish(runId);
  return { died, result: await resultOf(third, runId) };
}

test('a graph with a pipeline, a question and retries comes to the same when its holder is killed at any commit', async () => {
  await using calm = await open();
  const runId = await calm.submit();
  await calm.finish(runId);
  const expected = await resultOf(calm, runId);
  expect(expected.end).toEqual({ state: 'succeeded' });
  expect(expected.skipped).toEqual(['each[1].more condition', 'part.loop dependency', 'part.met dependency']);
  expect(expected.made).toHaveLength(16);
  let commit = 0;
  for (let died = true; died; commit += 1) {
    const killed = await killedAt(commit);
    expect(killed.result, `commit ${commit}`).toEqual(expected);
    died = killed.died;
  }
  expect(commit).toBeGreaterThan(8);
});
