import { describe, expect, it } from 'vitest';
import {
  LEVELS,
  committedSchema,
  factsSchema,
  faultSchema,
  instantSchema,
  isClosedFact,
  prioritySchema,
  runIdSchema,
  sha256Schema,
  stepPathSchema,
  usageSchema,
  verdictSchema,
  workerIdSchema,
} from './schema.ts';

const RUN = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('ids', () => {
  it('of runs are UUIDv7', () => {
    expect(runIdSchema.parse(RUN)).toBe(RUN);
    expect(runIdSchema.safeParse('7').error?.issues[0]?.message).toBe('is no run id (UUIDv7)');
  });

  it('that are digests are 64 lower-case hex digits', () => {
    expect(accepts(sha256Schema, '0'.repeat(64))).toBe(true);
    expect(accepts(sha256Schema, 'F'.repeat(64))).toBe(false);
    expect(accepts(sha256Schema, '0'.repeat(63))).toBe(false);
  });

  it('of steps and workers are not empty', () => {
    expect([accepts(stepPathSchema, 'a'), accepts(stepPathSchema, '')]).toEqual([true, false]);
    expect([accepts(workerIdSchema, 'a'), accepts(workerIdSchema, '')]).toEqual([true, false]);
  });

  it('of instants are whole milliseconds', () => {
    expect([0, 1_700_000_000_000, -1, 0.5].map((value) => accepts(instantSchema, value))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('facts', () => {
  it('can be asked for one by one', () => {
    expect([isClosedFact('words', 3), isClosedFact('a text', 3), isClosedFact('words', 'two words')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('are numbers, flags, short words and null', () => {
    expect(accepts(factsSchema, { words: 3, done: true, language: 'de', model: null })).toBe(true);
  });

  it('are never nested and never long texts', () => {
    expect(accepts(factsSchema, { nested: {} })).toBe(false);
    expect(accepts(factsSchema, { text: 'x'.repeat(81) })).toBe(false);
  });

  it.each(['cut-up', 'outputs[1].draw', 'a,b', '', 'Häuser', 'procedure/cut-up@1', 'unterlassen+2:3'])(
    'may hold the closed word %j',
    (word) => {
      expect(accepts(factsSchema, { word })).toBe(true);
    },
  );

  it.each(['two words', 'a\u00A0b', 'a\nb', 'What?', '"x"', 'a\u200Bb', '<b>'])('never hold the text %j', (text) => {
    expect(accepts(factsSchema, { text })).toBe(false);
    expect(accepts(factsSchema, { [text]: 1 })).toBe(false);
  });

  it('take 2 kB at most', () => {
    const facts = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 'x'.repeat(80)]));
    expect(accepts(factsSchema, facts(20))).toBe(true);
    expect(factsSchema.safeParse(facts(30)).error?.issues[0]?.message).toBe('facts are larger than 2 kB');
  });
});

it('levels stand strictest first', () => {
  expect(LEVELS).toEqual(['kids', 'youth', 'adult', 'research']);
});

it('priorities stand most urgent first', () => {
  expect(prioritySchema.options).toEqual(['critical', 'high', 'normal', 'low']);
});

describe('shapes of events', () => {
  const verdict = {
    check: 'safety-input',
    level: 'youth',
    decision: 'block',
    method: 'list',
    subject: `${RUN}/01_input.txt`,
    class: 'unconstitutional',
    policyVersion: '1',
    durationMs: 0.4,
  };

  it('take what the engine writes', () => {
    expect(accepts(verdictSchema, verdict)).toBe(true);
    expect(accepts(usageSchema, { tokensIn: 3, seconds: 0.5, costMicroUsd: null })).toBe(true);
    expect(accepts(committedSchema, { id: verdict.subject, commitment: 'a'.repeat(64) })).toBe(true);
    expect(accepts(faultSchema, { code: 'INTERNAL', type: 'TypeError', stackHash: 'a'.repeat(16), facts: {} })).toBe(
      true,
    );
  });

  it('have no room for content: unknown keys are refused', () => {
    expect(accepts(verdictSchema, { ...verdict, terms: ['a word'] })).toBe(false);
    expect(accepts(faultSchema, { code: 'INTERNAL', type: 'Error', facts: {}, message: 'thrown text' })).toBe(false);
    expect(accepts(committedSchema, { id: verdict.subject, commitment: 'a'.repeat(64), text: 'x' })).toBe(false);
  });

  it('need a price, or null where there is none', () => {
    expect(accepts(usageSchema, {})).toBe(false);
    expect(accepts(usageSchema, { costMicroUsd: -1 })).toBe(false);
    expect(accepts(usageSchema, { costMicroUsd: 0.5 })).toBe(false);
  });
});
