import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { EventDraft } from '../../core/events.ts';
import type { ArtifactId, Instant, RunId, Sha256, StepPath, WorkerId } from '../../core/ids.ts';
import type { ArtifactRow, Clock, FileStore, Lease, RunListFilter } from '../../core/ports.ts';
import type { Usage } from '../../core/schema.ts';
import { MemoryFileStore } from '../files/memory/memory-file-store.ts';
import { nodeDigest } from '../system/digest.ts';
import { systemIds } from '../system/ids.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { readModels } from './migrations/002-read-models.ts';
import { openSqliteLogAndQueue } from './open.ts';
import type { SqliteLogAndQueue } from './open.ts';
import { SqliteRunQueries } from './run-queries.ts';

const SHA = 'a'.repeat(64) as Sha256;
const WORKER = 'worker-1' as WorkerId;
const STEP = 'interception' as StepPath;
const migrations = MIGRATIONS.includes(readModels) ? MIGRATIONS : [...MIGRATIONS, readModels];

interface Given {
  readonly input?: string;
  readonly config?: string;
  readonly labels?: readonly { key: string; value: string }[];
  readonly parent?: RunId;
}

/** A store with a clock that a test moves, and shorthands for what a run does. */
class Bench implements AsyncDisposable {
  readonly file: string;
  readonly files: FileStore = new MemoryFileStore();
  readonly clock: Clock;
  now = Date.parse('2026-03-01T10:00:00.000Z');
  readonly #store: SqliteLogAndQueue;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(file: string, store: SqliteLogAndQueue, cleanup: AsyncDisposableStack) {
    this.file = file;
    this.#store = store;
    this.#cleanup = cleanup;
    this.clock = { ...stillClock, now: () => this.now as Instant };
  }

  static async open(): Promise<Bench> {
    const cleanup = new AsyncDisposableStack();
    const root = cleanup.use(await mkdtempDisposable(join(tmpdir(), 'stemma-queries-')));
    const file = join(root.path, 'stemma.db');
    const clock: Clock = { ...stillClock, now: () => bench.now as Instant };
    const store = await openSqliteLogAndQueue({ file, clock, digest: nodeDigest, beats: 'manual', migrations });
    cleanup.use(store);
    const bench = new Bench(file, store, cleanup);
    await store.queue.register({ id: WORKER, host: 'h', pid: 1, version: '0', slots: 8 });
    return bench;
  }

  queries(search: 'on' | 'off' = 'on'): SqliteRunQueries {
    return new SqliteRunQueries({ file: this.file, clock: this.clock, files: this.files, search });
  }

  async submit({ input = 'a text', config = 'dada', labels = [], parent }: Given = {}): Promise<Lease> {
    this.now += 1000;
    const runId = systemIds.runId();
    const row = await this.#artifact(runId, 'input', input);
    const lease = await this.#store.queue.submit(
      {
        runId,
        artifacts: [row],
        labels,
        priority: 'normal',
        definitions: { digest: SHA, files: [] },
        created: { type: 'run.created', data: createdData(row.id, { config, ...(parent && { parent }) }) },
      },
      WORKER,
    );
    if (lease === undefined) throw new Error('the run is not held');
    return lease;
  }

  /** One attempt with a text, as the first step or a further attempt of it. */
  async step(lease: Lease, text: string, usage: Usage = { costMicroUsd: null }): Promise<void> {
    const row = await this.#artifact(lease.runId, 'interception', text);
    await this.append(lease, [{ type: 'run.started', data: {} }, ...attempt(row.id, usage)], [row]);
  }

  append(lease: Lease, drafts: readonly EventDraft[], artifacts: readonly ArtifactRow[] = []): Promise<unknown> {
    this.now += 1000;
    return this.#store.log.append(lease, { drafts, artifacts });
  }

  end(lease: Lease, state: 'succeeded' | 'failed' = 'succeeded'): Promise<unknown> {
    return this.append(lease, [{ type: 'run.ended', data: { state } }]);
  }

  async #artifact(runId: RunId, type: string, body: string): Promise<ArtifactRow> {
    const file = await this.files.create(runId, { type, body, work: false, number: 1 });
    const { id, sha256, sizeBytes, mediaType } = file;
    return { id, runId, type, sha256, sizeBytes, mediaType, salt: '0'.repeat(32), sources: [] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

const stillClock: Omit<Clock, 'now'> = { monotonicMs: () => performance.now(), sleep: () => Promise.resolve() };

function createdData(input: ArtifactId, { config, parent }: { config: string; parent?: RunId }) {
  return {
    config,
    pipeline: 'text-to-media',
    profile: 'offline',
    outputs: ['image', 'text'],
    definitions: SHA,
    level: 'youth',
    policy: 'none',
    lang: 'de',
    seed: 7,
    priority: 'normal',
    stemma: '0.1.0',
    given: [{ id: input, commitment: SHA }],
    ...(parent && { parent: { runId: parent, fromStep: STEP } }),
  } as const;
}

function attempt(output: ArtifactId, usage: Usage): EventDraft[] {
  const place = { stepPath: STEP, attempt: 1 };
  const started = {
    stage: 'text.interception',
    stageVersion: 1,
    definition: SHA,
    inputs: [],
    queuedMs: 0,
    route: { chosen: 'offline/m', candidates: ['offline/m'], ruledOut: {} },
    worker: WORKER,
  };
  const ended = {
    state: 'succeeded',
    facts: {},
    outputs: [{ id: output, commitment: SHA }],
    durationMs: 1,
    provider: 'offline',
    model: 'm',
    usage,
  } as const;
  return [
    { type: 'attempt.started', ...place, data: started },
    { type: 'attempt.ended', ...place, data: ended },
  ];
}

const ids = async (queries: SqliteRunQueries, filter: Partial<RunListFilter> = {}): Promise<readonly RunId[]> =>
  (await queries.list({ limit: 100, ...filter })).items.map(({ runId }) => runId);

describe('the list of runs', () => {
  test('shows a run with what it was made of, cost and times', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const parent = await bench.submit();
    const labels = [{ key: 'goal', value: 'poem' }];
    const lease = await bench.submit({ config: 'bauhaus', labels, parent: parent.runId });
    const createdAt = bench.now;
    await bench.step(lease, 'ein Text', { costMicroUsd: 1200 });
    await bench.end(lease);
    const { items, nextCursor } = await queries.list({ limit: 1 });
    expect(items).toEqual([
      {
        runId: lease.runId,
        state: 'succeeded',
        config: 'bauhaus',
        pipeline: 'text-to-media',
        profile: 'offline',
        safety: 'youth',
        createdAt,
        endedAt: createdAt + 2000,
        durationMs: 1000,
        outputs: ['image', 'text'],
        costMicroUsd: 1200,
        parent: parent.runId,
        labels: { goal: 'poem' },
      },
    ]);
    expect(nextCursor).not.toBeNull();
  });

  test('is empty for an empty store', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    expect(await queries.list({ limit: 10 })).toEqual({ items: [], nextCursor: null });
  });

  test('follows a run through its states', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const state = async (): Promise<unknown> => (await queries.list({ limit: 1 })).items[0]?.state;
    const lease = await bench.submit();
    expect(await state()).toBe('pending');
    await bench.append(lease, [{ type: 'run.started', data: {} }]);
    expect(await state()).toBe('running');
    await bench.append(lease, [{ type: 'run.waiting', data: { for: 'time', until: bench.now as Instant } }]);
    expect(await state()).toBe('waiting');
    await bench.append(lease, [{ type: 'run.resumed', data: {} }]);
    await bench.append(lease, [{ type: 'run.paused', data: {} }]);
    expect(await state()).toBe('paused');
    await bench.append(lease, [{ type: 'run.ended', data: { state: 'canceled' } }]);
    expect(await state()).toBe('canceled');
  });

  test('is newest first and comes in pages that neither repeat nor miss a run', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const submitted: RunId[] = [];
    for (let count = 0; count < 7; count++) {
      if (count % 2 === 0) bench.now -= 1000;
      submitted.unshift((await bench.submit()).runId);
    }
    const seen: RunId[] = [];
    let cursor: string | null = null;
    do {
      const page = await queries.list({ limit: 3, ...(cursor !== null && { cursor }) });
      seen.push(...page.items.map(({ runId }) => runId));
      cursor = page.nextCursor;
      // A run that comes in between belongs to no later page.
      if (seen.length === 3) await bench.submit();
    } while (cursor !== null);
    expect(seen).toEqual(submitted);
  });

  test('takes filters, also together', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const first = await bench.submit({ config: 'dada', labels: [{ key: 'goal', value: 'a' }] });
    const firstAt = bench.now as Instant;
    const second = await bench.submit({ config: 'bauhaus', labels: [{ key: 'goal', value: 'b' }] });
    const secondAt = bench.now as Instant;
    await bench.append(second, [{ type: 'run.started', data: {} }]);
    expect(await ids(queries, { state: 'running' })).toEqual([second.runId]);
    expect(await ids(queries, { config: 'dada' })).toEqual([first.runId]);
    expect(await ids(queries, { from: secondAt })).toEqual([second.runId]);
    expect(await ids(queries, { to: firstAt })).toEqual([first.runId]);
    expect(await ids(queries, { from: firstAt, to: secondAt })).toEqual([second.runId, first.runId]);
    expect(await ids(queries, { label: { key: 'goal', value: 'b' } })).toEqual([second.runId]);
    expect(await ids(queries, { label: { key: 'goal', value: 'b' }, config: 'dada' })).toEqual([]);
  });

  test.each(['', 'x', 'MTIz', Buffer.from('1/x').toString('base64url'), "'; drop table runs"])(
    'refuses the cursor %j',
    async (cursor) => {
      await using bench = await Bench.open();
      await using queries = bench.queries();
      await expect(queries.list({ limit: 1, cursor })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    },
  );

  test.each([0, -1, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    await expect(queries.list({ limit })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('takes in more events than one page, once, also when two ask at the same time', async () => {
    await using bench = await Bench.open();
    await using one = bench.queries();
    await using two = bench.queries();
    const lease = await bench.submit();
    await bench.step(lease, 'text', { costMicroUsd: 5 });
    for (let count = 0; count < 12; count++) {
      const notes = Array.from({ length: 100 }, () => ({
        type: 'command.received',
        data: { command: 'pause', by: 'x' },
      }));
      await bench.append(lease, notes as EventDraft[]);
    }
    await bench.end(lease);
    const lists = await Promise.all([one, two, one, two].map((queries) => queries.list({ limit: 5 })));
    for (const list of lists) expect(list.items).toMatchObject([{ state: 'succeeded', costMicroUsd: 5 }]);
  });
});

test('labels of a run are there at once, and a run that is not there has none', async () => {
  await using bench = await Bench.open();
  await using queries = bench.queries();
  const lease = await bench.submit({ labels: ['person', 'goal'].map((key) => ({ key, value: `the ${key}` })) });
  expect(await queries.labels(lease.runId)).toEqual({ person: 'the person', goal: 'the goal' });
  expect(await queries.labels(systemIds.runId())).toEqual({});
});

describe('search', () => {
  test('finds a word of the input and of a text in between', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const cat = await bench.submit({ input: 'Eine Katze sitzt auf dem Dach und träumt vom Meer' });
    const dog = await bench.submit({ input: 'Ein Hund schläft' });
    await bench.step(dog, 'Seifenblasen über dem Meer');
    expect(await ids(queries, { search: 'katze' })).toEqual([cat.runId]);
    expect(await ids(queries, { search: 'Seifenblasen' })).toEqual([dog.runId]);
    expect(await ids(queries, { search: 'meer' })).toEqual([dog.runId, cat.runId]);
    expect(await ids(queries, { search: 'traum' })).toEqual([cat.runId]);
    expect(await ids(queries, { search: 'Elefant' })).toEqual([]);
  });

  test('wants every word, in whichever text of the run', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const run = await bench.submit({ input: 'Hund' });
    await bench.step(run, 'Seifenblasen');
    await bench.submit({ input: 'Seifenblasen' });
    expect(await ids(queries, { search: 'hund seifenblasen' })).toEqual([run.runId]);
  });

  test.each(['"', 'cat OR', 'cat*', '(cat', 'cat" AND', 'body:cat', '-cat', 'NEAR(cat', "cat'", 'cat\0', '^cat'])(
    'takes %j as plain words',
    async (search) => {
      await using bench = await Bench.open();
      await using queries = bench.queries();
      const run = await bench.submit({ input: 'the cat and the body or what is near' });
      expect(await ids(queries, { search })).toEqual(search === '"' ? [] : [run.runId]);
    },
  );

  test('reads no work files, no verdicts and nothing that is no text', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const lease = await bench.submit({ input: 'plain' });
    const drafts = [
      { type: 'request', body: 'hidden', work: true },
      { type: 'safety_output', body: '{"terms":["hidden"]}', work: false },
      { type: 'error', body: 'hidden', work: false },
      { type: 'output_image', body: '<svg><text>hidden</text></svg>', work: false },
      { type: 'output_code', body: 'shown', work: false },
    ];
    const rows: ArtifactRow[] = [];
    for (const draft of drafts) {
      const file = await bench.files.create(lease.runId, { ...draft, number: 1 });
      rows.push({ ...file, runId: lease.runId, type: draft.type, salt: '0'.repeat(32), sources: [] });
    }
    const [started, ended] = attempt('' as ArtifactId, { costMicroUsd: null });
    const outputs = rows.map(({ id }) => ({ id, commitment: SHA }));
    const all = { ...ended, data: { ...ended?.data, outputs } } as EventDraft;
    await bench.append(lease, [{ type: 'run.started', data: {} }, started as EventDraft, all], rows);
    expect(await ids(queries, { search: 'hidden' })).toEqual([]);
    expect(await ids(queries, { search: 'shown' })).toEqual([lease.runId]);
  });

  test('does not stumble over a file that is gone', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    const gone = await bench.submit({ input: 'gone' });
    const there = await bench.submit({ input: 'there' });
    await bench.files.delete(gone.runId);
    expect(await ids(queries, { search: 'gone' })).toEqual([]);
    expect(await ids(queries)).toEqual([there.runId, gone.runId]);
  });

  test('is refused when privacy.search is off, and the index is gone from the file', async () => {
    await using bench = await Bench.open();
    const run = await bench.submit({ input: 'Geheimnis' });
    await using on = bench.queries('on');
    expect(await ids(on, { search: 'geheimnis' })).toEqual([run.runId]);
    await using off = bench.queries('off');
    await expect(off.list({ limit: 1, search: 'geheimnis' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await ids(off)).toEqual([run.runId]);
    expect(tables(bench.file)['searched_texts']).toEqual([]);
    expect(tables(bench.file)['run_texts']).toEqual([]);
    await using again = bench.queries('on');
    expect(await ids(again, { search: 'geheimnis' })).toEqual([run.runId]);
  });
});

/** Every read model, row by row; of the full-text table its words with their places. */
function tables(file: string): Readonly<Record<string, unknown>> {
  using database = new DatabaseSync(file);
  database.exec("create virtual table temp.words using fts5vocab('main', 'run_texts', 'instance')");
  const read = (sql: string): unknown[] => database.prepare(sql).all();
  return {
    run_list: read('select * from run_list order by run_key'),
    statistics_runs: read('select * from statistics_runs order by run_key'),
    attempt_statistics: read('select * from attempt_statistics order by run_key, path, attempt'),
    cost_sums: read('select * from cost_sums order by day, config, path'),
    run_costs: read('select * from run_costs order by run_key, day'),
    searched_texts: read('select * from searched_texts order by key'),
    projections: read('select * from projections order by name'),
    run_texts: read('select * from temp.words order by term, doc, offset'),
  };
}

describe('a rebuild', () => {
  test('gives the tables that were there, byte for byte, and says how many events it read', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    let events = 0;
    for (const config of ['dada', 'bauhaus', 'dada']) {
      const lease = await bench.submit({ config, input: `${config} am Meer` });
      await bench.step(lease, `ein Text über ${config}`, { costMicroUsd: 3 });
      await queries.list({ limit: 1 });
      await bench.end(lease, config === 'dada' ? 'failed' : 'succeeded');
      events += 5;
    }
    await queries.list({ limit: 1 });
    const before = tables(bench.file);
    expect(before['run_list']).toHaveLength(3);
    expect(before['run_texts']).not.toEqual([]);
    expect(before['cost_sums']).not.toEqual([]);
    expect(before['run_costs']).toHaveLength(3);
    expect(await queries.rebuild()).toEqual({ events });
    expect(tables(bench.file)).toEqual(before);
  });

  test('mends read models that somebody has spoilt', async () => {
    await using bench = await Bench.open();
    await using queries = bench.queries();
    await bench.submit({ input: 'Katze' });
    await queries.list({ limit: 1 });
    const before = tables(bench.file);
    using database = new DatabaseSync(bench.file);
    database.exec(
      "update run_list set config = 'other'; delete from searched_texts; update projections set position = 99",
    );
    await queries.rebuild();
    expect(tables(bench.file)).toEqual(before);
  });
});

test('a writer that holds the database for a moment is waited for', async () => {
  await using bench = await Bench.open();
  await using queries = bench.queries();
  const run = await bench.submit();
  using blocker = new DatabaseSync(bench.file);
  blocker.exec('begin immediate');
  const listed = ids(queries);
  setImmediate(() => setImmediate(() => blocker.exec('commit')));
  expect(await listed).toEqual([run.runId]);
});

test('an entry of the log that is damaged is named', async () => {
  await using bench = await Bench.open();
  await using queries = bench.queries();
  await bench.submit();
  using database = new DatabaseSync(bench.file);
  database.exec("update events set body = 'not json'");
  await expect(queries.list({ limit: 1 })).rejects.toMatchObject({ code: 'STORE_CORRUPT', facts: { position: 2 } });
});

test('queries that were closed open nothing again', async () => {
  await using bench = await Bench.open();
  const queries = bench.queries();
  await queries.list({ limit: 1 });
  await queries.close();
  await queries.close();
  await expect(queries.list({ limit: 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('a database that is not there is an error of the store', async () => {
  await using root = await mkdtempDisposable(join(tmpdir(), 'stemma-queries-'));
  const clock = { ...stillClock, now: () => 0 as Instant };
  const file = join(root.path, 'nowhere', 'stemma.db');
  const queries = new SqliteRunQueries({ file, clock, files: new MemoryFileStore(), search: 'on' });
  await expect(queries.list({ limit: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
