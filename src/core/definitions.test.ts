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
    [{ forEach: 'outputs', steps: inner, concurrency: 256 }],
    [{ forEach: 10_000, steps: inner, retry: {} }],
    [{ forEach: 'parameters.count', steps: inner, needs: [] }],
    [{ pipeline: 'other', with: { text: 'previous.text' }, retry: {}, when: 'true', continueOn: ['failed'] }],
    [{ review: { en: 'May it go?' }, options: ['yes', 'no'], expiresMs: 5, byDefault: 'no', byOther: true }],
    [{ review: 'May it go?', byDefault: 'approve' }],
    [{ waitFor: 'scan.done', expiresMs: 5, needs: ['b'] }],
  ])('%j is a step', (step) => {
    expect(stepFaults(step)).toEqual([]);
  });

  it.each([
    [{}, 'a step needs `use: <chunk>`, or `repeat` or `forEach` with `steps`, or `pipeline`, `review` or `waitFor`'],
    [{ use: 'c', steps: inner }, '`steps` goes with `repeat` or `forEach`'],
    [{ use: 'c', forEach: 'outputs' }, 'a step is of one kind: it cannot have `use` and `forEach`'],
    [{ review: 'x', waitFor: 'y' }, 'a step is of one kind: it cannot have `review` and `waitFor`'],
    [{ steps: inner }, 'a step with `steps` needs either `repeat` or `forEach`'],
    [{ steps: inner, repeat: {}, forEach: 'outputs' }, 'a step with `steps` needs either `repeat` or `forEach`'],
    [{ repeat: {} }, '`repeat` needs `steps`'],
    [{ forEach: 3 }, '`forEach` needs `steps`'],
    [{ steps: inner, repeat: {}, with: {} }, '`with` goes with `use` or `pipeline`'],
    [{ steps: inner, repeat: {}, timeoutMs: 5 }, '`timeoutMs` goes with `use`'],
    [{ pipeline: 'p', idleTimeoutMs: 5 }, '`idleTimeoutMs` goes with `use`'],
    [{ review: 'x', retry: {} }, '`retry` goes with `use`, `repeat`, `forEach` or `pipeline`'],
    [{ use: 'c', options: ['a'] }, '`options` goes with `review`'],
    [{ use: 'c', expiresMs: 5 }, '`expiresMs` goes with `review` or `waitFor`'],
    [{ steps: inner, repeat: {}, concurrency: 2 }, '`concurrency` goes with `forEach`'],
    [{ review: 'x', options: ['a', 'b', 'a'] }, '`options` names one of them twice'],
    [{ review: 'x', byDefault: 'maybe' }, '`byDefault` is none of the options: approve, reject'],
    [{ review: 'x', byDefault: 'a', options: ['b'] }, '`byDefault` is none of the options: b'],
  ])('%j is none: %s', (step, message) => {
    expect(stepFaults(step)).toEqual([message]);
  });

  it('is told by its keys', () => {
    expect(kindOf({ id: 'a', use: 'c' })).toBe('use');
    expect(kindOf({ id: 'a', repeat: { max: 5 }, steps: inner })).toBe('repeat');
    expect(kindOf({ id: 'a', forEach: 0, steps: inner })).toBe('forEach');
    expect(kindOf({ id: 'a', pipeline: 'p' })).toBe('pipeline');
    expect(kindOf({ id: 'a', review: 'x' })).toBe('review');
    expect(kindOf({ id: 'a', waitFor: 'x' })).toBe('waitFor');
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
