import { setTimeout as pause } from 'node:timers/promises';
import type { KitProcess } from './kit-process.ts';

const TIMES = 100;
const WITHIN_MS = 1000;
const GO_ON_MS = 5;

/** Windows cannot stop a process. */
export const CAN_STOP = process.platform !== 'win32';

/**
 * Stops a process where it holds no lock: nobody could write until it goes on.
 *
 * @param write - a write of another process, which shows that there is no lock
 */
export async function stopProcess(stopped: KitProcess, write: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < TIMES; time += 1) {
    stopped.signal('SIGSTOP');
    const late = new AbortController();
    const written = write();
    const passed = await Promise.race([
      written.then(() => true),
      pause(WITHIN_MS, false, { signal: late.signal }).catch(() => false),
    ]).finally(() => late.abort());
    if (passed) return;
    stopped.signal('SIGCONT');
    await written;
    await pause(GO_ON_MS);
  }
  throw new Error(`The process could not be stopped outside of a lock in ${TIMES} attempts.`);
}
