import { hashText } from './hash.ts';
import {
  CAPITAL_ONLY,
  COLOUR_WORDS,
  MOOD_WORDS,
  MOTIF_WORDS,
  NUMBER_WORDS,
  ON_WORDS,
  SMALL_WORDS,
  TIME_WORDS,
} from './lexicon.data.ts';
import { MOTIFS, type MotifData } from './motifs.data.ts';
import { parseShape, type Shape } from './shape.ts';
import { signOf } from './sign.ts';

export type Hour = 'night' | 'dusk' | 'dawn' | 'day';
type Mood = 'wild' | 'sad' | 'glad' | 'calm' | 'plain';

/** One thing that the text names. */
export interface Motif {
  readonly name: string;
  readonly role: MotifData['role'];
  readonly count: number;
  readonly shapes: readonly Shape[];
  /** Height at which something can sit on it, 0 (top of its box) to 100. */
  readonly perch: number;
  /** Position in `Scene.motifs` of what it sits on or flies above. */
  readonly on?: number;
}

/** What a text asks a picture to show. */
export interface Scene {
  /** At least one, in the order of the text; signs made of its words when it names nothing that can be drawn. */
  readonly motifs: readonly [Motif, ...Motif[]];
  readonly hour: Hour;
  readonly mood: Mood;
  /** Names of colours, in the order of the text. */
  readonly colours: readonly string[];
  /** The text's own words, without the small ones, for styles that print them. */
  readonly words: readonly string[];
  readonly weather: readonly string[];
  /** Whether the motifs are signs, because no word of the text was known. */
  readonly isAbstract: boolean;
}

const MOST_MOTIFS = 6;
const MOST_WORDS = 400;

const MOTIF_INDEX = indexOf(MOTIF_WORDS);
const COLOUR_INDEX = indexOf(COLOUR_WORDS);
const TIME_INDEX = indexOf(TIME_WORDS);
const MOOD_INDEX = indexOf(MOOD_WORDS);
const NUMBER_INDEX = new Map(Object.entries(NUMBER_WORDS).map(([word, count]) => [plain(word), count]));
const ON_INDEX = new Set(ON_WORDS.split(' ').map(plain));
const SMALL_INDEX = new Set(SMALL_WORDS.split(' ').map(plain));
const CAPITAL_INDEX = new Set(CAPITAL_ONLY.split(' ').map(plain));
const NEVER_COMPOUND = new Set(['stern', 'ohr', 'art']);

function indexOf(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, words]) => words.split(' ').map((word) => [plain(word), name] as const)),
  );
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll('ß', 'ss').normalize('NFD').replaceAll(/\p{M}/gu, '');
}

const ENDINGS = ['', 's', 'es', 'n', 'en', 'e', 'er', 'ern', 'em', 'chen', 'lein', 'ed', 'ing', "'s"];

function find(index: ReadonlyMap<string, string>, word: string): string | undefined {
  for (const ending of ENDINGS) {
    if (!word.endsWith(ending) || word.length - ending.length < 2) continue;
    const found = index.get(word.slice(0, word.length - ending.length));
    if (found !== undefined && (ending === '' || word.length > 3)) return found;
  }
  return word.endsWith('ies') ? index.get(`${word.slice(0, -3)}y`) : undefined;
}

/** German compounds: the last part says what the thing is ("Segelboot" is a boat). */
function findMotif(word: string): string | undefined {
  const whole = find(MOTIF_INDEX, word);
  if (whole !== undefined) return whole;
  for (let start = 3; word.length - start >= 4; start++) {
    const tail = word.slice(start);
    const found = NEVER_COMPOUND.has(tail) ? undefined : find(MOTIF_INDEX, tail);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Mention {
  readonly name: string;
  readonly count: number | undefined;
  readonly isOn: boolean;
}

/** Reads a text in German or English; other languages give signs, one for each of their words. */
export function readScene(text: string): Scene {
  const tokens =
    text
      .toWellFormed()
      .match(/[\p{L}\p{M}]+(?:'s)?|\d+/gu)
      ?.slice(0, MOST_WORDS) ?? [];
  const plainTokens = tokens.map((token) => (CAPITAL_INDEX.has(token) ? '' : plain(token)));
  const mentions = mentionsIn(plainTokens);
  const words = unique(tokens.filter((token) => !SMALL_INDEX.has(plain(token)) && isPrintable(token)));
  const motifs = linked(mentions);
  const signs = signMotifs(words.length > 0 ? words : [text]);
  const [first, ...others] = motifs.length > 0 ? motifs : signs;
  return {
    motifs: [first ?? signMotif(text, 0), ...others],
    hour: firstOf(plainTokens, TIME_INDEX, isHour) ?? hourFromMotifs(mentions) ?? hourFromText(text),
    mood: firstOf(plainTokens, MOOD_INDEX, isMood) ?? 'plain',
    colours: unique(plainTokens.flatMap((token) => find(COLOUR_INDEX, token) ?? [])),
    words,
    weather: unique(mentions.map(({ name }) => name).filter((name) => MOTIFS[name]?.role === 'weather')),
    isAbstract: motifs.length === 0,
  };
}

function mentionsIn(tokens: readonly string[]): readonly Mention[] {
  const mentions: Mention[] = [];
  let count: { value: number; at: number } | undefined;
  let onAt = -9;
  for (const [at, token] of tokens.entries()) {
    const number = /^\d+$/.test(token) ? Number(token) : NUMBER_INDEX.get(token);
    if (number !== undefined) count = { value: Math.min(12, Math.max(1, number)), at };
    if (ON_INDEX.has(token)) onAt = at;
    const name = number === undefined ? findMotif(token) : undefined;
    if (name === undefined) continue;
    const near = count !== undefined && at - count.at <= 3 ? count.value : undefined;
    mentions.push({ name, count: near, isOn: at - onAt <= 3 });
    count = undefined;
    onAt = -9;
  }
  return mentions;
}

function linked(mentions: readonly Mention[]): readonly Motif[] {
  const seen = unique(mentions.map(({ name }) => name)).slice(0, MOST_MOTIFS);
  return seen.flatMap((name, at) => {
    const data = MOTIFS[name];
    if (data === undefined) return [];
    const count = mentions.find((mention) => mention.name === name && mention.count !== undefined)?.count;
    const follower = mentions[mentions.findIndex((mention) => mention.name === name) + 1];
    const on = follower?.isOn === true ? seen.indexOf(follower.name) : -1;
    const motif: Motif = {
      name,
      role: data.role,
      count: count === undefined || (count === 1 && data.usual !== undefined) ? (data.usual ?? 1) : count,
      shapes: data.parts.map(parseShape),
      perch: data.perch ?? 30,
    };
    return on >= 0 && on !== at ? [{ ...motif, on }] : [motif];
  });
}

function signMotifs(words: readonly string[]): readonly Motif[] {
  return words.slice(0, 5).map(signMotif);
}

function signMotif(word: string, at: number): Motif {
  return {
    name: `sign ${word}`,
    role: at === 1 ? 'sky' : 'figure',
    count: 1,
    shapes: signOf(word),
    perch: 20,
  };
}

/** The bundled fonts hold Latin, Greek and Cyrillic letters; others would be blank paper. */
function isPrintable(word: string): boolean {
  return /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\d']+$/u.test(word);
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

function firstOf<T extends string>(
  tokens: readonly string[],
  index: ReadonlyMap<string, string>,
  isWanted: (name: string | undefined) => name is T,
): T | undefined {
  return tokens.map((token) => find(index, token)).find(isWanted);
}

const isHour = (name: string | undefined): name is Hour => name !== undefined && name in TIME_WORDS;
const isMood = (name: string | undefined): name is Mood => name !== undefined && name in MOOD_WORDS;

function hourFromMotifs(mentions: readonly Mention[]): Hour | undefined {
  if (mentions.some(({ name }) => ['moon', 'star', 'ghost', 'owl'].includes(name))) return 'night';
  return mentions.some(({ name }) => name === 'sun') ? 'day' : undefined;
}

function hourFromText(text: string): Hour {
  const hours = ['day', 'dusk', 'dawn', 'day'] as const;
  return hours[hashText(text) % hours.length] ?? 'day';
}
