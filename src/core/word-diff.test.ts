import { describe, expect, it } from 'vitest';
import { wordDiff } from './word-diff.ts';

const shown = (before: string, after: string, language = 'en'): string =>
  wordDiff(before, after, language)
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'added' ? `[+${text}]` : `[-${text}]`))
    .join('');

describe('a word diff', () => {
  it('tells what was kept, taken away and written', () => {
    expect(shown('A small cat sleeps.', 'A large cat sleeps well.')).toBe('A [-small][+large] cat sleeps [+well].');
  });

  it('knows the words of languages without spaces', () => {
    expect(shown('猫が屋根で寝る', '犬が屋根で寝る', 'ja')).toBe('[-猫][+犬]が屋根で寝る');
  });

  it('has one piece for equal texts and none for empty ones', () => {
    expect(wordDiff('the same', 'the same', 'en')).toEqual([{ kind: 'same', text: 'the same' }]);
    expect(wordDiff('', '', 'en')).toEqual([]);
  });

  it('gives up on long texts that have nothing in common', () => {
    const long = (word: string) => Array.from({ length: 1200 }, (_none, index) => `${word}${index}`).join(' ');
    expect(wordDiff(long('a'), long('b'), 'en').map(({ kind }) => kind)).toEqual(['removed', 'added']);
  });
});
