import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadPrices } from './load-prices.ts';

const folders: string[] = [];
async function folderWith(text?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stemma-prices-'));
  folders.push(folder);
  if (text !== undefined) await writeFile(join(folder, 'prices.yaml'), text);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('prices', () => {
  it('are shipped, each with its date', async () => {
    const table = await loadPrices([await folderWith()]);
    expect(Object.keys(table).length).toBeGreaterThan(5);
    expect(table['openai/gpt-4o-mini']?.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('of a folder go before the shipped ones, model by model, and the last folder before all', async () => {
    const user = await folderWith(
      'openai/gpt-4o: { asOf: 2026-05-01, usdPerCall: 1 }\nown/*: { asOf: 2026-05-01, usdPerCall: 0 }',
    );
    const data = await folderWith('openai/gpt-4o: { asOf: 2026-06-01, usdPerCall: 2 }');
    const table = await loadPrices([user, data]);
    expect(table['openai/gpt-4o']).toEqual({ asOf: '2026-06-01', usdPerCall: 2 });
    expect(table['own/*']).toEqual({ asOf: '2026-05-01', usdPerCall: 0 });
    expect(table['openai/gpt-4o-mini']).toBeDefined();
  });

  it.each([
    ['that is no YAML', 'a: [', /prices\.yaml/],
    ['with an unknown part', 'a/b: { asOf: 2026-05-01, usdPerWord: 1 }', /usdPerWord/],
    ['without a date', 'a/b: { usdPerCall: 1 }', /asOf/],
  ])('in a table %s stop everything and name the file', async (_what, text, message) => {
    const folder = await folderWith(text);
    await expect(loadPrices([folder])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(message),
    });
  });
});
