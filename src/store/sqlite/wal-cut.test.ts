import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  HandClock,
  artifactRow,
  attemptEnded,
  breakerClosed,
  register,
  routedAttempt,
  runEnded,
  runStarted,
  submission,
  testDigest,
} from '../../../test/support/store-fixtures.ts';
import type { StepPath } from '../../core/ids.ts';
import { openSqliteLogAndQueue } from './open.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const PAGE_BYTES = 4096;
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;

/** Everything that the writes of the test touch, as one text. */
const STATE = ['events', 'runs', 'attempts', 'artifacts', 'installation', 'spendings', 'reservations', 'held_permits'];

function stateOf(file: string): string {
  using database = new DatabaseSync(file);
  return JSON.stringify(STATE.map((table) => database.prepare(`select * from ${table}`).all()));
}

interface Acknowledged {
  readonly walBytes: number;
  readonly state: string;
}

/** Writes one thing after another; what stands in the files after each was acknowledged. */
async function write(file: string): Promise<readonly Acknowledged[]> {
  const clock = new HandClock();
  const opened = await openSqliteLogAndQueue({ file, clock, digest: testDigest, beats: 'manual' });
  const session = Object.assign(opened, { clock });
  const acknowledged: Acknowledged[] = [];
  const note = (): void => {
    acknowledged.push({ walBytes: readFileSync(`${file}-wal`).byteLength, state: stateOf(file) });
  };
  const holder = await register(session, 'a');
  note();
  const lease = await session.queue.submit(submission(), holder);
  if (lease === undefined) throw new Error('the queue gave no lease');
  note();
  await session.log.append(lease, { drafts: [runStarted] });
  note();
  const budgets = [{ scope: 'room' as const, subject: 'r1' }];
  const permits = [{ name: 'p', amount: 1, limit: 1, kind: 'held' as const }];
  for (const attempt of [1, 2, 3]) {
    const path = `s${attempt}` as StepPath;
    const reservation = await session.ledger.reserve(lease, { path, attempt, budgets, permits, costMicroUsd: 10 });
    note();
    await session.log.append(lease, { drafts: [routedAttempt(path, 'x/m')] });
    note();
    const artifacts = [artifactRow(lease.runId, attempt)];
    await session.log.append(lease, { drafts: [attemptEnded(path)], artifacts });
    note();
    await session.ledger.settle(reservation.ok ? reservation.id : 0, 7);
    note();
    await session.installation.append([breakerClosed]);
    note();
  }
  await session.log.append(lease, { drafts: [runEnded] });
  note();
  // As after a power cut: nobody closes the database, which would take its log in.
  copyFileSync(file, `${file}.left`);
  copyFileSync(`${file}-wal`, `${file}.left-wal`);
  await session.close();
  return acknowledged;
}

test('a log that was cut at or inside any frame leaves exactly what was acknowledged before the cut', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-wal-'));
  using _cleanup = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  const file = join(folder, 'stemma.db');
  await (await openSqliteLogAndQueue({ file, clock: new HandClock(), digest: testDigest })).close();
  const before = stateOf(file);
  const acknowledged = await write(file);
  const wal = readFileSync(`${file}.left-wal`);
  const frames = (wal.byteLength - WAL_HEADER_BYTES) / FRAME_BYTES;
  expect(frames).toBeGreaterThan(acknowledged.length);
  const starts = Array.from({ length: frames }, (_, index) => WAL_HEADER_BYTES + index * FRAME_BYTES);
  const cuts = [0, ...starts.flatMap((at) => [at, at + FRAME_HEADER_BYTES, at + FRAME_BYTES - 1]), wal.byteLength];
  const cutFile = join(folder, 'cut.db');
  for (const cut of cuts) {
    copyFileSync(`${file}.left`, cutFile);
    writeFileSync(`${cutFile}-wal`, wal.subarray(0, cut));
    const expected = acknowledged.findLast(({ walBytes }) => walBytes <= cut)?.state ?? before;
    expect(stateOf(cutFile) === expected, `cut after ${cut} bytes`).toBe(true);
  }
});
