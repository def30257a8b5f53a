import { pick, shuffle, type RandomSource } from '../../../core/random.ts';
import { germanArticles, germanEar, germanSlot, germanSmallWords, isGermanAdjective } from './mishear-de.ts';
import {
  articleBefore,
  englishArticles,
  englishEar,
  englishSlot,
  englishSmallWords,
  isEnglishAdjective,
} from './mishear-en.ts';
import type { Ear, Slot } from './mishearing.ts';
import { primaryLanguage, type Procedure } from './procedure.ts';
import { capitalise, endsSentence, startsUpper, toPieces, toSentences, type Piece } from './words.ts';

interface Tongue {
  readonly ear: Ear;
  readonly smallWords: ReadonlySet<string>;
  readonly articles: ReadonlySet<string>;
  slot(word: string, previous: string): Slot | undefined;
  isAdjective(word: string): boolean;
}

/** A word that can be misheard, with its place among the pieces. */
interface Place {
  readonly index: number;
  readonly slot: Slot;
}

/** One whisper under way: the pieces as they are heard, an empty one where a word was lost. */
interface Whisper {
  readonly pieces: Piece[];
  readonly random: RandomSource;
  readonly tongue: Tongue;
  readonly language: string;
}

const MAX_CHANGES = 40;
const MAX_TRIES = 400;
const WORDS_PER_CHANGE = 18;
/** How often a hand hears what isn't near at all. */
const FAR_CHANCE = 0.6;
const DROP_CHANCE = 0.2;
const EXCHANGE_CHANCE = 0.2;
const SENTENCE_CHANCE = 0.25;

/** One hand of a chain of whispers: it mishears a word or more by their sound and lets a little slip. */
export const telephone: Procedure = {
  id: 'telephone',
  version: 1,
  source:
    "The children's game whispers down the lane (Stille Post), in which the surrealists of Paris saw a poem that nobody writes.",
  languages: ['de', 'en'],
  apply({ text, language: tag, random, hand = 1 }) {
    const language = primaryLanguage(tag) === 'en' ? 'en' : 'de';
    const whisper: Whisper = { pieces: toPieces(text, language), random, tongue: tongueOf(language), language };
    const misheard = mishear(whisper);
    const exchanged = hand >= 3 && random() < EXCHANGE_CHANCE ? exchangeNouns(whisper) : 0;
    const dropped = hand >= 2 && random() < DROP_CHANCE ? dropSmallWord(whisper) : 0;
    fixArticles(whisper);
    const spoken = whisper.pieces.map((piece) => piece.text).join('');
    const passed = hand >= 2 && random() < SENTENCE_CHANCE ? exchangeSentences(whisper, spoken) : spoken;
    const moved = exchanged + (passed === spoken ? 0 : 1);
    return { text: passed, facts: { changed: misheard + dropped + moved, hand, misheard, dropped, moved } };
  },
};

function tongueOf(language: 'de' | 'en'): Tongue {
  return language === 'de'
    ? {
        ear: germanEar(),
        smallWords: germanSmallWords(),
        articles: germanArticles(),
        slot: germanSlot,
        isAdjective: isGermanAdjective,
      }
    : {
        ear: englishEar(),
        smallWords: englishSmallWords(),
        articles: englishArticles(),
        slot: englishSlot,
        isAdjective: isEnglishAdjective,
      };
}

function mishear(whisper: Whisper): number {
  const { pieces, random } = whisper;
  const places = findPlaces(whisper);
  const words = pieces.filter((piece) => piece.isWord).length;
  const wanted = Math.min(MAX_CHANGES, 1 + Math.floor(words / WORDS_PER_CHANGE));
  const present = new Set(pieces.map((piece) => piece.lower));
  let changed = 0;
  const doubtful: Place[] = [];
  for (const place of inOrder(random, places).slice(0, MAX_TRIES)) {
    if (changed >= wanted) break;
    const onlyNear = random() >= FAR_CHANCE;
    const outcome = mishearAt(whisper, { place, present, onlyNear });
    if (outcome === 'changed') changed += 1;
    if (outcome === 'doubtful') doubtful.push(place);
  }
  for (const place of doubtful) {
    if (changed > 0) break;
    if (mishearAt(whisper, { place, present, onlyNear: false }) === 'changed') changed += 1;
  }
  return changed;
}

/** By chance, but what is said last is remembered best: the last word is misheard only when no other can be. */
function inOrder(random: RandomSource, places: readonly Place[]): Place[] {
  return [...shuffle(random, places.slice(0, -1)), ...places.slice(-1)];
}

interface Trial {
  readonly place: Place;
  readonly present: Set<string>;
  readonly onlyNear: boolean;
}

function mishearAt(
  { pieces, random, tongue }: Whisper,
  { place, present, onlyNear }: Trial,
): 'changed' | 'doubtful' | 'clear' {
  const { index, slot } = place;
  const whole = (word: string) => (slot.before + word + slot.after).toLowerCase();
  const { words, isNear } = tongue.ear.nearest(slot, (word) => present.has(whole(word)));
  const [nearest, ...others] = words;
  const piece = pieces[index];
  if (piece === undefined || nearest === undefined) return 'clear';
  if (onlyNear && !isNear) return 'doubtful';
  const misheard = inCaseOf(piece, whole(pick(random, [nearest, ...others])));
  pieces[index] = misheard;
  present.add(misheard.lower);
  return 'changed';
}

function inCaseOf(piece: Piece, word: string): Piece {
  const isLoud = piece.text.length > 1 && piece.text === piece.text.toUpperCase() && piece.text !== piece.lower;
  const text = isLoud ? word.toUpperCase() : startsUpper(piece.text) ? capitalise(word) : word;
  return { ...piece, text, lower: text.toLowerCase() };
}

function findPlaces({ pieces, tongue }: Whisper): Place[] {
  const places: Place[] = [];
  let previous = '';
  for (const [index, piece] of pieces.entries()) {
    if (!piece.isWord) {
      if (piece.text.trim() !== '') previous = '';
      continue;
    }
    const slot = tongue.slot(piece.text, previous);
    if (slot !== undefined) places.push({ index, slot });
    previous = piece.lower;
  }
  return places;
}

/** Two things of the same kind change places: the gull tells the lighthouse. */
function exchangeNouns(whisper: Whisper): number {
  const { pieces, random } = whisper;
  const nouns = findPlaces(whisper).filter(
    ({ slot }) => slot.pools.length === 1 && slot.pools[0]?.startsWith('noun') === true && slot.before === '',
  );
  const pairs = nouns.slice(1).flatMap((place, before): [Place, Place][] => {
    const other = nouns[before];
    return other?.slot.pools[0] === place.slot.pools[0] && other?.slot.heard !== place.slot.heard && other !== undefined
      ? [[other, place]]
      : [];
  });
  const [first, ...rest] = pairs;
  if (first === undefined) return 0;
  const [one, other] = pick(random, [first, ...rest]);
  const [left, right] = [pieces[one.index], pieces[other.index]];
  if (left === undefined || right === undefined) return 0;
  pieces[one.index] = inCaseOf(left, other.slot.heard + one.slot.after);
  pieces[other.index] = inCaseOf(right, one.slot.heard + other.slot.after);
  return 1;
}

/** A small word or an adjective between article and noun is lost; the sentence stands without it. */
function dropSmallWord(whisper: Whisper): number {
  const { pieces, random } = whisper;
  const words = pieces.flatMap((piece, index) => (piece.isWord ? [{ piece, index }] : []));
  const droppable = words.flatMap(({ piece, index }, nth) => {
    const isBetween = pieces[index - 1]?.text === ' ' && pieces[index + 1]?.text === ' ';
    const around = { before: words[nth - 1]?.piece.lower ?? '', after: words[nth + 1]?.piece.text ?? '' };
    return isBetween && isSmall(whisper.tongue, piece, around) ? [index] : [];
  });
  const [first, ...rest] = droppable;
  if (first === undefined) return 0;
  const lost = pick(random, [first, ...rest]);
  for (const index of [lost - 1, lost]) pieces[index] = { text: '', lower: '', isWord: false };
  return 1;
}

interface Around {
  readonly before: string;
  readonly after: string;
}

function isSmall(tongue: Tongue, piece: Piece, { before, after }: Around): boolean {
  if (before === '' || after === '') return false;
  if (tongue.smallWords.has(piece.lower)) return true;
  if (!tongue.articles.has(before) || !tongue.isAdjective(piece.text)) return false;
  return tongue.slot(after, 'the')?.pools[0]?.startsWith('noun') === true;
}

/** English "a" and "an" follow the word that now stands behind them. */
function fixArticles({ pieces, language, tongue }: Whisper): void {
  if (language !== 'en') return;
  const words = pieces.flatMap((piece, index) => (piece.isWord ? [{ piece, index }] : []));
  for (const [nth, { piece, index }] of words.entries()) {
    const next = words[nth + 1]?.piece;
    if (next === undefined || (piece.lower !== 'a' && piece.lower !== 'an')) continue;
    if (tongue.slot(next.text, 'the') === undefined) continue;
    const article = articleBefore(next.text);
    pieces[index] = { ...piece, text: startsUpper(piece.text) ? capitalise(article) : article };
  }
}

/** Two neighbouring whole sentences change places. */
function exchangeSentences({ random, language }: Whisper, text: string): string {
  const sentences = toSentences(text, language);
  const whole = sentences.map((sentence) =>
    endsSentence({ text: sentence.trim().slice(-1), lower: '', isWord: false }),
  );
  const starts = sentences.flatMap((_, index) => (whole[index] === true && whole[index + 1] === true ? [index] : []));
  const [first, ...rest] = starts;
  if (first === undefined) return text;
  const at = pick(random, [first, ...rest]);
  const [one = '', other = ''] = [sentences[at], sentences[at + 1]];
  const gap = /\s*$/u.exec(one)?.[0] ?? '';
  const end = /\s*$/u.exec(other)?.[0] ?? '';
  return [...sentences.slice(0, at), other.trimEnd() + gap, one.trimEnd() + end, ...sentences.slice(at + 2)].join('');
}
