import { describe, expect, it } from 'vitest';
import { normalise } from './normalise.ts';
import { createWildcardSearch } from './wildcard.ts';

function found(patterns: readonly string[], text: string): string[] {
  const { starred } = normalise(text);
  if (starred === null) return [];
  const seen: string[] = [];
  createWildcardSearch(patterns)(starred, (pattern, from, end) => {
    seen.push(`${patterns[pattern]}=${text.slice(starred.starts[from], starred.ends[end - 1])}`);
  });
  return seen;
}

describe('a star inside a word', () => {
  it.each([
    ['r*be', ['rabe=r*be']],
    ['der R*be fliegt', ['rabe=R*be']],
    ['guter r*be', ['guter rabe=guter r*be', 'rabe=r*be']],
    ['rabe', []],
    ['r**e', []],
    ['*abe', []],
    ['rab*', []],
    ['kolkr*be', []],
    ['5 * 3', []],
  ])('stands for one letter, at most one in three: %s', (text, places) => {
    expect(found(['rabe', 'guter rabe'], text).toSorted()).toEqual(places);
  });

  it('is looked for far behind other words', () => {
    expect(found(['rabe'], `${'ein Wort '.repeat(50)} r*be ${'noch eins '.repeat(50)} r*be`)).toHaveLength(2);
  });
});
