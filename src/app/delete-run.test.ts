import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut, filesBelow, openTestApp, QUICK, tamper, withMethods } from '../../test/support/app.ts';
import type { InstallationEvent } from '../core/events.ts';
import type { RunId, Sha256 } from '../core/ids.ts';
import { branchRun } from './branch-run.ts';
import type { App } from './context.ts';
import { deleteLabeled, deleteRun } from './delete-run.ts';
import { examine } from './doctor.ts';
import { exportRun } from './export-run.ts';
import { listRuns } from './list-runs.ts';
import { readRun } from './read-run.ts';
import { startRun } from './start-run.ts';
import { verifyRun } from './verify-run.ts';
import { asWorker, work } from './work.ts';

const { signal } = new AbortController();
const PLANTED = 'zebrafinkenkonzert';
const SECRET = { ...QUICK, text: `A ${PLANTED} at noon`, context: `like a ${PLANTED}`, labels: { person: PLANTED } };

async function branchOff(app: App, parent: RunId): Promise<RunId> {
  const { runId } = await branchRun(app, { runId: parent, from: 'outputs' });
  await asWorker(app, () => work(app, { only: runId, signal }));
  return runId;
}

async function receipts(app: App): Promise<InstallationEvent[]> {
  const found: InstallationEvent[] = [];
  for await (const event of app.store.installation.read()) if (event.type === 'content.deleted') found.push(event);
  return found;
}

/** Every file of the data directory that holds the planted word, in a text or between other bytes. */
const holding = (app: App, word: string): string[] =>
  filesBelow(app.dataDirectory).filter((file) => readFileSync(join(app.dataDirectory, file)).includes(word));

describe('a deleted run', () => {
  it('has left nothing of its content in files and database, and its chain verifies', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    await listRuns(app, { search: PLANTED }); // its texts are in the index now
    expect(holding(app, PLANTED)).toContain('stemma.db-wal');
    const { deleted } = await deleteRun(app, { runId });
    expect(deleted).toMatchObject([{ runId, again: false }]);
    expect(holding(app, PLANTED)).toEqual([]);
    expect(await verifyRun(app, runId)).toMatchObject({ ok: true, content: 'deleted', artifacts: 0, problems: [] });
    expect((await listRuns(app, { search: PLANTED })).items).toEqual([]);
  });

  it('has a receipt in the installation log that names its chain', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    const head = await app.store.log.head(runId);
    const { rows } = await readRun(app, runId);
    const files = (await app.store.files.inventory(runId)).length;
    await deleteRun(app, { runId, by: 'teacher' });
    const data = { runId, hash: head?.hash, events: head?.seq, artifacts: rows.length, files, by: 'teacher' };
    expect(await receipts(app)).toMatchObject([{ data }]);
  });

  it('is still shown, listed and exported, without a text', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    await deleteRun(app, { runId });
    const { chronicle, texts } = await readRun(app, runId);
    expect(chronicle.run).toMatchObject({ state: 'succeeded', content: 'deleted', labels: {} });
    expect(chronicle.items.map(({ text }) => text)).toEqual(chronicle.items.map(() => null));
    expect(chronicle.items.map(({ type }) => type)).toContain('interception');
    expect([chronicle.artifacts, [...texts]]).toEqual([[], []]);
    expect((await listRuns(app, {})).items.map((run) => run.runId)).toEqual([runId]);
    expect(JSON.parse(await exportRun(app, { runId, format: 'json' }))).toMatchObject({ run: { content: 'deleted' } });
  });

  it('can be deleted again, and no second receipt is written', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    await deleteRun(app, { runId });
    expect((await deleteRun(app, { runId })).deleted).toMatchObject([{ runId, files: 0, again: true }]);
    expect(await receipts(app)).toHaveLength(1);
  });

  it('whose deletion was cut short is found by the doctor, does not verify, and is finished by asking again', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    const files = withMethods(app.store.files, { delete: () => Promise.reject(new Error('power cut')) });
    const cut = { ...app, store: { ...app.store, files } };
    await expect(deleteRun(cut, { runId })).rejects.toThrow('power cut');
    expect((await verifyRun(app, runId)).ok).toBe(false);
    const found = (await examine(app)).find(({ check }) => check === 'deleted runs');
    expect(found).toMatchObject({ ok: false, detail: expect.stringContaining(runId) });
    const [again] = (await deleteRun(app, { runId })).deleted;
    expect(again?.files).toBeGreaterThan(5);
    expect(holding(app, PLANTED)).toEqual([]);
    expect(await verifyRun(app, runId)).toMatchObject({ ok: true, content: 'deleted' });
    expect((await examine(app)).find(({ check }) => check === 'deleted runs')?.ok).toBe(true);
  });

  it('whose receipt or chain was changed does not verify', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    await deleteRun(app, { runId });
    tamper(app, `update events set body = replace(body, '"by":"admin"', '"by":"nobody"') where run_key is null`);
    const { ok, problems } = await verifyRun(app, runId);
    expect(ok).toBe(false);
    expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining('installation event'), 'receipt']);
  });

  it('needs a receipt, and one that speaks of this chain', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    tamper(app, 'delete from artifacts');
    tamper(app, 'update runs set content_deleted = 1');
    await app.store.files.delete(runId);
    const problems = async () => (await verifyRun(app, runId)).problems;
    expect(await problems()).toMatchObject([{ what: 'receipt', problem: expect.stringContaining('missing') }]);
    const head = await app.store.log.head(runId);
    const data = {
      runId,
      hash: '0'.repeat(64) as Sha256,
      events: head?.seq ?? 1,
      artifacts: 0,
      files: 0,
      bytes: 0,
      by: 'x',
    };
    await app.store.installation.append([{ type: 'content.deleted', data }]);
    expect(await problems()).toMatchObject([{ what: 'receipt', problem: expect.stringContaining('another chain') }]);
  });

  it('cannot be branched', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, SECRET);
    await deleteRun(app, { runId });
    await expect(branchRun(app, { runId, from: 'outputs' })).rejects.toMatchObject({ code: 'CONTENT_DELETED' });
  });
});

describe('a deletion is refused', () => {
  it('while the run goes on', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const refused = deleteRun(app, { runId });
    await expect(refused).rejects.toMatchObject({ code: 'STATE_CONFLICT', hint: expect.stringContaining('cancel') });
  });

  it('of a run that is not there', async () => {
    await using app = await openTestApp();
    const refused = deleteRun(app, { runId: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10' });
    await expect(refused).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('as long as nobody says what becomes of the branches', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, SECRET);
    const branch = await branchOff(app, parent);
    const refused = deleteRun(app, { runId: parent });
    await expect(refused).rejects.toMatchObject({ code: 'STATE_CONFLICT', message: expect.stringContaining(branch) });
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('--branches') });
  });

  it('together with a branch that goes on, and nothing is deleted', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, SECRET);
    await branchRun(app, { runId: parent, from: 'outputs' });
    const refused = deleteRun(app, { runId: parent, branches: 'delete' });
    await expect(refused).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    expect((await verifyRun(app, parent)).content).toBe('present');
  });
});

describe('branches of a deleted run', () => {
  it('keep their copies when that is said, and verify', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, SECRET);
    const branch = await branchOff(app, parent);
    expect(await deleteRun(app, { runId: parent, branches: 'keep' })).toMatchObject({ kept: [branch], left: [] });
    expect(await verifyRun(app, branch)).toMatchObject({ ok: true, content: 'present', problems: [] });
    expect((await readRun(app, branch)).chronicle.items.some(({ text }) => text?.includes(PLANTED))).toBe(true);
  });

  it('go too when that is said, branches of branches first', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, SECRET);
    const branch = await branchOff(app, parent);
    const below = await branchOff(app, branch);
    const { deleted } = await deleteRun(app, { runId: parent, branches: 'delete' });
    expect(deleted.map(({ runId }) => runId)).toEqual([below, branch, parent]);
    expect(holding(app, PLANTED)).toEqual([]);
  });
});

describe('a deletion by label', () => {
  it('takes every run with it and all that branched off them, and no other run', async () => {
    await using app = await openTestApp();
    const [one, two, other] = [await carryOut(app, SECRET), await carryOut(app, SECRET), await carryOut(app)];
    const branch = await branchOff(app, one);
    const { deleted, left } = await deleteLabeled(app, { label: `person=${PLANTED}`, by: 'admin' });
    expect(deleted.map(({ runId }) => runId).toSorted()).toEqual([one, two, branch].toSorted());
    expect(left).toEqual([]);
    expect(holding(app, PLANTED)).toEqual([]);
    expect((await verifyRun(app, other)).content).toBe('present');
  });

  it('leaves a run as a whole while it or one of its branches goes on', async () => {
    await using app = await openTestApp();
    const [parent, done] = [await carryOut(app, SECRET), await carryOut(app, SECRET)];
    const { runId: going } = await branchRun(app, { runId: parent, from: 'outputs' });
    const first = await deleteLabeled(app, { label: `person=${PLANTED}`, by: 'admin' });
    expect(first.deleted.map(({ runId }) => runId)).toEqual([done]);
    expect([...first.left].toSorted()).toEqual([parent, going].toSorted());
    await asWorker(app, () => work(app, { only: going, signal }));
    const second = await deleteLabeled(app, { label: `person=${PLANTED}`, by: 'admin' });
    expect(second.deleted.map(({ runId }) => runId)).toEqual([going, parent]);
  });

  it('is refused for a text that is no label', async () => {
    await using app = await openTestApp();
    const refused = deleteLabeled(app, { label: 'person', by: 'admin' });
    await expect(refused).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
