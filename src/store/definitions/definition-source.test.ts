import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DEFINITION_KINDS } from '../../core/definitions.ts';
import type { DefinitionProblem } from '../../core/definitions.ts';
import type { Digest, Sha256 } from '../../core/ids.ts';
import type { DefinitionSet } from '../../core/ports.ts';
import { artifactInput, defineStage } from '../../core/stage.ts';
import { MAX_FILE_BYTES, toDefinition } from './definition-file.ts';
import { createDefinitionSource } from './definition-source.ts';
import type { DefinitionFiles, DefinitionSourceOptions } from './definition-source.ts';
import { WRONG_FILES } from './wrong-files.data.ts';

const digest: Digest = {
  sha256(...parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};
const run = (): Promise<never> => Promise.reject(new Error('never run here'));
const common = { version: 1, title: 'x', input: z.object({ prompt: artifactInput }), run } as const;
const STAGES = [
  defineStage({
    ...common,
    type: 'text.rewrite',
    settings: z.object({ temperature: z.number().optional(), procedure: z.string().optional() }),
    facts: z.object({ words: z.number(), calm: z.boolean() }),
    writes: 'text',
    calls: 'text.generate',
  }),
  defineStage({
    ...common,
    type: 'media.image',
    settings: z.object({}),
    facts: z.object({}),
    writes: 'media',
    calls: 'image.generate',
  }),
  defineStage({ ...common, type: 'safety.input', settings: z.object({}), facts: z.object({}), writes: 'nothing' }),
];
const SHIPPED: Readonly<Record<string, string>> = {
  'chunks/rewrite.yaml': 'stage: text.rewrite\ntemplate: { prompt: "{{prompt}}" }\n',
  'chunks/safety-input.yaml': 'stage: safety.input\n',
  'chunks/generate-image.yaml': 'stage: media.image\n',
  'pipelines/plain.yaml': 'title: Plain\nsteps: [{ id: a, use: rewrite }]\n',
  'configs/dada.yaml': 'name: Dada\npipeline: plain\n',
  'outputs/image.yml': 'name: Image\nmedium: image\n',
  'profiles/offline.json': '{ "name": "Offline", "roles": { "safety": ["offline/lists"] } }',
  'chunks/notes.txt': 'no definition',
};

let root = '';
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'definitions-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  count += 1;
  const path = join(root, `f${count}`);
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

type Origins = DefinitionSourceOptions['sources'];
const open = (sources: Origins, more: Partial<DefinitionSourceOptions> = {}): DefinitionFiles =>
  createDefinitionSource({ sources, stages: STAGES, digest, ...more });

async function withShipped(
  own: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<DefinitionSourceOptions> = {},
): Promise<{ source: DefinitionFiles; admin: string }> {
  const admin = await folder(own);
  const sources: Origins = [
    { folder: pathToFileURL(await folder(SHIPPED)), origin: 'shipped' },
    { folder: admin, origin: 'admin' },
  ];
  return { source: open(sources, more), admin };
}

const told = ({ line, column, message, suggestion }: DefinitionProblem): string =>
  `${line}:${column} ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`;

describe('loading', () => {
  it('gives every kind of file with its origin, its text and the digest of it', async () => {
    const { source, admin } = await withShipped({ 'configs/mine.yaml': 'name: Mine\npipeline: plain\n' });
    const { definitions, problems } = await source.load();
    expect(problems).toEqual([]);
    expect(DEFINITION_KINDS.map((kind) => [...definitions[kind].keys()].sort())).toEqual([
      ['generate-image', 'rewrite', 'safety-input'],
      ['plain'],
      ['dada', 'mine'],
      ['image'],
      ['offline'],
    ]);
    const mine = definitions.configs.get('mine');
    const text = await readFile(join(admin, 'configs/mine.yaml'), 'utf8');
    expect(mine).toMatchObject({ id: 'mine', kind: 'configs', origin: 'admin', text });
    expect(mine?.digest).toBe(createHash('sha256').update(text).digest('hex'));
    expect(definitions.configs.get('dada')?.origin).toBe('shipped');
  });

  it('takes a folder that does not exist as empty', async () => {
    const { definitions, problems } = await open([{ folder: join(root, 'nowhere'), origin: 'admin' }]).load();
    expect(problems).toEqual([]);
    expect(DEFINITION_KINDS.flatMap((kind) => [...definitions[kind].keys()])).toEqual([]);
  });

  it('reports a folder that is none, and loads the rest', async () => {
    const { source } = await withShipped({ configs: 'a file' });
    const { definitions, problems } = await source.load();
    expect(problems.map((problem) => problem.message)).toEqual(['the folder cannot be read (ENOTDIR)']);
    expect(definitions.configs.has('dada')).toBe(true);
  });

  it('reports what is no text, what is too large and what is no file', async () => {
    const { source } = await withShipped({
      'configs/latin.yaml': new Uint8Array([0x6e, 0x3a, 0x20, 0xe4]),
      'configs/large.yaml': `# ${'x'.repeat(MAX_FILE_BYTES)}`,
      'configs/sub.yaml/inner.txt': '',
    });
    const { problems } = await source.load();
    expect(problems.map(told)).toEqual([
      `1:1 is larger than 256 kB (${MAX_FILE_BYTES + 2} bytes)`,
      '1:1 is not UTF-8 text (Save the file as UTF-8.)',
      '1:1 is no file',
    ]);
  });

  it('names what depends on a file that is wrong, and loads neither', async () => {
    const { source } = await withShipped({ 'chunks/rewrite.yaml': 'stage: 5\n' });
    const { definitions, problems } = await source.load();
    expect(problems.map((problem) => `${problem.kind}/${problem.id} ${told(problem)}`)).toEqual([
      'chunks/rewrite 1:8 "stage" must be a text, not 5',
      'pipelines/plain 2:23 depends on the chunk "rewrite", which did not load (Correct that one first.)',
      'configs/dada 2:11 depends on the pipeline "plain", which did not load (Correct that one first.)',
    ]);
    expect(definitions.chunks.has('rewrite')).toBe(false);
    expect(definitions.configs.size).toBe(0);
    expect(definitions.outputs.has('image')).toBe(true);
  });

  it('of thirty files has them all, however often it is read', async () => {
    const many = Array.from({ length: 30 }, (_, index) => [`configs/c${index}.yaml`, 'name: C\npipeline: plain\n']);
    const { source } = await withShipped(Object.fromEntries(many) as Record<string, string>);
    await source.load();
    const { definitions } = await source.load();
    expect(definitions.configs.size).toBe(31);
  });
});

describe('wrong files', () => {
  it.each(WRONG_FILES.map((wrong) => [`${wrong.file} ${JSON.stringify(wrong.text.slice(0, 100))}`, wrong] as const))(
    '%s',
    async (_name, { file, text, problems }) => {
      const { source, admin } = await withShipped({ [file]: text });
      const loaded = await source.load();
      expect(loaded.problems.map(told)).toEqual(problems);
      expect(new Set(loaded.problems.map((problem) => problem.file))).toEqual(new Set([join(admin, file)]));
      expect(loaded.definitions.configs.has('dada')).toBe(true);
      expect(loaded.definitions.configs.has('own')).toBe(false);
    },
  );
});

describe('shadowing', () => {
  it('lets an admin replace a shipped definition', async () => {
    const { source } = await withShipped({ 'configs/dada.yaml': 'name: Ours\npipeline: plain\n' });
    const { definitions, problems } = await source.load();
    expect(problems).toEqual([]);
    expect(definitions.configs.get('dada')).toMatchObject({ origin: 'admin', definition: { name: 'Ours' } });
  });

  it('refuses it for safety chunks; the shipped one and everything else load', async () => {
    const { source } = await withShipped({
      'chunks/safety-input.yaml': 'stage: text.rewrite\n',
      'configs/mine.yaml': 'name: Mine\npipeline: plain\n',
    });
    const { definitions, problems } = await source.load();
    expect(problems.map(told)).toEqual([
      '1:1 safety chunks cannot be shadowed, only added to (Give your chunk an id of its own; the shipped one stays in force.)',
    ]);
    expect(definitions.chunks.get('safety-input')).toMatchObject({ origin: 'shipped' });
    expect(definitions.configs.has('mine')).toBe(true);
  });

  it('refuses it for ids that are protected by name', async () => {
    const own = { 'profiles/offline.yaml': 'name: x\nroles: { safety: [other/model] }\n' };
    const { source } = await withShipped(own, { protectedIds: ['offline'] });
    const { definitions, problems } = await source.load();
    expect(problems.map((problem) => problem.message)).toEqual(['safety chunks cannot be shadowed, only added to']);
    expect(definitions.profiles.get('offline')?.origin).toBe('shipped');
  });

  it('refuses two files with one id in the same folder', async () => {
    const text = 'name: Mine\npipeline: plain\n';
    const { source, admin } = await withShipped({ 'configs/a.yaml': text, 'configs/a.yml': text });
    const { definitions, problems } = await source.load();
    expect(problems.map((problem) => problem.message)).toEqual([
      `the id "a" is taken by ${join(admin, 'configs/a.yaml')}`,
    ]);
    expect(definitions.configs.has('a')).toBe(true);
  });

  it('refuses members who take an id that is not theirs', async () => {
    const text = 'name: Mine\npipeline: plain\n';
    const member = (): Promise<string> => folder({ 'configs/dada.yaml': text, 'configs/shared.yaml': text });
    const source = open([
      { folder: await folder(SHIPPED), origin: 'shipped' },
      { folder: await member(), origin: 'member' },
      { folder: await folder({ 'configs/shared.yaml': text }), origin: 'member' },
    ]);
    const { definitions, problems } = await source.load();
    expect(problems.map((problem) => problem.message)).toEqual([
      'the id "dada" belongs to a definition of this Stemma',
      'the id "shared" belongs to another member',
    ]);
    expect(definitions.configs.get('dada')?.origin).toBe('shipped');
  });
});

describe('restoring', () => {
  const stored = (text: string, own: object = {}): DefinitionSet => ({
    digest: '' as Sha256,
    files: [{ kind: 'configs', id: 'old', origin: 'admin', text, digest: sha256(text), ...own }],
  });
  const sha256 = (text: string): Sha256 => createHash('sha256').update(text).digest('hex') as Sha256;
  const OLD = 'name: Old\npipeline: long-gone\n';

  it('takes the stored texts as they are, without holding them against today', async () => {
    const definitions = await open([]).restore(stored(OLD));
    expect(definitions.configs.get('old')).toMatchObject({ origin: 'admin', text: OLD, digest: sha256(OLD) });
    const shipped = await open([]).restore(stored(OLD, { origin: 'shipped' }));
    expect(shipped.configs.get('old')?.origin).toBe('shipped');
    const odd = await open([]).restore(stored(OLD, { origin: 'somewhere' }));
    expect(odd.configs.get('old')?.origin).toBe('member');
  });

  it.each([
    ['a kind of another version', stored(OLD, { kind: 'poems' }), 'this version knows no such kind'],
    ['a text that was changed', stored(OLD, { digest: sha256('x') }), 'its text does not match its digest'],
    ['a text that no longer fits', stored('name: Old\n'), '"pipeline" is missing: a text'],
  ])('refuses %s', async (_name, set, why) => {
    await expect(open([]).restore(set)).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining(why),
    });
  });
});

describe('checking a path', () => {
  it('holds one file against what is there, and reports only that file', async () => {
    const { source } = await withShipped({ 'configs/broken.yaml': 'name: x\n' });
    const other = await folder({ 'configs/new.yaml': 'name: New\npipeline: plan\n' });
    const file = join(other, 'configs/new.yaml');
    expect((await source.lintFile(file)).map(told)).toEqual([
      '2:11 there is no pipeline "plan" (Did you mean "plain"?)',
    ]);
    expect(await source.lintPath(file)).toEqual(await source.lintFile(file));
  });

  it('takes a file of its own sources once', async () => {
    const { source, admin } = await withShipped({ 'configs/mine.yaml': 'name: Mine\npipeline: plain\n' });
    expect(await source.lintPath(join(admin, 'configs/mine.yaml'))).toEqual([]);
    expect(await source.lintPath(admin)).toEqual([]);
  });

  it('tells the kind from the keys when the folder does not say it', async () => {
    const { source } = await withShipped({});
    const mixed = await folder({
      'a-chunk.yaml': 'stage: text.rewrit\n',
      'b-pipeline.yaml': 'title: B\nsteps: [{ id: a, use: rewrite, wen: x }]\n',
      'c-config.yaml': 'name: C\npipeline: plan\n',
      'd-output.yaml': 'name: D\nmedium: song\n',
      'e-profile.yaml': 'name: E\nroles: 5\n',
      'f-what.yaml': 'hello: 1\n',
      'g-list.yaml': '[1]\n',
      'h-syntax.yaml': 'a: [\n',
      'chunks/inner.yaml': 'stag: x\n',
    });
    const problems = await source.lintPath(mixed);
    expect(problems.map((problem) => `${problem.kind}/${problem.id}`)).toEqual([
      'chunks/a-chunk',
      'chunks/inner',
      'chunks/inner',
      'pipelines/b-pipeline',
      'configs/c-config',
      'configs/f-what',
      'configs/g-list',
      'configs/h-syntax',
      'outputs/d-output',
      'profiles/e-profile',
    ]);
    expect(problems.find((problem) => problem.id === 'f-what')?.suggestion).toContain('A chunk has `stage`');
  });

  it('takes a folder of one kind by its name', async () => {
    const { source } = await withShipped({});
    const path = await folder({ 'profiles/own.yaml': 'nam: x\n' });
    expect((await source.lintFolder(join(path, 'profiles'))).map((problem) => problem.kind)).toEqual([
      'profiles',
      'profiles',
      'profiles',
    ]);
  });

  it('reports a file that cannot be read, and a folder that is none', async () => {
    const { source, admin } = await withShipped({ 'configs/mine.yaml': '' });
    expect((await source.lintFile(join(admin, 'gone.yaml'))).map(told)).toEqual(['1:1 cannot be read (ENOENT)']);
    const problems = await source.lintFolder(join(admin, 'configs/mine.yaml'));
    expect(problems[0]?.message).toBe('the folder cannot be read (ENOTDIR)');
  });

  it('says that there is nothing at a path', async () => {
    const { source } = await withShipped({});
    await expect(source.lintPath(join(root, 'nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('answers every text with a definition or with problems that have a place', () => {
  const word = fc.constantFrom('title', 'steps', 'id', 'use', 'name', 'stage', 'roles', '__proto__', 'a', '1', 'true');
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(word, tie('value')),
    ),
  })).value;
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('a', ':', ' ', '\n', '- ', '&a', '*a', '{', '}', '[', ']', '"', '!!map', '|', '? '))
      .map((list) => list.join('')),
    value.map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...DEFINITION_KINDS), (written, kind) => {
      const file = toDefinition({ file: 'own.yaml', kind, origin: 'admin' }, written, digest);
      if (file.ok) return;
      expect(file.problems.length).toBeGreaterThan(0);
      for (const problem of file.problems)
        expect([problem.line, problem.column]).toEqual([expect.any(Number), expect.any(Number)]);
    }),
    { numRuns: 500 },
  );
});
