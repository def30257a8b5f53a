import { describe, expect, test } from 'vitest';
import {
  done,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  testStage,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { TestRun } from '../../../test/support/engine-fixtures.ts';

const append = testStage('test.append', async ({ prompt, extra }, context) => {
  const texts = await Promise.all([prompt, extra].flatMap((one) => (one === undefined ? [] : [context.text(one)])));
  return wrote(context, `${texts.join('+')}>${context.stepPath}`);
});
const look = testStage('test.look', () => done({ safe: true }), { writes: 'nothing' });
const bad = testStage('test.bad', () => failed('PROVIDER_REFUSED'));

type Step = Readonly<Record<string, unknown>>;
const use = (id: string, more: object = {}, chunk = 'test-append'): Step => ({ id, use: chunk, ...more });

async function tell(steps: readonly Step[], inner: readonly Step[], run: TestRun = {}) {
  const definitions = { pipelines: { inner: { title: 'Inner', steps: inner } } };
  await using engine = await openTestEngine({ stages: [append, look, bad], steps, definitions });
  const runId = await engine.submit({ text: 'cat', ...run });
  const events = await engine.finish(runId);
  const texts: Record<string, string> = {};
  for (const { stepPath, data } of ofType(events, 'attempt.ended')) {
    const [first] = data.outputs;
    if (first !== undefined && data.state === 'succeeded') texts[String(stepPath)] = await engine.textOf(first);
  }
  const skipped = ofType(events, 'step.skipped').map(({ stepPath, data }) => `${stepPath} ${data.because}`);
  return { texts, skipped, end: endOfRun(events) };
}

describe('a pipeline inside another', () => {
  test('has its steps below the step that uses it, and its last text goes on', async () => {
    const { texts } = await tell(
      [use('one'), { id: 'part', pipeline: 'inner' }, use('after', { with: { extra: 'steps.part.text' } })],
      [use('a'), use('b', { with: { extra: 'input.text' } }), use('check', {}, 'test-look')],
    );
    expect(texts).toMatchObject({
      'part.a': 'cat>one>part.a',
      'part.b': 'cat>one>part.a+cat>one>part.b',
      after: 'cat>one>part.a+cat>one>part.b+cat>one>part.a+cat>one>part.b>after',
    });
  });

  test('is given what `with` names, and has the parameters of the run', async () => {
    const { texts, skipped } = await tell(
      [use('one'), { id: 'part', pipeline: 'inner', with: { text: 'input.text' } }],
      [use('a', { when: 'input.text > 0' }), use('b', { when: 'parameters.wanted' })],
      { parameters: { wanted: false } },
    );
    expect(texts['part.a']).toBe('cat>part.a');
    expect(skipped).toEqual(['part.b condition']);
  });

  test('sees nothing of the steps around it, not even for a text that is not there', async () => {
    const { texts, skipped } = await tell(
      [
        use('a', { when: 'parameters.wanted' }),
        use('b'),
        { id: 'part', pipeline: 'inner', with: { text: 'steps.a.text' } },
      ],
      [use('c', { when: 'input.text > 0' }), use('d', { with: { extra: 'steps.b.text' } })],
      { parameters: { wanted: false } },
    );
    expect(texts['part.d']).toBe('>part.d');
    expect(skipped).toEqual(['a condition', 'part.c condition']);
  });

  test('may stand in loops and inside further pipelines, be skipped, and fail like any step', async () => {
    const inner = [use('bad', {}, 'test-bad'), use('never')];
    const loop = { id: 'each', forEach: 2, steps: [{ id: 'part', pipeline: 'inner', continueOn: ['failed'] }] };
    const steps = [
      loop,
      { id: 'not', pipeline: 'inner', when: 'parameters.wanted' },
      { id: 'free', pipeline: 'inner', needs: [] },
      use('last'),
    ];
    const { skipped, end } = await tell(steps, inner, { parameters: { wanted: false } });
    expect(skipped.toSorted()).toEqual([
      'each[1].part.never dependency',
      'each[2].part.never dependency',
      'free.never dependency',
      'last dependency',
      'not condition',
    ]);
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'PROVIDER_REFUSED' } });
  });
});
