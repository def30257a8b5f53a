import { describe, expect, test } from 'vitest';
import { createRunFold } from '../core/apply.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import type { FileStore } from '../core/ports.ts';
import { MemoryFileStore } from '../store/files/memory/memory-file-store.ts';
import { nodeDigest as digest } from '../store/system/digest.ts';
import { RunArtifacts } from './run-artifacts.ts';

const runId = '01931f6e-8a00-7abc-8def-0123456789ab' as RunId;
const LARGE = 1_500_000;

/** Artifacts over a store that tells what is read from it. */
function openArtifacts() {
  const files = new MemoryFileStore();
  const read: ArtifactId[] = [];
  const telling: Pick<FileStore, 'create' | 'read'> = {
    create: (id, draft) => files.create(id, draft),
    read: (id) => {
      read.push(id);
      return files.read(id);
    },
  };
  const store: FileStore = Object.assign(Object.create(files) as FileStore, telling);
  const parts = { files: store, digest, runId, onBroken: () => {} };
  const artifacts = new RunArtifacts(parts, createRunFold(), []);
  const write = async (body: string) => (await artifacts.create({ type: 'note', body }, {})).row.id;
  return { artifacts, write, read };
}

describe('the texts of a run', () => {
  test('that were written just now are not read from their files', async () => {
    const { artifacts, write, read } = openArtifacts();
    expect(await artifacts.text(await write('a cat'))).toBe('a cat');
    expect(read).toEqual([]);
  });

  test('that others have pushed out are read again, once for all who ask at the same time', async () => {
    const { artifacts, write, read } = openArtifacts();
    const first = await write('a'.repeat(LARGE));
    await write('b'.repeat(LARGE));
    const texts = await Promise.all([artifacts.text(first), artifacts.text(first)]);
    expect(texts.map((text) => text.length)).toEqual([LARGE, LARGE]);
    expect(await artifacts.text(first)).toBe(texts[0]);
    expect(read).toEqual([first]);
  });

  test('are those of its own artifacts only', async () => {
    const { artifacts } = openArtifacts();
    const other = `${runId}/07_note.txt` as ArtifactId;
    await expect(artifacts.text(other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
