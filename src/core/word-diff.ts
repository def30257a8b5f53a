import { diffWords } from 'diff';

/** A piece of two texts: in both, only in the one before, or only in the one after. */
export interface WordChange {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Texts that have less in common are not compared further: it would take long and say nothing. */
const MOST_CHANGES = 1000;

/**
 * How one text becomes another, word by word in the words of the language; punctuation and spaces are pieces too. Joined,
 * what is not `added` is the text before, and what is not `removed` the text after, up to spaces where words changed.
 *
 * @param language - ISO 639-1
 * @returns one `removed` and one `added` piece for texts with thousands of changes
 * @example
 * wordDiff('a small cat', 'a large cat', 'en').map(({ kind }) => kind) // => ['same', 'removed', 'added', 'same']
 */
export function wordDiff(before: string, after: string, language: string): readonly WordChange[] {
  const intlSegmenter = new Intl.Segmenter(language, { granularity: 'word' });
  const changes = diffWords(before, after, { intlSegmenter, maxEditLength: MOST_CHANGES });
  if (changes === undefined) return [piece('removed', before), piece('added', after)];
  return changes.map(({ value, added, removed }) => piece(added ? 'added' : removed ? 'removed' : 'same', value));
}

const piece = (kind: WordChange['kind'], text: string): WordChange => ({ kind, text });
