import type { RandomSource } from '../../../core/random.ts';

export interface ProcedureInput {
  readonly text: string;
  /** ISO 639-1, with or without a region (`de`, `en`, `de-AT` …), or `und` when nobody knows. */
  readonly language: string;
  readonly random: RandomSource;
  /** Which hand of a chain, from 1. */
  readonly hand?: number;
}

export interface ProcedureResult {
  readonly text: string;
  /** What the procedure did, in numbers and words; belongs into the record beside the text. */
  readonly facts: Readonly<Record<string, number | string | boolean>>;
}

/**
 * A literary rule that rewrites a text without any model: the same input and the same numbers from
 * `random` give the same text on every machine.
 *
 * A result is never blank for a text that isn't, and never longer than four times the text and 200 characters.
 */
export interface Procedure {
  readonly id: string;
  /** Grows whenever the same seed would give another text. */
  readonly version: number;
  /** Where the rule comes from, in one sentence. */
  readonly source: string;
  readonly languages: readonly string[] | 'any';
  apply(input: ProcedureInput): ProcedureResult;
}

/** The language without its region: `de-AT` → `de`. */
export function primaryLanguage(language: string): string {
  return (language.split(/[-_]/)[0] ?? language).toLowerCase();
}
