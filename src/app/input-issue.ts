import type { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

/** The first thing wrong with what a person gave, in words: which field, what was expected, what to do. */
export function describeIssue(error: z.ZodError): StemmaError {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  const options = issue?.code === 'invalid_value' ? issue.values.map(String) : undefined;
  if (options === undefined)
    return new StemmaError('INPUT_INVALID', `"${field}" ${sentenceOf(issue)}.`, { facts: { field } });
  const given = typeof issue?.input === 'string' ? issue.input : '';
  const near = nearest(given, options);
  return new StemmaError('INPUT_INVALID', `"${field}" must be one of: ${options.join(', ')}.`, {
    facts: { field },
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  });
}

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_union':
      return 'is no time; write it like 2026-11-21 or 2026-11-21T08:00:00Z';
    case 'too_big':
      return issue.origin === 'string' ? `is longer than ${issue.maximum} signs` : `must be at most ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : (ownWords(issue) ?? `must be at least ${issue.minimum}`);
    case 'invalid_type':
      return `must be ${ARTICLED[issue.expected] ?? issue.expected}`;
    default:
      return issue?.message.replace(/^Invalid input: /, '').replace(/\.$/, '') ?? 'is not valid';
  }
}

const ARTICLED: { readonly [expected: string]: string } = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
};

/** A message that a schema of ours gives, instead of Zod's. */
const ownWords = ({ message }: z.core.$ZodIssue): string | undefined =>
  message.startsWith('Too ') ? undefined : message;
