import { z } from 'zod';
import { CONTACT_PATTERNS } from './contact-data.ts';

/**
 * What a list is about. `minors` is the sexualised depiction of children, which no level allows; `self-harm` belongs to
 * the age check and has a message of its own.
 */
export const LIST_CHECKS = ['minors', 'self-harm', 'unconstitutional-symbols', 'age', 'contact-data'] as const;
export type ListCheck = (typeof LIST_CHECKS)[number];

const phrase = z.string().trim().min(1).max(80);
const languageCode = z.string().regex(/^[a-z]{2,3}$/, 'must be a language code such as "de"');
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes');
const nearby = z.int().min(1).max(50);
const wordList = z.array(phrase).min(1).readonly();

/** What the nearby words of a term decide; a term's own entry replaces the one of its list. */
const surroundings = {
  requires: wordList.optional().describe('counts only with one of these words near'),
  unless: wordList.optional().describe('does not count with one of these words near'),
  unlessBeside: wordList.optional().describe('does not count with one of these words directly before or after'),
  despite: wordList.optional().describe('takes away what `unless` and `unlessBeside` clear'),
  window: nearby.optional().describe('how many words "near" is, to each side; 8 when not given'),
  requiresWindow: nearby.optional().describe('the same for `requires`; as `window` when not given'),
  despiteWindow: nearby.optional().describe('the same for `despite`; 3 when not given'),
  fineFrom: z.enum(['youth', 'adult']).optional().describe('the level from which on it is fine'),
};

const term = z.union([
  phrase,
  z.strictObject({
    term: phrase,
    also: wordList.optional().describe('other forms of it'),
    match: z
      .enum(['word', 'prefix', 'compound'])
      .default('word')
      .describe('whole word, start of a word, or anywhere in one'),
    except: wordList.optional().describe('words and phrases that contain it and mean something else'),
    ...surroundings,
  }),
]);

const list = z.strictObject({
  id: name,
  check: z.enum(LIST_CHECKS),
  class: z.enum(['hard', 'context']),
  languages: z.array(languageCode).min(1).readonly(),
  source: z.string().trim().min(10).describe('what the list is based on'),
  ...surroundings,
  terms: z.array(term).readonly().default([]),
  patterns: z.array(z.enum(CONTACT_PATTERNS)).readonly().default([]),
});

/**
 * A policy file: which words and patterns are checked, and where each list comes from.
 *
 * In `requires`, `unless`, `unlessBeside`, `despite` and `except` a word may end in `*` (any ending) and `@name` stands
 * for the words under `words.name` of the same file. A word after `^` counts only where a sentence begins.
 */
export const policyFileSchema = z
  .strictObject({
    id: name,
    version: z.string().trim().min(1),
    jurisdiction: z.string().regex(/^([a-z]{2}|any)$/, 'must be a country code such as "de", or "any"'),
    words: z.record(name, wordList).default({}),
    lists: z.array(list).min(1).readonly(),
  })
  .superRefine((file, context) => {
    for (const [index, entry] of file.lists.entries()) {
      const problem = listProblem(entry);
      if (problem !== null) context.addIssue({ code: 'custom', path: ['lists', index], message: problem });
    }
  });

export type PolicyFile = z.infer<typeof policyFileSchema>;
export type PolicyList = PolicyFile['lists'][number];

function listProblem(entry: PolicyList): string | null {
  if (entry.terms.length + entry.patterns.length === 0) return 'needs terms or patterns';
  if (entry.patterns.length > 0 && entry.check !== 'contact-data') return 'patterns belong to the check contact-data';
  const holders = [entry, ...entry.terms.filter((item) => typeof item !== 'string')];
  const conditional = holders.some((item) => item.unless ?? item.unlessBeside ?? item.despite);
  if (entry.class === 'hard' && conditional) return 'a hard list has no unless or despite: make it "context"';
  return null;
}
