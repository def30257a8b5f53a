import { GERMAN_NOUNS } from './nouns-de.data.ts';
import { ENGLISH_NOUNS } from './nouns-en.data.ts';
import { ENGLISH_SHAPES, GERMAN_SHAPES } from './visible-words.data.ts';

type NounKind = 'thing' | 'person' | 'kept';
export type Gender = 'm' | 'f' | 'n';

/** A thing that can be seen, with its elementary form in the letters of `form-letters.ts`. */
export interface Noun {
  readonly word: string;
  /** Undefined for a mass noun. */
  readonly plural: string | undefined;
  /** German only. */
  readonly gender: Gender | undefined;
  /** Weak declension, German only. */
  readonly weak: boolean;
  readonly kind: NounKind;
  readonly form: string;
}

const KINDS: Readonly<Record<string, NounKind>> = { p: 'person', k: 'kept' };

/** The German nouns. */
export const germanNouns = once(() => [
  ...entries(GERMAN_NOUNS).map(toGermanNoun),
  ...entries(GERMAN_SHAPES).map(([word = '', gender = '', form = '']): Noun => ({
    ...toGermanNoun([word, '=', gender, form]),
    kind: 'kept',
  })),
]);

/** The English nouns. */
export const englishNouns = once(() => [
  ...entries(ENGLISH_NOUNS).map(toEnglishNoun),
  ...entries(ENGLISH_SHAPES).map(([word = '', form = '']) => toEnglishNoun([word, 'k', form])),
]);

/** Runs the maker at the first call and keeps what it made. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function entries(list: string): string[][] {
  return list
    .split(/[,\n]/u)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => entry.split(/\s+/u));
}

function toGermanNoun([word = '', plural = '', kind = '', form = '']: readonly string[]): Noun {
  const [first = 'm', mark = ''] = kind;
  const weak = first === 'w';
  return {
    word,
    plural: plural === '-' ? undefined : plural === '=' ? word : plural,
    gender: first === 'f' || first === 'n' ? first : 'm',
    weak,
    kind: KINDS[mark] ?? 'thing',
    form,
  };
}

function toEnglishNoun([word = '', kind = '', form = '', plural]: readonly string[]): Noun {
  return {
    word,
    plural: kind === 'u' ? undefined : plural === '=' ? word : (plural ?? addS(word)),
    gender: undefined,
    weak: false,
    kind: KINDS[kind] ?? 'thing',
    form,
  };
}

/** An English word with the ending -s, as the spelling wants it: `fox` → `foxes`, `fly` → `flies`. */
export function addS(word: string): string {
  if (/[^aeiou]y$/u.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh|[^aeiou]o)$/u.test(word) ? `${word}es` : `${word}s`;
}
