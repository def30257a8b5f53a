import { describe, expect, test } from 'vitest';
import {
  attemptEnds,
  done,
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  testStage,
  wrote,
} from '../../../test/support/engine-fixtures.ts';
import type { TestRun } from '../../../test/support/engine-fixtures.ts';

/** Writes the prompt with the step's own id behind it. */
const append = testStage('test.append', async ({ prompt, number, word }, context) => {
  const before = prompt === undefined ? '-' : await context.text(prompt);
  const more = [number, word].filter((value) => value !== undefined).join(' ');
  const text = `${before}>${context.stepPath}${more === '' ? '' : `(${more})`}`;
  return wrote(context, text, { length: text.length, short: text.length < 20 });
});
const fails = testStage('test.fails', () => failed('PROVIDER_REFUSED'));
const blocks = testStage('test.blocks', async ({ prompt }, context) => {
  const { verdict } = await context.check(prompt ?? ({} as never), 'look');
  return { state: 'blocked', verdict };
});
const looks = testStage('test.looks', () => done({ safe: true, count: 2 }), { writes: 'nothing' });
const stages = [append, fails, blocks, looks];

interface Told {
  readonly ends: readonly string[];
  readonly skipped: readonly string[];
  readonly end: ReturnType<typeof endOfRun>;
  /** What each succeeded step wrote. */
  readonly texts: Readonly<Record<string, string>>;
}

async function tell(steps: readonly object[], run: TestRun = {}, definitions = {}): Promise<Told> {
  await using engine = await openTestEngine({ stages, steps: steps as { [name: string]: unknown }[], definitions });
  const runId = await engine.submit({ text: 'cat', ...run });
  const events = await engine.finish(runId);
  const texts: Record<string, string> = {};
  for (const { stepPath, data } of ofType(events, 'attempt.ended')) {
    const [first] = data.outputs;
    if (first !== undefined && data.state === 'succeeded') texts[String(stepPath)] = await engine.textOf(first);
  }
  return {
    ends: attemptEnds(events),
    skipped: ofType(events, 'step.skipped').map(({ stepPath, data }) => `${stepPath} ${data.because}`),
    end: endOfRun(events),
    texts,
  };
}

const use = (id: string, chunk = 'test-append', more = {}): object => ({ id, use: chunk, ...more });

describe('a list of steps', () => {
  test('hands the text of one to the next', async () => {
    const { texts } = await tell([use('one'), use('two')]);
    expect(texts).toEqual({ one: 'cat>one', two: 'cat>one>two' });
  });

  test('skips a step whose condition does not hold; the next goes on with what came before', async () => {
    const { texts, skipped, end } = await tell(
      [use('one'), use('two', 'test-append', { when: 'parameters.wanted' }), use('three')],
      { parameters: { wanted: false } },
    );
    expect(skipped).toEqual(['two condition']);
    expect(texts['three']).toBe('cat>one>three');
    expect(end).toEqual({ state: 'succeeded' });
  });

  test('passes by a step that writes facts and no text', async () => {
    const { texts } = await tell([use('one'), use('look', 'test-looks'), use('three')]);
    expect(texts['three']).toBe('cat>one>three');
  });

  test.each([
    ['fails', 'failed', 'PROVIDER_REFUSED'],
    ['blocks', 'blocked', 'SAFETY_BLOCKED'],
  ])('ends with a step that %s, and skips what depends on it', async (kind, state, code) => {
    const { ends, skipped, end } = await tell([
      use('one', `test-${kind}`),
      use('two'),
      { id: 'loop', repeat: { times: 2 }, steps: [use('x')] },
    ]);
    expect(ends).toEqual([`one#1 ${state}`]);
    expect(skipped).toEqual(['two dependency', 'loop dependency']);
    expect(end).toMatchObject({ state, fault: { code } });
  });

  test('goes on after a failed step that allows it, with what came before', async () => {
    const { texts, end } = await tell([use('one'), use('two', 'test-fails', { continueOn: ['failed'] }), use('three')]);
    expect(texts['three']).toBe('cat>one>three');
    expect(end).toEqual({ state: 'succeeded' });
  });

  test('does not go on after a blocked step that allows only failures', async () => {
    const { end, skipped } = await tell([use('one', 'test-blocks', { continueOn: ['failed'] }), use('two')]);
    expect(end?.state).toBe('blocked');
    expect(skipped).toEqual(['two dependency']);
  });

  test('fails a step whose condition cannot be read', async () => {
    const { end } = await tell([use('one', 'test-append', { when: 'nonsense.here' })]);
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'DEFINITION_INVALID' } });
  });

  test('fails a step whose chunk is not there, and a stage that is not there', async () => {
    expect((await tell([use('one', 'no-such-chunk')])).end).toMatchObject({
      state: 'failed',
      fault: { code: 'DEFINITION_INVALID' },
    });
    const chunks = { lost: { stage: 'test.lost' } };
    expect((await tell([use('one', 'lost')], {}, { chunks })).end).toMatchObject({ fault: { code: 'STAGE_CHANGED' } });
  });
});

describe('what a step reads', () => {
  test('are texts and facts of earlier steps, parameters and the input', async () => {
    const { texts } = await tell(
      [
        use('one'),
        use('look', 'test-looks'),
        use('two', 'test-append', {
          with: { prompt: 'input.text', number: 'steps.look.facts.count', word: 'parameters.tone' },
        }),
        use('three', 'test-append', { with: { prompt: 'steps.one.text', number: 'outputs' } }),
      ],
      { parameters: { tone: 'dark' } },
    );
    expect(texts['two']).toBe('cat>two(2 dark)');
    expect(texts['three']).toBe('cat>one>three(0)');
  });

  test('are facts, in conditions', async () => {
    const { texts, skipped } = await tell([
      use('look', 'test-looks'),
      use('yes', 'test-append', { when: 'steps.look.facts.safe and steps.look.facts.count >= 2' }),
      use('no', 'test-append', { when: 'not steps.look.facts.safe' }),
    ]);
    expect(Object.keys(texts)).toEqual(['yes']);
    expect(skipped).toEqual(['no condition']);
  });

  test('are counts of the inputs, in conditions and as the length of a loop', async () => {
    const { texts, skipped } = await tell([
      use('given', 'test-append', { when: 'input.text > 0' }),
      use('many', 'test-append', { when: 'input.text > 1' }),
      use('again', 'test-append', { repeat: { times: 'input.text', max: 5 } }),
    ]);
    expect(Object.keys(texts)).toEqual(['given', 'again[1]']);
    expect(skipped).toEqual(['many condition']);
  });

  test('are steps of the lists around it', async () => {
    const { texts } = await tell([
      use('one'),
      { id: 'round', repeat: { times: 1 }, steps: [use('in', 'test-append', { with: { prompt: 'steps.one.text' } })] },
    ]);
    expect(texts['round[1].in']).toBe('cat>one>round[1].in');
  });

  test('are pieces of a template, joined to a text of their own', async () => {
    const chunks = {
      shaped: {
        stage: 'test.append',
        template: { prompt: 'Of {{prompt}}, {{parameters.words}} words: {{config.context}}' },
      },
    };
    const { texts } = await tell([use('one', 'shaped')], { context: 'soft', parameters: { words: 3 } }, { chunks });
    expect(texts['one']).toBe('Of cat, 3 words: soft>one');
  });

  test('is one number in a template part, as a text', async () => {
    const chunks = { shaped: { stage: 'test.append', template: { prompt: '{{parameters.words}}' } } };
    const { texts } = await tell([use('one', 'shaped')], { parameters: { words: 3 } }, { chunks });
    expect(texts['one']).toBe('3>one');
  });

  test('is the instruction of an output in the language of the run', async () => {
    const chunks = { shaped: { stage: 'test.append', template: { prompt: '{{output.instruction}}: {{prompt}}' } } };
    const outputs = { a: { name: 'a', medium: 'text', instruction: { de: 'kurz', en: 'short' } } };
    const { texts } = await tell(
      [{ id: 'outputs', forEach: 'outputs', steps: [use('one', 'shaped')] }],
      { outputs: ['a'] },
      { chunks, outputs },
    );
    expect(texts['outputs[1].one']).toBe('short: cat>outputs[1].one');
  });

  test('that does not fit its stage fails the step', async () => {
    const { end } = await tell([use('one', 'test-append', { with: { number: 'parameters.tone' } })], {
      parameters: { tone: 'dark' },
    });
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'INPUT_INVALID' } });
  });
});

describe('repeat', () => {
  test('runs a chunk so often, each on the text of the one before; the index is always in the path', async () => {
    const { texts } = await tell([use('loop', 'test-append', { repeat: { times: 3 } }), use('after')]);
    expect(texts['loop[3]']).toBe('cat>loop[1]>loop[2]>loop[3]');
    expect(texts['after']).toBe('cat>loop[1]>loop[2]>loop[3]>after');
    expect(Object.keys((await tell([use('loop', 'test-append', { repeat: { times: 1 } })])).texts)).toEqual([
      'loop[1]',
    ]);
  });

  test('takes its length from a parameter, never more than its maximum', async () => {
    const loop = use('loop', 'test-append', { repeat: { times: 'parameters.n', max: 2 } });
    expect((await tell([loop], { parameters: { n: 9 } })).ends).toHaveLength(2);
    expect((await tell([loop], { parameters: { n: 1 } })).ends).toHaveLength(1);
  });

  test('of nothing does nothing, and the text goes by', async () => {
    const { texts, end } = await tell([use('loop', 'test-append', { repeat: { times: 0 } }), use('after')]);
    expect(texts).toEqual({ after: 'cat>after' });
    expect(end).toEqual({ state: 'succeeded' });
  });

  test('stops when its condition holds', async () => {
    const until = 'not steps.loop.facts.short';
    const { ends } = await tell([use('loop', 'test-append', { repeat: { until, max: 10 } })]);
    expect(ends).toEqual(
      ['loop[1] succeeded', 'loop[2] succeeded', 'loop[3] succeeded'].map((end) => end.replace(' ', '#1 ')),
    );
  });

  test('stops at its maximum when the condition never holds', async () => {
    const { ends, end } = await tell([
      use('loop', 'test-append', { repeat: { until: 'steps.loop.facts.length < 0', max: 4 } }),
    ]);
    expect(ends).toHaveLength(4);
    expect(end).toEqual({ state: 'succeeded' });
  });

  test.each([
    ['use', use('loop', 'test-append', { repeat: { until: 'steps.loop.facts.length > 20', max: 4 } })],
    ['list', { id: 'loop', repeat: { until: 'steps.in.facts.length > 20', max: 4 }, steps: [use('in')] }],
  ])('with a condition says how many rounds there were and whether it was met (%s)', async (_kind, loop) => {
    const met = 'steps.loop.facts.met and steps.loop.facts.rounds < 4';
    expect((await tell([loop, use('after', 'test-append', { when: met })])).skipped).toEqual([]);
    const never = JSON.parse(JSON.stringify(loop).replace('> 20', '> 2000')) as object;
    const unmet = 'not steps.loop.facts.met and steps.loop.facts.rounds == 4';
    expect((await tell([never, use('after', 'test-append', { when: unmet })])).skipped).toEqual([]);
  });

  test('with a condition on a fact that is not there runs to its maximum', async () => {
    const { ends } = await tell([
      use('loop', 'test-append', { repeat: { until: 'steps.loop.facts.nothing > 1', max: 3 } }),
    ]);
    expect(ends).toHaveLength(3);
  });

  test('as often as a fact says that is not there does nothing', async () => {
    const { texts } = await tell(
      [
        use('look', 'test-looks', { when: 'parameters.wanted' }),
        use('loop', 'test-append', { repeat: { times: 'steps.look.facts.count' } }),
        use('after'),
      ],
      { parameters: { wanted: false } },
    );
    expect(texts).toEqual({ after: 'cat>after' });
  });

  test('keeps the problems of every round', async () => {
    const each = { id: 'each', forEach: 2, steps: [use('in', 'test-fails', { when: 'iteration == 1' })] };
    const { end } = await tell([{ id: 'round', repeat: { times: 2 }, steps: [each] }]);
    expect(end?.problems?.map(({ stepPath }) => stepPath)).toEqual(['round[1].each[1]', 'round[2].each[1]']);
  });

  test('of a list has paths with the index in the middle, and hands the text from round to round', async () => {
    const { texts } = await tell([
      { id: 'round', repeat: { times: 2 }, steps: [use('write'), use('rewrite')] },
      use('after', 'test-append', { with: { prompt: 'steps.round.text' } }),
    ]);
    expect(Object.keys(texts)).toEqual([
      'round[1].write',
      'round[1].rewrite',
      'round[2].write',
      'round[2].rewrite',
      'after',
    ]);
    expect(texts['after']).toBe('cat>round[1].write>round[1].rewrite>round[2].write>round[2].rewrite>after');
  });

  test('of a list may end by what the list found', async () => {
    const until = 'not steps.write.facts.short';
    const { ends } = await tell([{ id: 'round', repeat: { until, max: 9 }, steps: [use('write')] }]);
    expect(ends).toEqual(['round[1].write#1 succeeded', 'round[2].write#1 succeeded']);
  });

  test('stops at its first round that does not succeed', async () => {
    const { ends, skipped, end } = await tell([
      { id: 'round', repeat: { times: 3 }, steps: [use('bad', 'test-fails'), use('next')] },
    ]);
    expect(ends).toEqual(['round[1].bad#1 failed']);
    expect(skipped).toEqual(['round[1].next dependency']);
    expect(end?.state).toBe('failed');
  });

  test('inside repeat counts both', async () => {
    const inner = { id: 'inner', repeat: { times: 2 }, steps: [use('write')] };
    const { texts } = await tell([{ id: 'outer', repeat: { times: 2 }, steps: [inner, use('sum')] }, use('after')]);
    expect(Object.keys(texts)).toEqual([
      'outer[1].inner[1].write',
      'outer[1].inner[2].write',
      'outer[1].sum',
      'outer[2].inner[1].write',
      'outer[2].inner[2].write',
      'outer[2].sum',
      'after',
    ]);
    expect(texts['after']?.split('>').slice(1)).toEqual(Object.keys(texts));
  });

  test('keeps what all rounds but the last write as intermediate steps', async () => {
    await using engine = await openTestEngine({
      stages,
      steps: [{ id: 'outer', repeat: { times: 2 }, steps: [use('write', 'test-append', { repeat: { times: 2 } })] }],
    });
    const runId = await engine.submit();
    await engine.finish(runId);
    const rows = (await engine.artifacts(runId)).filter(({ stepPath }) => stepPath !== undefined);
    expect(rows.map(({ stepPath, type }) => `${stepPath} ${type}`)).toEqual([
      'outer[1].write[1] text_step',
      'outer[1].write[2] text_step',
      'outer[2].write[1] text_step',
      'outer[2].write[2] text',
    ]);
  });
});
