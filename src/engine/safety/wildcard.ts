import { isLetter, isWordEdge, STAR } from './spellings.ts';
import type { View } from './view.ts';

/** Told of a pattern that ends at unit `end` (exclusive) and begins at `from`. */
export type OnWildMatch = (pattern: number, from: number, end: number) => void;

interface Node {
  readonly children: Map<number, Node>;
  readonly patterns: number[];
}

interface Walk {
  readonly node: Node;
  readonly at: number;
  readonly stars: number;
}

const MOST_STARS = 3;
const LETTERS_PER_STAR = 3;
const LONGEST = 40;

/**
 * Finds patterns in which stars replace letters ("sch*le"), at most one letter in three.
 *
 * A pattern begins with its own letter at the start of a word. Takes time in proportion to the text: only words with a
 * star near are looked at, and a walk never sees more nodes than the few patterns have.
 *
 * @param patterns - in plain form; a pattern is named by its index
 */
export function createWildcardSearch(patterns: readonly string[]): (view: View, onMatch: OnWildMatch) => void {
  const root = newNode();
  for (const [index, pattern] of patterns.entries()) insert(root, pattern, index);
  return (view, onMatch) => {
    let star = view.codes.indexOf(STAR);
    for (let from = 0; star >= 0 && from < view.codes.length; from++) {
      if (from > star) star = view.codes.indexOf(STAR, from);
      if (star < 0 || star - from > LONGEST) continue;
      if (isLetter(view.codes[from] ?? 0) && isStart(view, from)) walk({ root, view, from }, onMatch);
    }
  };
}

function newNode(): Node {
  return { children: new Map(), patterns: [] };
}

function insert(root: Node, pattern: string, index: number): void {
  let node = root;
  for (let at = 0; at < pattern.length; at++) {
    const code = pattern.charCodeAt(at);
    const next = node.children.get(code) ?? newNode();
    node.children.set(code, next);
    node = next;
  }
  node.patterns.push(index);
}

function isStart(view: View, at: number): boolean {
  return view.codes[at - 1] !== STAR && isWordEdge(view.codes[at - 1], view.codes[at]);
}

function walk(place: { root: Node; view: View; from: number }, onMatch: OnWildMatch): void {
  const { root, view, from } = place;
  const open: Walk[] = [{ node: root, at: from, stars: 0 }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.stars > 0 && step.stars * LETTERS_PER_STAR <= step.at - from) {
      for (const pattern of step.node.patterns) onMatch(pattern, from, step.at);
    }
    const code = view.codes[step.at];
    if (code === undefined) continue;
    if (code === STAR && step.stars < MOST_STARS) open.push(...afterStar(step));
    const next = step.node.children.get(code);
    if (next !== undefined) open.push({ node: next, at: step.at + 1, stars: step.stars });
  }
}

function afterStar(step: Walk): readonly Walk[] {
  return [...step.node.children]
    .filter(([letter]) => isLetter(letter))
    .map(([, node]) => ({ node, at: step.at + 1, stars: step.stars + 1 }));
}
