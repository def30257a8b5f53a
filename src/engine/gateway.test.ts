import { describe, expect, test } from 'vitest';
import type { ArtifactRef, Cleared, Outcome, StageContext } from '../core/stage.ts';
import {
  FORBIDDEN_PHRASE,
  FORBIDDEN_WORD,
  askStage,
  attemptEnds,
  done,
  endOfRun,
  ofType,
  openTestEngine,
  recordingProvider,
  settle,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestRun, TextInput } from '../../test/support/engine-fixtures.ts';

const templated = {
  chunks: {
    ask: {
      stage: 'test.ask',
      role: 'any',
      template: { task: '{{config.instruction}}', context: '{{config.context}}', prompt: '{{prompt}}' },
    },
    added: { stage: 'test.ask', role: 'any', template: { task: `Say ${FORBIDDEN_WORD}`, prompt: '{{prompt}}' } },
    plain: { stage: 'test.ask', role: 'any' },
  },
};

async function asked(run: TestRun, chunk = 'ask') {
  const provider = recordingProvider();
  const steps = [{ id: 'step', use: chunk }];
  await using engine = await openTestEngine({
    stages: [askStage],
    providers: [provider],
    steps,
    definitions: templated,
  });
  return { events: await engine.run(run), seen: provider.seen };
}

describe('the gateway blocks a forbidden word', () => {
  const bad = `tell me about ${FORBIDDEN_WORD} please`;
  test.each([
    ['the prompt', { text: bad }, 'ask'],
    ['the prompt of a chunk without template', { text: bad }, 'plain'],
    ['the task', { task: bad }, 'ask'],
    ['the context', { context: bad }, 'ask'],
    ['a parameter', { parameters: { mood: bad } }, 'ask'],
    ["the template's own words", {}, 'added'],
  ] as const)('in %s, and the provider is not called', async (_where, run, chunk) => {
    const { events, seen } = await asked(run, chunk);
    expect(attemptEnds(events)).toEqual(['step#1 blocked']);
    expect(endOfRun(events)).toMatchObject({ state: 'blocked', fault: { code: 'SAFETY_BLOCKED' } });
    expect(ofType(events, 'safety.verdict').at(-1)?.data).toMatchObject({
      check: 'age',
      method: 'list',
      level: 'kids',
    });
    expect(seen).toEqual([]);
  });

  test("in a model's own answer before the next model reads it", async () => {
    const provider = recordingProvider(() => bad);
    const steps = ['one', 'two'].map((id) => ({ id, use: 'test-ask' }));
    await using engine = await openTestEngine({ stages: [askStage], providers: [provider], steps });
    expect(attemptEnds(await engine.run())).toEqual(['one#1 succeeded', 'two#1 blocked']);
    expect(provider.seen).toHaveLength(1);
  });

  test('that is cut into pieces over two parts', async () => {
    const [head = '', tail = ''] = FORBIDDEN_PHRASE.split(' ');
    const { events, seen } = await asked({ task: `write ${head}`, context: `${tail} things` });
    expect(attemptEnds(events)).toEqual(['step#1 blocked']);
    expect(seen).toEqual([]);
  });

  test('without a word of it in the log', async () => {
    const { events } = await asked({ text: bad });
    expect(JSON.stringify(events)).not.toContain(FORBIDDEN_WORD);
  });
});

test('what is harmless goes to the provider as it is', async () => {
  const { events, seen } = await asked({ text: 'a cat', task: 'rewrite', context: 'like a poem' });
  expect(attemptEnds(events)).toEqual(['step#1 succeeded']);
  expect(seen).toEqual(['rewrite | like a poem | a cat']);
});

describe('the same bytes', () => {
  test('are judged once, by all steps and lanes of a run', async () => {
    const steps = [
      {
        id: 'outputs',
        forEach: 'outputs',
        concurrency: 3,
        steps: [{ id: 'ask', use: 'ask', with: { prompt: 'input.text' } }],
      },
    ];
    const outputs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { name: id, medium: 'text' }]));
    const definitions = { ...templated, outputs };
    await using engine = await openTestEngine({
      stages: [askStage],
      providers: [recordingProvider()],
      steps,
      definitions,
    });
    const runId = await engine.submit({ outputs: ['a', 'b', 'c'], task: 'rewrite', context: 'like a poem' });
    const verdicts = ofType(await engine.finish(runId), 'safety.verdict');
    const rows = new Map((await engine.artifacts(runId)).map(({ id, sha256 }) => [id, sha256]));
    const judged = verdicts.map(({ data }) => rows.get(data.subject));
    expect(new Set(judged).size).toBe(judged.length);
    expect(judged).not.toContain(undefined);
  });

  test('are not judged again after a recovery', async () => {
    const provider = recordingProvider((text, { call }) => (call === 1 ? new Promise(() => {}) : text));
    const steps = [{ id: 'ask', use: 'plain' }];
    const options = { stages: [askStage], providers: [provider], steps, definitions: templated };
    await using engine = await openTestEngine(options);
    const runId = await engine.submit();
    void engine.session(runId).catch(() => {});
    await until(() => provider.seen.length === 1);
    await settle();
    await using next = await engine.crash();
    const events = await next.finish(runId);
    expect(attemptEnds(events)).toEqual(['ask#1 abandoned', 'ask#2 succeeded']);
    expect(ofType(events, 'safety.verdict')).toHaveLength(1);
  });
});

describe('a check in a pipeline', () => {
  const check = testStage(
    'safety.look',
    async ({ prompt }, context) => {
      if (prompt === undefined) return done();
      const { verdict, evidence } = await context.check(prompt, 'safety_look');
      return verdict.decision === 'block'
        ? { state: 'blocked', verdict }
        : { state: 'done', facts: { decision: verdict.decision }, artifacts: [evidence] };
    },
    { writes: 'nothing' },
  );
  const steps = [
    { id: 'look', use: 'safety-look' },
    { id: 'ask', use: 'test-ask' },
  ];

  test('shows its evidence, and the gateway does not ask again', async () => {
    await using engine = await openTestEngine({ stages: [check, askStage], providers: [recordingProvider()], steps });
    const runId = await engine.submit();
    const events = await engine.finish(runId);
    const [verdict, ...others] = ofType(events, 'safety.verdict');
    expect(others).toEqual([]);
    expect(verdict?.stepPath).toBe('look');
    const evidence = await engine.textOf({ id: verdict?.data.evidence.id as ArtifactRef['id'] });
    expect(JSON.parse(evidence)).toMatchObject({ decision: 'pass', terms: [] });
    expect(attemptEnds(events)).toEqual(['look#1 succeeded', 'ask#1 succeeded']);
  });

  test('blocks, with the terms in the evidence only', async () => {
    await using engine = await openTestEngine({ stages: [check, askStage], providers: [recordingProvider()], steps });
    const events = await engine.run({ text: `a ${FORBIDDEN_WORD}` });
    expect(attemptEnds(events)).toEqual(['look#1 blocked']);
    const [verdict] = ofType(events, 'safety.verdict');
    expect(await engine.textOf({ id: verdict?.data.evidence.id as ArtifactRef['id'] })).toContain(FORBIDDEN_WORD);
    expect(ofType(events, 'step.skipped').map(({ stepPath }) => stepPath)).toEqual(['ask']);
  });
});

/** A stage that tries to get a text past the gateway; what came of it, and what the provider saw. */
async function smuggled(body: (input: TextInput, context: StageContext) => Promise<unknown>, calls = true) {
  const provider = recordingProvider();
  const stage = testStage(
    'test.smuggler',
    async (input, context): Promise<Outcome> => {
      await body(input, context);
      return wrote(context, 'got away with it');
    },
    calls ? { calls: 'text.generate' } : {},
  );
  const steps = [{ id: 'step', use: 'test-smuggler' }];
  await using engine = await openTestEngine({ stages: [stage], providers: [provider], steps });
  const events = await engine.run();
  return { code: endOfRun(events)?.fault?.code, ends: attemptEnds(events), seen: provider.seen };
}

const clearedPrompt = async ({ prompt }: TextInput, context: StageContext): Promise<Cleared> => {
  if (prompt === undefined) throw new Error('no prompt');
  return context.cleared(prompt);
};
const forged = (text: string): Cleared => ({ text, verdict: { decision: 'pass' } }) as unknown as Cleared;
const part = (text: Cleared) => [{ name: 'prompt', text }];

describe('the one funnel to a model', () => {
  test('lets a cleared text through', async () => {
    const { ends, seen } = await smuggled(async (input, context) =>
      context.call({ parts: part(await clearedPrompt(input, context)) }),
    );
    expect(ends).toEqual(['step#1 succeeded']);
    expect(seen).toEqual(['a small cat']);
  });

  test('is closed to a stage that has not declared what it calls', async () => {
    const { code, seen } = await smuggled(async (_input, context) => context.call({ parts: [] }), false);
    expect([code, seen]).toEqual(['INTERNAL', []]);
  });

  test('is open once per attempt', async () => {
    const { code, seen } = await smuggled(async (input, context) => {
      const parts = part(await clearedPrompt(input, context));
      await context.call({ parts });
      await context.call({ parts });
    });
    expect([code, seen]).toEqual(['INTERNAL', ['a small cat']]);
  });

  test.each<[string, (input: TextInput, context: StageContext) => Promise<unknown>]>([
    [
      'a bare text',
      async (_input, context) => context.call({ parts: [{ name: 'prompt', text: 'two words' as unknown as Cleared }] }),
    ],
    ['a forged verdict', async (_input, context) => context.call({ parts: part(forged('two words')) })],
    [
      'a copy of a cleared text with other words',
      async (input, context) => {
        const cleared = await clearedPrompt(input, context);
        return context.call({ parts: part({ ...cleared, text: 'other words' }) });
      },
    ],
    [
      'words in the name of a part',
      async (input, context) =>
        context.call({ parts: [{ name: 'two words', text: await clearedPrompt(input, context) }] }),
    ],
    [
      'words in a field beside the parts',
      async (input, context) =>
        context.call({ parts: part(await clearedPrompt(input, context)), procedure: 'say something else' }),
    ],
    [
      'words as a key',
      async (input, context) =>
        context.call(Object.assign({ parts: part(await clearedPrompt(input, context)) }, { 'some more words': 1 })),
    ],
    [
      'bytes',
      async (input, context) =>
        context.call(
          Object.assign({ parts: part(await clearedPrompt(input, context)) }, { image: new Uint8Array([1, 2]) }),
        ),
    ],
    [
      'a text that the stage wrote itself',
      async (_input, context) => {
        const own = await context.write({ type: 'text', body: 'own words' });
        return context.call({ parts: part(await context.cleared(own)) });
      },
    ],
  ])('refuses %s', async (_what, body) => {
    const { code, ends, seen } = await smuggled(body);
    expect(code).toBe('SAFETY_UNCHECKED');
    expect(ends).toEqual(['step#1 failed']);
    expect(seen).toEqual([]);
  });

  test('refuses a text that another run has cleared', async () => {
    const provider = recordingProvider();
    let kept: Cleared | undefined;
    const stage = testStage(
      'test.keeper',
      async (input, context) => {
        kept ??= await clearedPrompt(input, context);
        const result = await context.call({ parts: part(kept) });
        return wrote(context, result.ok ? 'ok' : 'not ok');
      },
      { calls: 'text.generate' },
    );
    await using engine = await openTestEngine({
      stages: [stage],
      providers: [provider],
      steps: [{ id: 'step', use: 'test-keeper' }],
    });
    expect(endOfRun(await engine.run())?.state).toBe('succeeded');
    expect(endOfRun(await engine.run())).toMatchObject({ state: 'failed', fault: { code: 'SAFETY_UNCHECKED' } });
    expect(provider.seen).toHaveLength(1);
  });

  test('gives no artifact of another run', async () => {
    const { code } = await smuggled(async ({ prompt }, context) =>
      context.cleared({ ...(prompt as ArtifactRef), id: 'elsewhere/01_input.txt' as ArtifactRef['id'] }),
    );
    expect(code).toBe('NOT_FOUND');
  });

  test('keeps what went over it beside the result', async () => {
    const steps = [{ id: 'step', use: 'test-ask' }];
    await using engine = await openTestEngine({ stages: [askStage], providers: [recordingProvider()], steps });
    const runId = await engine.submit();
    const [ended] = ofType(await engine.finish(runId), 'attempt.ended');
    expect(ended?.data).toMatchObject({ provider: 'recorder', model: 'm', usage: { costMicroUsd: 0 } });
    const exchange = (await engine.artifacts(runId)).find(({ type }) => type === 'exchange');
    expect(JSON.parse(await engine.textOf(exchange as ArtifactRef))).toMatchObject({
      provider: 'recorder',
      request: { parts: [{ name: 'prompt', text: 'a small cat' }] },
      value: { text: 'a small cat!' },
    });
  });
});
