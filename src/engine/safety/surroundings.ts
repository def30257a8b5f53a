import type { Match } from './term-matcher.ts';

/** The sets of words whose nearness decides about a term; equal sets are kept once. */
export interface CueBook {
  /** The number of the set. */
  set(words: readonly string[]): number;
  size(): number;
  /** Every word with the sets it is in. */
  patterns(): readonly { readonly word: string; readonly sets: readonly number[] }[];
}

export interface Nearness {
  readonly set: number;
  /** How many words to each side. */
  readonly window: number;
  /** Whether the word clears: it has to be written plainly, and may be a longer phrase around the match. */
  readonly clears: boolean;
}

export interface CueSearch {
  /** Whether a word of the set stands near the match, not inside it. */
  near(match: Match, nearness: Nearness): boolean;
}

export interface WordSpans {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export function createCueBook(): CueBook {
  const numbers = new Map<string, number>();
  const setsOf = new Map<string, Set<number>>();
  return {
    set(words) {
      const key = [...new Set(words)].sort().join('\n');
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const number = numbers.size;
      numbers.set(key, number);
      for (const word of words) setsOf.set(word, (setsOf.get(word) ?? new Set()).add(number));
      return number;
    },
    size: () => numbers.size,
    patterns: () => [...setsOf].map(([word, sets]) => ({ word, sets: [...sets] })),
  };
}

/** @param cues - per set, the matches of its words in any order */
export function createCueSearch(cues: readonly Match[][], words: WordSpans): CueSearch {
  for (const hits of cues) hits.sort((a, b) => a.start - b.start);
  return {
    near(match, nearness) {
      const hits = cues[nearness.set] ?? [];
      const firstWord = lastAtOrBefore(words.starts, match.start);
      const lastWord = lastAtOrBefore(words.starts, match.end - 1);
      const from = words.starts[Math.max(0, firstWord - nearness.window)] ?? 0;
      const to = words.ends[Math.min(words.ends.length - 1, lastWord + nearness.window)] ?? match.end;
      for (let index = firstFrom(hits, from); index < hits.length; index++) {
        const hit = hits[index];
        if (hit === undefined || hit.start >= to) return false;
        if (nearness.clears ? hit.plainly && (isApart(hit, match) || isAround(hit, match)) : isApart(hit, match))
          return true;
      }
      return false;
    },
  };
}

function isApart(hit: Match, match: Match): boolean {
  return hit.end <= match.start || hit.start >= match.end;
}

function isAround(hit: Match, match: Match): boolean {
  return hit.start <= match.start && hit.end >= match.end && hit.end - hit.start > match.end - match.start;
}

/** Whether one of the spans, in order of their starts, holds the match. */
export function isCovered(match: Match, spans: readonly Match[]): boolean {
  let index = firstFrom(spans, match.start + 1) - 1;
  for (let looked = 0; index >= 0 && looked < 8; looked++, index--) {
    const span = spans[index];
    if (span !== undefined && span.end >= match.end) return true;
  }
  return false;
}

function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function firstFrom(hits: readonly Match[], offset: number): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hits[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
