import { describe, expect, test } from 'vitest';
import { COLOUR_WORDS, MOTIF_WORDS, TIME_WORDS } from './lexicon.data.ts';
import { MOTIFS } from './motifs.data.ts';
import { readScene } from './scene.ts';
import { outlineOf, parseShape } from './shape.ts';

const motifsOf = (text: string): readonly (readonly [string, number])[] =>
  readScene(text).motifs.map(({ name, count }) => [name, count]);

test('the lexicon holds well over a hundred words, and each leads to a motif that can be drawn', () => {
  const words = Object.entries(MOTIF_WORDS).flatMap(([motif, list]) =>
    list.split(' ').map((word) => [word, motif] as const),
  );
  expect(words.length).toBeGreaterThan(300);
  expect(Object.keys(MOTIF_WORDS).toSorted()).toEqual(Object.keys(MOTIFS).toSorted());
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  expect(words.filter(([word]) => readScene(capital(word)).isAbstract)).toEqual([]);
});

test('every part of every motif can be read and covers some ground', () => {
  for (const [name, { parts }] of Object.entries(MOTIFS)) {
    expect([name, parts.filter((part) => outlineOf(parseShape(part)).length < 3)]).toEqual([name, []]);
  }
});

test.each(['x o 1 2 3', 'a z 1 2', 'a o one 2', ''])('the notation "%s" is refused', (notation) => {
  expect(() => parseShape(notation)).toThrow(RangeError);
});

describe('words', () => {
  test.each([
    ['Katzen', 'cat'],
    ['KÄTZCHEN', 'cat'],
    ['cats', 'cat'],
    ['kitties', 'cat'],
    ['Häusern', 'house'],
    ['Segelboot', 'boat'],
    ['Stoffhündchen', 'dog'],
    ['Leuchttürme', 'lighthouse'],
    ['des Sees', 'sea'],
    ['trees', 'tree'],
    ['It is raining', 'rain'],
  ])('%s gives a %s', (text, motif) => {
    expect(motifsOf(text).map(([name]) => name)).toContain(motif);
  });

  test.each(['I see it', 'Er hat es', 'so kind', 'justice is slow', 'in brief'])(
    '"%s" names nothing that can be drawn',
    (text) => {
      const scene = readScene(text);
      expect(scene.isAbstract).toBe(true);
      expect(scene.motifs[0].shapes.length).toBeGreaterThan(3);
    },
  );
});

test.each([
  ['Drei Vögel', 'bird', 3],
  ['three small grey birds', 'bird', 3],
  ['7 Boote', 'boat', 7],
  ['5000 Fische', 'fish', 12],
  ['0 cats', 'cat', 1],
  ['a cat', 'cat', 1],
  ['Katzen', 'cat', 1],
])('numbers: "%s"', (text, motif, count) => {
  expect(motifsOf(text)).toContainEqual([motif, count]);
});

test('a number counts the next thing only', () => {
  expect(motifsOf('Drei Vögel über dem Leuchtturm')).toEqual([
    ['bird', 3],
    ['lighthouse', 1],
  ]);
});

test('what sits on something knows what it sits on', () => {
  const { motifs } = readScene('Eine Katze sitzt auf dem Dach und träumt vom Meer');
  expect(motifs.map(({ name, on }) => [name, on])).toEqual([
    ['cat', 1],
    ['roof', undefined],
    ['sea', undefined],
  ]);
});

test.each([
  ['A robot in the night', 'night'],
  ['Der Mond und ein Hund', 'night'],
  ['Ein Boot am Abend', 'dusk'],
  ['A boat at sunrise', 'dawn'],
  ['Die Sonne', 'day'],
])('the hour of "%s" is %s', (text, hour) => {
  expect(readScene(text).hour).toBe(hour);
  expect(Object.keys(TIME_WORDS)).toContain(hour);
});

test('colours, mood and weather are read', () => {
  const scene = readScene('Ein trauriger roter Hund und eine blaue Katze im Regen');
  expect(scene.colours).toEqual(['red', 'blue']);
  expect(Object.keys(COLOUR_WORDS)).toEqual(expect.arrayContaining([...scene.colours]));
  expect(scene.mood).toBe('sad');
  expect(scene.weather).toEqual(['rain']);
});

test('small words and words that the fonts cannot print are left out', () => {
  expect(readScene('Die Katze und 猫 на крыше').words).toEqual(['Katze', 'на', 'крыше']);
});

test('the same unknown word always gives the same sign, another word another', () => {
  const sign = (text: string): unknown => readScene(text).motifs[0].shapes;
  expect(sign('zorblax')).toEqual(sign('zorblax'));
  expect(sign('zorblax')).not.toEqual(sign('zorblix'));
});
