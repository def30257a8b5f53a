import { expect, test } from 'vitest';
import { toHex } from '../../core/ids.ts';
import { nodeDigest } from './digest.ts';

const hex = (...parts: (string | Uint8Array)[]): string => toHex(nodeDigest.sha256(...parts));

test('the digest of "abc" is the one in FIPS 180-4', () => {
  expect(hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('no parts are the empty text', () => {
  expect(hex()).toBe(hex(''));
});

test('parts count as if they stood in one, strings as UTF-8', () => {
  expect(hex('a', new TextEncoder().encode('ü'), 'c')).toBe(hex('aüc'));
  expect(hex(new TextEncoder().encode('aüc'))).toBe(hex('aüc'));
});

test('long parts give the same as short ones put together', () => {
  for (const length of [5000, 5461, 5462, 16_384, 100_000]) {
    const text = 'ü'.repeat(length);
    expect(hex('a', text, 'b')).toBe(hex(`a${text}b`));
    const bytes = new TextEncoder().encode(text);
    expect(hex('a', bytes, 'b')).toBe(hex(`a${text}b`));
  }
});
