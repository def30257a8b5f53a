import type { Procedure } from './procedure.ts';

/** Hands the text on as it came, and says so. */
export const unchanged: Procedure = {
  id: 'unchanged',
  version: 1,
  source: 'The null procedure: the text is handed on as it came, so that one can compare.',
  languages: 'any',
  apply: ({ text }) => ({ text, facts: { unchanged: true } }),
};
