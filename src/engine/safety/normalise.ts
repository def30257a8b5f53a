import { LOOK_ALIKES } from './homoglyphs.data.ts';
import {
  foldedView,
  fusedView,
  isLetter,
  isWordUnit,
  joinedUnits,
  plainView,
  starredView,
  turnedUnits,
} from './spellings.ts';
import { createTrack, UMLAUT, viewText, type Track, type View } from './view.ts';

/** The forms of one text that term lists are held against. */
export interface Normalised {
  readonly original: string;
  /** Unicode NFKC without invisible characters; case and punctuation kept. For patterns such as e-mail addresses. */
  readonly light: View;
  /** Small Latin letters and digits without diacritics; everything else is one space. */
  readonly plain: View;
  /** `plain` with leetspeak read as letters and repeated letters written once; i and l are one letter. */
  readonly folded: View;
  /** `plain` and `folded` of the text with spaced-out and hyphenated letters put together; null when there are none. */
  readonly joined: ViewPair | null;
  /** `plain` and `folded` of the text as it shows where a sign turns the direction of writing; null without such a sign. */
  readonly turned: ViewPair | null;
  /** `plain` and `folded` without gaps; null when there are none. */
  readonly fused: ViewPair | null;
  /** `plain` with the stars inside words ("sch*le"); null when there are none. */
  readonly starred: View | null;
}

/** A plain and a folded view of the same units. */
export interface ViewPair {
  readonly plain: View;
  readonly folded: View;
}

/** How one written form of a term looks in the plain and in the folded view. */
export interface TermForm {
  readonly plain: string;
  readonly folded: string;
  /** Whether the term has a letter ä, ö or ü: "gore" is not "Göre". */
  readonly umlaut: boolean;
}

interface Cluster {
  readonly light: string;
  readonly units: string;
}

const IGNORABLE = /^\p{Default_Ignorable_Code_Point}$/u;
const MARK = /^\p{M}$/u;
const MARKS = /\p{M}+/gu;
const LETTER_OR_NUMBER = /^[\p{L}\p{N}]$/u;
const GERMAN_UMLAUTS = /^[äöü]$/iu;
const MAX_MARKS = 8;
const MAX_REMEMBERED = 4096;
const EURO = 0x20ac;
const TURN = '\u202E';
const TURN_END = /[\u202C\n\r\u2029]/gu;
/** A flag is two regional indicators; more of them in a row are letters. */
const FLAG = /^\p{RI}{2}(?!\p{RI})/u;
const REGIONAL = /^\p{RI}$/u;
const LATIN = latinTable();

/**
 * A text in the forms that hide no words: NFKC, without case, diacritics, invisible characters and look-alike letters;
 * leetspeak, repeated and spaced-out letters in views of their own. Every unit knows the stretch of the original it
 * came from. Takes time in proportion to the length, whatever the text is.
 *
 * @example
 * viewText(normalise('Ｓｃｈｕ\u200Bｌｅ!').plain) // => 'schule '
 */
export function normalise(text: string): Normalised {
  const { light, units } = readUnits(text);
  const joined = joinedUnits(units);
  const turns = turnedSpans(text);
  const plain = plainView(units);
  const folded = foldedView(units);
  return {
    original: text,
    light,
    plain,
    folded,
    joined: joined === null ? null : pairOf(joined),
    turned: turns.length === 0 ? null : pairOf(turnedUnits(units, turns)),
    fused: fusedPair(plain, folded),
    starred: starredView(units),
  };
}

function pairOf(units: View): ViewPair {
  return { plain: plainView(units), folded: foldedView(units) };
}

function fusedPair(plain: View, folded: View): ViewPair | null {
  const fused = { plain: fusedView(plain), folded: fusedView(folded) };
  return fused.plain === null || fused.folded === null ? null : { plain: fused.plain, folded: fused.folded };
}

/** What stands between RIGHT-TO-LEFT OVERRIDE and the end of its reach. */
function turnedSpans(text: string): readonly { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (let at = text.indexOf(TURN); at >= 0;) {
    TURN_END.lastIndex = at + 1;
    const end = TURN_END.exec(text)?.index ?? text.length;
    spans.push({ start: at + 1, end });
    at = text.indexOf(TURN, end);
  }
  return spans;
}

/**
 * The forms under which a term can stand in a text: with ä as a and as ae, its words apart and in one.
 * Terms without letters have no folded form (an empty string) and are not written in one.
 */
export function termForms(term: string): readonly TermForm[] {
  const spelled = [term, expandUmlauts(term)];
  const forms = new Map<string, TermForm>();
  for (const spelling of spelled) {
    const { units } = readUnits(spelling);
    const plain = viewText(plainView(units)).trim();
    const hasLetters = Array.from(plain).some((sign) => isLetter(sign.charCodeAt(0)));
    const folded = hasLetters ? viewText(foldedView(units)).trim() : '';
    const umlaut = units.marks.some((mark) => (mark & UMLAUT) !== 0);
    forms.set(plain, { plain, folded, umlaut });
    if (hasLetters && plain.includes(' ')) {
      const inOne = plain.replaceAll(' ', '');
      forms.set(inOne, { plain: inOne, folded: folded.replaceAll(' ', ''), umlaut });
    }
  }
  forms.delete('');
  return [...forms.values()];
}

function expandUmlauts(term: string): string {
  return term
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöü]/gu, (sign) => ({ ä: 'ae', ö: 'oe', ü: 'ue' })[sign] ?? sign);
}

function readUnits(text: string): { readonly light: View; readonly units: View } {
  const light = createTrack(text.length);
  const units = createTrack(text.length);
  const remembered = new Map<string, Cluster>();
  let at = 0;
  while (at < text.length) {
    const end = clusterEnd(text, at);
    const unit = { start: at, end, mark: 0 };
    const code = text.charCodeAt(at);
    if (code < 128 && end === at + 1) {
      light.push(code, unit);
      units.push(code >= 65 && code <= 90 ? code + 32 : code, unit);
    } else {
      const cluster = isFlag(text, at)
        ? FLAG_CLUSTER
        : clusterOf(text.slice(at, Math.min(end, at + 2 + 2 * MAX_MARKS)), remembered);
      pushAll(light, cluster.light, unit);
      pushAll(units, cluster.units, GERMAN_UMLAUTS.test(cluster.light) ? { ...unit, mark: UMLAUT } : unit);
    }
    at = end;
  }
  return { light: light.finish(), units: units.finish() };
}

const FLAG_CLUSTER: Cluster = { light: ' ', units: ' ' };

function isFlag(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 0xd83c || !REGIONAL.test(text.slice(at, at + 2))) return false;
  if (!REGIONAL.test(text.slice(Math.max(0, at - 2), at))) return FLAG.test(text.slice(at, at + 6));
  return !REGIONAL.test(text.slice(Math.max(0, at - 4), at - 2)) && FLAG.test(text.slice(at - 2, at + 4));
}

/** A base character and the marks and invisible characters after it belong together. */
function clusterEnd(text: string, at: number): number {
  let end = at + sizeAt(text, at);
  while (end < text.length && text.charCodeAt(end) >= 0xad) {
    const sign = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (!MARK.test(sign)) break;
    end += sign.length;
  }
  return end;
}

function sizeAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function pushAll(track: Track, signs: string, unit: { start: number; end: number; mark: number }): void {
  for (let at = 0; at < signs.length; at++) track.push(signs.charCodeAt(at), unit);
}

function clusterOf(text: string, remembered: Map<string, Cluster>): Cluster {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const cluster = readCluster(text);
  if (remembered.size < MAX_REMEMBERED) remembered.set(text, cluster);
  return cluster;
}

function readCluster(text: string): Cluster {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (IGNORABLE.test(first) || MARK.test(first)) return { light: '', units: '' };
  const light = text.normalize('NFKC');
  return { light, units: Array.from(light, toUnits).join('') };
}

function toUnits(sign: string): string {
  const direct = LATIN.get(sign);
  if (direct !== undefined) return direct;
  const base = sign.toLowerCase().normalize('NFKD').replace(MARKS, '');
  return Array.from(base, (part) => LATIN.get(part) ?? wordOrGap(part)).join('');
}

function wordOrGap(sign: string): string {
  const code = sign.charCodeAt(0);
  if (code < 128 || code === EURO) return sign;
  if (LETTER_OR_NUMBER.test(sign)) return sign;
  if (/^\s$/u.test(sign)) return ' ';
  // A dash or a dot may part the letters of one word, other signs do not.
  return /^[\p{Pd}·•∙⋅]$/u.test(sign) ? '-' : ';';
}

function latinTable(): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const [letter, signs] of Object.entries(LOOK_ALIKES)) for (const sign of signs) table.set(sign, letter);
  for (let index = 0; index < 26; index++) {
    const letter = String.fromCharCode(97 + index);
    // Letters in filled circles and squares have no NFKC form.
    table.set(String.fromCodePoint(0x1f150 + index), letter);
    table.set(String.fromCodePoint(0x1f170 + index), letter);
    table.set(String.fromCodePoint(0x1f1e6 + index), letter);
  }
  return table;
}

/** Where each word of a view begins and ends in the original, in order. */
export function wordSpans(view: View): { readonly starts: readonly number[]; readonly ends: readonly number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let inside = false;
  for (let at = 0; at < view.codes.length; at++) {
    const word = isWordUnit(view.codes[at] ?? 0);
    if (word && !inside) starts.push(view.starts[at] ?? 0);
    if (word) ends[starts.length - 1] = view.ends[at] ?? 0;
    inside = word;
  }
  return { starts, ends };
}
