import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY, DEFINITION_KINDS, DEFINITION_SCHEMAS, idSchema, kindOf } from './definitions.ts';

const messagesOf = (kind: (typeof DEFINITION_KINDS)[number], value: unknown): readonly string[] =>
  DEFINITION_SCHEMAS[kind].safeParse(value).error?.issues.map((issue) => issue.message) ?? [];
const stepFaults = (step: object): readonly string[] =>
  messagesOf('pipelines', { title: 'x', steps: [{ id: 'a', ...step }] });

describe('the kind of a step', () => {
  const inner = [{ id: 'b', use: 'c' }];

  it.each([
    [{ use: 'c' }],
    [{ use: 'c', repeat: { times: 2 }, with: { prompt: 'input.text' }, timeoutMs: 5 }],
    [{ repeat: { times: 2 }, steps: inner }],
    [{ forEach: 'outputs', steps: inner, concurrency: 2 }],
  ])('%j is a step', (step) => {
    expect(stepFaults(step)).toEqual([]);
  });

  it.each([
    [{}, 'a step needs `use: <chunk>`, or `repeat` or `forEach` with `steps`'],
    [{ use: 'c', steps: inner }, 'a step with `use` runs one chunk; it takes no `steps` and no `forEach`'],
    [{ use: 'c', forEach: 'outputs' }, 'a step with `use` runs one chunk; it takes no `steps` and no `forEach`'],
    [{ steps: inner }, 'a step with `steps` needs either `repeat` or `forEach`'],
    [{ steps: inner, repeat: {}, forEach: 'outputs' }, 'a step with `steps` needs either `repeat` or `forEach`'],
    ...[{ with: {} }, { retry: {} }, { timeoutMs: 5 }].map((own): [object, string] => [
      { steps: inner, repeat: {}, ...own },
      '`with`, `retry` and `timeoutMs` belong to the steps inside',
    ]),
    [{ steps: inner, repeat: {}, concurrency: 2 }, '`concurrency` goes with `forEach`'],
  ])('%j is none: %s', (step, message) => {
    expect(stepFaults(step)).toEqual([message]);
  });

  it('is told by its keys', () => {
    expect(kindOf({ id: 'a', use: 'c' })).toBe('use');
    expect(kindOf({ id: 'a', repeat: { max: 5 }, steps: inner })).toBe('repeat');
    expect(kindOf({ id: 'a', forEach: 'outputs', steps: inner })).toBe('forEach');
  });
});

it('gives every default', () => {
  expect(DEFINITION_SCHEMAS.configs.parse({ name: 'x', pipeline: 'p' })).toEqual({
    name: 'x',
    pipeline: 'p',
    context: '',
    instruction: 'transformation',
    parameters: {},
    outputs: [],
    display: {},
  });
  expect(DEFINITION_SCHEMAS.chunks.parse({ stage: 'text.x' })).toEqual({
    stage: 'text.x',
    defaults: {},
    output: 'text',
  });
  expect(DEFINITION_SCHEMAS.pipelines.parse({ title: 'x', steps: [{ id: 'a', use: 'b' }] }).input).toEqual({ text: 1 });
  expect(DEFAULT_RETRY).toEqual({ maxAttempts: 3, backoff: 'exponential', baseMs: 500, maxMs: 30_000 });
});

it('refuses keys it does not know, in every kind', () => {
  for (const kind of DEFINITION_KINDS) expect(messagesOf(kind, { extra: 1 })).toContain('Unrecognized key: "extra"');
});

it.each(['a', 'stille-post', 'p5'])('%s is an id', (id) => {
  expect(idSchema.safeParse(id).success).toBe(true);
});

it.each(['', 'A', '5a', 'a_b', '../a', 'a.b'])('%j is no id', (id) => {
  expect(idSchema.safeParse(id).success).toBe(false);
});
