import { expect, test } from 'vitest';
import { searchTerms } from './search.ts';

test('every word is a term of its own that also finds what begins with it', () => {
  expect(searchTerms('Katze Meer')).toEqual(['"Katze"*', '"Meer"*']);
});

test('signs of the full-text language are no words', () => {
  expect(searchTerms('cat* "the sea" -roof (a OR b) body:x NEAR^2')).toEqual(
    ['cat', 'the', 'sea', 'roof', 'a', 'OR', 'b', 'body', 'x', 'NEAR', '2'].map((word) => `"${word}"*`),
  );
  expect(searchTerms('" * ( ) - : ^ \0')).toEqual([]);
});

test('letters of every script count, and combining marks stay with their letter', () => {
  expect(searchTerms('кіт κύμα ü')).toEqual(['"кіт"*', '"κύμα"*', '"ü"*']);
});

test('so many words count and no more', () => {
  expect(searchTerms('a '.repeat(100))).toHaveLength(16);
});
