import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import { nodeDigest } from '../store/system/digest.ts';
import { describeThrown, stackHashOf, toFault } from './fault.ts';

function breaksHere(message: string): Error {
  return new Error(message);
}
function breaksThere(): Error {
  return new Error('of another kind');
}

describe('the hash of a stack', () => {
  test('is the same for the same fault, whatever its message', () => {
    const [one, other] = ['a cat', 'a dog'].map((text) => toFault(breaksHere(text), nodeDigest));
    expect(one?.stackHash).toMatch(/^[0-9a-f]{16}$/);
    expect(one?.stackHash).toBe(other?.stackHash);
  });

  test('differs between functions', () => {
    const hashes = [breaksHere('x'), breaksThere()].map((error) => toFault(error, nodeDigest).stackHash);
    expect(new Set(hashes).size).toBe(2);
  });

  test('knows neither paths nor lines, so that it is the same on every machine', () => {
    const hash = (frames: string): string =>
      stackHashOf({ code: 'INTERNAL', type: 'Error', stack: `Error: x\n${frames}` }, nodeDigest);
    const here = '    at cut (/home/a/text.ts:3:1)\n    at async Foo.run [as body] (file:///home/a/stage.ts:9:2)';
    const there = 'at cut (C:\\b\\text.ts:88:7)\nat Foo.run (D:\\stage.js:1:1)\nat node:internal/process:1:1';
    expect(hash(here)).toBe(hash(there));
    expect(hash(here)).not.toBe(hash(here.replace('cut', 'paste')));
  });

  test('looks at five frames of our own', () => {
    const stack = (last: string): string =>
      ['a', 'b', 'c', 'd', 'e', last].map((name) => `at ${name} (x.ts:1:1)`).join('\n');
    const hash = (text: string): string => stackHashOf({ code: 'A', type: 'B', stack: text }, nodeDigest);
    expect(hash(stack('f'))).toBe(hash(stack('g')));
    expect(hash(`at inside (/x/node_modules/y/z.js:1:1)\n${stack('f')}`)).toBe(hash(stack('f')));
  });
});

describe('a fault', () => {
  test('keeps code and class of what was thrown, and no text', () => {
    const fault = toFault(new TypeError('secret words of a child'), nodeDigest);
    expect(fault).toMatchObject({ code: 'INTERNAL', type: 'TypeError', facts: {} });
    expect(JSON.stringify(fault)).not.toContain('secret');
  });

  test('keeps closed facts and leaves long texts out', () => {
    const error = new StemmaError('TOO_LARGE', 'x', { facts: { limit: 3, text: 'a'.repeat(121) } });
    expect(toFault(error, nodeDigest)).toMatchObject({ code: 'TOO_LARGE', facts: { limit: 3 } });
    expect(toFault(error, nodeDigest).facts).not.toHaveProperty('text');
  });

  test('can be made of anything that was thrown', () => {
    expect(toFault('just words', nodeDigest)).toMatchObject({ code: 'INTERNAL' });
    expect(toFault(undefined, nodeDigest)).toMatchObject({ code: 'INTERNAL' });
  });
});

test('what a person reads about a fault goes down to its first cause', () => {
  const text = describeThrown(new Error('outer', { cause: new Error('inner', { cause: 'the very first' }) }));
  expect(text).toContain('outer');
  expect(text).toContain('Caused by: Error: inner');
  expect(text).toContain('Caused by: the very first');
});

test('what a person reads about a fault names files of the package, and no folder of the machine', () => {
  const stack =
    'Error: x\n    at run (file:///home/otter/stemma/dist/engine/gateway.js:1:2)\n    at C:\\me\\src\\a.ts:3:4';
  expect(describeThrown(Object.assign(new Error('x'), { stack }))).toBe(
    'Error: x\n    at run (dist/engine/gateway.js:1:2)\n    at src\\a.ts:3:4',
  );
});
