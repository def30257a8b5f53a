import { cut, cutStart, padEnd, padStart, widthOf, wrap } from './layout.ts';
import type { DrawOptions, Ink } from './style.ts';

export interface Column<Row> {
  readonly title: string;
  readonly read: (row: Row) => string;
  readonly align?: 'right';
  /** May be cut to so many columns when the terminal is narrow; without it the column never is. */
  readonly least?: number;
  /** Where a text that is too long loses letters. */
  readonly cutAt?: 'start';
  readonly ink?: (row: Row) => Ink;
}

const GAP = 2;
/** A terminal is taken to be at least so wide. */
const NARROWEST = 20;

/** Rows under their titles, in columns as wide as their widest cell; a line never leaves the terminal. */
export function drawColumns<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: DrawOptions): string {
  const filled = columns.filter(({ read }) => rows.some((row) => read(row) !== ''));
  const widths = fitted(rows, filled, Math.max(NARROWEST, options.width));
  const { dim, marks } = options.style;
  const line = (cell: (column: Column<Row>, width: number) => string): string =>
    filled
      .map((column, at) => cell(column, widths[at] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd();
  const place = (text: string, { align, cutAt }: Column<Row>, width: number): string => {
    const fits = cutAt === 'start' ? cutStart(text, width, marks.ellipsis) : cut(text, width, marks.ellipsis);
    return align === 'right' ? padStart(fits, width) : padEnd(fits, width);
  };
  const head = line(({ title, align }, width) => {
    const fits = cut(title, width, marks.ellipsis);
    return dim(align === 'right' ? padStart(fits, width) : padEnd(fits, width));
  });
  const body = rows.map((row) =>
    line((column, width) => {
      const text = place(column.read(row), column, width);
      return column.ink === undefined ? text : column.ink(row)(text);
    }),
  );
  return `${[head, ...body].join('\n')}\n`;
}

/** Where a line is too long, the columns that may lose letters do, the one with the most to spare first. */
function fitted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): number[] {
  const widths = columns.map(({ title, read }) => Math.max(widthOf(title), ...rows.map((row) => widthOf(read(row)))));
  const spare = widths.map((own, at) => own - Math.min(own, columns[at]?.least ?? own));
  let over = widths.reduce((sum, own) => sum + own, 0) + GAP * (columns.length - 1) - width;
  for (; over > 0; over -= 1) {
    const most = Math.max(...spare);
    if (most === 0) break;
    const at = spare.indexOf(most);
    spare[at] = most - 1;
    widths[at] = (widths[at] ?? 0) - 1;
  }
  return widths;
}

/** Names to the left, what they stand for to the right; empty ones are left out. */
export function drawFacts(facts: readonly (readonly [name: string, value: string])[], options: DrawOptions): string {
  const told = facts.filter(([, value]) => value !== '');
  const widest = Math.max(0, ...told.map(([name]) => widthOf(name)));
  const { dim } = options.style;
  const room = Math.max(NARROWEST, options.width - widest - GAP);
  const lines = told.flatMap(([name, value]) =>
    wrap(value, room).map((line, at) => `${dim(padEnd(at === 0 ? name : '', widest))}${' '.repeat(GAP)}${line}`),
  );
  return `${lines.join('\n')}\n`;
}
