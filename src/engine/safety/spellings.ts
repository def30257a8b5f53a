import { LEET_LETTERS } from './homoglyphs.data.ts';
import { createTrack, LEET, PARTED, SPACED, STRETCHED, type Track, type View } from './view.ts';

/** The sign that stands for one letter in the starred view. */
export const STAR = 42;
const SPACE = 32;
const LETTER_I = 105;
const LETTER_L = 108;
const EURO = 0x20ac;
const GAP_KIND = 0;
const LETTER_KIND = 1;
const DIGIT_KIND = 2;
const KINDS = asciiKinds();
const LEET_CODES = new Map(
  Object.entries(LEET_LETTERS).map(([sign, letter]) => [sign.charCodeAt(0), letter.charCodeAt(0)]),
);
/** Stand for a letter at the edge of a word too ("$ex", "a$$"); the other signs only inside one ("h!tler"). */
const EDGE_SIGNS = new Set(Array.from('@$€', (sign) => sign.charCodeAt(0)));
const INNER_SIGNS = new Set(Array.from('!|+', (sign) => sign.charCodeAt(0)));
/** What people put between the letters of one word; no apostrophe: "who're" is two words. */
const JOINERS = new Set(Array.from('-_.*~,/\\', (sign) => sign.charCodeAt(0)));
const MIN_SPACED_LETTERS = 3;

export function isLetter(code: number): boolean {
  return kindOf(code) === LETTER_KIND;
}

export function isWordUnit(code: number): boolean {
  return kindOf(code) !== GAP_KIND;
}

/** True when a word may end between these two units: at a gap, and where letters meet digits. */
export function isWordEdge(left: number | undefined, right: number | undefined): boolean {
  if (left === undefined || right === undefined) return true;
  const kind = kindOf(left);
  return kind === GAP_KIND || kind !== kindOf(right);
}

/** Words as they are, with one space for everything between them. */
export function plainView(units: View): View {
  const track = createTrack(units.codes.length);
  for (let at = 0; at < units.codes.length; at++) {
    if (isWordUnit(units.codes[at] ?? 0)) track.copy(units, at);
    else pushGap(track, units, at);
  }
  return track.finish();
}

/** Leetspeak read as letters, repeated letters once, i and l as one letter. Numbers stay numbers. */
export function foldedView(units: View): View {
  const track = createTrack(units.codes.length);
  let at = 0;
  while (at < units.codes.length) {
    const end = tokenEnd(units, at);
    if (end === at) pushGap(track, units, at);
    else foldToken(units, { from: at, to: end }, track);
    at = Math.max(end, at + 1);
  }
  return track.finish();
}

/** The text with "h e i l", "h.e.i.l" and "he-il" put together; null when nothing was apart. */
export function joinedUnits(units: View): View | null {
  const words = wordsOf(units);
  const track = createTrack(units.codes.length);
  let joined = false;
  let index = 0;
  while (index < words.length) {
    const end = Math.max(singlesEnd(words, index), index + 1);
    if (isSpacedOut(units, words, { from: index, to: end })) {
      joined = true;
      pushRun(units, words.slice(index, end), track);
    } else {
      // A row of single digits is copied in one go: looking at it again from each of its words would take its square.
      joined = copyWords(units, words, { from: index, to: end, track }) || joined;
    }
    index = end;
    joined = pushBetween(units, words, { index, track }) || joined;
  }
  return joined ? track.finish() : null;
}

/** A plain or folded view without its gaps, each told by the mark PARTED on the unit after it; null without gaps. */
export function fusedView(view: View): View | null {
  if (!view.codes.includes(SPACE)) return null;
  const track = createTrack(view.codes.length);
  let parted = false;
  for (let at = 0; at < view.codes.length; at++) {
    if (view.codes[at] === SPACE) parted = true;
    else {
      track.copy(view, at);
      if (parted) track.extend(view.ends[at] ?? 0, PARTED);
      parted = false;
    }
  }
  return track.finish();
}

/** The plain view with the stars that stand inside a word; null when there are none. */
export function starredView(units: View): View | null {
  if (!units.codes.includes(STAR)) return null;
  const track = createTrack(units.codes.length);
  const after = nextOtherThanStar(units);
  let starred = false;
  for (let at = 0; at < units.codes.length; at++) {
    const code = units.codes[at] ?? 0;
    const inner = code === STAR && isInWord(track.lastCode()) && isWordUnit(after[at] ?? 0);
    starred ||= inner;
    if (inner || isWordUnit(code)) track.copy(units, at);
    else pushGap(track, units, at);
  }
  return starred ? track.finish() : null;
}

function isInWord(last: number | undefined): boolean {
  return last === STAR || (last !== undefined && isWordUnit(last));
}

function nextOtherThanStar(units: View): Uint16Array {
  const next = new Uint16Array(units.codes.length);
  let other = SPACE;
  for (let at = units.codes.length - 1; at >= 0; at--) {
    next[at] = other;
    const code = units.codes[at] ?? 0;
    if (code !== STAR) other = code;
  }
  return next;
}

/** The units with each of the spans, which are places of the original, the other way round. */
export function turnedUnits(units: View, spans: readonly { readonly start: number; readonly end: number }[]): View {
  const track = createTrack(units.codes.length);
  let at = 0;
  for (const { start, end } of spans) {
    while (at < units.codes.length && (units.starts[at] ?? 0) < start) track.copy(units, at++);
    let past = at;
    while (past < units.codes.length && (units.starts[past] ?? 0) < end) past++;
    for (let back = past - 1; back >= at; back--) track.copy(units, back);
    at = past;
  }
  while (at < units.codes.length) track.copy(units, at++);
  return track.finish();
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function kindOf(code: number): number {
  if (code < 128) return KINDS[code] ?? GAP_KIND;
  return code === EURO ? GAP_KIND : LETTER_KIND;
}

function asciiKinds(): Uint8Array {
  const kinds = new Uint8Array(128);
  kinds.fill(DIGIT_KIND, 48, 58);
  kinds.fill(LETTER_KIND, 97, 123);
  return kinds;
}

function pushGap(track: Track, units: View, at: number): void {
  if (track.lastCode() === SPACE) track.extend(units.ends[at] ?? 0, 0);
  else track.copy(units, at, SPACE);
}

function tokenEnd(units: View, from: number): number {
  let end = from;
  while (end < units.codes.length && isTokenUnit(units, end)) end++;
  return end;
}

function isTokenUnit(units: View, at: number): boolean {
  const code = units.codes[at] ?? 0;
  if (isWordUnit(code)) return true;
  const before = units.codes[at - 1] ?? SPACE;
  const after = units.codes[at + 1] ?? SPACE;
  if (EDGE_SIGNS.has(code)) return [before, after].some((other) => isWordUnit(other) || EDGE_SIGNS.has(other));
  return INNER_SIGNS.has(code) && isWordUnit(before) && isWordUnit(after);
}

function foldToken(units: View, token: Range, track: Track): void {
  const lettersEnd = trailingNumber(units, token);
  let run = 0;
  let previous = -1;
  for (let at = token.from; at < lettersEnd; at++) {
    const code = units.codes[at] ?? 0;
    run = code === previous ? run + 1 : 1;
    previous = code;
    if (run > 1) track.extend(units.ends[at] ?? 0, run > 2 ? STRETCHED : 0);
    else pushFolded(units, at, track);
  }
  for (let at = lettersEnd; at < token.to; at++) {
    if (isWordUnit(units.codes[at] ?? 0)) track.copy(units, at);
    else pushGap(track, units, at);
  }
}

function pushFolded(units: View, at: number, track: Track): void {
  const code = units.codes[at] ?? 0;
  const letter = LEET_CODES.get(code);
  if (letter === undefined) return track.copy(units, at, code === LETTER_L ? LETTER_I : code);
  const mark = (units.marks[at] ?? 0) | LEET;
  track.push(letter, { start: units.starts[at] ?? 0, end: units.ends[at] ?? 0, mark });
}

/** Where a number of two or more digits at the end of a token begins ("hitler88"); the whole token when it has no letter. */
function trailingNumber(units: View, token: Range): number {
  let at = token.to;
  while (at > token.from && kindOf(units.codes[at - 1] ?? 0) === DIGIT_KIND) at--;
  const hasLetter = units.codes.subarray(token.from, at).some(isLetter);
  if (!hasLetter) return token.from;
  return token.to - at >= 2 ? at : token.to;
}

function wordsOf(units: View): readonly Range[] {
  const words: Range[] = [];
  let from = -1;
  for (let at = 0; at <= units.codes.length; at++) {
    const inside = at < units.codes.length && isWordUnit(units.codes[at] ?? 0);
    if (inside && from < 0) from = at;
    if (!inside && from >= 0) {
      words.push({ from, to: at });
      from = -1;
    }
  }
  return words;
}

/** The index after the words of one sign that begin at `index`. */
function singlesEnd(words: readonly Range[], index: number): number {
  let end = index;
  for (let word = words[end]; word !== undefined && word.to - word.from <= 1; word = words[end]) end++;
  return end;
}

/** At least three words of one sign, two of them letters. */
function isSpacedOut(units: View, words: readonly Range[], run: Range): boolean {
  if (run.to - run.from < MIN_SPACED_LETTERS) return false;
  let letters = 0;
  for (let index = run.from; index < run.to && letters < 2; index++) {
    if (isLetter(units.codes[words[index]?.from ?? 0] ?? 0)) letters++;
  }
  return letters >= 2;
}

/** Copies words with what stands between them; true when that only parted the letters of one. */
function copyWords(units: View, words: readonly Range[], run: Range & { readonly track: Track }): boolean {
  let joined = false;
  for (let index = run.from; index < run.to; index++) {
    if (index > run.from) joined = pushBetween(units, words, { index, track: run.track }) || joined;
    copyRange(units, words[index], run.track);
  }
  return joined;
}

/** A gap wider than the narrowest one of the run parts two words. */
function pushRun(units: View, run: readonly Range[], track: Track): void {
  const widths = run.slice(1).map((word, index) => word.from - (run[index]?.to ?? 0));
  const narrowest = widths.reduce((least, width) => Math.min(least, width), Infinity);
  for (const [index, word] of run.entries()) {
    const width = widths[index - 1] ?? narrowest;
    if (width > narrowest) pushGap(track, units, word.from - 1);
    track.copy(units, word.from);
    track.extend(units.ends[word.from] ?? 0, SPACED);
  }
}

function copyRange(units: View, range: Range | undefined, track: Track): void {
  if (range === undefined) return;
  for (let at = range.from; at < range.to; at++) track.copy(units, at);
}

/** Copies what stands between two words, or leaves it out where it only parts the letters of one. */
function pushBetween(units: View, words: readonly Range[], place: { index: number; track: Track }): boolean {
  const left = words[place.index - 1];
  const right = words[place.index];
  if (left === undefined || right === undefined) return false;
  if (isJoint(units, left.to, right.from)) return true;
  copyRange(units, { from: left.to, to: right.from }, place.track);
  return false;
}

function isJoint(units: View, from: number, to: number): boolean {
  if (to - from > 2) return false;
  for (let at = from; at < to; at++) if (!JOINERS.has(units.codes[at] ?? 0)) return false;
  return isLetter(units.codes[from - 1] ?? 0) && isLetter(units.codes[to] ?? 0);
}
