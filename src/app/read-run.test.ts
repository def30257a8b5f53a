import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, tamper, withMethods } from '../../test/support/app.ts';
import type { ArtifactId } from '../core/ids.ts';
import { parseRunId, readRun } from './read-run.ts';
import { startRun } from './start-run.ts';

const ID = '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10';
const never = parseRunId(ID);

describe('the id of a run', () => {
  it.each([ID, ID.replaceAll('-', ''), ID.toUpperCase(), `  ${ID}\n`])('is read from "%s"', (text) => {
    expect(parseRunId(text)).toBe(ID);
  });

  it.each(['', 'abc', `${ID}0`, ID.replace('-7', '-4'), ID.replaceAll('-', '').slice(1)])('is not "%s"', (text) => {
    expect(() => parseRunId(text)).toThrow(
      expect.objectContaining({ code: 'RUN_NOT_FOUND', hint: expect.stringContaining('runs list') }),
    );
  });

  it('is not repeated at full length when it is none', () => {
    expect(() => parseRunId('x'.repeat(500))).toThrow(`"${'x'.repeat(80)}" is no id`);
  });
});

describe('a run as it is read', () => {
  it('has its events, its artifacts and their texts, its definitions and its journey', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, { ...QUICK, labels: { person: 'otter' }, set: { iterations: 2 } });
    const read = await readRun(app, runId);
    expect(read.events.map(({ seq }) => seq)).toEqual(read.events.map((_event, index) => index + 1));
    expect(read.events.at(-1)?.type).toBe('run.ended');
    expect(read.texts.get(`${runId}/01_input.txt` as ArtifactId)).toBe(QUICK.text);
    expect(read.texts.size).toBe(read.rows.length);
    expect(read.pipeline.steps.map(({ id }) => id)).toEqual(['checkOriginal', 'translate', 'interception', 'outputs']);
    expect(read.definitions.files.map(({ id }) => id)).toContain('your-own');
    expect(read.chronicle.run).toMatchObject({
      state: 'succeeded',
      configName: 'Your own rules',
      labels: { person: 'otter' },
      blocked: null,
    });
    const hands = read.chronicle.items.filter(({ stageIteration }) => stageIteration !== null);
    expect(hands.map(({ stageIteration }) => stageIteration)).toEqual([1, 2]);
  });

  it('speaks the language of the run', async () => {
    await using app = await openTestApp();
    const { chronicle } = await readRun(app, await carryOut(app, { ...QUICK, lang: 'de' }));
    expect(chronicle.run.configName).toBe('Deine eigenen Regeln');
  });

  it('names what a block was about', async () => {
    await using app = await openTestApp();
    const { chronicle } = await readRun(app, await carryOut(app, { ...QUICK, text: 'Sieg Heil über den Dächern' }));
    expect(chronicle.run.state).toBe('blocked');
    expect(chronicle.run.blocked?.terms).toEqual([expect.stringMatching(/Sieg Heil/i)]);
  });

  it('goes on without the text of a file that is missing', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const folder = app.store.files.folder(runId) ?? '';
    for (const name of ['01_input.txt', join('work', '01_request.json')]) rmSync(join(folder, name));
    const { chronicle, texts, rows } = await readRun(app, runId);
    expect(texts.size).toBe(rows.length - 2);
    expect(chronicle.run.state).toBe('succeeded');
    expect(chronicle.items.find(({ type }) => type === 'input')).toMatchObject({ text: null });
  });

  it('goes on when the evidence of a block is no JSON any more', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, { ...QUICK, text: 'Sieg Heil' });
    const spoiled = withMethods(app.store.files, { read: async () => new TextEncoder().encode('{ torn') });
    const { chronicle } = await readRun({ ...app, store: { ...app.store, files: spoiled } }, runId);
    expect(chronicle.run.blocked).toMatchObject({ code: 'SAFETY_BLOCKED', terms: [] });
  });

  it('is not found when there is none, and the way to a list is shown', async () => {
    await using app = await openTestApp();
    await expect(readRun(app, never)).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      hint: expect.stringContaining('runs list'),
    });
  });

  it('is corrupt when its definitions are gone from the store', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const log = withMethods(app.store.log, { definitionSet: async () => undefined });
    await expect(readRun({ ...app, store: { ...app.store, log } }, runId)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    });
  });

  it('is corrupt when an event of it cannot be read', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    tamper(app, 'update events set body = ?', '{ torn');
    await expect(readRun(app, runId)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});
