import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import {
  HandClock,
  attemptEnded,
  attemptStarted,
  breakerClosed,
  codeOf,
  collect,
  never,
  register,
  runEnded,
  sqliteFixture,
  startedRun,
  submission,
  testDigest,
  worker,
} from '../../../test/support/store-fixtures.ts';
import type { StepPath } from '../../core/ids.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openSqliteLogAndQueue } from './open.ts';
import type { SqliteLogAndQueue, SqliteOptions } from './open.ts';

/** A folder with a database that is opened with the options of the test. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-open-'));
  const file = join(folder, 'data', 'stemma.db');
  const open = (options: Partial<SqliteOptions> = {}): Promise<SqliteLogAndQueue> =>
    openSqliteLogAndQueue({ file, clock: new HandClock(), digest: testDigest, beats: 'manual', ...options });
  return { file, folder, open, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const withClock = (store: SqliteLogAndQueue, clock = new HandClock()) => Object.assign(store, { clock });
const step = (index: number) => [attemptStarted(`s${index}`), attemptEnded(`s${index}`)];

describe('opening', () => {
  test('every connection writes through and keeps a log of its own', async () => {
    using at = place();
    await using store = await at.open();
    const reports = store.connections();
    expect(reports).toHaveLength(2);
    for (const report of reports) expect(report).toMatchObject({ journalMode: 'wal', synchronous: 2, foreignKeys: 1 });
    expect(reports[0]?.busyTimeoutMs).toBe(0);
  });

  test('the migrations make the schema that is committed beside them', async () => {
    using database = new DatabaseSync(':memory:');
    for (const sql of MIGRATIONS) database.exec(sql);
    const made = database.prepare('select sql from sqlite_schema where sql is not null order by rowid').all();
    await expect(made.map(({ sql }) => `${String(sql)};\n`).join('\n')).toMatchFileSnapshot('./schema.sql');
  });

  test('four sessions that open a new store at once make it once', async () => {
    using at = place();
    const stores = await Promise.all([1, 2, 3, 4].map(() => at.open()));
    const health = await Promise.all(stores.map((store) => store.health()));
    expect(health.map(({ schemaVersion, integrity }) => [schemaVersion, integrity])).toEqual(
      Array.from({ length: 4 }, () => [MIGRATIONS.length, 'ok']),
    );
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a file that is no database is refused with what to do', async () => {
    using at = place();
    await (await at.open()).close();
    writeFileSync(at.file, 'this was a shopping list once, long enough to be read as a header of a file. '.repeat(50));
    await expect(at.open()).rejects.toMatchObject({ code: 'STORE_CORRUPT', hint: expect.stringContaining('backup') });
  });

  test('a database with damaged pages is refused when they are met', async () => {
    using at = place();
    await (await at.open()).close();
    const bytes = readFileSync(at.file);
    writeFileSync(at.file, bytes.fill(0x5a, 100, 4096));
    expect(await codeOf(at.open())).toBe('STORE_CORRUPT');
  });

  test('a database of another program is refused and left as it is', async () => {
    using at = place();
    const file = join(at.folder, 'other.db');
    const other = new DatabaseSync(file);
    other.exec('create table notes (text text)');
    other.close();
    expect(await codeOf(at.open({ file }))).toBe('STORE_CORRUPT');
    using again = new DatabaseSync(file);
    expect(again.prepare('select name from sqlite_schema').all()).toHaveLength(1);
  });

  test('a store of a newer version is refused and left as it is', async () => {
    using at = place();
    await (await at.open({ migrations: [...MIGRATIONS, 'create table later (key integer primary key)'] })).close();
    await expect(at.open()).rejects.toMatchObject({ code: 'STORE_NEWER', facts: { version: MIGRATIONS.length + 1 } });
  });

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is named', async () => {
    using at = place();
    chmodSync(at.folder, 0o500);
    expect(await codeOf(at.open())).toBe('FORBIDDEN');
    chmodSync(at.folder, 0o700);
  });

  test('a path through a file is named', async () => {
    using at = place();
    writeFileSync(join(at.folder, 'data'), 'a file');
    expect(await codeOf(at.open())).toBe('INPUT_INVALID');
  });
});

describe('migrating', () => {
  const later = [...MIGRATIONS, 'create table later (key integer primary key)'];

  test('an older store is backed up beside itself and then brought up to date', async () => {
    using at = place();
    const run = submission();
    await during(await at.open(), async (store) => store.queue.submit(run));
    await during(await at.open({ migrations: later }), async (store) => {
      expect((await store.health()).schemaVersion).toBe(later.length);
      expect(await store.log.head(run.runId)).toMatchObject({ seq: 1 });
    });
    const backup = `${at.file}.schema-${MIGRATIONS.length}.2026-01-01T00-00-00-000Z.backup`;
    expect(existsSync(backup)).toBe(true);
    using old = new DatabaseSync(backup, { readOnly: true });
    expect(old.prepare('select count(*) as runs from runs').get()).toMatchObject({ runs: 1 });
  });

  test('a migration that fails leaves the store as it was', async () => {
    using at = place();
    await (await at.open()).close();
    expect(await codeOf(at.open({ migrations: [...later, 'create table runs (key integer)'] }))).toBe('INTERNAL');
    await using store = await at.open();
    expect((await store.health()).schemaVersion).toBe(MIGRATIONS.length);
  });

  test('a store is not migrated while another worker lives, and is once its counter stands still', async () => {
    using at = place();
    await using old = withClock(await at.open());
    const id = await register(old, 'old');
    const clock = new HandClock();
    const sleep = vi.spyOn(clock, 'sleep').mockImplementation(() => old.beat(id));
    expect(await codeOf(at.open({ migrations: later, clock }))).toBe('STORE_BUSY');
    sleep.mockImplementation(async () => {});
    await using store = await at.open({ migrations: later, clock });
    expect((await store.health()).schemaVersion).toBe(later.length);
  });
});

describe('constraints', () => {
  test('the database itself refuses what no caller may write', async () => {
    await using fixture = await sqliteFixture();
    await using session = await fixture.open();
    const holder = await register(session, 'a');
    const lease = await startedRun(session, holder);
    await session.log.append(lease, { drafts: [...step(1), attemptStarted('s2')] });
    const ended = await startedRun(session, holder);
    await session.log.append(ended, { drafts: [runEnded] });
    using database = new DatabaseSync(fixture.file);
    const refused = [
      `update runs set state = 'dreaming' where id = '${lease.runId}'`,
      `update runs set state = 'pending' where id = '${lease.runId}'`,
      `update runs set state = 'succeeded', ended_at = at, holder = null where id = '${lease.runId}'`,
      `update runs set state = 'running', ended_at = null where id = '${ended.runId}'`,
      `update runs set holder = 1 where id = '${ended.runId}'`,
      `insert into attempts values (1, 's1', 1, null, 'running', 5, null, null)`,
      `insert into attempts values (1, 's1', 2, 1, 'running', 5, null, null)`,
      `insert into attempts values (1, 's3', 2, 1, 'running', 5, null, null)`,
      `insert into attempts values (1, 's3', 2, null, 'running', 5, null, null)`,
      `insert into attempts values (1, 's3', 1, null, 'succeeded', 5, null, null)`,
      `insert into attempts values (9, 's3', 1, null, 'running', 5, null, null)`,
      `update attempts set ended_at = started_at - 1, state = 'failed' where path = 's2'`,
      `update attempts set state = 'asleep' where path = 's2'`,
      `update attempts set state = 'failed' where path = 's1'`,
      `insert into events (run_key, seq, body, hash) values (1, 2, '{}', zeroblob(32))`,
      `insert into events (run_key, seq, body, hash) values (9, 1, '{}', zeroblob(32))`,
      `insert into commands (run_key, type, sender) values (1, 'sing', 'cli')`,
      ...['', '00', '00'.repeat(17), 'zz'.repeat(16), 'AA'.repeat(16)].map(
        (salt) => `insert into artifacts (run_key, id, type, media_type, sha256, salt, size_bytes, sources)
          values (1, 'a', 'input', 'text/plain', '', '${salt}', 0, '[]')`,
      ),
    ];
    const outcomes = refused.map((sql) => {
      try {
        return database.exec(sql);
      } catch (error) {
        return error instanceof Error ? 'refused' : error;
      }
    });
    expect(outcomes).toEqual(refused.map(() => 'refused'));
  });
});

describe('the mailbox', () => {
  test('a run that ends leaves no mail behind', async () => {
    await using fixture = await sqliteFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    await session.queue.send(lease.runId, { type: 'pause', by: 'cli' });
    await session.log.append(lease, { drafts: [runEnded] });
    using database = new DatabaseSync(fixture.file);
    expect(database.prepare('select count(*) as left_over from commands').get()).toMatchObject({ left_over: 0 });
  });
});

describe('faults', () => {
  test('a full database answers STORE_FULL, keeps what it had, and goes on once there is space', async () => {
    using at = place();
    await using store = withClock(await at.open());
    const holder = await register(store, 'a');
    const leases = [await startedRun(store, holder), await startedRun(store, holder)] as const;
    store.limitPages(1);
    const many = Array.from({ length: 1000 }, (_, index) => step(index)).flat();
    const outcomes = leases.map((lease) => codeOf(store.log.append(lease, { drafts: many })));
    expect(await Promise.all(outcomes)).toEqual(['STORE_FULL', 'STORE_FULL']);
    expect(await collect(store.log.read(leases[0].runId))).toHaveLength(2);
    store.limitPages(100_000);
    for (const lease of leases) expect(await store.log.append(lease, { drafts: many })).toMatchObject({ seq: 2002 });
    expect((await store.health()).integrity).toBe('ok');
  });

  test('a full database refuses a reservation and an event of the installation whole, and takes them once there is space', async () => {
    using at = place();
    await using store = withClock(await at.open());
    const lease = await startedRun(store, await register(store, 'a'));
    const closings = Array.from({ length: 500 }, () => breakerClosed);
    const budgets = Array.from({ length: 500 }, (_, index) => ({ scope: 'config' as const, subject: `c${index}` }));
    const need = { path: 's1' as StepPath, attempt: 1, permits: [], budgets, costMicroUsd: 10 };
    store.limitPages(1);
    const refused = [store.ledger.reserve(lease, need), store.installation.append(closings)].map(codeOf);
    expect(await Promise.all(refused)).toEqual(['STORE_FULL', 'STORE_FULL']);
    store.limitPages(100_000);
    expect(await store.ledger.reserve(lease, need)).toMatchObject({ ok: true });
    expect(await store.installation.append(closings)).toMatchObject({ seq: 501 });
    expect((await store.health()).integrity).toBe('ok');
  });

  test('while another process writes, a write waits without stopping the event loop, and then is stored', async () => {
    using at = place();
    await using store = withClock(await at.open());
    const lease = await startedRun(store, await register(store, 'a'));
    const other = new DatabaseSync(at.file);
    other.exec('begin immediate');
    const stored = store.log.append(lease, { drafts: step(1) });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await store.log.head(lease.runId))?.seq).toBe(2);
    other.exec('commit');
    other.close();
    expect(await stored).toMatchObject({ seq: 4 });
  });

  test('a lock of more than 10 s refuses all that waited, and the next write goes on', async () => {
    using at = place();
    const clock = new HandClock();
    await using store = withClock(await at.open({ clock }), clock);
    const lease = await startedRun(store, await register(store, 'a'));
    const other = new DatabaseSync(at.file);
    other.exec('begin immediate');
    const outcomes = [step(1), step(2)].map((drafts) => codeOf(store.log.append(lease, { drafts })));
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(10_000);
    expect(await Promise.all(outcomes)).toEqual(['STORE_BUSY', 'STORE_BUSY']);
    other.exec('rollback');
    other.close();
    expect(await store.log.append(lease, { drafts: step(1) })).toMatchObject({ seq: 4 });
  });

  test('an entry that is no event any more is named to its reader, and others read on', async () => {
    using at = place();
    await using store = withClock(await at.open());
    const holder = await register(store, 'a');
    const [damaged, whole] = [await startedRun(store, holder), await startedRun(store, holder)];
    using other = new DatabaseSync(at.file);
    other.exec(`update events set body = 'scribble' where position = 2`);
    expect(await codeOf(collect(store.log.read(damaged.runId)))).toBe('STORE_CORRUPT');
    expect(await codeOf(collect(store.log.follow({ position: 0 }, never), 4))).toBe('STORE_CORRUPT');
    expect(await collect(store.log.read(whole.runId))).toHaveLength(2);
  });
});

describe('several processes', () => {
  const modules = fileURLToPath(new URL('../../../', import.meta.url));
  const program = (file: string, runs: number): string => `
    import { openSqliteLogAndQueue } from '${modules}src/store/sqlite/open.ts';
    import { HandClock, register, startedRun, testDigest } from '${modules}test/support/store-fixtures.ts';
    const clock = new HandClock();
    const store = await openSqliteLogAndQueue({ file: ${JSON.stringify(file)}, clock, digest: testDigest, beats: 'manual' });
    const session = Object.assign(store, { clock });
    const holder = await register(session, 'other');
    for (let index = 0; index < ${runs}; index += 1)
      await startedRun(session, holder, { runId: '019b0000-0000-7000-8000-00000000f00' + index });
    await store.close();`;

  test('a follower gets what another process writes, each event once', async () => {
    using at = place();
    await using store = withClock(await at.open());
    const followed = collect(store.log.follow({ position: 0 }, never), 14);
    const own = startedRun(store, await register(store, 'a'));
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(at.file, 5)], { stdio: 'inherit' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const events = await followed;
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
    expect(await ended).toBe(0);
    await own;
  });

  test('a thread raises the counter of a worker until it retires', async () => {
    using at = place();
    await using store = await at.open({ beats: 'thread' });
    const id = worker('a');
    await store.queue.register({ id, host: 'test', pid: 1, version: '0.1.0', slots: 4 });
    const beats = async (): Promise<number> => (await store.queue.workers())[0]?.beats ?? 0;
    await vi.waitFor(async () => expect(await beats()).toBeGreaterThan(0), { timeout: 20_000, interval: 50 });
    await store.queue.retire(id);
    expect((await store.queue.workers())[0]).toMatchObject({ stopped: true });
  });
});

/** Uses a resource, then disposes of it. */
async function during<T extends AsyncDisposable>(resource: T, use: (resource: T) => Promise<unknown>): Promise<void> {
  await use(resource);
  await resource[Symbol.asyncDispose]();
}
