import { z } from 'zod';
import { findContactData, type ContactPattern } from './contact-data.ts';
import { normalise, wordSpans, type Normalised } from './normalise.ts';
import { policyFileSchema, type ListCheck, type PolicyFile, type PolicyList } from './policy-schema.ts';
import {
  createCueBook,
  createCueSearch,
  isCovered,
  type CueBook,
  type CueSearch,
  type Nearness,
} from './surroundings.ts';
import { createTermMatcher, type Match, type Pattern, type TermMatcher } from './term-matcher.ts';

export type { ListCheck };

/** A term or pattern of a policy that a text contains and that its surroundings do not clear. */
export interface Finding {
  /** As it stands in the policy. */
  readonly term: string;
  /** As it stands in the text, from `start` to `end` (exclusive, UTF-16 units of the original). */
  readonly found: string;
  readonly start: number;
  readonly end: number;
  readonly check: ListCheck;
  readonly class: 'hard' | 'context';
  /** The level from which on the term is fine; null when it never is. */
  readonly fineFrom: 'youth' | 'adult' | null;
}

/** The lists of one jurisdiction, ready to be held against texts. */
export interface SafetyPolicy {
  /** The files it was made of, as `id@version`, in order. */
  readonly files: readonly string[];
  /** One name for all of them, at most 80 signs: what a verdict keeps. Changes with every change of their content. */
  readonly version: string;
  /** The country whose law it follows; `any` when no file names one. */
  readonly jurisdiction: string;
  /** All findings of all levels, in the order of the text. */
  find(text: string): readonly Finding[];
}

interface Entry {
  readonly term: string;
  readonly check: ListCheck;
  readonly class: 'hard' | 'context';
  readonly fineFrom: 'youth' | 'adult' | null;
  readonly requires: Nearness | null;
  readonly unless: Nearness | null;
  readonly unlessBeside: Nearness | null;
  readonly despite: Nearness | null;
}

type Role =
  | { readonly kind: 'term'; readonly entry: number }
  | { readonly kind: 'exception'; readonly entry: number }
  | { readonly kind: 'cue'; readonly sets: readonly number[]; readonly opening: boolean };

interface Book {
  readonly entries: Entry[];
  readonly patterns: Pattern[];
  readonly roles: Role[];
  readonly cues: CueBook;
}

interface ContactList {
  readonly list: PolicyList;
  readonly wanted: readonly ContactPattern[];
}

const DEFAULT_WINDOW = 8;
const DEFAULT_DESPITE_WINDOW = 3;
/** A word that counts only where a sentence begins is written after this sign. */
const OPENING = '^';
const SENTENCE_END = /^[.!?:;\n]$/u;
const LONGEST_OPENING = 8;
const MOST_NAMES = 62;

/**
 * One policy out of policy files as they were read (YAML or JSON).
 *
 * @throws {Error} when a file does not fit the schema, names an unknown word group, repeats an id, or when two files
 * follow the law of different countries; the message says where
 */
export function compilePolicy(files: readonly unknown[]): SafetyPolicy {
  const parsed = files.map(parseFile);
  refuseRepeated(parsed.map((file) => file.id));
  const jurisdiction = oneJurisdiction(parsed);
  const book: Book = { entries: [], patterns: [], roles: [], cues: createCueBook() };
  for (const file of parsed) for (const list of file.lists) addList(book, file, list);
  for (const cue of book.cues.patterns())
    addPattern(book, cue.word, { kind: 'cue', sets: cue.sets, opening: cue.word.startsWith(OPENING) });
  const contacts = parsed.flatMap((file) =>
    file.lists.map((list) => ({ list, wanted: list.patterns })).filter(({ wanted }) => wanted.length > 0),
  );
  const matcher = createTermMatcher(book.patterns);
  const names = parsed.map((file) => `${file.id}@${file.version}`);
  return {
    files: names,
    version: `${names.join('+').slice(0, MOST_NAMES)}#${contentMark(parsed)}`,
    jurisdiction,
    find(text) {
      const forms = normalise(text);
      const findings = [...findTerms(book, matcher, forms), ...findContacts(contacts, forms)];
      return findings.sort((a, b) => a.start - b.start || b.end - a.end);
    },
  };
}

function parseFile(value: unknown, index: number): PolicyFile {
  const result = policyFileSchema.safeParse(value);
  if (result.success) return result.data;
  const given = z.object({ id: z.string() }).safeParse(value);
  const label = given.success ? `"${given.data.id}"` : `number ${index + 1}`;
  throw new Error(`Safety policy ${label} does not fit the schema:\n${z.prettifyError(result.error)}`);
}

function refuseRepeated(ids: readonly string[]): void {
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new Error(`Two safety policies have the id "${repeated}"; each needs its own`);
}

function oneJurisdiction(files: readonly PolicyFile[]): string {
  const countries = new Set(files.map((file) => file.jurisdiction).filter((country) => country !== 'any'));
  const [first, second] = countries;
  if (second === undefined) return first ?? 'any';
  throw new Error(`Safety policies of two countries (${first} and ${second}) cannot be used together; choose one`);
}

/** Tells two contents apart (FNV-1a, forwards and backwards); no protection against someone who aims at a collision. */
function contentMark(files: readonly PolicyFile[]): string {
  const text = JSON.stringify(files);
  const hash = (at: (index: number) => number): string => {
    let value = 0x811c9dc5;
    for (let index = 0; index < text.length; index++) value = Math.imul(value ^ at(index), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return hash((index) => text.charCodeAt(index)) + hash((index) => text.charCodeAt(text.length - 1 - index));
}

function addList(book: Book, file: PolicyFile, list: PolicyList): void {
  for (const given of list.terms) {
    const term = typeof given === 'string' ? { term: given, match: 'word' as const } : given;
    const rule = { ...definedOnly(list), ...definedOnly(term) };
    const entry = book.entries.length;
    book.entries.push({
      term: term.term,
      check: list.check,
      class: list.class,
      fineFrom: rule.fineFrom ?? null,
      ...nearnessesOf(rule, (words) => book.cues.set(expandWords(file, words))),
    });
    const inPieces = isSoughtInPieces(list);
    for (const form of [term.term, ...(rule.also ?? [])]) {
      book.patterns.push({
        text: form,
        wordStart: term.match !== 'compound',
        wordEnd: term.match === 'word',
        starred: true,
        inPieces,
      });
      book.roles.push({ kind: 'term', entry });
    }
    for (const word of expandWords(file, rule.except ?? [])) addPattern(book, word, { kind: 'exception', entry });
  }
}

type Nearnesses = Pick<Entry, 'requires' | 'unless' | 'unlessBeside' | 'despite'>;

function nearnessesOf(rule: Rule, setOf: (words: readonly string[]) => number): Nearnesses {
  const near = (words: readonly string[] | undefined, window: number, clears: boolean): Nearness | null =>
    words === undefined ? null : { set: setOf(words), window, clears };
  const window = rule.window ?? DEFAULT_WINDOW;
  return {
    requires: near(rule.requires, rule.requiresWindow ?? window, false),
    // A word that clears has to be written plainly: nobody needs to disguise "museum".
    unless: near(rule.unless, window, true),
    unlessBeside: near(rule.unlessBeside, 1, true),
    despite: near(rule.despite, rule.despiteWindow ?? DEFAULT_DESPITE_WINDOW, false),
  };
}

/** Whether it is worth to look across uneven gaps: everyday words in a row rarely make up such a term. */
function isSoughtInPieces(list: PolicyList): boolean {
  return list.class === 'hard' || list.check === 'unconstitutional-symbols';
}

interface Rule {
  readonly requires?: readonly string[] | undefined;
  readonly unless?: readonly string[] | undefined;
  readonly unlessBeside?: readonly string[] | undefined;
  readonly despite?: readonly string[] | undefined;
  readonly window?: number | undefined;
  readonly requiresWindow?: number | undefined;
  readonly despiteWindow?: number | undefined;
  readonly fineFrom?: 'youth' | 'adult' | undefined;
  readonly also?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
}

function definedOnly(rule: Rule): Rule {
  const kept = Object.entries(rule).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept);
}

function expandWords(file: PolicyFile, words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    if (!word.startsWith('@')) return [word];
    const group = file.words[word.slice(1)];
    if (group === undefined) throw new Error(`Safety policy "${file.id}" uses ${word}, which is not under "words"`);
    return group;
  });
}

/** A word of a condition or of `except`: whole, or with a star for any ending. */
function addPattern(book: Book, word: string, role: Role): void {
  const open = word.endsWith('*');
  const text = word.slice(word.startsWith(OPENING) ? 1 : 0, open ? -1 : undefined);
  book.patterns.push({ text, wordStart: true, wordEnd: !open });
  book.roles.push(role);
}

interface Sighting extends Match {
  readonly entry: number;
}

interface Sightings {
  readonly terms: Sighting[];
  readonly exceptions: Map<number, Match[]>;
  readonly cues: Match[][];
}

function findTerms(book: Book, matcher: TermMatcher, forms: Normalised): readonly Finding[] {
  const seen: Sightings = {
    terms: [],
    exceptions: new Map(),
    cues: Array.from({ length: book.cues.size() }, () => []),
  };
  matcher.scan(forms, (match) => sort(book, match, { seen, original: forms.original }));
  if (seen.terms.length === 0) return [];
  const search = createCueSearch(seen.cues, wordSpans(forms.plain));
  for (const spans of seen.exceptions.values()) spans.sort((a, b) => a.start - b.start);
  const findings: Finding[] = [];
  for (const sighting of distinct(seen.terms)) {
    const entry = book.entries[sighting.entry];
    if (entry === undefined || isCovered(sighting, seen.exceptions.get(sighting.entry) ?? [])) continue;
    if (counts(entry, sighting, search)) findings.push(toFinding(entry, sighting, forms.original));
  }
  return findings;
}

function sort(book: Book, match: Match, { seen, original }: { seen: Sightings; original: string }): void {
  const role = book.roles[match.pattern];
  if (role === undefined) return;
  if (role.kind === 'term') seen.terms.push({ ...match, entry: role.entry });
  if (role.kind === 'cue' && (!role.opening || opensSentence(original, match.start)))
    for (const set of role.sets) seen.cues[set]?.push(match);
  if (role.kind !== 'exception') return;
  const spans = seen.exceptions.get(role.entry);
  if (spans === undefined) seen.exceptions.set(role.entry, [match]);
  else spans.push(match);
}

/** One sighting for each place of a term, though several views show it; the plain view's where there is one. */
function distinct(sightings: readonly Sighting[]): readonly Sighting[] {
  const kept: Sighting[] = [];
  const ordered = sightings.toSorted(
    (a, b) => a.entry - b.entry || a.start - b.start || Number(b.plainly) - Number(a.plainly),
  );
  for (const sighting of ordered) {
    const last = kept.at(-1);
    if (last === undefined || last.entry !== sighting.entry || last.end <= sighting.start) kept.push(sighting);
  }
  return kept;
}

function counts(entry: Entry, sighting: Sighting, search: CueSearch): boolean {
  const near = (nearness: Nearness | null): boolean => nearness !== null && search.near(sighting, nearness);
  if (entry.requires !== null && !near(entry.requires)) return false;
  return !(near(entry.unless) || near(entry.unlessBeside)) || near(entry.despite);
}

/** Whether nothing but spaces and quotation marks stands between a place and the end of another sentence. */
function opensSentence(text: string, at: number): boolean {
  for (let back = at - 1; back >= 0 && at - back <= LONGEST_OPENING; back--) {
    const sign = text.charAt(back);
    if (SENTENCE_END.test(sign)) return true;
    if (!/^[\s"'„“”‚‘’»«(¿¡-]$/u.test(sign)) return false;
  }
  return at <= LONGEST_OPENING;
}

function toFinding(entry: Entry, sighting: Sighting, original: string): Finding {
  const { term, check, class: strictness, fineFrom } = entry;
  const { start, end } = sighting;
  return { term, found: original.slice(start, end), start, end, check, class: strictness, fineFrom };
}

function findContacts(contacts: readonly ContactList[], forms: Normalised): readonly Finding[] {
  return contacts.flatMap(({ list, wanted }) =>
    findContactData(forms.light, wanted).map(({ pattern, start, end }) => ({
      term: pattern,
      found: forms.original.slice(start, end),
      start,
      end,
      check: list.check,
      class: list.class,
      fineFrom: list.fineFrom ?? null,
    })),
  );
}
