import { MemoryFileStore } from '../../src/store/files/memory/memory-file-store.ts';
import { createMemoryState, openMemoryLogAndQueue } from '../../src/store/memory/open.ts';
import type { OpenKitStore } from '../../src/testing/index.ts';

/** The memory store as the conformance kit opens it, in one process; its sessions share what the function remembers. */
export function memoryKitStore(): OpenKitStore {
  const state = createMemoryState();
  const files = new MemoryFileStore();
  return async ({ clock, digest, signer, seams }) => {
    const beforeCommit = (): void => seams.beforeCommit();
    const opened = await openMemoryLogAndQueue(state, { clock, digest, signer, beforeCommit });
    const { log, queue, ledger, installation, routes } = opened;
    return { log, queue, ledger, installation, routes, files, [Symbol.asyncDispose]: () => opened.close() };
  };
}
