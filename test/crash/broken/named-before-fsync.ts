/** A build that names a file before its content is on the disk. */
import type { FileSystem } from '../../../src/store/files/fs/file-system.ts';

export const syncingLater = (fileSystem: FileSystem): FileSystem => ({
  ...fileSystem,
  async createNew(path) {
    const file = await fileSystem.createNew(path);
    let synced: Promise<void> | undefined;
    return {
      write: (bytes) => file.write(bytes),
      async sync() {
        synced = new Promise((resolve) => setTimeout(resolve, 50)).then(() => file.sync());
      },
      async close() {
        // nobody waits for the close either
        void synced?.catch(() => {}).then(() => file.close());
        if (synced === undefined) await file.close();
      },
    };
  },
});
