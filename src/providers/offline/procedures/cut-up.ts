import { pick, shuffle, type RandomSource } from '../../../core/random.ts';
import { ENGLISH_FUNCTION_WORDS, GERMAN_FUNCTION_WORDS } from './function-words.data.ts';
import { primaryLanguage, type Procedure, type ProcedureInput } from './procedure.ts';
import { endsSentence, toPieces, toSigns, toWordSet, type Piece } from './words.ts';

interface Snippet {
  readonly text: string;
  readonly words: number;
  /** Only words that name nothing: nobody shouts them. */
  readonly small: boolean;
}

const FUNCTION_WORDS: Readonly<Record<string, ReadonlySet<string>>> = {
  de: toWordSet(GERMAN_FUNCTION_WORDS),
  en: toWordSet(ENGLISH_FUNCTION_WORDS),
};
const NO_WORDS: ReadonlySet<string> = new Set();
const SPACELESS =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}|\p{Script=Lao}|\p{Script=Khmer}|\p{Script=Myanmar}/u;
const LINES_PER_STANZA = 6;
const ECHO_MAX_SIGNS = 12;

/** Cuts the text into snippets, shakes them, and lays them down as a poem; every word is kept. */
export const cutUp: Procedure = {
  id: 'cut-up',
  version: 1,
  source:
    'Tristan Tzara, 1920: cut an article into its words, shake them gently in a bag, and copy them in the order in which they come out.',
  languages: 'any',
  apply(input) {
    const snippets = cut(input);
    const shaken = shake(input.random, snippets);
    const lines = layDown(input.random, shaken);
    const poem = lines.join('\n');
    return {
      text: poem.trim() === '' ? input.text : poem,
      facts: { snippets: snippets.length, lines: lines.filter((line) => line !== '').length },
    };
  },
};

function cut(input: ProcedureInput): Snippet[] {
  const language = primaryLanguage(input.language);
  const small = FUNCTION_WORDS[language] ?? NO_WORDS;
  const words = toWords(toPieces(input.text, language), small);
  if (words.length === 0) return toSigns(input.text).map((text) => ({ text, words: 1, small: true }));
  const snippets: Snippet[] = [];
  let group: Word[] = [];
  for (const [index, word] of words.entries()) {
    group.push(word);
    const next = words[index + 1];
    if (next === undefined || !holds(input.random, { word, next, size: group.length, known: small !== NO_WORDS })) {
      snippets.push({ text: join(group), words: group.length, small: group.every((part) => part.small) });
      group = [];
    }
  }
  return snippets;
}

interface Word {
  readonly text: string;
  readonly small: boolean;
  /** A comma, a full stop or the like follows: scissors always cut here. */
  readonly ends: boolean;
}

/** The words with what they were called out with: a question or exclamation mark stays, other marks fall off the paper. */
function toWords(pieces: readonly Piece[], small: ReadonlySet<string>): Word[] {
  const words: Word[] = [];
  let isStart = true;
  for (const piece of pieces) {
    const last = words.at(-1);
    if (piece.isWord) {
      const isSmall = small.has(piece.lower);
      const lower = isStart && isSmall && piece.text !== 'I';
      words.push({ text: lower ? piece.lower : piece.text, small: isSmall, ends: false });
      isStart = false;
    } else {
      if (endsSentence(piece)) isStart = true;
      const marks = /[!?！？]+/u.exec(piece.text)?.[0].slice(0, 3) ?? '';
      const ends = /[^\s\p{Pd}'’]/u.test(piece.text);
      if (last !== undefined && ends) words[words.length - 1] = { ...last, text: last.text + marks, ends };
    }
  }
  return words;
}

interface Joint {
  readonly word: Word;
  readonly next: Word;
  readonly size: number;
  /** Whether the small words of this language are known. */
  readonly known: boolean;
}

/** Whether the scissors leave these two words together. */
function holds(random: RandomSource, { word, next, size, known }: Joint): boolean {
  const chance = random();
  if (word.ends || size >= 4) return false;
  if (!known) return size < 3 && chance < (SPACELESS.test(word.text) ? 0.5 : 0.3);
  if (word.small) return chance < 0.72;
  return !next.small && size < 3 && chance < 0.2;
}

function join(words: readonly Word[]): string {
  let text = '';
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    const close = before === undefined || (SPACELESS.test(before.text) && SPACELESS.test(word.text));
    text += close ? word.text : ` ${word.text}`;
  }
  return text;
}

/** A new order that isn't the old one, when there is another. */
function shake(random: RandomSource, snippets: readonly Snippet[]): Snippet[] {
  const shaken = shuffle(random, snippets);
  const isSame = shaken.every((snippet, index) => snippet.text === snippets[index]?.text);
  return isSame ? [...shaken.slice(1), ...shaken.slice(0, 1)] : shaken;
}

/** Long lines beside lines of one snippet; one word may be shouted, one may echo. */
function layDown(random: RandomSource, snippets: readonly Snippet[]): string[] {
  const shouted = snippets.length > 2 ? loudest(random, snippets) : -1;
  const echoed = snippets.length > 3 ? nextEcho(random, snippets, shouted) : -1;
  const choices = lineLengths(snippets.length);
  const lines: string[] = [];
  let index = 0;
  let inStanza = 0;
  while (index < snippets.length) {
    const wanted = pick(random, choices);
    const taken = takeLine(snippets, index, wanted);
    const texts = taken.map((snippet, offset) =>
      index + offset === shouted ? snippet.text.toUpperCase() : snippet.text,
    );
    lines.push(texts.join(' '));
    if (echoed >= index && echoed < index + taken.length) lines.push(spaced(snippets[echoed]?.text ?? ''));
    index += taken.length;
    inStanza += 1;
    if (inStanza >= LINES_PER_STANZA && index < snippets.length && random() < 0.5) {
      lines.push('');
      inStanza = 0;
    }
  }
  return lines;
}

/** How many words a line may have: few words make short lines. */
function lineLengths(snippets: number): readonly [number, ...number[]] {
  if (snippets < 4) return [1];
  return snippets < 9 ? [1, 2, 3, 2] : [1, 2, 2, 3, 1, 5];
}

/** As many snippets as make about the wanted number of words, at least one. */
function takeLine(snippets: readonly Snippet[], start: number, wanted: number): Snippet[] {
  const line: Snippet[] = [];
  let words = 0;
  for (let index = start; index < snippets.length && words < wanted; index++) {
    const snippet = snippets[index];
    if (snippet === undefined) break;
    line.push(snippet);
    words += snippet.words;
  }
  return line;
}

function loudest(random: RandomSource, snippets: readonly Snippet[]): number {
  const single = snippets.flatMap((snippet, index) => (canShout(snippet) ? [index] : []));
  const [first, ...rest] = single;
  return first === undefined ? -1 : pick(random, [first, ...rest]);
}

/** A short word, not the shouted one, that comes back with its letters drawn apart. */
function nextEcho(random: RandomSource, snippets: readonly Snippet[], shouted: number): number {
  const short = snippets.flatMap((snippet, index) =>
    index !== shouted && canShout(snippet) && snippet.text.length <= ECHO_MAX_SIGNS ? [index] : [],
  );
  const [first, ...rest] = short;
  return first === undefined || random() < 0.3 ? -1 : pick(random, [first, ...rest]);
}

/** Single words of at least four letters that have capitals and that name something. */
function canShout({ text, words, small }: Snippet): boolean {
  return words === 1 && !small && /^\p{L}{4,}[!?]*$/u.test(text) && text.toUpperCase() !== text;
}

function spaced(text: string): string {
  return toSigns(text).join(' ');
}
