import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { artifactInput, defineStage } from './stage.ts';
import type { ArtifactRef, Stage } from './stage.ts';

type Reverse = Stage<{ text: ArtifactRef }, unknown, { letters: number }, never>;

const reverse: Reverse = {
  type: 'text.reverse',
  version: 1,
  title: { en: 'Backwards', de: 'Rückwärts' },
  input: z.object({ text: artifactInput }),
  settings: z.object({}),
  facts: z.object({ letters: z.number() }),
  writes: 'text',
  run: async () => ({ state: 'done', facts: { letters: 0 }, artifacts: [] }),
};

describe('defining a stage', () => {
  it('gives the same stage, ready for the registry', () => {
    expect(defineStage(reverse)).toBe(reverse);
  });

  it.each(['text.reverse', 'text.safety.check', 'media.image2', 'validate.jsonSchema'])('takes the type %s', (type) => {
    expect(defineStage({ ...reverse, type })).toMatchObject({ type });
  });

  it.each(['', 'reverse', 'Text.reverse', 'text.', '.text', 'text..reverse', 'text.Reverse', 'text-a.b', 'text.b c'])(
    'refuses the type %j',
    (type) => {
      expect(() => defineStage({ ...reverse, type })).toThrow(
        expect.objectContaining({ code: 'EXTENSION_INVALID', message: `"${type}" is no stage type.` }),
      );
    },
  );

  it.each([0, -1, 1.5, Number.NaN])('refuses the version %d', (version) => {
    expect(() => defineStage({ ...reverse, version })).toThrow(
      expect.objectContaining({
        code: 'EXTENSION_INVALID',
        message: expect.stringContaining('text.reverse') as string,
      }),
    );
  });
});

describe('an input that is an artifact', () => {
  const artifact = {
    id: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10/01_input.txt',
    sha256: 'a'.repeat(64),
    sizeBytes: 3,
    mediaType: 'text/plain',
    type: 'input',
  };

  it('takes an artifact, with or without a language', () => {
    expect(artifactInput.parse(artifact)).toEqual(artifact);
    expect(artifactInput.parse({ ...artifact, language: 'de' })).toHaveProperty('language', 'de');
  });

  it('refuses a plain text and an artifact without its digest', () => {
    expect(artifactInput.safeParse('a text').success).toBe(false);
    expect(artifactInput.safeParse({ ...artifact, sha256: 'A'.repeat(64) }).success).toBe(false);
  });
});
