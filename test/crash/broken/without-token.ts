/** A build whose appends don't name the token that the holder was given: whatever token counts is taken. */
import { DatabaseSync } from 'node:sqlite';
import { openKitStore as openSound } from '../sqlite-store.ts';
import { changedLog } from '../../../src/testing/changed-log.ts';
import type { OpenKitStore } from '../../../src/testing/index.ts';

export const openKitStore: OpenKitStore = async (options) => {
  const store = await openSound(options);
  const { log, sqlite } = store;
  const database = new DatabaseSync(sqlite?.file ?? '', { readOnly: true });
  const current = database.prepare('select lease_token as token from runs where id = ?');
  const append: typeof log.append = (lease, append) => {
    const token = Number(current.get(lease.runId)?.['token']);
    return log.append({ ...lease, token }, append);
  };
  const close = async (): Promise<void> => {
    database.close();
    await store[Symbol.asyncDispose]();
  };
  return { ...store, log: changedLog(log, { append }), [Symbol.asyncDispose]: close };
};
