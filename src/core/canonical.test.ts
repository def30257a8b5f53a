import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import type { Json } from './json.ts';

/** The double with these 64 bits, as RFC 8785 writes its examples. */
function double(hex: string): number {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(`0x${hex}`));
  return bytes.getFloat64(0);
}

describe('the examples of RFC 8785', () => {
  // Appendix B.
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('the number %s is written %s', (hex, text) => {
    expect(canonicalJson(double(hex))).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s has no form', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });

  // Section 3.2.2.
  it('the text with every kind of escape', () => {
    expect(canonicalJson('€$\u000f\nA\'B"\\\\"/')).toBe(String.raw`"€$\u000f\nA'B\"\\\\\"/"`);
    expect(canonicalJson('\b\t\n\f\r\u0000\u001f\u007f')).toBe('"\\b\\t\\n\\f\\r\\u0000\\u001f\u007f"');
  });

  // Section 3.2.3.
  it('the object whose keys sort by UTF-16 code units', () => {
    const object = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      [String.fromCodePoint(0xfb33)]: 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '😀': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    const written = [...canonicalJson(object).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(written).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    { object: { '10': 1, '9': 2, a: 3 }, text: '{"10":1,"9":2,"a":3}' },
    { object: { '!': 1, '1': 2 }, text: '{"!":1,"1":2}' },
    { object: { b: [{ '2': 1, '10': 2 }] }, text: '{"b":[{"10":2,"2":1}]}' },
    { object: JSON.parse('{"a":1,"__proto__":{"x":1}}') as Json, text: '{"__proto__":{"x":1},"a":1}' },
  ])('keys that objects keep elsewhere: $text', ({ object, text }) => {
    expect(canonicalJson(object)).toBe(text);
  });

  it('literals, arrays and nested objects without white space', () => {
    expect(canonicalJson({ b: [true, false, null, [], {}], a: { d: 1, c: '' } })).toBe(
      '{"a":{"c":"","d":1},"b":[true,false,null,[],{}]}',
    );
  });
});

describe('the canonical form', () => {
  it('leaves out keys whose value is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it('refuses a lone surrogate in a text and in a key', () => {
    expect(() => canonicalJson(['\ud800'])).toThrow(TypeError);
    expect(() => canonicalJson({ '\udead': 1 })).toThrow(TypeError);
    expect(canonicalJson('😀')).toBe('"😀"');
    expect(canonicalJson({ b: undefined, a: [String.raw`\ud800`, 1, { b: undefined }] })).toContain('ud800');
  });

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(isWellFormed(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(object));
      }),
    );
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(isWellFormed(value));
        const once = canonicalJson(value);
        expect(canonicalJson(JSON.parse(once) as Json)).toBe(once);
      }),
    );
  });
});

/** `JSON.stringify` writes a lone surrogate as an escape, so only well-formed values have none. */
const isWellFormed = (value: unknown): boolean => !/\\u[dD][89a-fA-F]/.test(JSON.stringify(value));
