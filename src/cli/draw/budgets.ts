import type { ListedBudget } from '../../app/budgets.ts';
import { cleanAll } from './clean.ts';
import { drawColumns } from './columns.ts';
import type { DrawOptions } from './style.ts';
import { phrasesOf } from './words.ts';

/** Budgets, one a line: what is spent and reserved of how much, and what happens at the limit. */
export function drawBudgets(items: readonly ListedBudget[], options: DrawOptions): string {
  const { words, exactMoney } = phrasesOf(options.language);
  const { budgets, nothing } = words;
  if (items.length === 0) return `${nothing.budgets}\n`;
  return drawColumns(
    cleanAll(items),
    [
      { title: budgets.scope, read: ({ scope }) => scope },
      { title: budgets.subject, read: ({ subject }) => subject, least: 8 },
      { title: budgets.spent, read: ({ spentMicroUsd }) => exactMoney(spentMicroUsd), align: 'right' },
      {
        title: budgets.reserved,
        read: ({ reservedMicroUsd }) => (reservedMicroUsd === 0 ? '' : exactMoney(reservedMicroUsd)),
        align: 'right',
      },
      { title: budgets.limit, read: ({ limitMicroUsd }) => exactMoney(limitMicroUsd), align: 'right' },
      { title: budgets.share, read: ({ percent }) => (percent === null ? '' : `${percent} %`), align: 'right' },
      { title: budgets.mode, read: ({ mode }) => budgets.modes[mode] },
    ],
    options,
  );
}
