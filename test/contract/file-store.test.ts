import { mkdir, mkdtempDisposable, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/store/files/fs/file-system.ts';
import { FsFileStore } from '../../src/store/files/fs/fs-file-store.ts';
import type { FsFileStoreOptions } from '../../src/store/files/fs/fs-file-store.ts';
import { MemoryFileStore } from '../../src/store/files/memory/memory-file-store.ts';
import { recordingFileSystem } from '../support/recording-file-system.ts';
import { PNG, RUN, always, fileDraft, fileStoreContract } from './file-store.contract.ts';

const POSIX = process.platform !== 'win32';

async function openFs(options: FsFileStoreOptions = {}) {
  const root = await mkdtempDisposable(join(tmpdir(), 'stemma-files-'));
  const store = new FsFileStore(root.path, options);
  return { store, root: root.path, [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() };
}

fileStoreContract('FsFileStore', openFs);
fileStoreContract('FsFileStore over a recording file system', () => openFs({ fileSystem: recordingFileSystem() }));
fileStoreContract('MemoryFileStore', async () => ({
  store: new MemoryFileStore(),
  [Symbol.asyncDispose]: async () => undefined,
}));

test('an artifact above the limit is refused by both stores', async () => {
  await using opened = await openFs({ maxArtifactBytes: 4 });
  const stores = [opened.store, new MemoryFileStore({ maxArtifactBytes: 4 })];
  for (const store of stores) {
    await expect(store.create(RUN, fileDraft('input'))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await store.create(RUN, fileDraft('input', { body: 'four' }))).toMatchObject({ sizeBytes: 4 });
  }
});

describe('the folder of a run', () => {
  test('lies under the UTC date of its id and reads as it is named', async () => {
    await using opened = await openFs();
    const { id } = await opened.store.create(RUN, fileDraft('input', { body: 'Hallo' }));
    const folder = join(opened.root, 'runs', '2024', '11', '12', RUN);
    expect(opened.store.folder(RUN)).toBe(folder);
    expect(opened.store.locate(id)).toBe(join(folder, '01_input.txt'));
    expect(await readFile(join(folder, '01_input.txt'), 'utf8')).toBe('Hallo');
  });

  test.runIf(POSIX)('belongs to the user alone', async () => {
    await using opened = await openFs();
    const { id } = await opened.store.create(RUN, fileDraft('input'));
    expect((await stat(opened.store.folder(RUN))).mode & 0o777).toBe(0o700);
    expect((await stat(opened.store.locate(id))).mode & 0o777).toBe(0o600);
  });

  test('keeps what a person put there', async () => {
    await using opened = await openFs();
    await opened.store.create(RUN, fileDraft('input'));
    await writeFile(join(opened.store.folder(RUN), 'notes.md'), 'mine');
    await opened.store.sweep(RUN, new Set(), always);
    expect(await readdir(opened.store.folder(RUN))).toEqual(['notes.md']);
  });

  test('is made again when somebody removed it meanwhile', async () => {
    await using opened = await openFs();
    await opened.store.create(RUN, fileDraft('request', { work: true }));
    await rm(join(opened.root, 'runs'), { recursive: true });
    expect(await opened.store.create(RUN, fileDraft('reply', { work: true }))).toMatchObject({ number: 1 });
  });

  test('is shared by processes: a second store counts the files of the first', async () => {
    await using opened = await openFs();
    await opened.store.create(RUN, fileDraft('input'));
    const second = new FsFileStore(opened.root);
    expect(await second.create(RUN, fileDraft('translation'))).toMatchObject({ number: 2 });
    const both = await Promise.all([opened.store.create(RUN, fileDraft('x')), second.create(RUN, fileDraft('x'))]);
    expect(new Set(both.map(({ id }) => id)).size).toBe(2);
  });

  test('loses drafts that a dead process left, and does not list them', async () => {
    await using opened = await openFs();
    const { id } = await opened.store.create(RUN, fileDraft('input'));
    await writeFile(join(opened.store.folder(RUN), 'metadata.json.0123456789abcdef.tmp'), '{');
    expect(await opened.store.inventory(RUN)).toHaveLength(1);
    expect(await opened.store.sweep(RUN, new Set([id]), always)).toEqual([]);
    expect(await readdir(opened.store.folder(RUN))).toEqual(['01_input.txt']);
  });
});

describe.runIf(POSIX)('links inside the folder of a run', () => {
  test('are neither read nor listed', async () => {
    await using opened = await openFs();
    const secret = join(opened.root, 'secret.txt');
    await writeFile(secret, 'not for you');
    const { id } = await opened.store.create(RUN, fileDraft('input'));
    await rm(opened.store.locate(id));
    await symlink(secret, opened.store.locate(id));
    await expect(opened.store.read(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await opened.store.inventory(RUN)).toEqual([]);
  });

  test('do not take a file elsewhere', async () => {
    await using opened = await openFs();
    const elsewhere = join(opened.root, 'elsewhere');
    await mkdir(elsewhere);
    await opened.store.create(RUN, fileDraft('input'));
    await symlink(elsewhere, join(opened.store.folder(RUN), 'work'));
    await writeFile(join(elsewhere, '01_request.txt'), 'x');
    await expect(opened.store.create(RUN, fileDraft('request', { work: true }))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(opened.store.read(`${RUN}/work/01_request.txt` as never)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await opened.store.sweep(RUN, new Set(), always);
    expect(await readdir(elsewhere)).toEqual(['01_request.txt']);
  });

  test('do not stop a new file: its number counts as taken', async () => {
    await using opened = await openFs();
    const first = await opened.store.create(RUN, fileDraft('input'));
    await rm(opened.store.locate(first.id));
    await symlink(join(opened.root, 'nowhere'), opened.store.locate(first.id));
    expect(await opened.store.create(RUN, fileDraft('input'))).toMatchObject({ number: 2 });
  });
});

describe('a power cut', () => {
  const bodies = [fileDraft('input'), fileDraft('output_image', { body: PNG }), fileDraft('request', { work: true })];

  test('takes nothing that create acknowledged', async () => {
    const fileSystem = recordingFileSystem();
    await using opened = await openFs({ fileSystem });
    const files = [];
    for (const draft of bodies) files.push(await opened.store.create(RUN, draft));
    await opened.store.writeSummary(RUN, { name: 'metadata.json', text: '{}' });
    await fileSystem.dropUnsynced();
    const restarted = new FsFileStore(opened.root);
    for (const file of files) expect((await restarted.read(file.id)).byteLength).toBe(file.sizeBytes);
    expect((await restarted.inventory(RUN)).map(({ sha256 }) => sha256)).toEqual(files.map(({ sha256 }) => sha256));
  });

  test.each(['content', 'names'] as const)('would take a file whose %s were not fsynced', async (forget) => {
    const fileSystem = recordingFileSystem({ forget });
    await using opened = await openFs({ fileSystem });
    const { id, sizeBytes } = await opened.store.create(RUN, fileDraft('input'));
    await fileSystem.dropUnsynced();
    const survived = await new FsFileStore(opened.root).read(id).then(
      (bytes) => bytes.byteLength,
      () => -1,
    );
    expect(survived).not.toBe(sizeBytes);
  });

  test('takes no copy that was acknowledged', async () => {
    const fileSystem = recordingFileSystem();
    await using opened = await openFs({ fileSystem });
    const source = await opened.store.create(RUN, fileDraft('output_image', { body: PNG }));
    const copy = await opened.store.copy(source.id, RUN, { type: 'output_image', work: true, number: 1 });
    await fileSystem.dropUnsynced();
    expect(Buffer.from(await new FsFileStore(opened.root).read(copy.id))).toEqual(PNG);
  });

  test.each(['content', 'names'] as const)('would take a copy whose %s were not fsynced', async (forget) => {
    await using opened = await openFs();
    const { id } = await opened.store.create(RUN, fileDraft('input'));
    const fileSystem = recordingFileSystem({ forget });
    const store = new FsFileStore(opened.root, { fileSystem });
    const copy = await store.copy(id, RUN, { type: 'input', work: true, number: 1 });
    await fileSystem.dropUnsynced();
    const survived = await opened.store.read(copy.id).then(
      (bytes) => bytes.byteLength,
      () => -1,
    );
    expect(survived).not.toBe(copy.sizeBytes);
  });

  test('takes no definition that was written', async () => {
    const fileSystem = recordingFileSystem();
    await using opened = await openFs({ fileSystem });
    const file = { kind: 'configs', id: 'dada', origin: 'shipped', digest: '' as never, text: 'name: Dada\n' };
    await opened.store.writeDefinitions({ digest: '' as never, files: [file] }, RUN);
    await fileSystem.dropUnsynced();
    expect(await new FsFileStore(opened.root).inventory(RUN)).toMatchObject([
      { path: 'definitions/configs/dada.yaml', sizeBytes: file.text.length },
    ]);
  });

  test('is prepared in order: content, then its name', async () => {
    const fileSystem = recordingFileSystem();
    await using opened = await openFs({ fileSystem });
    await opened.store.create(RUN, fileDraft('input'));
    expect(fileSystem.operations.slice(-4)).toEqual([
      'createNew 01_input.txt',
      'write 01_input.txt',
      'sync 01_input.txt',
      `syncFolder ${RUN}`,
    ]);
  });
});

describe('files that are created at once', () => {
  const drafts = Array.from({ length: 40 }, (_, index) => fileDraft('input', { number: index + 1 }));

  test('share the fsyncs of their folder, and a power cut takes none of them', async () => {
    const fileSystem = recordingFileSystem();
    await using opened = await openFs({ fileSystem });
    const files = await Promise.all(drafts.map((draft) => opened.store.create(RUN, draft)));
    const synced = fileSystem.operations.filter((operation) => operation === `syncFolder ${RUN}`);
    expect(synced.length).toBeLessThan(drafts.length / 2);
    await fileSystem.dropUnsynced();
    expect(await new FsFileStore(opened.root).inventory(RUN)).toHaveLength(files.length);
  });

  test('do not have their folder listed for each of them', async () => {
    let listed = 0;
    const list: typeof nodeFileSystem.list = (path) => {
      listed += 1;
      return nodeFileSystem.list(path);
    };
    await using opened = await openFs({ fileSystem: { ...nodeFileSystem, list } });
    await opened.store.create(RUN, fileDraft('request'));
    for (const draft of drafts) await opened.store.create(RUN, draft);
    expect(listed).toBe(1);
  });

  test('by two processes never have one name', async () => {
    await using opened = await openFs();
    const stores = [opened.store, new FsFileStore(opened.root)];
    const files = await Promise.all(stores.flatMap((store) => drafts.map((draft) => store.create(RUN, draft))));
    expect(new Set(files.map(({ id }) => id)).size).toBe(2 * drafts.length);
  });

  test('leave none behind when the fsync that they share fails', async () => {
    const failing = recordingFileSystem({ failing: { operation: 'syncFolder', code: 'ENOSPC' } });
    await using opened = await openFs();
    await opened.store.create(RUN, fileDraft('input'));
    await opened.store.create(RUN, fileDraft('request', { work: true }));
    const store = new FsFileStore(opened.root, { fileSystem: failing });
    const ended = await Promise.allSettled(drafts.map((draft) => store.create(RUN, draft)));
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await opened.store.inventory(RUN)).toHaveLength(2);
  });
});

describe('a disk that fails', () => {
  test.each([
    ['write', 'ENOSPC', 'STORE_FULL'],
    ['sync', 'EDQUOT', 'STORE_FULL'],
    ['createNew', 'EACCES', 'FORBIDDEN'],
    ['makeFolder', 'EROFS', 'FORBIDDEN'],
  ])('at %s with %s is %s, and leaves no partial file', async (operation, code, expected) => {
    await using opened = await openFs({ fileSystem: recordingFileSystem({ failing: { operation, code } }) });
    await expect(opened.store.create(RUN, fileDraft('input'))).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(opened.root),
    });
    expect(await new FsFileStore(opened.root).inventory(RUN)).toEqual([]);
  });

  test.each([
    ['copyNew', 'ENOSPC', 'STORE_FULL'],
    ['sync', 'EDQUOT', 'STORE_FULL'],
    ['syncFolder', 'EROFS', 'FORBIDDEN'],
  ])('at %s of a copy with %s is %s, and leaves no partial file', async (operation, code, expected) => {
    await using opened = await openFs();
    const { id } = await opened.store.create(RUN, fileDraft('input'));
    const failing = new FsFileStore(opened.root, {
      fileSystem: recordingFileSystem({ failing: { operation, code } }),
    });
    const copying = failing.copy(id, RUN, { type: 'input', work: false, number: 1 });
    await expect(copying).rejects.toMatchObject({ code: expected });
    expect(await opened.store.inventory(RUN)).toHaveLength(1);
  });

  test('with EIO during a sweep says so, and what it had removed stays removed', async () => {
    await using opened = await openFs();
    await opened.store.create(RUN, fileDraft('input'));
    const fileSystem = recordingFileSystem({ failing: { operation: 'syncFolder', code: 'EIO' } });
    const failing = new FsFileStore(opened.root, { fileSystem });
    await expect(failing.sweep(RUN, new Set(), always)).rejects.toThrow('EIO');
    expect(await opened.store.sweep(RUN, new Set(), always)).toEqual([]);
  });

  test('while a summary is written keeps the summary before it', async () => {
    await using opened = await openFs();
    await opened.store.writeSummary(RUN, { name: 'metadata.json', text: '{"n":1}' });
    const failing = recordingFileSystem({ failing: { operation: 'rename', code: 'ENOSPC' } });
    const store = new FsFileStore(opened.root, { fileSystem: failing });
    const file = { name: 'metadata.json', text: '{"n":2}' } as const;
    await expect(store.writeSummary(RUN, file)).rejects.toMatchObject({ code: 'STORE_FULL' });
    const folder = opened.store.folder(RUN);
    expect(await readdir(folder)).toEqual(['metadata.json']);
  });

  test('with an error that nobody expected gives it on as it is', async () => {
    const fileSystem = recordingFileSystem({ failing: { operation: 'write', code: 'EIO' } });
    await using opened = await openFs({ fileSystem });
    await expect(opened.store.create(RUN, fileDraft('input'))).rejects.toThrow('EIO');
  });
});
