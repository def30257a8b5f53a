import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { RunId } from '../core/ids.ts';
import { branchRun } from './branch-run.ts';
import { compareRuns } from './compare-runs.ts';
import type { RunComparison } from './compare-runs.ts';
import { deleteRun } from './delete-run.ts';
import { exactDiff } from './exact-diff.ts';
import { asWorker, work } from './work.ts';

const DADA = { config: 'dada', text: 'A cat sits on the roof and dreams of the sea', seed: 7 };

let app: TestApp;
let dada: RunId;
let other: RunId;

beforeAll(async () => {
  app = await openTestApp();
  dada = await carryOut(app, DADA);
  other = await carryOut(app, { ...DADA, seed: 8 });
});
afterAll(() => app[Symbol.asyncDispose]());

const stepOf = ({ steps }: RunComparison, path: string) => steps.find((step) => step.path === path);

describe('two runs of one config with different seeds', () => {
  it('differ in the seed and in what it moves, word by word', async () => {
    const comparison = await compareRuns(app, dada, other);
    expect(comparison.settings).toEqual([{ name: 'seed', left: '7', right: '8' }]);
    expect(comparison.given).toEqual([]);
    expect(stepOf(comparison, 'translate')?.artifact).toEqual({ kind: 'same', type: 'translation' });
    const rewritten = stepOf(comparison, 'interception[1]');
    expect(rewritten?.left).toMatchObject({
      state: 'succeeded',
      attempts: 1,
      models: ['offline/procedure/cut-up@1'],
      costMicroUsd: 0,
    });
    const words = rewritten?.artifact?.kind === 'text' ? rewritten.artifact.words : [];
    expect(words.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['same', 'removed', 'added']));
  });

  it('have pictures that look different', async () => {
    const artifact = stepOf(await compareRuns(app, dada, other), 'outputs[1].generate')?.artifact;
    expect(artifact).toMatchObject({ kind: 'picture', type: 'output_image', left: { width: 1024 } });
    const distance = artifact?.kind === 'picture' ? artifact.distance : null;
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThanOrEqual(64);
  });

  it('have no distance where a picture cannot be read', async () => {
    const pictures = { differenceHash: () => Promise.reject(new Error('no picture')) };
    const artifact = stepOf(await compareRuns({ ...app, pictures }, dada, other), 'outputs[1].generate')?.artifact;
    expect(artifact).toMatchObject({ kind: 'picture', distance: null });
  });
});

describe('a picture', () => {
  it('is at no distance from itself', async () => {
    const rows = await app.store.log.artifacts(dada);
    const bytes = await app.store.files.read(
      rows.find(({ type }) => type === 'output_image')?.id ?? rows[0]?.id ?? ('' as never),
    );
    expect(await app.pictures.differenceHash(bytes)).toBe(await app.pictures.differenceHash(bytes));
  });
});

describe('two branches', () => {
  it('differ from the step on where they part', async () => {
    const branch = async (context: string): Promise<RunId> =>
      asWorker(app, async () => {
        const input = { runId: dada, from: 'interception', set: { context } };
        const { runId, lease } = await branchRun(app, input, app.engine.worker.id);
        await work(app, {
          only: runId,
          held: lease === undefined ? [] : [lease],
          signal: new AbortController().signal,
        });
        return runId;
      });
    const comparison = await compareRuns(app, await branch('Be loud and short.'), await branch('Be quiet and short.'));
    expect(comparison.given).toEqual([
      {
        type: 'context',
        words: [
          { kind: 'same', text: 'Be ' },
          { kind: 'removed', text: 'loud' },
          { kind: 'added', text: 'quiet' },
          { kind: 'same', text: ' and short.' },
        ],
      },
    ]);
    expect(stepOf(comparison, 'checkOriginal')?.artifact?.kind).toBe('same');
    const parted = await compareRuns(app, dada, comparison.left.runId);
    expect(stepOf(parted, 'checkOriginal')).toMatchObject({ artifact: { kind: 'same' }, right: { reused: true } });
  });
});

describe('steps that one run alone has', () => {
  it('stand in their place', async () => {
    const quick = await carryOut(app, QUICK);
    const { steps, settings } = await compareRuns(app, dada, quick);
    expect(settings).toContainEqual({ name: 'outputs', left: 'image', right: 'text' });
    const twice = await carryOut(app, { ...DADA, outputs: ['text', 'text'] });
    const both = await compareRuns(app, dada, twice);
    expect(both.steps.map(({ path }) => path).findLast((path) => path.startsWith('outputs[2]'))).toBeDefined();
    expect(
      both.steps.filter(({ only }) => only !== null).every(({ only, left }) => only === 'right' && left === null),
    ).toBe(true);
    expect(steps.filter(({ only }) => only === null).length).toBeGreaterThan(0);
    const turned = await compareRuns(app, twice, dada);
    expect(turned.steps.filter(({ only }) => only === 'left').length).toBeGreaterThan(0);
  });
});

describe('the exact diff', () => {
  it('finds the same bytes for the same seed', async () => {
    const again = await carryOut(app, DADA);
    expect(await exactDiff(app, dada, again)).toEqual({ left: dada, right: again, same: 6, difference: null });
  });

  it('finds a single byte', async () => {
    const right = await carryOut(app, { ...DADA, text: `${DADA.text}.` });
    const { difference } = await exactDiff(app, dada, right);
    expect(difference).toMatchObject({ stepPath: null, type: 'input', number: 1 });
  });

  it('says when there is nothing to hold against each other', async () => {
    const gone = await carryOut(app, QUICK);
    await deleteRun(app, { runId: gone });
    await expect(exactDiff(app, dada, gone)).rejects.toMatchObject({ code: 'CONTENT_DELETED' });
    await expect(compareRuns(app, gone, dada)).rejects.toMatchObject({ code: 'CONTENT_DELETED' });
    await expect(exactDiff(app, dada, app.ids.runId())).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
