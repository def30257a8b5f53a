import type { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

/** The first thing wrong with what a person gave, in words: which field, what was expected, what to do. */
export function describeIssue(error: z.ZodError): StemmaError {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  const options = issue?.code === 'invalid_value' ? issue.values.map(String) : undefined;
  if (options === undefined)
    return new StemmaError('INPUT_INVALID', `"${field}": ${sentenceOf(issue)}.`, { facts: { field } });
  const given = typeof issue?.input === 'string' ? issue.input : '';
  const near = nearest(given, options);
  return new StemmaError('INPUT_INVALID', `"${field}" is none of: ${options.join(', ')}.`, {
    facts: { field },
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  });
}

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_union') return 'is no time; write it like 2026-11-21 or 2026-11-21T08:00:00Z';
  return issue?.message.replace(/^Invalid input: /, '').replace(/\.$/, '') ?? 'is not valid';
}
