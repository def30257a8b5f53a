import picocolors from 'picocolors';

/** What lines and marks are made of. Every mark differs from the others without any colour. */
export interface Marks {
  /** A version that a person wrote. */
  readonly person: string;
  /** A version that a machine's hand wrote. */
  readonly hand: string;
  /** A version that is still to come. */
  readonly expected: string;
  readonly trunk: string;
  readonly dotted: string;
  readonly fork: string;
  readonly lastFork: string;
  readonly gate: string;
  /** Where a trunk ends at a gate. */
  readonly gateEnd: string;
  readonly double: string;
  readonly passed: string;
  readonly again: string;
  readonly failed: string;
  readonly waiting: string;
  readonly skipped: string;
  readonly removed: string;
  readonly added: string;
  readonly arrow: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly times: string;
}

const UNICODE: Marks = {
  person: '●',
  hand: '○',
  expected: '◌',
  trunk: '│',
  dotted: '┊',
  fork: '├─',
  lastFork: '└─',
  gate: '║',
  gateEnd: '╧',
  double: '═',
  passed: '✓',
  again: '↻',
  failed: '×',
  waiting: '◷',
  skipped: '–',
  removed: '−',
  added: '+',
  arrow: '→',
  dot: '·',
  ellipsis: '…',
  times: '×',
};

const ASCII: Marks = {
  person: '@',
  hand: 'o',
  expected: '.',
  trunk: '|',
  dotted: ':',
  fork: '|-',
  lastFork: '`-',
  gate: 'H',
  gateEnd: '=',
  double: '=',
  passed: '+',
  again: '~',
  failed: 'x',
  waiting: '%',
  skipped: '-',
  removed: '-',
  added: '+',
  arrow: '->',
  dot: '-',
  ellipsis: '...',
  times: 'x',
};

export type Ink = (text: string) => string;

/** How drawings look: two inks say who wrote, the marks say what. */
export interface Style {
  readonly unicode: boolean;
  readonly marks: Marks;
  /** What a person wrote. */
  readonly person: Ink;
  /** What a machine's hand wrote. */
  readonly hand: Ink;
  /** What a machine's hand has just written. */
  readonly added: Ink;
  /** What is no longer there. */
  readonly gone: Ink;
  /** What is said about the texts. */
  readonly dim: Ink;
  readonly strong: Ink;
  /** A letter's or an output's number, small and high where the signs exist: `C²`, else `C2`. */
  raised(number: number): string;
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** @param options - `unicode: false` draws with plain ASCII */
export function createStyle(options: { readonly colour: boolean; readonly unicode: boolean }): Style {
  const { colour, unicode } = options;
  const { bold, cyan, dim, underline } = picocolors.createColors(colour);
  const raised = (number: number): string =>
    unicode ? String(number).replaceAll(/\d/g, (digit) => RAISED[Number(digit)] ?? digit) : String(number);
  return {
    unicode,
    marks: unicode ? UNICODE : ASCII,
    person: (text) => text,
    hand: cyan,
    added: (text) => underline(cyan(text)),
    gone: dim,
    dim,
    strong: bold,
    raised,
  };
}

/** What every drawing is told about the place it is drawn for. */
export interface DrawOptions {
  readonly style: Style;
  /** Columns of the terminal. */
  readonly width: number;
  /** ISO 639-1; without words of its own it is drawn in English. */
  readonly language: string;
}
