/** A build that leaves it to the system when the disk gets what was committed. */
import { DatabaseSync } from 'node:sqlite';
import { openKitStore as openSound } from '../sqlite-store.ts';
import type { OpenKitStore } from '../../../src/testing/index.ts';

export const openKitStore: OpenKitStore = async (options) => {
  // oxlint-disable-next-line typescript/unbound-method -- called with its database
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql.replace('synchronous = full', 'synchronous = off'));
  };
  try {
    return await openSound(options);
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
};
