import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import type { TestAppOptions } from '../../test/support/app.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { RunId } from '../core/ids.ts';
import type { App } from './context.ts';
import { startRun } from './start-run.ts';

const BROKEN = 'name: Broken\npipeline: text-to-midea\n';
const GROWN_UP =
  'name: Grown up\npipeline: text-to-text\nprocedure: unchanged\nparameters: { iterations: 1 }\noutputs: [text]\ndisplay: { minAge: 16 }\n';
const STRICT =
  'name: Strict\npipeline: text-to-text\nprocedure: unchanged\nparameters: { iterations: 1 }\noutputs: [text]\nsafety: kids\n';

interface Refusal {
  readonly what: string;
  readonly input: Record<string, unknown>;
  readonly code: string;
  readonly says: string;
  readonly hint?: string;
  readonly options?: TestAppOptions;
}

const labels = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value']));

const REFUSALS: readonly Refusal[] = [
  { what: 'an empty text', input: { text: ' \n\t' }, code: 'INPUT_INVALID', says: 'empty', hint: '--input-file' },
  { what: 'a text that is too large', input: { text: 'é'.repeat(5001) }, code: 'TOO_LARGE', says: '10002 bytes' },
  { what: 'a task that is too large', input: { task: 'x'.repeat(10_001) }, code: 'TOO_LARGE', says: 'The task' },
  { what: 'control characters', input: { text: 'a\u0000b' }, code: 'INPUT_INVALID', says: 'control characters' },
  {
    what: 'control characters in the context',
    input: { context: '\u001b[2J' },
    code: 'INPUT_INVALID',
    says: 'context',
  },
  { what: 'a lone surrogate', input: { text: 'half \ud83d' }, code: 'INPUT_INVALID', says: 'broken Unicode' },
  {
    what: 'a lone surrogate in a parameter',
    input: { config: 'dada', set: { style: '\udc00' } },
    code: 'INPUT_INVALID',
    says: 'The style',
  },
  { what: 'an unknown config', input: { config: 'dda' }, code: 'CONFIG_NOT_FOUND', says: '"dda"', hint: '"dada"' },
  {
    what: 'a config that resembles none',
    input: { config: 'zzzzzzzz' },
    code: 'CONFIG_NOT_FOUND',
    says: 'no config',
    hint: 'configs list',
  },
  {
    what: 'a config that has not loaded',
    input: { config: 'broken' },
    code: 'DEFINITION_INVALID',
    says: 'has not loaded',
    hint: 'configs validate',
    options: { definitions: { 'configs/broken.yaml': BROKEN } },
  },
  { what: 'a looser level', input: { safety: 'adult' }, code: 'FORBIDDEN', says: 'looser', hint: 'stricter' },
  { what: 'the level off, which is research', input: { safety: 'off' }, code: 'FORBIDDEN', says: '"research"' },
  { what: 'a level that is none', input: { safety: 'lax' }, code: 'INPUT_INVALID', says: 'safety' },
  {
    what: 'a config for older people',
    input: { config: 'grown-up', outputs: undefined },
    code: 'AGE_LIMIT',
    says: 'people of 16 and older',
    hint: 'another config',
    options: { definitions: { 'configs/grown-up.yaml': GROWN_UP } },
  },
  { what: 'an unknown profile', input: { profile: 'ofline' }, code: 'INPUT_INVALID', says: 'profile', hint: 'offline' },
  { what: 'an unknown output', input: { outputs: ['imag'] }, code: 'INPUT_INVALID', says: 'output', hint: '"image"' },
  {
    what: 'an output that resembles none',
    input: { outputs: ['hologram-cube'] },
    code: 'INPUT_INVALID',
    says: 'output',
    hint: 'Known: image',
  },
  {
    what: 'an unknown parameter',
    input: { set: { iteration: 2 } },
    code: 'INPUT_INVALID',
    says: 'Nothing in this run reads',
    hint: '"iterations"',
  },
  {
    what: 'a parameter of another type',
    input: { set: { iterations: true } },
    code: 'INPUT_INVALID',
    says: 'must be a number',
  },
  { what: 'an unknown field', input: { outptus: ['text'] }, code: 'INPUT_INVALID', says: 'outptus' },
  { what: 'a seed below zero', input: { seed: -1 }, code: 'INPUT_INVALID', says: '"seed"' },
  { what: 'a language that is none', input: { lang: 'english' }, code: 'INPUT_INVALID', says: 'ISO 639-1' },
  {
    what: 'a language that is not supported',
    input: { lang: 'fr' },
    code: 'INPUT_INVALID',
    says: '"fr"',
    hint: 'de, en',
  },
  { what: 'a priority that is none', input: { priority: 'soon' }, code: 'INPUT_INVALID', says: '"priority"' },
  { what: 'more than twenty labels', input: { labels: labels(21) }, code: 'INPUT_INVALID', says: 'at most 20 labels' },
  { what: 'an empty label', input: { labels: { person: '' } }, code: 'INPUT_INVALID', says: 'labels.person' },
  {
    what: 'a label that is too long',
    input: { labels: { a: 'x'.repeat(81) } },
    code: 'INPUT_INVALID',
    says: 'labels.a',
  },
];

const start = (app: App, own: Record<string, unknown> = {}) => startRun(app, { ...QUICK, ...own });

async function eventsOf(app: App, runId: RunId): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of app.store.log.read(runId)) events.push(event);
  return events;
}

async function createdBy(app: App, own: Record<string, unknown> = {}) {
  const { runId } = await start(app, own);
  const [created] = await eventsOf(app, runId);
  if (created?.type !== 'run.created') throw new Error('the run has no first event');
  return created.data;
}

const textOf = (app: App, runId: RunId, name: string): string =>
  readFileSync(join(app.store.files.folder(runId) ?? '', name), 'utf8');

describe('a submission that is refused', () => {
  it.each(REFUSALS)('$what says why, and leaves nothing behind', async ({ input, code, says, hint, options }) => {
    await using app = await openTestApp(options);
    const fault = await start(app, input).catch((thrown: unknown) => thrown);
    if (!(fault instanceof StemmaError)) throw new Error('it was not refused');
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(says);
    if (hint !== undefined) expect(fault.hint).toContain(hint);
    expect(filesBelow(join(app.dataDirectory, 'runs'))).toEqual([]);
    expect((await app.store.health()).runs).toBe(0);
  });

  it('tells where a config that has not loaded is wrong', async () => {
    await using app = await openTestApp({ definitions: { 'configs/broken.yaml': BROKEN } });
    await expect(start(app, { config: 'broken' })).rejects.toMatchObject({
      facts: { file: join(app.dataDirectory, 'definitions', 'configs', 'broken.yaml'), line: 2 },
    });
  });

  it('leaves no file behind when the store does not take it', async () => {
    await using app = await openTestApp();
    const full = new StemmaError('STORE_FULL', 'The disk is full.');
    const queue = withMethods(app.store.queue, { submit: () => Promise.reject(full) });
    await expect(start({ ...app, store: { ...app.store, queue } })).rejects.toBe(full);
    expect(filesBelow(join(app.dataDirectory, 'runs'))).toEqual([]);
  });

  it('tells the first fault when tidying up fails as well', async () => {
    await using app = await openTestApp();
    const first = new StemmaError('STORE_FULL', 'The disk is full.');
    const files = withMethods(app.store.files, {
      create: () => Promise.reject(first),
      delete: () => Promise.reject(new Error('no tidying')),
    });
    await expect(start({ ...app, store: { ...app.store, files } })).rejects.toBe(first);
  });
});

describe('a run that was started', () => {
  it('keeps its files when only the summary beside the record cannot be written', async () => {
    await using app = await openTestApp();
    const files = withMethods(app.store.files, { writeSummary: () => Promise.reject(new Error('no room')) });
    const { runId } = await start({ ...app, store: { ...app.store, files } });
    expect(textOf(app, runId, '01_input.txt')).toBe(QUICK.text);
    expect((await eventsOf(app, runId)).map(({ type }) => type)).toEqual(['run.created']);
  });

  it('has its texts, its definitions and its summary on disk', async () => {
    await using app = await openTestApp();
    const { runId } = await start(app, { task: 'Turn it round.', context: 'Backwards.' });
    const folder = app.store.files.folder(runId) ?? '';
    expect(filesBelow(folder)).toEqual([
      '01_input.txt',
      'definitions/chunks/generate-text.yaml',
      'definitions/chunks/intercept.yaml',
      'definitions/chunks/optimize-for-medium.yaml',
      'definitions/chunks/safety-input.yaml',
      'definitions/chunks/safety-output.yaml',
      'definitions/chunks/translate-to-working-language.yaml',
      'definitions/configs/your-own.yaml',
      'definitions/outputs/text.yaml',
      'definitions/pipelines/text-to-media.yaml',
      'definitions/profiles/offline.yaml',
      'metadata.json',
      'work/01_request.json',
      'work/02_task.txt',
      'work/03_context.txt',
      'work/04_parameters.txt',
    ]);
    expect([textOf(app, runId, 'work/02_task.txt'), textOf(app, runId, 'work/03_context.txt')]).toEqual([
      'Turn it round.',
      'Backwards.',
    ]);
    expect(JSON.parse(textOf(app, runId, 'metadata.json'))).toMatchObject({ state: 'pending', signature: null });
  });

  it('keeps the whole request, but no content in its first event', async () => {
    await using app = await openTestApp();
    const { runId } = await start(app, { task: 'Whisper it.', set: { iterations: '2' } });
    expect(JSON.parse(textOf(app, runId, 'work/01_request.json'))).toEqual({
      config: 'your-own',
      profile: 'offline',
      level: 'youth',
      lang: 'en',
      seed: 7,
      priority: 'normal',
      outputs: ['text'],
      parameters: { iterations: 2 },
      set: ['iterations'],
      edited: { task: true, context: false },
      procedure: 'unchanged',
    });
    const [created] = await eventsOf(app, runId);
    expect(JSON.stringify(created)).not.toMatch(/cat sits|Whisper/);
    expect(created?.data).toMatchObject({ given: [{ id: `${runId}/01_input.txt` }, {}, {}, {}], stemma: app.version });
  });

  it('takes the outputs, the profile, the language and a seed of its own where nothing was said', async () => {
    await using app = await openTestApp({ settings: { language: 'de' } });
    const created = await createdBy(app, { outputs: undefined, seed: undefined });
    expect(created).toMatchObject({ outputs: ['image'], profile: 'offline', lang: 'de', priority: 'normal' });
    expect(created.seed).toBeGreaterThanOrEqual(0);
  });

  it('writes the task of the catalogue in the language of the run, and another instruction as it stands', async () => {
    const own = `name: Own\npipeline: text-to-text\nprocedure: unchanged\nparameters: { iterations: 1 }\noutputs: [text]\ninstruction: Sing it.\n`;
    await using app = await openTestApp({ definitions: { 'configs/own.yaml': own } });
    const task = async (input: Record<string, unknown>): Promise<string> =>
      textOf(app, (await start(app, input)).runId, 'work/02_task.txt');
    expect(await task({ lang: 'de' })).toBe(app.messages.text('task.transformation', {}, 'de'));
    expect(await task({ lang: 'en' })).toBe(app.messages.text('task.transformation', {}, 'en'));
    expect(await task({ config: 'own' })).toBe('Sing it.');
  });

  it('keeps parameters that are words as a text that the gateway judges', async () => {
    await using app = await openTestApp();
    const { runId } = await start(app, { config: 'dada', set: { style: 'torn paper' } });
    const words = textOf(app, runId, 'work/04_parameters.txt').split('\n');
    expect(words).toEqual(expect.arrayContaining(['procedure: cut-up', 'style: torn paper']));
    expect(words).not.toContainEqual(expect.stringContaining('iterations'));
  });

  it('has the trace id of its run id, its labels, and is held by whom it was claimed for', async () => {
    await using app = await openTestApp();
    const { worker } = app.engine;
    await app.store.queue.register(worker);
    const started = await startRun(app, { ...QUICK, labels: { person: 'otter', ...labels(19) } }, worker.id);
    expect(started.traceId).toBe(started.runId.replaceAll('-', ''));
    expect(started.lease).toMatchObject({ runId: started.runId, worker: worker.id });
    expect((await app.store.log.head(started.runId))?.holder).toBe(worker.id);
    expect(await app.store.queries.labels(started.runId)).toMatchObject({ person: 'otter', key18: 'value' });
    expect((await start(app)).lease).toBeUndefined();
  });
});

describe('the level of a run', () => {
  it.each([
    { setting: 'youth', asked: undefined, config: 'your-own', level: 'youth' },
    { setting: 'youth', asked: 'kids', config: 'your-own', level: 'kids' },
    { setting: 'youth', asked: 'youth', config: 'strict', level: 'kids' },
    { setting: 'research', asked: 'adult', config: 'your-own', level: 'adult' },
    { setting: 'research', asked: 'off', config: 'your-own', level: 'research' },
    { setting: 'research', asked: 'off', config: 'strict', level: 'kids' },
  ] as const)('is $level with the setting $setting, $asked asked for and the config $config', async (one) => {
    const definitions = { 'configs/strict.yaml': STRICT };
    await using app = await openTestApp({ definitions, settings: { level: one.setting } });
    expect((await createdBy(app, { config: one.config, safety: one.asked })).level).toBe(one.level);
  });

  it('decides who is old enough for a config', async () => {
    const definitions = { 'configs/grown-up.yaml': GROWN_UP };
    await using app = await openTestApp({ definitions, settings: { level: 'adult' } });
    expect((await createdBy(app, { config: 'grown-up' })).config).toBe('grown-up');
    await expect(start(app, { config: 'grown-up', safety: 'youth' })).rejects.toMatchObject({ code: 'AGE_LIMIT' });
  });
});
