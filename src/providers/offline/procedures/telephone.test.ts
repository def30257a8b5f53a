import { expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { articleBefore } from './mishear-en.ts';
import type { ProcedureResult } from './procedure.ts';
import { cologneKey, englishKey, hearEnglish, hearGerman, soundDistance } from './sound.ts';
import { telephone } from './telephone.ts';

const GERMAN = [
  'Eine Katze sitzt auf dem Dach und träumt vom Meer',
  'Mein Opa repariert ein altes Fahrrad im Regen',
  'Meine Schwester tanzt mit einem Elefanten durch die Küche!',
  'Im Wald steht ein alter Leuchtturm.',
];
const ENGLISH = [
  'The old lighthouse tells a young gull about the storm',
  "My grandmother's kitchen smells of oranges",
  'My sister dances with an elephant through the kitchen!',
  'A small robot plants three red flowers behind the house.',
];

function whisper(text: string, language: string, [seed, hand = 1]: readonly [number, number?]): ProcedureResult {
  return telephone.apply({ text, language, random: createRandom(seed), hand });
}

function chain(text: string, language: string, seed: number): string {
  let heard = text;
  for (let hand = 1; hand <= 8; hand++) heard = whisper(heard, language, [seed * 100 + hand, hand]).text;
  return heard;
}

function words(text: string): string[] {
  return text.match(/[\p{L}']+/gu) ?? [];
}

const all = [...GERMAN.map((text) => [text, 'de'] as const), ...ENGLISH.map((text) => [text, 'en'] as const)];

test.each(all)('the first hand mishears exactly one word of "%s"', (text, language) => {
  for (let seed = 0; seed < 40; seed++) {
    const { text: heard, facts } = whisper(text, language, [seed]);
    const before = words(text).filter((word) => word !== 'a' && word !== 'an');
    const after = words(heard).filter((word) => word !== 'a' && word !== 'an');
    expect(after).toHaveLength(before.length);
    expect(after.filter((word, index) => word !== before[index])).toHaveLength(1);
    expect(facts).toMatchObject({ changed: 1, hand: 1 });
  }
});

test.each(all)('after eight hands something of "%s" survives and something is new', (text, language) => {
  const ends = Array.from({ length: 20 }, (_, seed) => chain(text, language, seed));
  // By chance a chain may hear its way back to the start.
  expect(ends.filter((end) => end !== text).length).toBeGreaterThan(17);
  for (const end of ends) {
    expect(words(end).filter((word) => words(text).includes(word)).length).toBeGreaterThan(1);
    expect(/[.!]$/.exec(end)?.[0]).toBe(/[.!]$/.exec(text)?.[0]);
  }
});

test('a word is heard for one that sounds like it', () => {
  const heard = Array.from({ length: 60 }, (_, seed) => whisper('Die Katze.', 'de', [seed]).text);
  expect(heard).toContain('Die Tatze.');
  for (const text of heard) expect(text).toMatch(/^Die [A-ZÄÖÜ][a-zäöüß]+\.$/);
});

test.each([
  ['Ein kleines Haus', /^Ein [a-zäöüß]+es [A-ZÄÖÜ]/],
  ['Die Ritter singen', /^Die (Ritter|Lehrer|Maler|Bäcker|Zauberer|Onkel) (singen|[a-zäöü]+e?n)$/],
  ['mit zwei Fenstern', /^mit zwei [A-ZÄÖÜ][a-zäöü]+n$/],
  ['Die Kinder', /^Die (?!Großritter)[A-ZÄÖÜ][a-zäöüß]+$/],
  ['Der Hase ruht', /^Der (Hase|Rabe|Affe|Löwe|Riese|Drache) /],
  ['mit einem Löwen', /^mit einem (Löwen|Hasen|Raben|Affen|Riesen|Drachen)$/],
  ['Die alte Leuchtstange', /^Die [a-zäöüß]+e (Leuchtstange|Leucht[a-z]+)$/],
])('grammar holds in "%s"', (text, shape) => {
  for (let seed = 0; seed < 40; seed++) expect(whisper(text, 'de', [seed]).text).toMatch(shape);
});

test('the end of a compound is misheard', () => {
  const heard = Array.from({ length: 60 }, (_, seed) => whisper('Ein Leuchtturm', 'de', [seed]).text);
  expect(heard.every((text) => text.startsWith('Ein Leucht'))).toBe(true);
  expect(heard).toContain('Ein Leuchtsturm');
});

test('a person is only heard for a person', () => {
  const persons = 'grandmother|grandfather|mother|father|brother|sister|grandma|grandpa';
  for (let seed = 0; seed < 40; seed++) {
    expect(whisper('my grandmother', 'en', [seed]).text).toMatch(new RegExp(`^my (${persons})$`));
  }
});

test('houses of prayer and families are heard as they are', () => {
  const text = 'Die Moschee, die Kirche, die Synagoge und die Familie';
  for (let seed = 0; seed < 40; seed++) expect(whisper(text, 'de', [seed, 4]).text).toBe(text);
});

test('a becomes an before a vowel, and an becomes a', () => {
  for (let seed = 0; seed < 60; seed++) {
    const [article = '', noun = ''] = whisper('an owl', 'en', [seed]).text.split(' ');
    expect(article).toBe(/^[aeiou]/.test(noun) ? 'an' : 'a');
  }
  expect(['unicorn', 'umbrella', 'apple', 'ewe'].map(articleBefore)).toEqual(['a', 'an', 'an', 'an']);
});

test('capitals are kept', () => {
  for (let seed = 0; seed < 20; seed++) expect(whisper('DIE KATZE', 'de', [seed]).text).toMatch(/^DIE [A-ZÄÖÜ]+$/);
});

test('a text without a word that it knows is handed on, and the facts say so', () => {
  expect(whisper('Xqz blorp', 'de', [1])).toEqual({
    text: 'Xqz blorp',
    facts: { changed: 0, hand: 1, misheard: 0, dropped: 0, moved: 0 },
  });
});

test('later hands lose small words and change the order of sentences', () => {
  const text = 'Der Hund ist sehr froh. Die Katze ist ganz nass.';
  const results = Array.from({ length: 60 }, (_, seed) => whisper(text, 'de', [seed, 4]));
  expect(results.some(({ facts }) => facts['dropped'] === 1)).toBe(true);
  expect(results.some(({ text: heard }) => heard.startsWith('Die '))).toBe(true);
  for (const { text: heard } of results) expect(heard).toMatch(/^D.*\. D.*\.$/);
});

test('the Kölner Phonetik gives the keys of its published examples', () => {
  expect(['Müller-Lüdenscheidt', 'Wikipedia', 'Breschnew', 'Xaver', 'Chor'].map(cologneKey)).toEqual([
    '65752682',
    '3412',
    '17863',
    '4837',
    '47',
  ]);
});

test('English words that sound alike have one key', () => {
  expect(englishKey('knight')).toBe(englishKey('night'));
  expect(englishKey('write')).toBe(englishKey('right'));
  expect(englishKey('phase')).toBe(englishKey('faze'));
  expect(englishKey('ship')).not.toBe(englishKey('sip'));
});

test('what rhymes is nearer than what does not', () => {
  const near = soundDistance(hearGerman('Katze'), hearGerman('Tatze'));
  expect(near).toBeLessThan(soundDistance(hearGerman('Katze'), hearGerman('Lampe')));
  expect(soundDistance(hearEnglish('house'), hearEnglish('mouse'))).toBeLessThan(
    soundDistance(hearEnglish('house'), hearEnglish('garden')),
  );
});
