/**
 * The sound of a German word by the Kölner Phonetik (H. J. Postel, 1969): digits for groups of consonants,
 * vowels only at the start.
 */
export function cologneKey(word: string): string {
  const letters = word
    .toLowerCase()
    .replaceAll('ä', 'a')
    .replaceAll('ö', 'o')
    .replaceAll('ü', 'u')
    .replaceAll('ß', 's')
    .replaceAll('ph', 'f')
    .replace(/[^a-z]/gu, '');
  let key = '';
  let last = '';
  for (const [index, letter] of Array.from(letters).entries()) {
    const code = cologneCode(letter, letters[index - 1] ?? '', letters[index + 1] ?? '');
    if (code === '') continue;
    if (code !== last && (code !== '0' || index === 0)) key += code;
    last = code;
  }
  return key;
}

const COLOGNE: Readonly<Record<string, string>> = {
  ...codes('aeijouy', '0'),
  ...codes('bp', '1'),
  ...codes('dt', '2'),
  ...codes('fvw', '3'),
  ...codes('gkq', '4'),
  ...codes('l', '5'),
  ...codes('mn', '6'),
  ...codes('r', '7'),
  ...codes('sz', '8'),
};

function codes(letters: string, code: string): Record<string, string> {
  return Object.fromEntries(Array.from(letters, (letter) => [letter, code]));
}

function cologneCode(letter: string, before: string, after: string): string {
  if (letter === 'x') return isOneOf(before, 'ckq') ? '8' : '48';
  if (isOneOf(letter, 'dt')) return isOneOf(after, 'csz') ? '8' : '2';
  return letter === 'c' ? cologneC(before, after) : (COLOGNE[letter] ?? '');
}

/** C is hard at the start before "ahkloqrux", elsewhere before "ahkoqux" but not after s or z. */
function cologneC(before: string, after: string): string {
  if (before === '') return isOneOf(after, 'ahkloqrux') ? '4' : '8';
  return isOneOf(after, 'ahkoqux') && !isOneOf(before, 'sz') ? '4' : '8';
}

function isOneOf(letter: string, letters: string): boolean {
  return letter !== '' && letters.includes(letter);
}

/** How English spelling is read, in order: a short consonant key after the idea of Metaphone (L. Philips, 1990). */
const ENGLISH_READINGS: readonly (readonly [RegExp, string])[] = [
  [/[^a-z]/gu, ''],
  [/^(kn|gn|pn)/u, 'n'],
  [/^wr/u, 'r'],
  [/^wh/u, 'w'],
  [/^x/u, 's'],
  [/mb$/u, 'm'],
  [/igh/u, 'i'],
  [/ough|augh/u, 'o'],
  [/tch|ch/gu, 'C'],
  [/sh|ti(?=on)|ci(?=a)/gu, 'S'],
  [/th/gu, 'T'],
  [/ph/gu, 'f'],
  [/ck/gu, 'k'],
  [/dge|g(?=[eiy])/gu, 'J'],
  [/c(?=[eiy])/gu, 's'],
  [/[cq]/gu, 'k'],
  [/x/gu, 'ks'],
  [/z/gu, 's'],
  [/v/gu, 'f'],
  [/h(?![aeiou])/gu, ''],
  [/[wy](?![aeiou])/gu, ''],
  [/(.)\1+/gu, '$1'],
  [/(?<=.)[aeiou]+/gu, ''],
  [/^[aeiou]+/u, 'A'],
  [/d/gu, 't'],
  [/b/gu, 'p'],
  [/[gj]/gu, 'k'],
];

/** The sound of an English word: its consonants as heard, vowels only at the start. */
export function englishKey(word: string): string {
  return ENGLISH_READINGS.reduce((sound, [spelling, heard]) => sound.replace(spelling, heard), word.toLowerCase());
}

const GERMAN_SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/[äe]u/gu, 'oi'],
  [/[ae]i/gu, 'ai'],
  [/ie/gu, 'i'],
  [/([aeiouäöü])h/gu, '$1'],
  [/ß/gu, 's'],
  [/tz/gu, 'z'],
  [/ck/gu, 'k'],
  [/ph|v/gu, 'f'],
  [/sch/gu, 'S'],
  [/ä/gu, 'e'],
  [/(.)\1+/gu, '$1'],
];

const ENGLISH_SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^(kn|gn)/u, 'n'],
  [/^wr/u, 'r'],
  [/^wh/u, 'w'],
  [/igh/u, 'ai'],
  [/([aiou])([^aeiou])e(?=s?$)/u, '$1$1$2'],
  [/ea|ee/gu, 'i'],
  [/ow|ou/gu, 'au'],
  [/oa/gu, 'oo'],
  [/ay|ai/gu, 'aa'],
  [/sh/gu, 'S'],
  [/ch|tch/gu, 'C'],
  [/ph/gu, 'f'],
  [/ck|c/gu, 'k'],
  [/([^aeiou])\1+/gu, '$1'],
];

/** A word as it is heard: a key of its consonants and its letters by sound. */
export interface Heard {
  readonly word: string;
  readonly key: string;
  readonly letters: string;
}

export function hearGerman(word: string): Heard {
  return { word, key: cologneKey(word), letters: respell(word, GERMAN_SPELLINGS) };
}

export function hearEnglish(word: string): Heard {
  return { word, key: englishKey(word), letters: respell(word, ENGLISH_SPELLINGS) };
}

function respell(word: string, spellings: readonly (readonly [RegExp, string])[]): string {
  return spellings.reduce((text, [from, to]) => text.replace(from, to), word.toLowerCase());
}

/** How unlike two words sound: 0 the same, about 1 nothing in common. Words that rhyme are nearer. */
export function soundDistance(one: Heard, other: Heard): number {
  const letters = editCost(one.letters, other.letters) / Math.max(one.letters.length, other.letters.length, 1);
  const key = editCost(one.key, other.key) / Math.max(one.key.length, other.key.length, 1);
  return 0.7 * letters + 0.3 * key - (rhyme(one.letters) === rhyme(other.letters) ? 0.15 : 0);
}

/** From the last full vowel on: "katze" → "atze". */
function rhyme(letters: string): string {
  return /[aeiouäöüy]+[^aeiouäöüy]*(e[nrlstm]{0,2})?$/u.exec(letters)?.[0] ?? letters;
}

const VOWELS = 'aeiouäöüy';
const ALIKE = ['bp', 'dt', 'gk', 'szSC', 'fw', 'mn', 'lr', '12', '34', '67'];

function swapCost(one: string, other: string): number {
  if (one === other) return 0;
  if (VOWELS.includes(one) && VOWELS.includes(other)) return 0.6;
  return ALIKE.some((group) => group.includes(one) && group.includes(other)) ? 0.5 : 1;
}

/** Edit distance where sounds that are near cost less. */
function editCost(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const swapped = (row[j - 1] ?? 0) + swapCost(one[i - 1] ?? '', other[j - 1] ?? '');
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swapped));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
