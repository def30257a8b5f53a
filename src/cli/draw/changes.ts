/** What a hand changed: which words it kept, which it took away, which it wrote. */

/** A piece of a version's text: whose word it is, and whether this version brought it. */
export interface Piece {
  readonly text: string;
  readonly by: 'person' | 'hand';
  readonly isNew: boolean;
  readonly isWord: boolean;
}

export interface Change {
  readonly kind: 'replaced' | 'added' | 'removed';
  readonly before: string;
  readonly after: string;
}

export interface Compared {
  readonly pieces: readonly Piece[];
  /** Undefined when so much changed that a list would say nothing (more than 60 percent). */
  readonly changes: readonly Change[] | undefined;
}

const MOST_CHANGED = 0.6;
const LONGEST_REPLACED = 3;
/** Longer texts are shown without marks: the comparison grows with the square of the words. */
const MOST_WORDS = 1500;

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** A text that a person wrote. */
export const asWritten = (text: string): readonly Piece[] => piecesOf(text, 'person');

function piecesOf(text: string, by: Piece['by']): Piece[] {
  return Array.from(words.segment(text), ({ segment, isWordLike }) => ({
    text: segment,
    by,
    isNew: by === 'hand' && isWordLike === true,
    isWord: isWordLike === true,
  }));
}

/** Compares a version with the one it was made from, word by word, without regard to upper and lower case. */
export function compare(before: readonly Piece[], after: string): Compared {
  const own = piecesOf(after, 'hand');
  const old = before.filter(({ isWord }) => isWord);
  const news = own.filter(({ isWord }) => isWord);
  if (old.length > MOST_WORDS || news.length > MOST_WORDS) return { pieces: own, changes: undefined };
  const kept = keptWords(old, news);
  const moved = movedWords(old, news, kept);
  const from = (at: number): Piece | undefined => old[kept.get(at) ?? moved.get(at) ?? -1];
  let at = -1;
  const pieces = own.map((piece) => {
    if (!piece.isWord) return piece;
    at += 1;
    const source = from(at);
    return source === undefined ? piece : { ...piece, by: source.by, isNew: false };
  });
  return { pieces, changes: listed(changesOf({ old, news }, { kept, moved }), Math.max(old.length, news.length)) };
}

/** Where each word of the new text stood in the old one. */
type Matches = ReadonlyMap<number, number>;

const keyOf = ({ text }: Piece): string => text.toLowerCase();

/** The longest common sequence of words. */
function keptWords(old: readonly Piece[], news: readonly Piece[]): Matches {
  const columns = news.length + 1;
  const lengths = new Uint16Array((old.length + 1) * columns);
  const length = (row: number, column: number): number => lengths[row * columns + column] ?? 0;
  const left = old.map(keyOf);
  const right = news.map(keyOf);
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = news.length - 1; column >= 0; column -= 1)
      lengths[row * columns + column] =
        left[row] === right[column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1));
  const kept = new Map<number, number>();
  for (let row = 0, column = 0; row < left.length && column < right.length;) {
    if (left[row] === right[column]) kept.set(column++, row++);
    else if (length(row + 1, column) >= length(row, column + 1)) row += 1;
    else column += 1;
  }
  return kept;
}

/** Words that are still there at another place. */
function movedWords(old: readonly Piece[], news: readonly Piece[], kept: Matches): Matches {
  const taken = new Set(kept.values());
  const free = new Map<string, number[]>();
  for (const [at, piece] of old.entries())
    if (!taken.has(at)) free.set(keyOf(piece), [...(free.get(keyOf(piece)) ?? []), at]);
  const moved = new Map<number, number>();
  for (const [at, piece] of news.entries()) {
    const source = kept.has(at) ? undefined : free.get(keyOf(piece))?.shift();
    if (source !== undefined) moved.set(at, source);
  }
  return moved;
}

interface Words {
  readonly old: readonly Piece[];
  readonly news: readonly Piece[];
}

/** What was taken away and written between two kept words, in reading order. */
function changesOf({ old, news }: Words, { kept, moved }: { kept: Matches; moved: Matches }): Change[] {
  const movedFrom = new Set(moved.values());
  const changes: Change[] = [];
  let oldAt = 0;
  let newAt = 0;
  const close = (oldEnd: number, newEnd: number): void => {
    const gone = old.slice(oldAt, oldEnd).filter((_piece, index) => !movedFrom.has(oldAt + index));
    const come = news.slice(newAt, newEnd).filter((_piece, index) => !moved.has(newAt + index));
    changes.push(...changeBetween(gone, come));
    oldAt = oldEnd + 1;
    newAt = newEnd + 1;
  };
  for (const [newEnd, oldEnd] of kept) close(oldEnd, newEnd);
  close(old.length, news.length);
  return changes;
}

function changeBetween(gone: readonly Piece[], come: readonly Piece[]): Change[] {
  const before = gone.map(({ text }) => text).join(' ');
  const after = come.map(({ text }) => text).join(' ');
  if (before !== '' && after !== '' && Math.max(gone.length, come.length) <= LONGEST_REPLACED)
    return [{ kind: 'replaced', before, after }];
  const removed: Change[] = before === '' ? [] : [{ kind: 'removed', before, after: '' }];
  return after === '' ? removed : [...removed, { kind: 'added', before: '', after }];
}

function listed(changes: readonly Change[], total: number): readonly Change[] | undefined {
  const count = (text: string): number => (text === '' ? 0 : text.split(' ').length);
  const changed = changes.reduce((sum, { before, after }) => sum + Math.max(count(before), count(after)), 0);
  return changed > total * MOST_CHANGED ? undefined : changes;
}
