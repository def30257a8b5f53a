import { createAutomaton, type Automaton } from './aho-corasick.ts';
import { termForms, type Normalised, type TermForm } from './normalise.ts';
import { isWordEdge } from './spellings.ts';
import { LEET, PARTED, SPACED, STRETCHED, UMLAUT, type View } from './view.ts';
import { createWildcardSearch } from './wildcard.ts';

/** A word or phrase to look for. */
export interface Pattern {
  readonly text: string;
  /** Whether it must begin, and end, where a word does. */
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
  /** Whether it is looked for behind stars that replace letters. */
  readonly starred?: boolean;
  /** Whether it is looked for in uneven pieces when it is long. */
  readonly inPieces?: boolean;
}

/** Where a pattern stands in the original text. */
export interface Match {
  /** Index of the pattern. */
  readonly pattern: number;
  readonly start: number;
  readonly end: number;
  /** False when it was found only behind leetspeak, repeated or spaced-out letters. */
  readonly plainly: boolean;
}

export interface TermMatcher {
  /** Every occurrence in every view of the text; one that shows in several views comes several times. */
  scan(text: Normalised, onMatch: (match: Match) => void): void;
}

interface Spelling {
  readonly pattern: number;
  readonly length: number;
  /** Its length with repeated letters. */
  readonly plainLength: number;
  readonly umlaut: boolean;
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
}

interface Dictionary {
  readonly texts: readonly string[];
  readonly automaton: Automaton;
  readonly spellings: readonly Spelling[];
}

/** From this length on, a term counts inside a run of spaced-out letters without gaps between its words. */
const LONG_TERM = 8;
/** From this length on, a folded term counts without leetspeak in it: "hittler", "HitIer" with a capital i. */
const LONG_FOLDED = 6;
const SHORTEST_FOLDED = 3;
const SHORTEST_STARRED = 4;

/**
 * Finds many terms at once, whole words unless a pattern says otherwise, in time that grows with the text alone.
 *
 * @throws {Error} when a pattern has no letter or digit
 */
export function createTermMatcher(patterns: readonly Pattern[]): TermMatcher {
  const forms = patterns.map(({ text }) => {
    const found = termForms(text);
    if (found.length === 0) throw new Error(`"${text}" has no letter or digit to look for`);
    return found;
  });
  const plain = dictionaryOf(patterns, forms, (form) => form.plain);
  const folded = dictionaryOf(patterns, forms, (form) => (form.folded.length < SHORTEST_FOLDED ? '' : form.folded));
  const inOne = (form: TermForm): boolean => form.folded.length >= LONG_TERM && !form.plain.includes(' ');
  const longForms = forms.map((found, index) => (patterns[index]?.inPieces === true ? found.filter(inOne) : []));
  const starredForms = forms.map((found, index) => (patterns[index]?.starred === true ? found : []));
  const plainPieces = dictionaryOf(patterns, longForms, (form) => form.plain);
  const foldedPieces = dictionaryOf(patterns, longForms, (form) => form.folded);
  const findStarred = starredSearch(patterns, starredForms);
  return {
    scan(text, onMatch) {
      scanView(plain, { view: text.plain, plainly: true, accept: isWritten }, onMatch);
      scanView(folded, { view: text.folded, plainly: false, accept: isDisguised }, onMatch);
      for (const pair of [text.joined, text.turned]) {
        if (pair === null) continue;
        scanView(plain, { view: pair.plain, plainly: false, accept: isWritten }, onMatch);
        scanView(folded, { view: pair.folded, plainly: false, accept: isDisguised }, onMatch);
      }
      if (text.fused !== null) {
        scanView(plainPieces, { view: text.fused.plain, plainly: false, accept: isInPieces }, onMatch);
        scanView(foldedPieces, { view: text.fused.folded, plainly: false, accept: isDisguisedInPieces }, onMatch);
      }
      if (text.starred !== null) findStarred(text.starred, onMatch);
    },
  };
}

function starredSearch(
  patterns: readonly Pattern[],
  forms: readonly (readonly TermForm[])[],
): (view: View, onMatch: (match: Match) => void) => void {
  const { spellings, texts } = dictionaryOf(patterns, forms, (form) => form.plain);
  const search = createWildcardSearch(texts.map((text) => (text.length < SHORTEST_STARRED ? '' : text)));
  return (view, onMatch) => {
    search(view, (index, from, end) => {
      const spelling = spellings[index];
      if (spelling === undefined || !atEdges(view, from, spelling)) return;
      onMatch({ pattern: spelling.pattern, ...stretchOf(view, from, end), plainly: false });
    });
  };
}

type Accept = (view: View, from: number, spelling: Spelling) => boolean;

interface Pass {
  readonly view: View;
  readonly plainly: boolean;
  readonly accept: Accept;
}

function dictionaryOf(
  patterns: readonly Pattern[],
  forms: readonly (readonly TermForm[])[],
  spell: (form: TermForm) => string,
): Dictionary {
  const texts: string[] = [];
  const spellings: Spelling[] = [];
  for (const [index, { wordStart, wordEnd }] of patterns.entries()) {
    for (const form of forms[index] ?? []) {
      const text = spell(form);
      texts.push(text);
      const sizes = { length: text.length, plainLength: form.plain.length };
      spellings.push({ pattern: index, ...sizes, umlaut: form.umlaut, wordStart, wordEnd });
    }
  }
  return { texts, automaton: createAutomaton(texts), spellings };
}

function scanView(dictionary: Dictionary, pass: Pass, onMatch: (match: Match) => void): void {
  const { view } = pass;
  dictionary.automaton.scan(view.codes, (index, end) => {
    const spelling = dictionary.spellings[index];
    if (spelling === undefined || !pass.accept(view, end - spelling.length, spelling)) return;
    const stretch = stretchOf(view, end - spelling.length, end);
    onMatch({ pattern: spelling.pattern, ...stretch, plainly: pass.plainly });
  });
}

/** Where units stand in the original; a turned view runs through it backwards. */
function stretchOf(view: View, from: number, end: number): { readonly start: number; readonly end: number } {
  return {
    start: Math.min(view.starts[from] ?? 0, view.starts[end - 1] ?? 0),
    end: Math.max(view.ends[from] ?? 0, view.ends[end - 1] ?? 0),
  };
}

function isWritten(view: View, from: number, spelling: Spelling): boolean {
  return atEdges(view, from, spelling) && hasItsUmlauts(view, from, spelling);
}

function hasItsUmlauts(view: View, from: number, spelling: Spelling): boolean {
  return spelling.umlaut || !view.marks.subarray(from, from + spelling.length).some((mark) => (mark & UMLAUT) !== 0);
}

function atEdges(view: View, from: number, spelling: Spelling): boolean {
  return (
    (!spelling.wordStart || edgeAt(view, from, spelling)) &&
    (!spelling.wordEnd || edgeAt(view, from + spelling.length, spelling))
  );
}

function edgeAt(view: View, at: number, spelling: Spelling): boolean {
  if (isWordEdge(view.codes[at - 1], view.codes[at])) return true;
  const apart = (view.marks[at - 1] ?? 0) & (view.marks[at] ?? 0) & SPACED;
  return apart !== 0 && spelling.length >= LONG_TERM;
}

/** A folded form needs a sign of disguise, or length without fewer letters: "Niger" folds like a slur and is a country. */
function isDisguised(view: View, from: number, spelling: Spelling): boolean {
  return atEdges(view, from, spelling) && showsDisguise(view, from, spelling);
}

/** A piece begins where the term does and another ends where it ends: "unter Waffen" holds no "erwaffen". */
function isInPieces(view: View, from: number, spelling: Spelling): boolean {
  return areEnds(view, from, spelling) && hasItsUmlauts(view, from, spelling);
}

function isDisguisedInPieces(view: View, from: number, spelling: Spelling): boolean {
  return areEnds(view, from, spelling) && showsDisguise(view, from, spelling);
}

function areEnds(view: View, from: number, spelling: Spelling): boolean {
  return [from, from + spelling.length].every(
    (at) => ((view.marks[at] ?? 0) & PARTED) !== 0 || isWordEdge(view.codes[at - 1], view.codes[at]),
  );
}

function showsDisguise(view: View, from: number, spelling: Spelling): boolean {
  let leet = 0;
  let stretched = false;
  for (let at = from; at < from + spelling.length; at++) {
    const mark = view.marks[at] ?? 0;
    if ((mark & LEET) !== 0) leet++;
    if ((mark & STRETCHED) !== 0) stretched = true;
  }
  const most = spelling.length >= LONG_TERM ? 2 / 3 : 1 / 2;
  if (leet > spelling.length * most) return false;
  if (leet > 0 || stretched) return true;
  const written = (view.ends[from + spelling.length - 1] ?? 0) - (view.starts[from] ?? 0);
  return spelling.length >= LONG_FOLDED && written >= spelling.plainLength;
}
