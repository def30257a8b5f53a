import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssue } from './input-issue.ts';

const schema = z.strictObject({
  word: z.enum(['kids', 'youth']).optional(),
  size: z.int().min(1).max(9).optional(),
  name: z.string().min(1).max(3).optional(),
  list: z.array(z.string()).min(1, 'must name at least one thing').optional(),
  when: z.iso.datetime().or(z.iso.date()).optional(),
  flag: z.boolean().optional(),
});

describe('what is wrong with what a person gave', () => {
  it.each([
    { given: { word: 'kid' }, said: '"word" must be one of: kids, youth.', hint: 'Did you mean "kids"?' },
    { given: { size: 10 }, said: '"size" must be at most 9.' },
    { given: { size: 0 }, said: '"size" must be at least 1.' },
    { given: { name: '' }, said: '"name" must not be empty.' },
    { given: { name: 'long' }, said: '"name" is longer than 3 signs.' },
    { given: { list: [] }, said: '"list" must name at least one thing.' },
    { given: { when: 'soon' }, said: '"when" is no time; write it like 2026-11-21 or 2026-11-21T08:00:00Z.' },
    { given: { flag: 'yes' }, said: '"flag" must be true or false.' },
  ])('is said in words: $said', ({ given, said, hint }) => {
    const { error } = schema.safeParse(given, { reportInput: true });
    const described = describeIssue(error ?? new z.ZodError([]));
    expect([described.code, described.message, described.hint]).toEqual(['INPUT_INVALID', said, hint]);
  });
});
