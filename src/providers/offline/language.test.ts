import { expect, test } from 'vitest';
import { detectLanguage } from './language.ts';

test.each([
  ['Eine Katze sitzt auf dem Dach und träumt vom Meer', 'de'],
  ['Mein Opa repariert ein altes Fahrrad im Regen', 'de'],
  ['Blaues Haus am See', 'de'],
  ['Katze', 'de'],
  ['Hallo', 'de'],
  ['Der Hund bellt', 'de'],
  ['The old lighthouse tells a young gull about the storm', 'en'],
  ["My grandmother's kitchen smells of oranges", 'en'],
  ['red house', 'en'],
  ['lighthouse', 'en'],
  ['a cat', 'en'],
  ['Le chat dort sur le toit', 'fr'],
  ['Kedi çatıda uyuyor', 'tr'],
  ['Мій кіт спить на даху', 'uk'],
  ['El gato duerme en el tejado', 'es'],
  ['De kat zit op het dak en droomt van de zee', 'nl'],
  ['Il gatto dorme sul tetto', 'it'],
  ['Katten sidder på taget og drømmer om havet', 'da'],
  ['猫が屋根に座って海の夢を見る', 'ja'],
])('"%s" is %s', async (text, language) => {
  expect(await detectLanguage(text)).toBe(language);
});

test.each(['', '  ', 'ab', '12345', '😀😀😀', '?!', 'a 1'])('of "%s" nobody can tell the language', async (text) => {
  expect(await detectLanguage(text)).toBeUndefined();
});

test('a long text is told by its beginning', async () => {
  expect(await detectLanguage('Das Meer ist nicht weit. '.repeat(40_000))).toBe('de');
});
