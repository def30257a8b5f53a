import { describe, expect, it } from 'vitest';
import { asWritten, compare } from './changes.ts';

const changesOf = (before: string, after: string) =>
  compare(asWritten(before), after).changes?.map(({ kind, before, after }) => [kind, before, after]);
const wordsBy = (by: string, before: string, after: string) =>
  compare(asWritten(before), after)
    .pieces.filter((piece) => piece.by === by && piece.isWord)
    .map(({ text }) => text);

describe('what a hand changed', () => {
  it('is one pair where words stand in the place of others', () => {
    expect(changesOf('drei Vögel am Meer', 'drei Regale am Meer')).toEqual([['replaced', 'Vögel', 'Regale']]);
  });

  it('is told apart as added and removed', () => {
    expect(changesOf('ein kalter heller Tag am Meer', 'ein heller Tag ganz nah am Meer')).toEqual([
      ['removed', 'kalter', ''],
      ['added', '', 'ganz nah'],
    ]);
  });

  it('does not count upper and lower case, or words that only moved', () => {
    expect(changesOf('der Turm am Meer', 'Am Meer der TURM')).toEqual([]);
  });

  it('is not listed when more than sixty percent is new', () => {
    expect(changesOf('der Turm am Meer', 'ganz andere Worte hier')).toBeUndefined();
  });
});

describe('whose word it is', () => {
  it('stays with the person for words that live on, also at another place', () => {
    expect(wordsBy('person', 'der Turm am Meer', 'am Meer steht der Turm')).toEqual(['am', 'Meer', 'der', 'Turm']);
    expect(wordsBy('hand', 'der Turm am Meer', 'am Meer steht der Turm')).toEqual(['steht']);
  });

  it('stays with the hand in all later versions', () => {
    const first = compare(asWritten('der Turm am Meer'), 'der Wurm am Meer');
    const second = compare(first.pieces, 'der Wurm im Meer').pieces.filter(({ isWord }) => isWord);
    expect(second.map(({ by, isNew }) => `${by} ${isNew}`)).toEqual([
      'person false',
      'hand false',
      'hand true',
      'person false',
    ]);
  });

  it('is not looked for in texts that are too long to compare', () => {
    const long = 'Wort '.repeat(2000);
    expect(compare(asWritten(long), long).changes).toBeUndefined();
  });
});
