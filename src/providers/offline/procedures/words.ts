/** One piece of a text: a word, or what stands between words. All pieces joined give the text again. */
export interface Piece {
  readonly text: string;
  readonly lower: string;
  readonly isWord: boolean;
}

const SENTENCE_END = /[.!?…。！？:]/u;
const PICTURE = /\p{Extended_Pictographic}/u;

/** The pieces of a text by the word rules of Unicode; pictographs count as words. */
export function toPieces(text: string, language: string): Piece[] {
  const pieces: Piece[] = [];
  for (const { segment, isWordLike } of segmenter(language, 'word').segment(text)) {
    const isWord = isWordLike === true || PICTURE.test(segment);
    pieces.push({ text: segment, lower: segment.toLowerCase(), isWord });
  }
  return pieces;
}

/** The sentences of a text, each with the white space that follows it. */
export function toSentences(text: string, language: string): string[] {
  return Array.from(segmenter(language, 'sentence').segment(text), ({ segment }) => segment);
}

/** The visible characters of a text, one by one, without white space. */
export function toSigns(text: string): string[] {
  return Array.from(segmenter('und', 'grapheme').segment(text), ({ segment }) => segment).filter(
    (sign) => sign.trim() !== '',
  );
}

export function endsSentence(piece: Piece): boolean {
  return !piece.isWord && SENTENCE_END.test(piece.text);
}

export function startsUpper(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}

export function capitalise(word: string): string {
  const [first = ''] = word;
  return first.toUpperCase() + word.slice(first.length);
}

/** A set of the words of a list parted by white space. */
export function toWordSet(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/u));
}

type Granularity = 'word' | 'sentence' | 'grapheme';

const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(language: string, granularity: Granularity): Intl.Segmenter {
  const locale = /^[a-z]{2,3}$/u.test(language) ? language : 'und';
  const key = `${locale} ${granularity}`;
  const known = segmenters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.Segmenter(locale, { granularity });
  segmenters.set(key, made);
  return made;
}
