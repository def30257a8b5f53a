import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import { assertReply, estimateOf, toReplyError } from './reply.ts';

const good = { ok: true, value: { text: 'words' }, model: 'm', usage: { costMicroUsd: 0 } };

describe('an answer', () => {
  test('is taken as it is', () => {
    expect(assertReply('text.generate', good)).toBe(good);
    const refusal = { ok: false, fault: { code: 'PROVIDER_REFUSED', type: 'Lab', facts: {} } };
    expect(assertReply('text.generate', refusal)).toBe(refusal);
    const picture = { ...good, value: { media: [{ type: 'output_image', body: new Uint8Array([1]) }] } };
    expect(assertReply('image.generate', picture)).toBe(picture);
  });

  test.each([
    ['nothing', undefined],
    ['a text', 'words'],
    ['no usage', { ...good, usage: undefined }],
    ['a cost that is no number', { ...good, usage: { costMicroUsd: '3' } }],
    ['no value', { ...good, value: null }],
    ['another kind of value', { ...good, value: { words: 'x' } }],
    ['no model', { ...good, model: '' }],
    ['more tokens than anybody has', { ...good, usage: { costMicroUsd: null, tokensIn: 1e13 } }],
    ['a fault without a code', { ok: false, fault: { type: 'Lab', facts: {} } }],
    ['a fault that tells a story', { ok: false, fault: { code: 'X', type: 'Lab', facts: { said: 'a long story' } } }],
  ])('of %s is a bad reply', (_what, reply) => {
    expect(() => assertReply('text.generate', reply)).toThrow(expect.objectContaining({ code: 'PROVIDER_BAD_REPLY' }));
  });

  test('with a file that no store takes is a bad reply', () => {
    const file = { type: 'output_image', body: 'x', width: 512.5 };
    const odd = { ...good, value: { media: [file] } };
    expect(() => assertReply('image.generate', odd)).toThrow(expect.objectContaining({ code: 'PROVIDER_BAD_REPLY' }));
  });

  test('that claims success and holds no file is a bad reply', () => {
    const empty = { ...good, value: { media: [] } };
    expect(() => assertReply('image.generate', empty)).toThrow(expect.objectContaining({ code: 'PROVIDER_BAD_REPLY' }));
  });
});

test('what a provider throws keeps its code, or is a bad reply', () => {
  const named = new StemmaError('PROVIDER_UNREACHABLE', 'nobody there');
  expect(toReplyError(named)).toBe(named);
  const cause = new TypeError('x is not a function');
  expect(toReplyError(cause)).toMatchObject({ code: 'PROVIDER_BAD_REPLY', cause });
});

test('an estimate that cannot be read is none', () => {
  expect(estimateOf(() => ({ costMicroUsd: 3, tokensIn: 1 }))).toEqual({ costMicroUsd: 3, tokensIn: 1 });
  expect(estimateOf(() => 'much')).toEqual({ costMicroUsd: null });
  const thrower = (): never => {
    throw new Error('no idea');
  };
  expect(estimateOf(thrower)).toEqual({ costMicroUsd: null });
});
