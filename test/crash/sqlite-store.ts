/** Stemma's own store, as the conformance kit opens it. */
import { join } from 'node:path';
import { FsFileStore } from '../../src/store/files/fs/fs-file-store.ts';
import { nodeFileSystem } from '../../src/store/files/fs/file-system.ts';
import type { FileSystem } from '../../src/store/files/fs/file-system.ts';
import { openSqliteLogAndQueue } from '../../src/store/sqlite/open.ts';
import type { OpenKitStore } from '../../src/testing/index.ts';

export const openKitStore: OpenKitStore = async ({ folder, clock, digest, signer, seams }) => {
  const file = join(folder, 'stemma.db');
  const beforeCommit = (): void => {
    seams.beforeCommit();
    // runs when the commit is through, before anyone who waits for it goes on
    process.nextTick(() => seams.afterCommit());
  };
  const opened = await openSqliteLogAndQueue({ file, clock, digest, signer, beforeCommit });
  const { log, queue, ledger, installation, routes } = opened;
  const files = new FsFileStore(folder, { fileSystem: failingFileSystem(() => seams.beforeFileWrite()) });
  const sqlite = {
    file,
    connections: () => opened.connections(),
    limitPages: (pages: number) => opened.limitPages(pages),
  };
  return { log, queue, ledger, installation, routes, files, sqlite, [Symbol.asyncDispose]: () => opened.close() };
};

const failingFileSystem = (beforeWrite: () => void): FileSystem => ({
  ...nodeFileSystem,
  async createNew(path) {
    const file = await nodeFileSystem.createNew(path);
    return {
      async write(bytes) {
        beforeWrite();
        await file.write(bytes);
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
});
