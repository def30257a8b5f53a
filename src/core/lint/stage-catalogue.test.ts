import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { artifactInput, defineStage } from '../stage.ts';
import type { AnyStage, Capability } from '../stage.ts';
import { describeStage, stageCatalogue } from './stage-catalogue.ts';

const stage = (writes: 'text' | 'media' | 'nothing', calls?: Capability): AnyStage =>
  defineStage({
    type: 'text.sample',
    version: 1,
    title: 'Sample',
    input: z.object({
      prompt: artifactInput,
      context: artifactInput.optional(),
      images: z.array(artifactInput),
      hands: z.int().default(8),
      to: z.string(),
    }),
    settings: z.object({ temperature: z.number().optional(), procedure: z.string() }),
    facts: z.object({
      words: z.int(),
      safe: z.boolean(),
      language: z.string(),
      decision: z.enum(['pass', 'block']),
      nothing: z.null(),
      either: z.union([z.string(), z.number()]),
      perhaps: z.number().nullable().default(null),
    }),
    writes,
    ...(calls === undefined ? {} : { calls }),
    run: () => Promise.reject(new Error('is only described here')),
  });

it('reads inputs, settings and facts off the Zod objects', () => {
  expect(describeStage(stage('text', 'text.generate'))).toEqual({
    inputs: {
      prompt: { kind: 'artifact', required: true },
      context: { kind: 'artifact', required: false },
      images: { kind: 'artifacts', required: true },
      hands: { kind: 'closed', required: false },
      to: { kind: 'closed', required: true },
    },
    settings: ['temperature', 'procedure'],
    facts: {
      words: 'number',
      safe: 'boolean',
      language: 'string',
      decision: 'string',
      nothing: 'null',
      either: 'unknown',
      perhaps: 'number',
    },
    writes: 'text',
    calls: 'text.generate',
    medium: 'text',
  });
});

describe('the medium', () => {
  it.each([
    ['media', 'image.generate', 'image'],
    ['text', 'text.translate', 'text'],
    ['text', undefined, 'text'],
    ['media', 'text.generate', undefined],
    ['media', undefined, undefined],
    ['nothing', undefined, undefined],
  ] as const)('of a stage that writes %s and calls %s is %s', (writes, calls, medium) => {
    expect(describeStage(stage(writes, calls)).medium).toBe(medium);
  });

  it('of a capability that makes none is what the stage writes', () => {
    const odd = { ...describeStage(stage('nothing')) };
    expect(odd).not.toHaveProperty('calls');
    expect(describeStage({ ...stage('text'), calls: 'cards.sync' } as unknown as AnyStage).medium).toBe('text');
  });
});

it('lists stages by type', () => {
  expect([...stageCatalogue([stage('text')]).keys()]).toEqual(['text.sample']);
});
