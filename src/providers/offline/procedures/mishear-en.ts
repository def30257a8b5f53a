import { englishNouns, once } from './lexicon.ts';
import { Ear, type Slot } from './mishearing.ts';
import { hearEnglish } from './sound.ts';
import { ENGLISH_ADJECTIVES, ENGLISH_SMALL_WORDS } from './sound-words-en.data.ts';
import { englishVerbForms } from './verbs-en.ts';
import { toWordSet } from './words.ts';

const ARTICLES = toWordSet('the a an my your his her its our their this that');
const BEFORE_NOUNS = toWordSet(
  'the a an my your his her its our their this these those some any no every each of with from on in at under over into behind beside between for by like two three four five six seven eight nine ten',
);
const BEFORE_BASE = toWordSet('to can could will would shall should may might must do does did not let i you we they');

export const englishEar = once(() => new Ear(lists().pools, hearEnglish));
export const englishSmallWords = once(() => toWordSet(ENGLISH_SMALL_WORDS));
export const englishArticles = () => ARTICLES;

/** How an English word can be misheard, or undefined when it can't. */
export function englishSlot(word: string, previous: string): Slot | undefined {
  const after = /['’]s$/u.exec(word)?.[0] ?? '';
  const heard = word.slice(0, word.length - after.length).toLowerCase();
  const { nouns, verbs, adjectives } = lists();
  const noun = nouns.get(heard);
  const isAfterNounWord = BEFORE_NOUNS.has(previous) || adjectives.has(previous);
  const verb = verbs.get(heard);
  const pools =
    noun !== undefined && (isAfterNounWord || verb === undefined)
      ? nounPools(noun, previous)
      : (verbPools(verb, { previous, isAfterNounWord }) ?? (adjectives.has(heard) ? ['adjective'] : undefined));
  return pools === undefined ? undefined : { pools, heard, before: '', after };
}

export function isEnglishAdjective(word: string): boolean {
  return lists().adjectives.has(word.toLowerCase());
}

/** "a" or "an" before a word, by its first sound. */
export function articleBefore(word: string): 'a' | 'an' {
  return /^(?:[aeio]|u(?!ni|s[ei]))/iu.test(word) && !/^(?:one|eu)/iu.test(word) ? 'an' : 'a';
}

function nounPools(pool: string, previous: string): string[] {
  const isNamed = ARTICLES.has(previous) && previous !== 'a' && previous !== 'an';
  return pool.endsWith('/mass') && isNamed ? [pool, pool.replace('/mass', '/one')] : [pool];
}

/** Base forms look like nouns: they count as verbs only where a verb must stand. */
function verbPools(
  form: string | undefined,
  { previous, isAfterNounWord }: { readonly previous: string; readonly isAfterNounWord: boolean },
): string[] | undefined {
  if (form === undefined || isAfterNounWord) return undefined;
  return form === 'base' && !BEFORE_BASE.has(previous) ? undefined : [`verb/${form}`];
}

const lists = once(() => {
  const pools = new Map<string, Set<string>>();
  const nouns = new Map<string, string>();
  const put = (pool: string, word: string) => {
    const words = pools.get(pool) ?? new Set();
    pools.set(pool, words.add(word));
  };
  for (const { word, plural, kind } of englishNouns()) {
    if (kind === 'kept' || nouns.has(word)) continue;
    const pool = `noun/${kind}/${plural === undefined ? 'mass' : 'one'}`;
    put(pool, word);
    nouns.set(word, pool);
    if (plural === undefined || plural === word || nouns.has(plural)) continue;
    put(`noun/${kind}/many`, plural);
    nouns.set(plural, `noun/${kind}/many`);
  }
  const verbs = englishVerbForms();
  for (const [verb, form] of verbs) put(`verb/${form}`, verb);
  const adjectives = new Set([...toWordSet(ENGLISH_ADJECTIVES)].filter((word) => !nouns.has(word)));
  for (const adjective of adjectives) put('adjective', adjective);
  return { pools, nouns, verbs, adjectives };
});
