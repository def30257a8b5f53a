import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ArtifactId, RunId, Sha256 } from '../../src/core/ids.ts';
import type { DefinitionSet, FileDraft, FileStore } from '../../src/core/ports.ts';

export interface OpenedFileStore extends AsyncDisposable {
  readonly store: FileStore;
}

export const RUN = '01931f6e-8a00-7abc-8def-0123456789ab' as RunId;
const OTHER_RUN = '01931f6e-8a01-7abc-8def-0123456789ab' as RunId;
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

export const fileDraft = (type: string, more: Partial<FileDraft> = {}): FileDraft => ({
  type,
  body: `the ${type}`,
  work: false,
  number: 1,
  ...more,
});

export const always = (): Promise<boolean> => Promise.resolve(true);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const idOf = (text: string): ArtifactId => text as ArtifactId;

const definitions = (text: string): DefinitionSet => ({
  digest: '0'.repeat(64) as Sha256,
  files: [
    { kind: 'configs', id: 'dada', origin: 'shipped', digest: '1'.repeat(64) as Sha256, text },
    { kind: 'chunks', id: 'interception', origin: 'shipped', digest: '2'.repeat(64) as Sha256, text: 'stage: x\n' },
  ],
});

/** What every FileStore does; `open` gives an empty one. */
export function fileStoreContract(name: string, open: () => Promise<OpenedFileStore>): void {
  describe(`${name} as a FileStore`, () => {
    creating(open);
    copying(open);
    naming(open);
    clearing(open);
    describing(open);
  });
}

type Open = () => Promise<OpenedFileStore>;

function creating(open: Open): void {
  test('a file is created under its number and type, and read back byte for byte', async () => {
    await using opened = await open();
    const file = await opened.store.create(RUN, fileDraft('input', { body: 'Eine Katze träumt' }));
    const bytes = Buffer.from('Eine Katze träumt');
    expect(file).toEqual({
      id: `${RUN}/01_input.txt`,
      number: 1,
      sha256: hash('sha256', bytes, 'hex'),
      sizeBytes: bytes.byteLength,
      mediaType: 'text/plain',
    });
    expect(Buffer.from(await opened.store.read(file.id))).toEqual(bytes);
  });

  test('extension and media type come from the bytes', async () => {
    await using opened = await open();
    const png = await opened.store.create(RUN, fileDraft('output_image', { body: PNG }));
    expect(png).toMatchObject({ id: `${RUN}/01_output_image.png`, mediaType: 'image/png' });
    const json = await opened.store.create(RUN, fileDraft('safety_input', { body: '{"decision":"pass"}', number: 2 }));
    expect(json).toMatchObject({ id: `${RUN}/02_safety_input.json`, mediaType: 'application/json' });
    const svg = await opened.store.create(RUN, fileDraft('output_image', { body: '<svg/>', number: 3 }));
    expect(svg).toMatchObject({ id: `${RUN}/03_output_image.svg`, mediaType: 'image/svg+xml' });
  });

  test('an empty file is a file', async () => {
    await using opened = await open();
    const file = await opened.store.create(RUN, fileDraft('input', { body: '' }));
    expect(file.sizeBytes).toBe(0);
    expect((await opened.store.read(file.id)).byteLength).toBe(0);
  });

  test('a body above one megabyte has the same digest as anywhere else', async () => {
    await using opened = await open();
    const body = new Uint8Array(3_000_000).fill(7);
    const file = await opened.store.create(RUN, fileDraft('output_video', { body }));
    expect(file.sha256).toBe(hash('sha256', body, 'hex'));
  });

  test('what the writer does with its bytes afterwards changes nothing', async () => {
    await using opened = await open();
    const body = new TextEncoder().encode('before');
    const file = await opened.store.create(RUN, fileDraft('input', { body }));
    body.fill(0);
    expect(textOf(await opened.store.read(file.id))).toBe('before');
  });

  test('a type that cannot stand in a name is refused', async () => {
    await using opened = await open();
    for (const type of ['', '../x', 'a b', 'ä', 'x'.repeat(81)])
      await expect(opened.store.create(RUN, fileDraft(type))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await opened.store.inventory(RUN)).toEqual([]);
  });

  test('a run id that is none is refused', async () => {
    await using opened = await open();
    const bad = '../../etc' as RunId;
    await expect(opened.store.create(bad, fileDraft('input'))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(opened.store.delete(bad)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(opened.store.inventory(bad)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(opened.store.sweep(bad, new Set(), always)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
}

function copying(open: Open): void {
  test('a copy has the same bytes under a name of the other run, and outlives its source', async () => {
    await using opened = await open();
    const { store } = opened;
    const source = await store.create(RUN, fileDraft('output_image', { body: PNG }));
    const copy = await store.copy(source.id, OTHER_RUN, { type: 'output_image', work: false, number: 4 });
    expect(copy).toEqual({ ...source, id: `${OTHER_RUN}/04_output_image.png`, number: 4 });
    await store.delete(RUN);
    expect(Buffer.from(await store.read(copy.id))).toEqual(PNG);
  });

  test('a copy takes the next free number, and into the same run too', async () => {
    await using opened = await open();
    const source = await opened.store.create(RUN, fileDraft('input'));
    const copies = [1, 2].map(() => opened.store.copy(source.id, RUN, { type: 'input', work: false, number: 1 }));
    expect((await Promise.all(copies)).map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([2, 3]);
    const inWork = await opened.store.copy(source.id, RUN, { type: 'input', work: true, number: 1 });
    expect(inWork.id).toBe(`${RUN}/work/01_input.txt`);
  });

  test('what is not there cannot be copied', async () => {
    await using opened = await open();
    const draft = { type: 'input', work: false, number: 1 };
    const copying = opened.store.copy(idOf(`${RUN}/01_input.txt`), OTHER_RUN, draft);
    await expect(copying).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await opened.store.inventory(OTHER_RUN)).toEqual([]);
  });
}

function naming(open: Open): void {
  test('a number that is taken, by whatever type, means the next one', async () => {
    await using opened = await open();
    await opened.store.create(RUN, fileDraft('input', { number: 3 }));
    await opened.store.create(RUN, fileDraft('input', { number: 4, body: PNG }));
    const file = await opened.store.create(RUN, fileDraft('translation', { number: 3 }));
    expect(file).toMatchObject({ id: `${RUN}/05_translation.txt`, number: 5 });
  });

  test('nothing is replaced: the first file keeps its content', async () => {
    await using opened = await open();
    const first = await opened.store.create(RUN, fileDraft('input', { body: 'first' }));
    const second = await opened.store.create(RUN, fileDraft('input', { body: 'second' }));
    expect(second.id).toBe(`${RUN}/02_input.txt`);
    expect(textOf(await opened.store.read(first.id))).toBe('first');
  });

  test('files created at once get numbers of their own', async () => {
    await using opened = await open();
    const files = await Promise.all(
      Array.from({ length: 25 }, (_, index) => opened.store.create(RUN, fileDraft(index % 2 ? 'a' : 'b'))),
    );
    expect(files.map(({ number }) => number).sort((a, b) => a - b)).toEqual(files.map((_, index) => index + 1));
  });

  test('numbers above 99 grow a digit', async () => {
    await using opened = await open();
    const file = await opened.store.create(RUN, fileDraft('input', { number: 100 }));
    expect(file.id).toBe(`${RUN}/100_input.txt`);
    const next = await opened.store.create(RUN, fileDraft('input', { number: 100 }));
    expect(next.number).toBe(101);
  });

  test('work files have a folder and numbers of their own', async () => {
    await using opened = await open();
    await opened.store.create(RUN, fileDraft('input'));
    const file = await opened.store.create(RUN, fileDraft('request', { work: true }));
    expect(file.id).toBe(`${RUN}/work/01_request.txt`);
    expect(textOf(await opened.store.read(file.id))).toBe('the request');
  });

  test('runs do not see each other', async () => {
    await using opened = await open();
    await opened.store.create(RUN, fileDraft('input'));
    const file = await opened.store.create(OTHER_RUN, fileDraft('input'));
    expect(file.id).toBe(`${OTHER_RUN}/01_input.txt`);
    expect(await opened.store.inventory(RUN)).toHaveLength(1);
  });

  test('what is not there cannot be read', async () => {
    await using opened = await open();
    const ids = [`${RUN}/01_input.txt`, `${RUN}/work/01_input.txt`, `${RUN}/../01_input.txt`, `${RUN}/metadata.json`];
    for (const id of [...ids, '', '/etc/passwd'])
      await expect(opened.store.read(idOf(id))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}

function clearing(open: Open): void {
  test('a sweep removes the artifacts that no event names, and says which', async () => {
    await using opened = await open();
    const { store } = opened;
    const kept = await store.create(RUN, fileDraft('input'));
    const orphan = await store.create(RUN, fileDraft('interception', { number: 2 }));
    const workOrphan = await store.create(RUN, fileDraft('request', { work: true }));
    await store.writeSummary(RUN, { name: 'metadata.json', text: '{}' });
    await store.writeDefinitions(definitions('name: Dada\n'), RUN);
    expect(await store.sweep(RUN, new Set([kept.id]), always)).toEqual([orphan.id, workOrphan.id]);
    expect((await store.inventory(RUN)).map(({ path }) => path)).toEqual([
      '01_input.txt',
      'definitions/chunks/interception.yaml',
      'definitions/configs/dada.yaml',
      'metadata.json',
    ]);
    await expect(store.read(orphan.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a sweep of a run without files finds nothing', async () => {
    await using opened = await open();
    expect(await opened.store.sweep(RUN, new Set(), always)).toEqual([]);
  });

  test('a sweep asks before each removal, and stops when it may not go on', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const number of [1, 2, 3]) await store.create(RUN, fileDraft('input', { number }));
    let asked = 0;
    const removed = await store.sweep(RUN, new Set(), async () => ++asked < 3);
    expect([asked, removed.length]).toEqual([3, 2]);
    expect(await store.inventory(RUN)).toHaveLength(1);
  });

  test('the number of a file that was swept is never given again', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.create(RUN, fileDraft('input'));
    const orphan = await store.create(RUN, fileDraft('interception', { number: 2 }));
    const inWork = await store.create(RUN, fileDraft('request', { work: true }));
    await store.sweep(RUN, new Set([`${RUN}/01_input.txt` as ArtifactId]), always);
    expect(await store.create(RUN, fileDraft('interception', { number: orphan.number }))).toMatchObject({ number: 3 });
    const request = await store.create(RUN, fileDraft('request', { work: true, number: inWork.number }));
    expect(request).toMatchObject({ number: 2 });
  });

  test('a deleted run has no files, and deleting again does nothing', async () => {
    await using opened = await open();
    const { store } = opened;
    const file = await store.create(RUN, fileDraft('input'));
    const other = await store.create(OTHER_RUN, fileDraft('input'));
    await store.create(RUN, fileDraft('request', { work: true }));
    expect(await store.delete(RUN)).toEqual({ files: 2, bytes: 20 });
    expect(await store.delete(RUN)).toEqual({ files: 0, bytes: 0 });
    await expect(store.read(file.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store.inventory(RUN)).toEqual([]);
    expect(textOf(await store.read(other.id))).toBe('the input');
  });

  test('a run that was deleted can be written again', async () => {
    await using opened = await open();
    await opened.store.create(RUN, fileDraft('input'));
    await opened.store.delete(RUN);
    const file = await opened.store.create(RUN, fileDraft('request', { work: true }));
    expect(textOf(await opened.store.read(file.id))).toBe('the request');
  });
}

function describing(open: Open): void {
  test('definitions are written once, by kind and id', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.writeDefinitions(definitions('name: Dada\n'), RUN);
    await store.writeDefinitions(definitions('name: changed\n'), RUN);
    const entry = (await store.inventory(RUN)).find(({ path }) => path === 'definitions/configs/dada.yaml');
    expect(entry?.sha256).toBe(hash('sha256', 'name: Dada\n', 'hex'));
  });

  test('a definition whose name leads elsewhere is refused', async () => {
    await using opened = await open();
    const [file] = definitions('x').files;
    const set = { ...definitions('x'), files: [{ ...file, id: '../../escape' } as DefinitionSet['files'][number]] };
    await expect(opened.store.writeDefinitions(set, RUN)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test('a summary is replaced as a whole', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.writeSummary(RUN, { name: 'metadata.json', text: '{"state":"running","steps":[]}' });
    await store.writeSummary(RUN, { name: 'metadata.json', text: '{"state":"succeeded"}' });
    expect(await store.inventory(RUN)).toEqual([
      { path: 'metadata.json', sha256: hash('sha256', '{"state":"succeeded"}', 'hex'), sizeBytes: 21 },
    ]);
  });

  test('the inventory lists every file with digest and size, by path', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.create(RUN, fileDraft('request', { work: true }));
    await store.create(RUN, fileDraft('output_image', { body: PNG, number: 2 }));
    await store.create(RUN, fileDraft('input'));
    expect(await store.inventory(RUN)).toEqual([
      { path: '01_input.txt', sha256: hash('sha256', 'the input', 'hex'), sizeBytes: 9 },
      { path: '02_output_image.png', sha256: hash('sha256', PNG, 'hex'), sizeBytes: PNG.byteLength },
      { path: 'work/01_request.txt', sha256: hash('sha256', 'the request', 'hex'), sizeBytes: 11 },
    ]);
  });

  test('a place, where there are places, is below the folder of the run', async () => {
    await using opened = await open();
    const { id } = await opened.store.create(RUN, fileDraft('request', { work: true }));
    const folder = opened.store.folder(RUN);
    expect(opened.store.locate(id)?.startsWith(folder ?? '')).toBe(folder === undefined ? undefined : true);
  });
}
