import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchDocument } from './document.ts';
import { toMarkdown, toRows } from './table.ts';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const MARKED = /(<!-- bench:figures -->\n)[^]*(\n<!-- \/bench:figures -->)/;

/** Puts machine and figures into the marked place of `docs/performance.md`. */
export function writeDocs(document: BenchDocument): void {
  const before = readFileSync(page, 'utf8');
  if (!MARKED.test(before)) throw new Error('docs/performance.md has no place marked bench:figures.');
  writeFileSync(
    page,
    before.replace(MARKED, (_, start: string, end: string) => `${start}\n${figures(document)}\n${end}`),
  );
}

function figures(document: BenchDocument): string {
  const { cpu, cores, memoryBytes, platform, node } = document.machine;
  const gib = (memoryBytes / 2 ** 30).toFixed(0);
  const day = new Date().toISOString().slice(0, 10);
  const peers = Object.values(document.more.peers).map((about) => `- ${Object.values(about).join(': ')}`);
  return [
    `Measured on ${day}: ${cpu}, ${cores} cores, ${gib} GiB, ${platform}, Node ${node}.`,
    toMarkdown(toRows(document)),
    peers.join('\n'),
  ].join('\n\n');
}
