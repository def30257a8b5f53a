/** Texts in columns: what is as wide as what on a terminal. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const EMOJI = /\p{Emoji_Presentation}|\uFE0F|\p{Regional_Indicator}/u;
const PLAIN = /^[\u0020-\u007E]*$/u;

/** East Asian Wide and Fullwidth (Unicode Standard Annex 11), without emoji. */
const WIDE: readonly (readonly [from: number, to: number])[] = [
  [0x11_00, 0x11_5f],
  [0x2e_80, 0x30_3e],
  [0x30_41, 0x33_ff],
  [0x34_00, 0x4d_bf],
  [0x4e_00, 0x9f_ff],
  [0xa0_00, 0xa4_cf],
  [0xa9_60, 0xa9_7f],
  [0xac_00, 0xd7_a3],
  [0xf9_00, 0xfa_ff],
  [0xfe_10, 0xfe_19],
  [0xfe_30, 0xfe_6f],
  [0xff_00, 0xff_60],
  [0xff_e0, 0xff_e6],
  [0x1_6f_e0, 0x1_8c_ff],
  [0x1_af_f0, 0x1_b2_ff],
  [0x1_f2_00, 0x1_f2_65],
  [0x2_00_00, 0x3_ff_fd],
];

const signsOf = (text: string): string[] => Array.from(graphemes.segment(text), ({ segment }) => segment);

/** Columns that a text without colours takes. */
export const widthOf = (text: string): number =>
  PLAIN.test(text) ? text.length : signsOf(text).reduce((sum, sign) => sum + signWidth(sign), 0);

function signWidth(sign: string): number {
  if (NO_WIDTH.test(sign)) return 0;
  const code = sign.codePointAt(0) ?? 0;
  return EMOJI.test(sign) || WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** The text, or as much of its beginning as there is room for, ending in `ellipsis`. */
export function cut(text: string, width: number, ellipsis = '…'): string {
  if (widthOf(text) <= width) return text;
  if (width < widthOf(ellipsis)) return takeColumns(text, Math.max(0, width));
  return takeColumns(text, width - widthOf(ellipsis)).trimEnd() + ellipsis;
}

/** The end of a text, for paths. */
export function cutStart(text: string, width: number, ellipsis = '…'): string {
  const reversed = (part: string): string => signsOf(part).toReversed().join('');
  return widthOf(text) <= width ? text : reversed(cut(reversed(text), width, reversed(ellipsis)));
}

function takeColumns(text: string, width: number): string {
  let taken = '';
  let used = 0;
  for (const sign of signsOf(text)) {
    used += signWidth(sign);
    if (used > width) break;
    taken += sign;
  }
  return taken;
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
export const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

/** A piece of text in its ink. */
export interface Span {
  readonly text: string;
  readonly ink: (text: string) => string;
}

export const plainSpan = (text: string): Span => ({ text, ink: (own) => own });

/** Breaks spans into lines of at most `width` columns: at line ends, else at spaces, else between two signs. */
export function wrapSpans(spans: readonly Span[], width: number): string[] {
  const lines = new Lines(Math.max(1, width));
  for (const { text, ink } of spans)
    for (const piece of text.match(/\n|[^\S\n]+|[^\s]+/gu) ?? []) lines.add(piece, ink);
  return lines.end();
}

export const wrap = (text: string, width: number): string[] => wrapSpans([plainSpan(text)], width);

/** Fills line after line. A word of several spans stays together. */
class Lines {
  readonly #width: number;
  readonly #lines: string[] = [];
  #line = '';
  #used = 0;
  #space: Span | undefined;
  #word: Span[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  add(piece: string, ink: Span['ink']): void {
    if (/^\s/u.test(piece)) this.#placeWord();
    if (piece === '\n') this.#break();
    else if (/^\s/u.test(piece)) this.#space = { text: piece, ink };
    else this.#word.push({ text: piece, ink });
  }

  end(): string[] {
    this.#placeWord();
    this.#break();
    return this.#lines;
  }

  #placeWord(): void {
    const word = this.#word;
    if (word.length === 0) return;
    this.#word = [];
    const size = word.reduce((sum, { text }) => sum + widthOf(text), 0);
    const gap = this.#space === undefined ? 0 : widthOf(this.#space.text);
    if (this.#used > 0 && this.#used + gap + size > this.#width) this.#break();
    else if (this.#space !== undefined && gap + size <= this.#width) this.#put(this.#space);
    this.#space = undefined;
    for (const span of word) this.#putLong(span);
  }

  #putLong({ text, ink }: Span): void {
    let rest = text;
    while (this.#used + widthOf(rest) > this.#width) {
      const head = takeColumns(rest, this.#width - this.#used);
      // a wide sign on a line of one column goes over its edge rather than nowhere
      const fits = head === '' && this.#used === 0 ? (signsOf(rest)[0] ?? rest) : head;
      if (fits !== '') this.#put({ text: fits, ink });
      rest = rest.slice(fits.length);
      if (rest === '') return;
      this.#break();
    }
    this.#put({ text: rest, ink });
  }

  #put({ text, ink }: Span): void {
    this.#line += ink(text);
    this.#used += widthOf(text);
  }

  #break(): void {
    this.#lines.push(this.#line);
    this.#line = '';
    this.#used = 0;
    this.#space = undefined;
  }
}
