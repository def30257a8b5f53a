/**
 * The candidate a person most likely meant, for "did you mean": a few letters wrong, missing, swapped or added, the
 * beginning of exactly one, or another spelling of case, dashes and underscores. Undefined when nothing is near.
 *
 * @example
 * nearest('dadda', ['bauhaus', 'dada']) // => 'dada'
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  if (wanted.length === 0 || wanted.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let least = allowance(wanted) + 1;
  const begun: string[] = [];
  for (const candidate of candidates) {
    const other = plain(candidate);
    if (wanted.length > 2 && (other.startsWith(wanted) || (other.length > 2 && wanted.startsWith(other))))
      begun.push(candidate);
    const distance = editDistance(wanted, other, least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  if (best !== undefined) return best;
  return begun.length === 1 ? begun[0] : undefined;
}

const MAX_LENGTH = 100;

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

/** One wrong letter in three, three at most. */
const allowance = (word: string): number => Math.min(3, Math.max(1, Math.floor(word.length / 3)));

/** Optimal string alignment (Damerau–Levenshtein without repeated edits); `limit` when it would be that or more. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
        swapped ? at(before, column - 2) + 1 : limit,
      );
    }
    before = previous;
    previous = current;
  }
  return Math.min(limit, at(previous, right.length));
}

const at = (row: readonly number[], column: number): number => Number(row[column]);
