import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { memoryKitStore } from '../../test/support/memory-kit-store.ts';
import { openCrashKit } from './crash-kit.ts';
import { connectionsWriteThrough } from './durability/connections.ts';
import { walCutAnywhere } from './durability/wal-cuts.ts';

test('a module that opens no store is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-module-'));
  try {
    const file = join(folder, 'empty.js');
    writeFileSync(file, 'export const nothing = 1;\n');
    await expect(openCrashKit({ module: pathToFileURL(file) })).rejects.toThrow('exports no function openKitStore');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a store that is not over SQLite has no connections and no log to look at', async () => {
  const tried = { module: new URL('file:///nowhere.js'), open: memoryKitStore() };
  expect(await connectionsWriteThrough(tried)).toEqual([]);
  expect(await walCutAnywhere(tried)).toEqual([]);
});
