import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAutomaton } from './aho-corasick.ts';
import { normalise } from './normalise.ts';
import { createTermMatcher, type Pattern } from './term-matcher.ts';

const word = (text: string): Pattern => ({ text, wordStart: true, wordEnd: true });
const prefix = (text: string): Pattern => ({ text, wordStart: true, wordEnd: false });
const compound = (text: string): Pattern => ({ text, wordStart: false, wordEnd: false });

function found(pattern: Pattern, text: string): string[] {
  const places = new Set<string>();
  createTermMatcher([pattern]).scan(normalise(text), ({ start, end }) => places.add(text.slice(start, end)));
  return [...places];
}

describe('a whole word', () => {
  it.each([
    ['Ein Rabe fliegt', ['Rabe']],
    ['RABE!', ['RABE']],
    ['Rabe88', ['Rabe']],
    ['Raben', []],
    ['Kolkrabe', []],
    ['R.a.b.e', ['R.a.b.e']],
    ['Raaabe', ['Raaabe']],
    ['R4be', ['R4be']],
    ['8483', []],
  ])('%s', (text, places) => {
    expect(found(word('Rabe'), text)).toEqual(places);
  });
});

describe('the start of a word and any part of it', () => {
  it('are found where the pattern allows', () => {
    expect(found(prefix('Rabe'), 'Rabenvater, Kolkrabe')).toEqual(['Rabe']);
    expect(found(compound('rabe'), 'Rabenvater, Kolkrabe')).toEqual(['Rabe', 'rabe']);
  });
});

describe('a phrase', () => {
  it.each([
    'guter Rabe',
    'guter, Rabe',
    'guter\nRabe',
    'GuterRabe',
    'guter-rabe',
    'g u t e r  R a b e',
    'g u t e r R a b e',
    'gut3r R4be',
  ])('%s', (text) => {
    expect(found(word('guter Rabe'), text)).toEqual([text]);
  });
});

it('umlauts are told from plain letters, but may be written as two', () => {
  expect(found(word('Rabe'), 'Räbe')).toEqual([]);
  expect(found(word('Käse'), 'Käse Kaese Kase')).toEqual(['Käse', 'Kaese', 'Kase']);
});

it('a pattern without letters and digits is refused', () => {
  expect(() => createTermMatcher([word('?!')])).toThrow('"?!" has no letter or digit');
});

it('the automaton finds what a search for each pattern finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(text, fc.array(pattern, { maxLength: 12 }), (hay, needles) => {
      const codes = Uint16Array.from(hay, (sign) => sign.charCodeAt(0));
      const seen = new Set<string>();
      createAutomaton(needles).scan(codes, (needle, end) => seen.add(`${needle}:${end}`));
      const expected = new Set<string>();
      for (const [index, needle] of needles.entries()) {
        for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
          expected.add(`${index}:${at + needle.length}`);
        }
      }
      expect(seen).toEqual(expected);
    }),
  );
});
