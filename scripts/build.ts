/** Builds `dist/`: types stripped by tsc, then the data files of the packs beside the code that reads them, and the first page of help. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DATA = 'src/**/*.{yaml,json,sql,txt}';

rmSync(join(root, 'dist'), { recursive: true, force: true });
const tsc = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  { stdio: 'inherit' },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
for (const file of globSync(DATA, { cwd: root }))
  cpSync(join(root, file), join(root, 'dist', relative('src', file)), { recursive: true });

const help = spawnSync(process.execPath, [join(root, 'dist/main.js'), '--help'], { encoding: 'utf8' });
if (help.status !== 0) process.exit(help.status ?? 1);
writeFileSync(join(root, 'dist/help.txt'), help.stdout);
