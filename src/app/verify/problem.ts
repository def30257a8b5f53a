/** Something that is not as it was recorded. */
export interface VerifyProblem {
  /** What it is about: an artifact's id, a file of the folder, `event 7`, `attempt 1 of ask`, `run`, `signature`. */
  readonly what: string;
  readonly problem: string;
}

/**
 * Said of a file that is not part of the record. It alone doesn't make a run fail: a holder that lost its lease may
 * leave a file behind after the run has ended, and nobody can tell it from one that was put there.
 */
export const UNNAMED = 'is named by no event (left by an attempt that no longer counts, or put there later)';
