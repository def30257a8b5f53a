/** A build that tells its caller before the commit. */
import { openKitStore as openSound } from '../sqlite-store.ts';
import { changedLog } from '../../../src/testing/changed-log.ts';
import type { OpenKitStore } from '../../../src/testing/index.ts';

export const openKitStore: OpenKitStore = async (options) => {
  const store = await openSound(options);
  const { log } = store;
  const lengths = new Map<string, number>();
  const append: typeof log.append = async (lease, append) => {
    const before = lengths.get(lease.runId) ?? (await log.head(lease.runId))?.seq ?? 0;
    const seq = before + append.drafts.length;
    lengths.set(lease.runId, seq);
    log.append(lease, append).catch(() => {});
    return { seq, position: seq };
  };
  return { ...store, log: changedLog(log, { append }) };
};
