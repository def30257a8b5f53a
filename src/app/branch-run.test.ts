import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { carryOut, filesBelow, gatedStudio, openTestApp, QUICK, recordOf } from '../../test/support/app.ts';
import type { RunId } from '../core/ids.ts';
import { branchRun } from './branch-run.ts';
import type { BranchRunInput } from './branch-run.ts';
import type { App } from './context.ts';
import { readRun } from './read-run.ts';
import { startRun } from './start-run.ts';
import { verifyRun } from './verify-run.ts';
import { asWorker, work } from './work.ts';

const { signal } = new AbortController();

/** A branch from its beginning to its end. */
async function carryOutBranch(app: App, input: BranchRunInput): Promise<RunId> {
  const { runId } = await branchRun(app, input);
  await asWorker(app, () => work(app, { only: runId, signal }));
  return runId;
}

async function stepsOf(app: App, runId: RunId): Promise<{ reused: string[]; ran: string[] }> {
  const { steps } = (await readRun(app, runId)).chronicle;
  return {
    reused: steps.filter(({ reusedFrom }) => reusedFrom !== undefined).map(({ path }) => path),
    ran: steps.filter(({ attempts }) => attempts > 0).map(({ path }) => path),
  };
}

/** Everything that is stored of a run: its rows in every table, and its files. */
function fingerprint(app: App, runId: RunId): string {
  const hash = createHash('sha256');
  const database = new DatabaseSync(join(app.dataDirectory, 'stemma.db'), { readOnly: true });
  const key = database.prepare('select key from runs where id = ?').get(runId)?.['key'] ?? null;
  for (const table of ['attempts', 'events', 'artifacts', 'labels', 'commands'])
    hash.update(JSON.stringify(database.prepare(`select * from ${table} where run_key = ?`).all(key)));
  hash.update(JSON.stringify(database.prepare('select * from runs where key = ?').all(key)));
  database.close();
  const folder = app.store.files.folder(runId) ?? '';
  for (const file of filesBelow(folder)) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

describe('a branch', () => {
  it('takes over what comes before the step, runs the rest, and verifies', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const runId = await carryOutBranch(app, { runId: parent, from: 'outputs[1].generate' });
    const { reused, ran } = await stepsOf(app, runId);
    expect(reused).toEqual(['checkOriginal', 'translate', 'interception[1]', 'outputs[1].check']);
    expect(ran).toEqual(['outputs[1].generate']);
    expect(await verifyRun(app, runId)).toMatchObject({ ok: true, content: 'present', problems: [] });
  });

  it('is named by its parent, and names it', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const runId = await carryOutBranch(app, { runId: parent, from: 'interception' });
    const [above, below] = [await readRun(app, parent), await readRun(app, runId)];
    expect(above.chronicle.branches).toEqual([{ runId, fromStep: 'interception' }]);
    expect(below.chronicle.run.parent).toEqual({ runId: parent, fromStep: 'interception' });
  });

  it('leaves the rows, events and files of its parent as they were', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, { ...QUICK, labels: { person: '7' } });
    const before = fingerprint(app, parent);
    await carryOutBranch(app, { runId: parent, from: 'interception', set: { context: 'As a snail.' } });
    await readRun(app, parent);
    expect(fingerprint(app, parent)).toBe(before);
  });

  it('made twice has the same bytes', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const input: BranchRunInput = { runId: parent, from: 'interception', set: { seed: 8, context: 'As a snail.' } };
    const made = async (runId: RunId) =>
      (await readRun(app, runId)).rows
        .filter(({ id, stepPath }) => stepPath !== undefined && !id.includes('/work/') && !id.includes('_safety_'))
        .map(({ stepPath, type, sha256 }) => `${stepPath} ${type} ${sha256}`);
    const [one, two] = [await carryOutBranch(app, input), await carryOutBranch(app, input)];
    expect(await made(one)).toEqual(await made(two));
    expect(await made(one)).toHaveLength(3);
  });

  it('keeps what the parent was asked for, and what the person had edited, but for what is set', async () => {
    await using app = await openTestApp();
    const asked = {
      ...QUICK,
      config: 'dada',
      context: 'As a bird.',
      set: { iterations: 2 },
      seed: 11,
      labels: { goal: 'a' },
    };
    const parent = await carryOut(app, asked);
    const runId = await carryOutBranch(app, {
      runId: parent,
      from: 'interception[2]',
      set: { set: { iterations: 3 }, labels: { goal: 'b' }, priority: 'high' },
    });
    const { chronicle, texts, rows } = await recordOf(app, runId);
    expect(chronicle.run).toMatchObject({ seed: 11, priority: 'high', labels: { goal: 'b' }, config: 'dada' });
    const textOf = (type: string) => texts.get(rows.find((row) => row.type === type)?.id ?? ('' as never));
    expect(textOf('context')).toBe('As a bird.');
    expect(JSON.parse(textOf('request') ?? '')).toMatchObject({ edited: { context: true, task: false } });
    const { reused, ran } = await stepsOf(app, runId);
    expect(reused).toEqual(['checkOriginal', 'translate', 'interception[1]']);
    expect(ran).toEqual(['interception[2]', 'interception[3]', 'outputs[1].check', 'outputs[1].generate']);
  });

  it('of a run that still goes on takes over what has succeeded so far', async () => {
    const studio = gatedStudio();
    await using app = await openTestApp(studio.options);
    const { runId: parent } = await startRun(app, { config: 'gated', text: 'a cat' });
    const leave = new AbortController();
    const going = asWorker(app, () => work(app, { only: parent, signal: leave.signal }));
    await studio.reached;
    const { runId } = await branchRun(app, { runId: parent, from: 'second' });
    studio.open();
    await going;
    await asWorker(app, () => work(app, { only: runId, signal }));
    expect(await stepsOf(app, runId)).toEqual({ reused: ['first'], ran: ['second'] });
  });
});

describe('a branch has', () => {
  it('the stricter level of its parent and the one in force', async () => {
    await using app = await openTestApp({ settings: { level: 'adult' } });
    const parent = await carryOut(app, { ...QUICK, safety: 'kids' });
    const runId = await carryOutBranch(app, { runId: parent, from: 'interception' });
    expect((await readRun(app, runId)).chronicle.run.safety).toBe('kids');
    const looser = branchRun(app, { runId: parent, from: 'interception', set: { safety: 'adult' } });
    await expect(looser).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('the definitions of its parent, unless it asks for those of today', async () => {
    const config = (context: string) =>
      `name: Mine\npipeline: text-to-text\nprocedure: unchanged\noutputs: [text]\ncontext: ${context}\nparameters: { iterations: 1 }\n`;
    await using app = await openTestApp({ definitions: { 'configs/mine.yaml': config('as it was') } });
    const parent = await carryOut(app, { config: 'mine', text: 'A cat', seed: 7 });
    app.define('configs/mine.yaml', config('as it is'));
    const contextOf = async (runId: RunId) => {
      const { rows, texts } = await readRun(app, runId);
      return texts.get(rows.find(({ type }) => type === 'context')?.id ?? ('' as never));
    };
    const stored = await carryOutBranch(app, { runId: parent, from: 'outputs' });
    const current = await carryOutBranch(app, { runId: parent, from: 'outputs', definitions: 'current' });
    expect([await contextOf(stored), await contextOf(current)]).toEqual(['as it was', 'as it is']);
    expect((await stepsOf(app, current)).ran).toContain('interception[1]');
    expect((await stepsOf(app, stored)).ran).not.toContain('interception[1]');
  });

  it('outputs and a profile that the parent did not have', async () => {
    await using app = await openTestApp({
      definitions: {
        'profiles/other.yaml': 'name: Other\nroles: { intercept: [offline/procedure], image: [offline/composition] }\n',
      },
    });
    const parent = await carryOut(app);
    const runId = await carryOutBranch(app, {
      runId: parent,
      from: 'outputs',
      set: { outputs: ['text', 'image'], profile: 'other' },
    });
    const { chronicle } = await readRun(app, runId);
    expect(chronicle.run).toMatchObject({ state: 'succeeded', profile: 'other', problems: [] });
    expect((await stepsOf(app, runId)).ran).toContain('outputs[2].generate');
  });
});

describe('a branch is refused', () => {
  it.each([
    ['interceptoin', '"interception"'],
    ['outputs[2].generate', '"outputs[1].generate"'],
    ['outputs[1].generat', '"outputs[1].generate"'],
    ['nothing like it', 'runs show'],
    ['interception[0]', '"interception'],
  ])('from a step that the run does not have: %s', async (from, hint) => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const refused = branchRun(app, { runId: parent, from });
    await expect(refused).rejects.toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining(hint) });
  });

  it('of a run that is not there', async () => {
    await using app = await openTestApp();
    const refused = branchRun(app, { runId: '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10', from: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('with something that no run takes', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    for (const set of [{ set: { nothing: 1 } }, { outputs: ['nothing'] }, { profile: 'nothing' }, { text: ' ' }])
      await expect(branchRun(app, { runId: parent, from: 'outputs', set })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
      });
    const config = { config: 'dada' } as object;
    await expect(branchRun(app, { runId: parent, from: 'outputs', set: config })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});
