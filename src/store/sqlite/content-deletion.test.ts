import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { receiptOf } from '../../../test/contract/content-deletion.contract.ts';
import {
  HandClock,
  nextRunId,
  register,
  runEnded,
  sha,
  startedRun,
  testDigest,
} from '../../../test/support/store-fixtures.ts';
import type { RunId } from '../../core/ids.ts';
import type { RunListFilter } from '../../core/ports.ts';
import { MemoryFileStore } from '../files/memory/memory-file-store.ts';
import { openSqliteLogAndQueue } from './open.ts';
import { SqliteRunQueries } from './run-queries.ts';

/** A store with an index of texts, in a folder of its own. */
async function place() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-deletion-'));
  const file = join(folder, 'stemma.db');
  const [clock, files] = [new HandClock(), new MemoryFileStore()];
  const opened = await openSqliteLogAndQueue({ file, clock, digest: testDigest, beats: 'manual' });
  const session = Object.assign(opened, { clock });
  const queries = new SqliteRunQueries({ file, clock, files, search: 'on' });
  const holder = await register(session, 'a');
  return {
    file,
    session,
    queries,
    /** A run that has ended, with a text that is searched, a salt, and a name in its labels. */
    async run({ text, salt, person }: { text: string; salt: string; person: string }): Promise<RunId> {
      const runId = nextRunId();
      const input = await files.create(runId, { type: 'input', body: text, work: false, number: 1 });
      const artifacts = [{ ...input, runId, type: 'input', salt, sources: [] }];
      const given = [{ id: input.id, commitment: sha('committed') }];
      const lease = await startedRun(session, holder, {
        runId,
        artifacts,
        labels: [{ key: 'person', value: person }],
        given,
      });
      await session.log.append(lease, { drafts: [runEnded] });
      return runId;
    },
    async remove(runId: RunId): Promise<void> {
      await files.delete(runId);
      await session.log.deleteContent(runId, receiptOf(runId));
    },
    async ids(filter: Partial<RunListFilter> = {}): Promise<readonly RunId[]> {
      return (await queries.list({ limit: 1000, ...filter })).items.map(({ runId }) => runId);
    },
    /** Which of the texts stand somewhere in the files of the database. */
    found(texts: readonly string[]): readonly string[] {
      const bytes = [file, `${file}-wal`].filter((name) => existsSync(name)).map((name) => readFileSync(name));
      return texts.filter((text) => bytes.some((content) => content.includes(text)));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await queries.close();
      await session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Words that stand nowhere else, different in every run. */
const contentOf = (index: number) => ({
  text: `${sha(`word ${index}`)} sits on the roof`,
  salt: sha(`salt ${index}`).slice(0, 32),
  person: `person ${sha(`person ${index}`)}`,
});

/** What the files must not hold of a run any more; the index of texts shares the first letters of words. */
const tracesOf = ({ text, salt, person }: ReturnType<typeof contentOf>): readonly string[] => [
  text.slice(8, 40),
  sha(text),
  salt,
  person,
];

test('what is deleted stands nowhere in the files of the database, and everything else stays', async () => {
  await using at = await place();
  const contents = Array.from({ length: 150 }, (_, index) => contentOf(index));
  const runs: RunId[] = [];
  for (const content of contents) runs.push(await at.run(content));
  await at.ids({ search: 'roof' });
  const isDeleted = (index: number): boolean => index % 5 === 0;
  const deleted = contents.filter((_, index) => isDeleted(index)).flatMap(tracesOf);
  const kept = contents.filter((_, index) => !isDeleted(index)).flatMap(tracesOf);
  expect(at.found(deleted)).toEqual(deleted);
  for (const [index, runId] of runs.entries()) if (isDeleted(index)) await at.remove(runId);
  expect(at.found(deleted)).toEqual([]);
  expect(at.found(kept)).toEqual(kept);
  expect((await at.session.health()).integrity).toBe('ok');
});

test('a deleted run stays in the list without its labels, and no search finds it, rebuilt or not', async () => {
  await using at = await place();
  const [one, two] = [contentOf(1), contentOf(2)];
  const [runId, other] = [await at.run(one), await at.run(two)];
  const [word] = one.text.split(' ');
  expect(await at.ids({ search: word ?? '' })).toEqual([runId]);
  await at.remove(runId);
  for (const rebuild of [false, true]) {
    if (rebuild) await at.queries.rebuild();
    expect(await at.ids()).toEqual([other, runId]);
    expect(await at.ids({ search: word ?? '' })).toEqual([]);
    expect(await at.ids({ search: 'roof' })).toEqual([other]);
    expect(await at.ids({ label: { key: 'person', value: one.person } })).toEqual([]);
    expect(await at.queries.labels(runId)).toEqual({});
  }
});

test('a text that was read for the index before its run was deleted does not come into it', async () => {
  await using at = await place();
  const runId = await at.run(contentOf(1));
  const searching = at.ids({ search: 'roof' });
  await at.session.log.deleteContent(runId, receiptOf(runId));
  await searching;
  expect(await at.ids({ search: 'roof' })).toEqual([]);
  expect(at.found(tracesOf(contentOf(1)))).toEqual([]);
});

test('a reader that holds the log open is waited for', async () => {
  await using at = await place();
  const runId = await at.run(contentOf(1));
  const reader = new DatabaseSync(at.file, { readOnly: true });
  reader.exec('begin; select * from labels');
  const deleting = at.remove(runId);
  await expect.poll(async () => (await at.session.log.head(runId))?.contentDeleted).toBe(true);
  expect(at.found(tracesOf(contentOf(1)))).not.toEqual([]);
  reader.close();
  await deleting;
  expect(at.found(tracesOf(contentOf(1)))).toEqual([]);
});
