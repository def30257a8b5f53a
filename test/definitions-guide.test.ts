import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chunkSchema, configSchema, outputSchema, pipelineSchema } from '../src/core/definitions.ts';
import type { Digest } from '../src/core/ids.ts';
import { STAGE_LIBRARY } from '../src/stages/library.ts';
import { createDefinitionSource } from '../src/store/definitions/definition-source.ts';
import { carryOut, openTestApp, recordOf } from './support/app.ts';
import type { TestApp } from './support/app.ts';
import { collect } from './support/store-fixtures.ts';

const GUIDE = new URL('../docs/definitions.md', import.meta.url);
const SHIPPED = new URL('../src/packs/studio/definitions/', import.meta.url);
const digest: Digest = {
  sha256(...parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guide-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The files of the example: a path in backticks, then its text in a fence. */
async function examples(): Promise<readonly { path: string; text: string }[]> {
  const guide = await readFile(GUIDE, 'utf8');
  return Array.from(
    guide.matchAll(/^`(\w+\/[\w-]+\.yaml)`\n\n```yaml\n([\s\S]*?)^```$/gm),
    ([, path = '', text = '']) => ({
      path,
      text,
    }),
  );
}

it('the example of the guide loads with what is shipped', async () => {
  const files = await examples();
  expect(files.map((file) => file.path)).toEqual([
    'chunks/shorten.yaml',
    'pipelines/telegram.yaml',
    'configs/telegram.yaml',
  ]);
  for (const { path, text } of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const source = createDefinitionSource({
    sources: [
      { folder: SHIPPED, origin: 'shipped' },
      { folder, origin: 'admin' },
    ],
    stages: STAGE_LIBRARY,
    digest,
  });
  const { definitions, problems } = await source.load();
  expect(problems).toEqual([]);
  expect(definitions.configs.get('telegram')?.origin).toBe('admin');
});

/** How many words each round of the example left, and how the run ended. */
async function telegram(app: TestApp, text: string): Promise<{ state: string; words: readonly unknown[] }> {
  const runId = await carryOut(app, { config: 'telegram', text, lang: 'en', seed: 7 });
  const events = await collect(app.store.log.read(runId));
  const words = events.flatMap((event) =>
    event.type === 'attempt.ended' && event.stepPath?.startsWith('shorten[') === true
      ? [event.data.facts['words']]
      : [],
  );
  return { state: (await recordOf(app, runId)).head.state, words };
}

it('the example of the guide does what the guide says of it', async () => {
  const files = await examples();
  const definitions = Object.fromEntries(files.map(({ path, text }) => [path, text]));
  await using app = await openTestApp({ definitions });
  const [, text = ''] = /stemma run telegram "([^"]+)"/.exec(await readFile(GUIDE, 'utf8')) ?? [];
  const fits = await telegram(app, text);
  expect(fits).toEqual({ state: 'succeeded', words: [expect.any(Number)] });
  expect(Number(fits.words[0])).toBeLessThanOrEqual(25);
  expect(text.split(' ').length).toBeGreaterThan(25);

  const long = await telegram(
    app,
    'Three red flowers, an old bridge, two boats and a lighthouse stand behind the house',
  );
  const [first] = long.words;
  expect(Number(first)).toBeGreaterThan(25);
  expect(long).toEqual({ state: 'succeeded', words: [first, first, first, first] });
});

it('the guide names every key of chunks, pipelines, configs, output configs and steps', async () => {
  const guide = await readFile(GUIDE, 'utf8');
  const step = pipelineSchema.shape.steps.element as unknown as { readonly shape: object };
  const shapes = [chunkSchema.shape, pipelineSchema.shape, configSchema.shape, outputSchema.shape, step.shape];
  const keys = new Set(shapes.flatMap((shape) => Object.keys(shape)));
  keys.delete('output'); // a chunk's only form of output is text, which needs no word
  expect(keys.size).toBeGreaterThan(30);
  expect([...keys].filter((key) => !new RegExp(`\`${key}[:\`]`).test(guide))).toEqual([]);
});
