import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { readWal } from './wal-file.ts';

test('a log says where its transactions end, and is cut at and inside every frame', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-wal-'));
  try {
    const file = join(folder, 'a.db');
    using database = new DatabaseSync(file);
    database.exec('pragma journal_mode = wal; create table t (x)');
    const length = (): number => readFileSync(`${file}-wal`).length;
    const ends = [length()];
    for (const x of [1, 2]) {
      database.exec(`begin; insert into t values (${x}); commit`);
      ends.push(length());
    }
    const wal = readFileSync(`${file}-wal`);
    const { commitEnds, cuts } = readWal(wal);
    const pageBytes = wal.readUInt32BE(8);
    const frames = (wal.length - 32) / (24 + pageBytes);
    expect(commitEnds).toEqual(ends);
    expect(cuts).toHaveLength(4 * frames + 1);
    expect([cuts[0], cuts.at(-1)]).toEqual([32, wal.length]);
    expect(readWal(wal.subarray(0, -1)).commitEnds).toEqual(ends.slice(0, -1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
