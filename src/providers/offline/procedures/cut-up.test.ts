import { expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { cutUp } from './cut-up.ts';

const CAT = 'Eine Katze sitzt auf dem Dach und träumt vom Meer';

function poem(text: string, language = 'de', seed = 7): string {
  return cutUp.apply({ text, language, random: createRandom(seed) }).text;
}

/** The words in small letters, without the echo whose letters are drawn apart. */
function wordsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\S( \S)+$/u.test(line))
    .flatMap((line) => line.toLowerCase().match(/[\p{L}\p{N}'’]+/gu) ?? [])
    .sort();
}

test.each([
  [CAT, 'de'],
  ['Der kleine Roboter pflanzt drei rote Blumen. Er ist stolz!', 'de'],
  ["My grandmother's kitchen smells of oranges", 'en'],
  ['The old lighthouse tells a young gull about the storm', 'en'],
  ['Le chat noir dort sur le toit', 'fr'],
])('every word of "%s" is kept and none is added', (text, language) => {
  for (let seed = 0; seed < 50; seed++) expect(wordsOf(poem(text, language, seed))).toEqual(wordsOf(text));
});

test('the words come in another order, in several lines of uneven length', () => {
  for (let seed = 0; seed < 50; seed++) {
    const lines = poem(CAT, 'de', seed).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(new Set(lines.map((line) => line.length)).size).toBeGreaterThan(1);
    expect(lines.join(' ').toLowerCase()).not.toBe(CAT.toLowerCase());
  }
});

test('another seed shakes another poem', () => {
  const poems = Array.from({ length: 20 }, (_, seed) => poem(CAT, 'de', seed));
  expect(new Set(poems).size).toBeGreaterThan(17);
});

test('a German noun keeps its capital, a small word at the start loses it', () => {
  const text = poem(CAT, 'de', 8);
  expect(text).toContain('Dach');
  expect(text).toContain('eine Katze');
});

test('small words are never shouted', () => {
  for (let seed = 0; seed < 100; seed++) expect(poem(CAT, 'de', seed)).not.toMatch(/\b(EINE|AUF|DEM|UND|VOM)\b/);
});

test('commas and full stops fall off, calls and questions stay', () => {
  const text = poem('Komm, sagt das Meer. Wer ruft da? Ich!', 'de');
  expect(text).not.toMatch(/[.,]/);
  expect(text).toMatch(/da\?/i);
  expect(text).toMatch(/ich!/i);
});

test('a text without spaces is cut where its words end', () => {
  const text = poem('猫在屋顶上梦见大海和月亮', 'zh');
  expect(Array.from(text.replaceAll(/\s/g, '')).sort()).toEqual(Array.from('猫在屋顶上梦见大海和月亮').sort());
  expect(text).toMatch(/\s/);
});

test('signs alone are shaken too, and one word stays itself', () => {
  expect(Array.from(poem('?!…', 'und').replaceAll(/\s/g, '')).sort()).toEqual(Array.from('?!…').sort());
  expect(poem('Meer')).toBe('Meer');
});
