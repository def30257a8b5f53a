import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

function rosterOfOne(): { file: string; database: DatabaseSync; beats: () => number } {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-beats-'));
  const file = join(folder, 'stemma.db');
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec("create table workers (id text, beats integer); insert into workers values ('a', 0)");
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const stored = database.prepare('select beats from workers');
  return { file, database, beats: () => Number(stored.get()?.['beats']) };
}

test('a counter that could not be raised for a while goes on once it can', async () => {
  const { file, database, beats } = rosterOfOne();
  database.exec(`create table tries (n integer); create trigger full before update on workers
    begin insert into tries values (1); select raise(fail, 'no space'); end`);
  const heartbeat = new Heartbeat(file, 'a');
  const tried = database.prepare('select count(*) as n from tries');
  await vi.waitFor(() => expect(tried.get()?.['n']).toBeGreaterThan(0), { timeout: 10_000 });
  expect(beats()).toBe(0);
  database.exec('drop trigger full');
  await vi.waitFor(() => expect(beats()).toBeGreaterThan(0), { timeout: 10_000 });
  await heartbeat.stop();
});
