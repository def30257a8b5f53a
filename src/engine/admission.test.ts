import { describe, expect, test } from 'vitest';
import type { ArtifactId } from '../core/ids.ts';
import type { AnyStage, ArtifactRef, Provider, RequestOf, StageContext } from '../core/stage.ts';
import { textOutput } from '../stages/text/output.ts';
import {
  FORBIDDEN_PHRASE,
  FORBIDDEN_WORD,
  askStage,
  attemptEnds,
  endOfRun,
  ofType,
  openTestEngine,
  recordingProvider,
  settle,
  testStage,
  until,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngineOptions, TestRun } from '../../test/support/engine-fixtures.ts';
import type { SafetyPolicy } from './safety/policy.ts';

const BAD = `tell ${FORBIDDEN_WORD} more`;
const [HEAD = '', TAIL = ''] = FORBIDDEN_PHRASE.split(' ');
const ask = { stage: 'test.ask', role: 'any' };

/** One run of a pipeline with the recording provider. */
async function ran(options: Omit<TestEngineOptions, 'providers'>, run: TestRun = {}, provider = recordingProvider()) {
  await using engine = await openTestEngine({ ...options, providers: [provider] });
  const runId = await engine.submit(run);
  const events = await engine.finish(runId);
  const rows = await engine.artifacts(runId);
  const texts = new Map<ArtifactId, string>();
  for (const row of rows) texts.set(row.id, await engine.textOf(row));
  return { events, seen: provider.seen, ends: attemptEnds(events), rows, texts, fault: endOfRun(events)?.fault };
}

describe('nothing becomes a result unchecked', () => {
  test('a text that a provider made, in a pipeline without a check', async () => {
    const steps = [
      { id: 'ask', use: 'test-ask' },
      { id: 'keep', use: 'text-output' },
    ];
    const { ends, rows, fault } = await ran(
      { stages: [askStage, textOutput], steps },
      {},
      recordingProvider(() => BAD),
    );
    expect(ends).toEqual(['ask#1 succeeded', 'keep#1 blocked']);
    expect(fault?.code).toBe('SAFETY_BLOCKED');
    expect(rows.filter(({ type }) => type.startsWith('output_'))).toEqual([]);
  });

  test.each([
    ['a text', BAD],
    ['bytes that are a text', new TextEncoder().encode(BAD)],
  ])('%s of its own that a stage hands over', async (_what, body) => {
    const own = testStage(
      'test.own',
      async (_input, context) => {
        const artifact = await context.write({ type: 'output_text', body }).catch(() => undefined);
        return { state: 'done', facts: {}, artifacts: artifact === undefined ? [] : [artifact] };
      },
      { writes: 'media' },
    );
    const { ends, rows, events } = await ran({ stages: [own], steps: [{ id: 'own', use: 'test-own' }] });
    expect(ends).toEqual(['own#1 blocked']);
    expect(rows.filter(({ type }) => type.startsWith('output_'))).toEqual([]);
    expect(ofType(events, 'safety.verdict').at(-1)?.data.decision).toBe('block');
  });

  test('a harmless text is handed over as it is', async () => {
    const { ends, texts } = await ran({ stages: [textOutput], steps: [{ id: 'keep', use: 'text-output' }] });
    expect(ends).toEqual(['keep#1 succeeded']);
    expect([...texts].find(([id]) => id.includes('output_text'))?.[1]).toBe('a small cat');
  });
});

describe('what is sent is judged as it is sent', () => {
  const inOrder = (template: Record<string, string>) => ({ chunks: { ask: { ...ask, template } } });
  const [task, context, prompt] = ['{{config.instruction}}', '{{config.context}}', '{{prompt}}'];
  const steps = [{ id: 'step', use: 'ask' }];

  test.each<[string, Record<string, string>, TestRun]>([
    ['whose template has the context before the task', { context, task, prompt }, { context: `${TAIL} things` }],
    ['whose template has the prompt before the task', { prompt, task }, { text: `${TAIL} things` }],
  ])('a phrase cut over two parts of a chunk %s', async (_what, template, run) => {
    const definitions = inOrder(template);
    const { ends, seen, fault } = await ran(
      { stages: [askStage], steps, definitions },
      { task: `write ${HEAD}`, ...run },
    );
    expect([ends, seen, fault?.code]).toEqual([['step#1 blocked'], [], 'SAFETY_BLOCKED']);
  });

  test('a phrase cut by the line about the language', async () => {
    const speaks = testStage('test.speaks', async (_input, engine) => ({
      state: 'done',
      facts: {},
      artifacts: [await engine.write({ type: 'text', body: `${TAIL} things`, language: 'en' })],
    }));
    const both = [{ id: 'speaks', use: 'test-speaks' }, ...steps];
    const definitions = inOrder({ task, prompt });
    const { ends, seen } = await ran(
      { stages: [askStage, speaks], steps: both, definitions },
      { task: `write ${HEAD}` },
    );
    expect([ends, seen]).toEqual([['speaks#1 succeeded', 'step#1 blocked'], []]);
  });

  test('an order that only the stage knows blocks the attempt, whatever the stage makes of it', async () => {
    // the assembled prompt is the same as the one judged before the stage ran; the prompt next to the context is new
    const turned = testStage(
      'test.turned',
      async (input, engine) => {
        const parts = [];
        for (const [name, artifact] of Object.entries({
          task: input.task,
          prompt: input.prompt,
          context: input.context,
        }))
          if (artifact !== undefined) parts.push({ name, text: await engine.cleared(artifact) });
        await engine.call({ parts }).catch(() => undefined);
        return wrote(engine, 'as if nothing had happened');
      },
      { calls: 'text.generate' },
    );
    const definitions = { chunks: { ask: { ...ask, stage: 'test.turned', template: { task, context, prompt } } } };
    const options = { stages: [turned], steps, definitions };
    const { ends, seen, events, texts } = await ran(options, {
      text: `write ${HEAD}`,
      task: 'rewrite',
      context: `${TAIL} things`,
    });
    expect([ends, seen]).toEqual([['step#1 blocked'], []]);
    const verdict = ofType(events, 'safety.verdict').at(-1)?.data;
    expect(verdict).toMatchObject({ decision: 'block', check: 'age' });
    expect(texts.get(verdict?.subject as ArtifactId)).toContain(HEAD);
    expect(texts.get(verdict?.evidence.id as ArtifactId)).toContain(FORBIDDEN_PHRASE);
  });

  test('a harmless prompt in parts is judged once, and kept', async () => {
    const definitions = inOrder({ task, prompt });
    const { ends, events, rows } = await ran({ stages: [askStage], steps, definitions }, { task: 'rewrite' });
    expect(ends).toEqual(['step#1 succeeded']);
    expect(rows.filter(({ type }) => type === 'prompt')).toHaveLength(1);
    expect(rows.filter(({ type }) => type === 'gateway')).toHaveLength(1);
    expect(ofType(events, 'safety.verdict')).toHaveLength(3);
  });

  test('a forbidden name in a closed word', async () => {
    const styled = testStage('test.styled', (_input, engine) => sent(engine, { procedure: `my_${FORBIDDEN_WORD}` }), {
      calls: 'text.generate',
    });
    const { ends, seen, fault } = await ran({ stages: [styled], steps: [{ id: 'step', use: 'test-styled' }] });
    expect([ends, seen, fault?.code]).toEqual([['step#1 blocked'], [], 'SAFETY_BLOCKED']);
  });
});

async function sent(context: StageContext, more: object) {
  await context.call(Object.assign({ parts: [] }, more));
  return wrote(context, 'got away with it');
}

describe('the check that does not answer', () => {
  const policy: SafetyPolicy = {
    files: [],
    version: 'broken',
    jurisdiction: 'any',
    find: () => {
      throw new Error('a private thought');
    },
  };

  test.each(['kids', 'research'] as const)('blocks at the level %s', async (level) => {
    const steps = [{ id: 'step', use: 'test-ask' }];
    const { events, ends, seen, fault } = await ran({ stages: [askStage], steps, policy }, { level });
    expect([ends, seen]).toEqual([['step#1 blocked'], []]);
    expect(fault).toMatchObject({ code: 'SAFETY_UNAVAILABLE' });
    expect(ofType(events, 'safety.verdict')[0]?.data).toMatchObject({
      decision: 'block',
      method: 'unavailable',
      check: 'lists',
    });
    expect(JSON.stringify(events)).not.toContain('private thought');
  });

  test.each(['kids', 'adult', 'research'] as const)('is the one for pictures, at the level %s', async (level) => {
    const draws = testStage('test.draws', async (_input, context) => ({
      state: 'done',
      facts: {},
      artifacts: [await context.write({ type: 'sketch', body: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10) })],
    }));
    const steps = [
      { id: 'draw', use: 'test-draws' },
      { id: 'ask', use: 'test-ask' },
    ];
    const { ends, seen, fault } = await ran({ stages: [draws, askStage], steps }, { level });
    expect([ends, seen]).toEqual([['draw#1 succeeded', 'ask#1 blocked'], []]);
    expect(fault?.code).toBe('SAFETY_UNAVAILABLE');
  });
});

test('a verdict names the rules it was made by, in 80 characters at most', async () => {
  const policy: SafetyPolicy = {
    files: [],
    version: `${'n'.repeat(63)}#${'0'.repeat(16)}`,
    jurisdiction: 'any',
    find: () => [],
  };
  const { events, ends } = await ran({ stages: [askStage], steps: [{ id: 'step', use: 'test-ask' }], policy });
  expect(ends).toEqual(['step#1 succeeded']);
  const version = ofType(events, 'safety.verdict')[0]?.data.policyVersion ?? '';
  expect(version).toMatch(/^n+#0{16}~r\d+$/);
  expect(version.length).toBeLessThanOrEqual(80);
});

test('the verdict is on disk before the provider is called', async () => {
  const atCall: string[][] = [];
  const provider = recordingProvider(async (text) => {
    atCall.push(engine.log.appends.flatMap(({ types }) => types));
    return text;
  });
  await using engine = await openTestEngine({
    stages: [askStage],
    providers: [provider],
    steps: [{ id: 'step', use: 'test-ask' }],
  });
  await engine.run();
  expect(atCall[0]).toContain('safety.verdict');
});

describe('a file that has changed under its record', () => {
  const steps = [{ id: 'ask', use: 'test-ask' }];
  /** A run whose holder dies in its first call; the next holder finds the file of the given type altered. */
  async function altered(type: string) {
    const provider = recordingProvider((text, { call }) => (call === 1 ? new Promise(() => {}) : text));
    await using engine = await openTestEngine({ stages: [askStage], providers: [provider], steps });
    const runId = await engine.submit();
    void engine.session(runId).catch(() => {});
    await until(() => provider.seen.length === 1);
    await settle();
    await using next = await engine.crash();
    const row = (await next.artifacts(runId)).find((one) => one.type === type);
    next.altered.set(row?.id as ArtifactId, new TextEncoder().encode(BAD));
    const events = await next.finish(runId);
    return { ends: attemptEnds(events), end: endOfRun(events), seen: provider.seen };
  }

  test('fails the step that reads it, once', async () => {
    const { ends, end, seen } = await altered('input');
    expect(ends).toEqual(['ask#1 abandoned', 'ask#2 failed']);
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'VERIFICATION_FAILED' } });
    expect(seen).toHaveLength(1);
  });

  test('fails the run when it is the request', async () => {
    const { end, seen } = await altered('request');
    expect(end).toMatchObject({ state: 'failed', fault: { code: 'VERIFICATION_FAILED' } });
    expect(seen).toHaveLength(1);
  });
});

/** A provider that keeps the whole request. */
function keepingProvider(): Provider & { readonly requests: RequestOf<'text.generate'>[] } {
  const requests: RequestOf<'text.generate'>[] = [];
  return {
    ...recordingProvider(),
    requests,
    offers: {
      'text.generate': {
        models: ['m'],
        limits: {},
        estimate: () => ({ costMicroUsd: 0 }),
        async call(request) {
          requests.push(request);
          return { ok: true, value: { text: 'ok' }, model: 'm', usage: { costMicroUsd: 0 } };
        },
      },
    },
  };
}

async function calledWith(stage: AnyStage) {
  const provider = keepingProvider();
  await using engine = await openTestEngine({
    stages: [stage],
    providers: [provider],
    steps: [{ id: 'step', use: 'test-own' }],
  });
  const events = await engine.run();
  return { code: endOfRun(events)?.fault?.code, ends: attemptEnds(events), requests: provider.requests };
}

const own = (body: (context: StageContext, prompt: ArtifactRef) => Promise<unknown>): AnyStage =>
  testStage(
    'test.own',
    async ({ prompt }, context) => {
      await body(context, prompt as ArtifactRef);
      return wrote(context, 'got away with it');
    },
    { calls: 'text.generate' },
  );

class Prototyped {
  parts = [];
  get extra(): string {
    return BAD;
  }
}
const holed: number[] = [];
holed[2] = 1;

describe('a request is only what it shows', () => {
  test.each<[string, object]>([
    ['a map', { extra: new Map([['a', BAD]]) }],
    ['a set', { extra: new Set([BAD]) }],
    ['a function', { extra: () => BAD }],
    ['a symbol', { extra: Symbol(BAD) }],
    ['a key that is a symbol', { [Symbol('extra')]: 'x' }],
    ['a buffer', { extra: new TextEncoder().encode(BAD).buffer }],
    ['bytes', { extra: new TextEncoder().encode(BAD) }],
    ['a date', { extra: new Date(0) }],
    ['a text as character codes', { extra: Array.from(BAD, (letter) => letter.charCodeAt(0)) }],
    ['many numbers in small heaps', { extra: Array.from({ length: 9 }, () => Array.from({ length: 9 }, () => 1)) }],
    ['an endless number', { extra: Infinity }],
    ['a large whole number', { extra: 10n }],
    ['nothing in the place of a value', { extra: null }],
    ['an array with holes', { extra: holed }],
    ['an array with a name', { extra: Object.assign([1], { extra: 'x' }) }],
    ['a long word', { extra: 'x'.repeat(65) }],
    ['a word too many', { extra: Array.from({ length: 17 }, () => 'x') }],
    ['depths', { a: { b: { c: { d: { e: { f: { g: { h: {} } } } } } } } }],
  ])('%s is refused', async (_what, more) => {
    const { code, ends, requests } = await calledWith(own((context) => sent(context, more)));
    expect([code, ends, requests]).toEqual(['SAFETY_UNCHECKED', ['step#1 failed'], []]);
  });

  test.each<[string, () => object]>([
    ['a prototype', () => new Prototyped()],
    ['a getter', () => Object.defineProperty({ parts: [] }, 'extra', { get: () => 'ok', enumerable: true })],
    ['a hidden property', () => Object.defineProperty({ parts: [] }, 'extra', { value: 'ok' })],
    ['a heir of a cleared text', () => ({ parts: [Object.create(new Prototyped())] })],
  ])('%s is refused', async (_what, build) => {
    const { code, requests } = await calledWith(own((context) => context.call(build() as RequestOf<'text.generate'>)));
    expect([code, requests]).toEqual(['SAFETY_UNCHECKED', []]);
  });

  test.each<[string, object]>([
    ['as a value', { extra: FORBIDDEN_WORD }],
    ['as a key', { [FORBIDDEN_WORD]: 1 }],
    ['as words in a row', { extra: FORBIDDEN_PHRASE.split(' ') }],
  ])('a forbidden word %s blocks', async (_what, more) => {
    const { code, ends, requests } = await calledWith(own((context) => sent(context, more)));
    expect([code, ends, requests]).toEqual(['SAFETY_BLOCKED', ['step#1 blocked'], []]);
  });

  test('what is changed after the call does not arrive', async () => {
    const stage = own(async (context, prompt) => {
      const cleared = await context.cleared(prompt);
      const parts = [{ name: 'prompt', text: cleared }];
      const answer = context.call({ parts });
      parts.push({ name: 'task', text: { ...cleared, text: BAD } });
      await answer;
    });
    const { ends, requests } = await calledWith(stage);
    expect(ends).toEqual(['step#1 succeeded']);
    expect(requests[0]?.parts).toHaveLength(1);
    expect(Object.isFrozen(requests[0]) && Object.isFrozen(requests[0]?.parts)).toBe(true);
  });

  test('closed values and cleared texts arrive', async () => {
    const stage = own(async (context, prompt) =>
      context.call({
        parts: [{ name: 'prompt', text: await context.cleared(prompt) }],
        temperature: 0.5,
        language: 'de',
      }),
    );
    const { requests } = await calledWith(stage);
    expect(requests[0]).toMatchObject({ parts: [{ text: { text: 'a small cat' } }], temperature: 0.5, language: 'de' });
  });
});
