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
  readonly across: string;
  readonly gate: string;
  readonly double: string;
  readonly passed: string;
  readonly again: string;
  readonly failed: string;
  readonly waiting: string;
  readonly skipped: string;
  readonly arrow: string;
  readonly dot: string;
  readonly ellipsis: string;
  readonly times: string;
  /** Stands for a sign that must not reach the terminal. */
  readonly unprintable: string;
}

const UNICODE: Marks = {
  person: '●',
  hand: '○',
  expected: '◌',
  trunk: '│',
  dotted: '┊',
  fork: '├─',
  lastFork: '└─',
  across: '─',
  gate: '║',
  double: '═',
  passed: '✓',
  again: '↻',
  failed: '×',
  waiting: '◷',
  skipped: '⤳',
  arrow: '→',
  dot: '·',
  ellipsis: '…',
  times: '×',
  unprintable: '\u{FFFD}',
};

const ASCII: Marks = {
  person: '@',
  hand: 'o',
  expected: '.',
  trunk: '|',
  dotted: ':',
  fork: '|-',
  lastFork: '`-',
  across: '-',
  gate: 'H',
  double: '=',
  passed: '+',
  again: '~',
  failed: 'x',
  waiting: '%',
  skipped: '>',
  arrow: '->',
  dot: '-',
  ellipsis: '...',
  times: 'x',
  unprintable: '?',
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
  const { bold, cyan, dim } = picocolors.createColors(colour);
  const raised = (number: number): string =>
    unicode ? String(number).replaceAll(/\d/g, (digit) => RAISED[Number(digit)] ?? digit) : String(number);
  return { unicode, marks: unicode ? UNICODE : ASCII, person: (text) => text, hand: cyan, dim, strong: bold, raised };
}

/** What every drawing is told about the place it is drawn for. */
export interface DrawOptions {
  readonly style: Style;
  /** Columns of the terminal. */
  readonly width: number;
  /** ISO 639-1; without words of its own it is drawn in English. */
  readonly language: string;
}
