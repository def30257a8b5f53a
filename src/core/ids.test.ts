import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artifactId,
  attemptKeyOf,
  instantOf,
  isRunId,
  isStepPath,
  parseArtifactId,
  seedOf,
  spanIdOf,
  stepKeyOf,
  stepPath,
  toHex,
  traceIdOf,
} from './ids.ts';
import type { Digest, RunId, StepPath } from './ids.ts';

const digest: Digest = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};
const RUN = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10' as RunId;
const path = (text: string): StepPath => text as StepPath;

describe('a run id', () => {
  it('is a UUIDv7 in lower case with dashes, and nothing else', () => {
    expect(isRunId(RUN)).toBe(true);
    const others = [
      RUN.toUpperCase(),
      RUN.replaceAll('-', ''),
      '01997a3c-5b7e-4d2a-9c41-0a8f6e2d4b10',
      '01997a3c-5b7e-7d2a-cc41-0a8f6e2d4b10',
      ` ${RUN}`,
      `${RUN}\n`,
      '',
    ];
    expect(others.filter((text) => isRunId(text))).toEqual([]);
  });

  it('gives the trace id by dropping its dashes', () => {
    expect(traceIdOf(RUN)).toBe('01997a3c5b7e7d2a9c410a8f6e2d4b10');
  });

  it('says when it was made', () => {
    expect(instantOf('017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as RunId)).toBe(Date.parse('2022-02-22T19:22:22.000Z'));
  });
});

describe('what is derived from run, path and attempt', () => {
  const at = { path: path('interception[3]'), attempt: 2 };

  it('is the SHA-256 of the three, and its first 8 bytes as the span', () => {
    const expected = createHash('sha256').update(`${RUN}:interception[3]:2`).digest('hex');
    expect(attemptKeyOf(digest, RUN, at)).toBe(expected);
    expect(spanIdOf(digest, RUN, at)).toBe(expected.slice(0, 16));
  });

  it('differs for another attempt', () => {
    expect(spanIdOf(digest, RUN, at)).not.toBe(spanIdOf(digest, RUN, { ...at, attempt: 3 }));
  });

  it('leaves the attempt out where an outside service recognises a repeat', () => {
    expect(stepKeyOf(RUN, at.path)).toBe(`${RUN}:interception[3]`);
  });
});

describe('the seed of a step', () => {
  it('is the first 53 bits of SHA-256(seed:path)', () => {
    const hex = createHash('sha256').update('7:translate').digest('hex');
    expect(BigInt(seedOf(digest, 7, path('translate')))).toBe(BigInt(`0x${hex.slice(0, 14)}`) >> 3n);
  });

  it('is a whole number that a double holds exactly', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (seed, name) => {
        expect(Number.isSafeInteger(seedOf(digest, seed, path(name)))).toBe(true);
      }),
    );
  });

  it('takes a byte that a short digest lacks as zero', () => {
    expect(seedOf({ sha256: () => new Uint8Array([0, 0, 0, 0, 0, 1]) }, 7, path('a'))).toBe(32);
  });
});

describe('a step path', () => {
  it('joins parent, id and index', () => {
    const outputs = stepPath(undefined, 'outputs', 2);
    expect(outputs).toBe('outputs[2]');
    expect(stepPath(outputs, 'generate')).toBe('outputs[2].generate');
    expect(stepPath(undefined, 'translate')).toBe('translate');
  });

  it('is recognised, and counts from 1', () => {
    const right = ['translate', 'interception[3]', 'outputs[2].generate', 'round[10].a-b.c_d[1]'];
    expect(right.filter((text) => !isStepPath(text))).toEqual([]);
    const wrong = ['', '1a', 'a.', '.a', 'a[0]', 'a[01]', 'a[]', 'a[1][2]', 'a b', '../a', 'a\n'];
    expect(wrong.filter((text) => isStepPath(text))).toEqual([]);
  });

  it('that was made is one that is recognised', () => {
    const ids = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,8}$/);
    fc.assert(
      fc.property(ids, ids, fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }), (outer, inner, index) => {
        expect(isStepPath(stepPath(stepPath(undefined, outer, index), inner))).toBe(true);
      }),
    );
  });
});

describe('an artifact id', () => {
  it('has a number of at least two digits, and a folder of its own for work', () => {
    const name = { runId: RUN, work: false, number: 6, type: 'output_image', extension: 'png' };
    expect(artifactId(name)).toBe(`${RUN}/06_output_image.png`);
    expect(artifactId({ ...name, work: true, number: 123 })).toBe(`${RUN}/work/123_output_image.png`);
  });

  it('comes apart into what it was made of', () => {
    const names = fc.record({
      runId: fc.constant(RUN),
      work: fc.boolean(),
      number: fc.integer({ min: 1, max: 100_000 }),
      type: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
      extension: fc.stringMatching(/^[a-z0-9]{1,5}$/),
    });
    fc.assert(
      fc.property(names, (name) => {
        expect(parseArtifactId(artifactId(name))).toEqual(name);
      }),
    );
  });

  it.each([
    '',
    'input.txt',
    `${RUN}/1_input.txt`,
    `${RUN}/01_input`,
    `${RUN}/../01_input.txt`,
    `${RUN}/other/01_input.txt`,
    `${RUN.replace('-7', '-4')}/01_input.txt`,
    `${RUN}/01_in/put.txt`,
    `${RUN}/01_input.txt\n`,
  ])('is not %j', (text) => {
    expect(parseArtifactId(text)).toBeUndefined();
  });
});

it('bytes are written as two lower-case hex digits each', () => {
  expect(toHex(new Uint8Array([0, 1, 15, 16, 255]))).toBe('00010f10ff');
  expect(toHex(new Uint8Array())).toBe('');
});
