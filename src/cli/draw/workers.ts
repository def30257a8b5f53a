import type { ListedWorker } from '../../app/workers.ts';
import { cleanAll } from './clean.ts';
import { drawColumns } from './columns.ts';
import type { DrawOptions } from './style.ts';
import { phrasesOf } from './words.ts';

/** Workers, one a line, with how many of their places are taken. */
export function drawWorkersTable(items: readonly ListedWorker[], options: DrawOptions): string {
  const { style } = options;
  const { words } = phrasesOf(options.language);
  const titles = words.workers;
  const { liveness: alive, modes, worker } = words.stats;
  if (items.length === 0) return `${words.nothing.workers}\n`;
  return drawColumns(
    cleanAll(items),
    [
      { title: worker, read: ({ id }) => id, ink: () => style.strong },
      { title: titles.mode, read: ({ mode }) => modes[mode] },
      { title: titles.liveness, read: ({ liveness }) => alive[liveness] },
      { title: titles.host, read: ({ host }) => host, least: 6 },
      { title: titles.pid, read: ({ pid }) => String(pid), align: 'right' },
      { title: titles.slots, read: ({ slots }) => `${slots.used}/${slots.of}`, align: 'right' },
      { title: titles.version, read: ({ version }) => version, least: 0 },
    ],
    options,
  );
}
