import type { CostItem, Costs, CostTotal } from '../../app/costs.ts';
import { cleanLine } from './clean.ts';
import { drawColumns } from './columns.ts';
import type { DrawOptions } from './style.ts';
import { fill, phrasesOf } from './words.ts';

/** What calls have cost: a line for each group, and the sum. */
export function drawCosts({ by, items, total, isCut }: Costs, options: DrawOptions): string {
  const phrases = phrasesOf(options.language);
  const { sums, nothing } = phrases.words;
  if (items.length === 0) return `${nothing.costs}\n`;
  const nameOf = (key: string): string => (key === '' && by === 'room' ? sums.noRoom : cleanLine(key));
  const rows: readonly CostItem[] = [
    ...items.map((item) => ({ ...item, key: nameOf(item.key) })),
    { ...total, key: sums.total },
  ];
  const counted = (title: string, read: (row: CostTotal) => number, least?: number) => ({
    title,
    read: (row: CostItem): string => (read(row) === 0 ? '' : phrases.number(read(row))),
    align: 'right' as const,
    ...(least === undefined ? {} : { least }),
  });
  const table = drawColumns(
    rows,
    [
      { title: sums[by], read: ({ key }) => key, ...(by === 'run' ? {} : { least: 12 }) },
      { title: sums.cost, read: ({ microUsd }) => phrases.exactMoney(microUsd), align: 'right' },
      counted(sums.calls, ({ calls }) => calls),
      counted(sums.tokensIn, ({ tokensIn }) => tokensIn, 0),
      counted(sums.tokensOut, ({ tokensOut }) => tokensOut, 0),
      counted(sums.unpriced, ({ unpriced }) => unpriced),
      counted(sums.estimated, ({ estimated }) => estimated),
    ],
    options,
  );
  return isCut ? `${table}${fill(sums.cut, { count: items.length })}\n` : table;
}
