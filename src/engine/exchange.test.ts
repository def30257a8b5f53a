import { describe, expect, it } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { CallResult, Capability } from '../core/stage.ts';
import { nodeDigest as digest } from '../store/system/digest.ts';
import { answerAgain, brokenDraft, callDigest, exchangeDraft, parseExchange } from './exchange.ts';
import type { Exchange, ReplyMedium } from './exchange.ts';

const asking = { provider: 'lab', capability: 'text.generate', request: { parts: [], language: 'de' } } as const;
const noBytes = (): Promise<Uint8Array> => Promise.reject(new Error('asked for bytes'));

function again(exchange: Exchange | undefined, bodyOf: (medium: ReplyMedium) => Promise<Uint8Array> = noBytes) {
  if (exchange === undefined) throw new Error('unreadable');
  return answerAgain(exchange, bodyOf);
}

const kept = (result: CallResult<Capability>): Exchange | undefined =>
  parseExchange(String(exchangeDraft(asking, result, digest).body));

describe('an exchange', () => {
  it.each<CallResult<Capability>>([
    { ok: true, model: 'm', usage: { tokensIn: 1, costMicroUsd: null }, value: { text: 'the sea', facts: { cut: 2 } } },
    { ok: true, model: 'm', usage: { costMicroUsd: 1 }, value: { text: '' }, exchange: { status: 200 } },
    { ok: false, fault: { code: 'PROVIDER_REFUSED', type: 'Lab', facts: { why: 'no' } } },
    { ok: false, fault: { code: 'X', type: 'Lab', facts: {} }, usage: { costMicroUsd: 3 }, exchange: [1] },
  ])('gives the same answer again: %j', async (result) => {
    expect(await again(kept(result))).toEqual(result);
  });

  it('names the files of a reply by their digests', async () => {
    const bytes = new TextEncoder().encode('a painting');
    const media = [
      { type: 'image', body: 'a drawing', language: 'de' },
      { type: 'image', body: bytes, width: 3 },
    ];
    const result: CallResult<Capability> = { ok: true, model: 'm', usage: { costMicroUsd: 0 }, value: { media } };
    const exchange = kept(result);
    expect(JSON.stringify(exchange)).not.toContain('painting');
    const bodies = new Map([...media].map(({ body }) => [Buffer.from(digest.sha256(body)).toString('hex'), body]));
    const bodyOf = async ({ sha256 }: ReplyMedium) => Buffer.from(bodies.get(sha256) ?? '');
    expect(await again(exchange, async (medium) => new Uint8Array(await bodyOf(medium)))).toEqual(result);
  });

  it('throws again what the call threw', async () => {
    const error = new StemmaError('PROVIDER_TIMEOUT', 'too late', { hint: 'Wait.', facts: { ms: 5 } });
    const thrown = await again(parseExchange(String(brokenDraft(asking, error).body))).catch((one: unknown) => one);
    expect(thrown).toMatchObject({ code: 'PROVIDER_TIMEOUT', message: 'too late', hint: 'Wait.', facts: { ms: 5 } });
  });

  it.each([
    'no JSON',
    '{}',
    '{"provider":"a","capability":"image.generate","request":{},"model":"m","usage":{"costMicroUsd":0},"value":{"media":2}}',
  ])('is unreadable when it was not kept whole: %s', (text) => {
    expect(parseExchange(text)).toBeUndefined();
  });
});

it('two calls are the same whatever the order of their keys', () => {
  const other = { capability: 'text.generate', request: { language: 'de', parts: [] } } as const;
  expect(callDigest(digest, asking)).toBe(callDigest(digest, other));
  expect(callDigest(digest, asking)).not.toBe(callDigest(digest, { ...other, request: { language: 'en', parts: [] } }));
});
