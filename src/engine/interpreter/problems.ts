import type { StepPath } from '../../core/ids.ts';

/** Something that did not succeed in a step that did. */
export interface Problem {
  readonly stepPath: StepPath;
  readonly state: string;
  readonly code: string;
}

/** The first of them, and how many more there are. */
export interface Problems {
  readonly problems?: readonly Problem[];
  readonly moreProblems?: number;
}

const MOST_LISTED = 100;

/** The problems of several parts, in order of the parts. */
export function together(parts: readonly Problems[]): Problems {
  const all = parts.flatMap(({ problems = [] }) => problems);
  const listed = all.slice(0, MOST_LISTED);
  const more = parts.reduce((sum, { moreProblems = 0 }) => sum + moreProblems, all.length - listed.length);
  return { ...(listed.length === 0 ? {} : { problems: listed }), ...(more === 0 ? {} : { moreProblems: more }) };
}
