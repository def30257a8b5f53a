/** Told of a pattern that ends at unit `end` (exclusive) and has `length` units. */
export type OnMatch = (pattern: number, end: number) => void;

export interface Automaton {
  /** Every occurrence of every pattern, overlapping ones too, in one pass. */
  scan(codes: Uint16Array, onMatch: OnMatch): void;
}

interface Trie {
  readonly table: Int32Array;
  readonly width: number;
  readonly ending: Map<number, number[]>;
  readonly size: number;
}

const UNITS = 0x1_0000;

/**
 * An automaton over all patterns at once (Aho and Corasick, 1975), as a complete table of moves: one look-up per unit.
 *
 * @param patterns - as strings of UTF-16 units; a pattern is named by its index, an empty one never matches
 */
export function createAutomaton(patterns: readonly string[]): Automaton {
  const symbols = symbolsOf(patterns);
  const trie = buildTrie(patterns, symbols);
  const nearest = linkSuffixes(trie);
  const outputs = Array.from({ length: trie.size }, (_, node) => trie.ending.get(node) ?? []);
  return {
    scan(codes, onMatch) {
      let node = 0;
      for (let at = 0; at < codes.length; at++) {
        const symbol = symbols.ids[codes[at] ?? 0] ?? 0;
        node = symbol === 0 ? 0 : (trie.table[node * trie.width + symbol] ?? 0);
        for (let out = nearest.self[node] ?? 0; out !== 0; out = nearest.shorter[out] ?? 0) {
          for (const pattern of outputs[out] ?? []) onMatch(pattern, at + 1);
        }
      }
    },
  };
}

function symbolsOf(patterns: readonly string[]): { readonly ids: Uint16Array; readonly count: number } {
  const ids = new Uint16Array(UNITS);
  let count = 0;
  for (const pattern of patterns) {
    for (let at = 0; at < pattern.length; at++) {
      const code = pattern.charCodeAt(at);
      if (ids[code] === 0) ids[code] = ++count;
    }
  }
  return { ids, count };
}

function buildTrie(patterns: readonly string[], symbols: { ids: Uint16Array; count: number }): Trie {
  const width = symbols.count + 1;
  const most = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
  const table = new Int32Array(most * width);
  const ending = new Map<number, number[]>();
  let size = 1;
  for (const [index, pattern] of patterns.entries()) {
    let node = 0;
    for (let at = 0; at < pattern.length; at++) {
      const move = node * width + (symbols.ids[pattern.charCodeAt(at)] ?? 0);
      if (table[move] === 0) table[move] = size++;
      node = table[move] ?? 0;
    }
    if (node !== 0) ending.set(node, [...(ending.get(node) ?? []), index]);
  }
  return { table: table.subarray(0, size * width), width, ending, size };
}

/** Fills in the moves that the trie lacks; `self` is the nearest node with an output, `shorter` the one after it. */
function linkSuffixes(trie: Trie): { readonly self: Int32Array; readonly shorter: Int32Array } {
  const { table, width } = trie;
  const suffix = new Int32Array(trie.size);
  const self = new Int32Array(trie.size);
  const shorter = new Int32Array(trie.size);
  const queue = [0];
  for (let next = 0; next < queue.length; next++) {
    const node = queue[next] ?? 0;
    const fallback = suffix[node] ?? 0;
    shorter[node] = self[fallback] ?? 0;
    self[node] = trie.ending.has(node) ? node : (shorter[node] ?? 0);
    for (let symbol = 1; symbol < width; symbol++) {
      const child = table[node * width + symbol] ?? 0;
      const other = node === 0 ? 0 : (table[fallback * width + symbol] ?? 0);
      if (child === 0) table[node * width + symbol] = other;
      else {
        suffix[child] = other;
        queue.push(child);
      }
    }
  }
  return { self, shorter };
}
