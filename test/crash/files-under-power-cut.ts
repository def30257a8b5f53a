/** Stemma's own file store over a disk that can lose its power. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FsFileStore } from '../../src/store/files/fs/fs-file-store.ts';
import type { FileSystem } from '../../src/store/files/fs/file-system.ts';
import type { FilesUnderPowerCut } from '../../src/testing/index.ts';
import { recordingFileSystem } from '../support/recording-file-system.ts';

/** @param build - what a build makes of the file system it is given */
export async function openFilesUnderPowerCut(
  build: (fileSystem: FileSystem) => FileSystem = (sound) => sound,
): Promise<FilesUnderPowerCut> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-files-'));
  const fileSystem = recordingFileSystem();
  return {
    files: new FsFileStore(folder, { fileSystem: build(fileSystem) }),
    async cutPower() {
      await fileSystem.dropUnsynced();
      return new FsFileStore(folder);
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
