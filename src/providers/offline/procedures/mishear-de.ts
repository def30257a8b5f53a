import { germanNouns, once, type Noun } from './lexicon.ts';
import { Ear, type Slot } from './mishearing.ts';
import { hearGerman } from './sound.ts';
import { GERMAN_ADJECTIVES, GERMAN_SMALL_WORDS, GERMAN_VERBS } from './sound-words-de.data.ts';
import { startsUpper, toWordSet } from './words.ts';

const ENDINGS = ['', 'e', 'er', 'es', 'en', 'em'];
const NAMES_A_THING = toWordSet(
  'der die das dem den des im am ins ans zum zur vom beim mein meine meinen meinem meiner dein deine deinem deiner sein seine seinem seiner ihr ihre ihrem ihrer unser unsere unserem unserer dieser diese dieses diesem diesen',
);
/** Before a masculine or neuter noun these stand for one thing only. */
const NAMES_ONE = toWordSet(
  'der das dem ein einen einem im am ins zum vom beim mein meinem dein deinem sein seinem ihr ihrem unser unserem dieser dieses diesem kein keinem',
);
/** Articles that alone tell the gender of a noun that no lexicon knows. */
const GENDER_BY_ARTICLE: Readonly<Record<string, string>> = {
  eine: 'f',
  zur: 'f',
  einen: 'm',
  das: 'n',
  ins: 'n',
  aufs: 'n',
};

export const germanEar = once(() => new Ear(lists().pools, hearGerman));
export const germanSmallWords = once(() => toWordSet(GERMAN_SMALL_WORDS));
export const germanArticles = once(
  () => new Set([...NAMES_A_THING, ...toWordSet('ein eine einen einem einer eines kein keine keinen keinem keiner')]),
);

/** How a German word can be misheard, or undefined when it can't. */
export function germanSlot(word: string, previous: string): Slot | undefined {
  const lower = word.toLowerCase();
  const { slots } = lists();
  const found = slots.get(lower);
  if (found !== undefined) {
    const isNoun = found.pools.some((pool) => pool.startsWith('noun'));
    if (isNoun && !startsUpper(word)) return undefined;
    if (!isNoun) return found;
    const compound = found.pools[0]?.includes('/same') === true ? undefined : compoundSlot(lower);
    return compound ?? withArticle(found, previous);
  }
  if (!startsUpper(word)) return undefined;
  return compoundSlot(lower) ?? unknownNoun(lower, previous);
}

export function isGermanAdjective(word: string): boolean {
  return lists().slots.get(word.toLowerCase())?.pools[0] === 'adjective';
}

/** An article opens further pools: "im Regen" may be "im Wagen", "ein Fenster" "ein Nest". */
function withArticle(slot: Slot, previous: string): Slot {
  const [pool = ''] = slot.pools;
  const isMass = pool.endsWith('/mass') && NAMES_A_THING.has(previous);
  const isOne = pool.includes('/same') && slot.after === '' && NAMES_ONE.has(previous);
  return isMass || isOne ? { ...slot, pools: [pool, pool.replace(/\/(?:mass|same.*)$/u, '/one')] } : slot;
}

/** "Leuchtturm": the end is misheard and may become "Leuchtwurm". */
function compoundSlot(lower: string): Slot | undefined {
  if (lower.length > 60) return undefined;
  for (let cut = 3; cut <= lower.length - 4; cut++) {
    const slot = lists().slots.get(lower.slice(cut));
    if (slot?.pools[0]?.startsWith('noun/thing') === true) return { ...slot, before: lower.slice(0, cut) };
  }
  return undefined;
}

function unknownNoun(lower: string, previous: string): Slot | undefined {
  const gender = GENDER_BY_ARTICLE[previous];
  if (gender === undefined || lists().kept.has(lower) || lower.length > 60) return undefined;
  return { pools: [`noun/thing/${gender}/one`], heard: lower, before: '', after: '' };
}

const lists = once(() => {
  const pools = new Map<string, Set<string>>();
  const slots = new Map<string, Slot>();
  const kept = new Set<string>();
  const put = (pool: string, word: string, endings: readonly string[]) => {
    const words = pools.get(pool) ?? new Set();
    pools.set(pool, words.add(word));
    for (const after of endings) {
      const surface = (word + after).toLowerCase();
      const slot = { pools: [pool], heard: word.toLowerCase(), before: '', after };
      if (!slots.has(surface) && !kept.has(surface)) slots.set(surface, slot);
    }
  };
  for (const noun of germanNouns()) if (noun.kind === 'kept') keep(noun, kept);
  for (const noun of germanNouns()) if (noun.kind !== 'kept') putSingular(noun, put);
  for (const noun of germanNouns()) if (noun.kind !== 'kept') putPlural(noun, put);
  for (const pair of GERMAN_VERBS.trim().split(/[,\n]/u)) {
    const [infinitive = '', present = ''] = pair.trim().split(' ');
    put('verb/many', infinitive, ['']);
    put('verb/one', present, ['']);
  }
  for (const stem of toWordSet(GERMAN_ADJECTIVES)) put('adjective', stem, stem.endsWith('e') ? [''] : ENDINGS);
  return { pools, slots, kept };
});

type Put = (pool: string, word: string, endings: readonly string[]) => void;

function keep({ word, plural }: Noun, kept: Set<string>): void {
  for (const surface of [word, plural ?? word]) {
    for (const ending of ['', 'n', 'en', 's', 'es']) kept.add((surface + ending).toLowerCase());
  }
}

function putSingular({ word, plural, gender, weak, kind }: Noun, put: Put): void {
  const number = plural === undefined ? 'mass' : 'one';
  // "den Hasen" is one hare or many: both stay right when another weak noun stands for it.
  if (weak && word.endsWith('e')) put(`noun/${kind}/weak/e`, word, ['', 'n']);
  else if (weak) put(`noun/${kind}/weak/en`, word, ['', 'en']);
  else if (plural === word) putSame(`noun/${kind}/${gender}`, word, put);
  else put(`noun/${kind}/${gender}/${number}`, word, gender === 'f' ? [''] : genitives(word));
}

/** "Fenster" is one window or many: another noun of this gender whose plural is the same stays right for both. */
function putSame(pool: string, word: string, put: Put): void {
  put(`${pool}/one`, word, word.endsWith('s') ? [] : ['s']);
  if (/[ns]$/u.test(word)) put(`${pool}/same/fixed`, word, ['']);
  else put(`${pool}/same`, word, ['', 'n']);
}

function genitives(word: string): string[] {
  return /[sßxz]$/u.test(word) ? ['', 'es'] : ['', 's', 'es'];
}

/** Plurals that end in -n or -s are the same in every case; the others take -n in the dative. */
function putPlural({ plural, word, kind }: Noun, put: Put): void {
  if (plural === undefined || plural === word) return;
  if (/[ns]$/u.test(plural)) put(`noun/${kind}/many/fixed`, plural, ['']);
  else put(`noun/${kind}/many`, plural, ['', 'n']);
}
