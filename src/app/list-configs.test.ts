import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import { listConfigs, showConfig, validateDefinitions } from './list-configs.ts';

const own = (name: string, more = ''): string =>
  `name: ${name}\npipeline: text-to-text\nprocedure: unchanged\nparameters: { iterations: 1 }\noutputs: [text]\n${more}`;
const BROKEN = 'name: Broken\npipeline: text-to-midea\n';

describe('the list of configs', () => {
  it('is in display order, then by id, those without an order last', async () => {
    const definitions = {
      'configs/zebra.yaml': own('Zebra'),
      'configs/adder.yaml': own('Adder'),
      'configs/first.yaml': own('First', 'display: { order: 1 }\n'),
    };
    await using app = await openTestApp({ definitions });
    const { items, problems } = await listConfigs(app);
    const ids = items.map(({ id }) => id);
    expect(problems).toEqual([]);
    expect([ids[0], ...ids.slice(-2)]).toEqual(['first', 'adder', 'zebra']);
    expect(ids.slice(1, -2)).toEqual(['dada', 'bauhaus', 'expressionism', 'stille-post', 'your-own']);
  });

  it('has the texts in the language asked for, and null where a config says nothing', async () => {
    await using app = await openTestApp({
      definitions: { 'configs/mine.yaml': own('Mine') },
      settings: { language: 'de' },
    });
    const { items } = await listConfigs(app);
    expect(items.find(({ id }) => id === 'dada')).toMatchObject({
      name: 'Dada',
      category: 'Kunst des 20. Jahrhunderts',
      pipeline: 'text-to-media',
      outputs: ['image'],
      difficulty: 2,
      minAge: 8,
      origin: 'shipped',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(items.find(({ id }) => id === 'mine')).toMatchObject({ difficulty: null, minAge: null, origin: 'admin' });
  });

  it('leaves out what did not load and says so', async () => {
    await using app = await openTestApp({ definitions: { 'configs/broken.yaml': BROKEN } });
    const { items, problems } = await listConfigs(app);
    expect(items.map(({ id }) => id)).not.toContain('broken');
    expect(problems).toMatchObject([{ kind: 'configs', id: 'broken', line: 2 }]);
  });
});

describe('one config', () => {
  it('is shown with its texts in the language asked for, its parameters and its source', async () => {
    await using app = await openTestApp();
    const shown = await showConfig(app, 'dada');
    expect(shown).toMatchObject({
      id: 'dada',
      instruction: 'transformation',
      context: expect.stringMatching(/^Zurich, 1916/),
      parameters: { iterations: 1, style: 'dada' },
      procedure: 'cut-up',
      source: expect.stringMatching(/^name: /),
    });
    const german = await showConfig({ ...app, settings: { ...app.settings, language: 'de' } }, 'dada');
    expect(german.context).toMatch(/^Zürich, 1916/);
  });

  it('has no procedure when it names none', async () => {
    const text = own('Mine').replace('procedure: unchanged\n', '');
    await using app = await openTestApp({ definitions: { 'configs/mine.yaml': text } });
    expect((await showConfig(app, 'mine')).procedure).toBeNull();
  });

  it.each([
    { id: 'bauhuas', hint: 'Did you mean "bauhaus"?' },
    { id: 'something-else', hint: '`stemma configs list` shows them all.' },
  ])('that is not there, $id, has a hint', async ({ id, hint }) => {
    await using app = await openTestApp();
    await expect(showConfig(app, id)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND', hint });
  });
});

describe('the problems of definitions', () => {
  it('are those in force, or those of a file or a folder', async () => {
    await using app = await openTestApp();
    expect(await validateDefinitions(app)).toEqual([]);
    const folder = join(app.dataDirectory, 'drafts', 'configs');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'broken.yaml'), BROKEN);
    writeFileSync(join(folder, 'good.yaml'), own('Good'));
    expect(await validateDefinitions(app)).toEqual([]);
    expect(await validateDefinitions(app, folder)).toMatchObject([{ id: 'broken' }]);
    expect(await validateDefinitions(app, join(folder, 'good.yaml'))).toEqual([]);
    app.define('configs/broken.yaml', BROKEN);
    expect(await validateDefinitions(app)).toMatchObject([
      { id: 'broken', suggestion: expect.stringContaining('media') },
    ]);
    await expect(validateDefinitions(app, 'nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
