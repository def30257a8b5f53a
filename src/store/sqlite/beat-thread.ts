/** Raises the counter of one worker every second, as long as the main thread has answered within 30 s (guarantee 4). */
import { workerData } from 'node:worker_threads';
import { openForWriting } from './connection.ts';
import { ANSWERS, STOP } from './heartbeat.ts';
import type { HeartbeatData } from './heartbeat.ts';
import { isBusy } from './sqlite-errors.ts';

const BEAT_EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 30_000;
/** Short, so that a busy writer's gaps between two transactions are met. */
const RETRY_AFTER_MS = 3;

const { file, workerId, shared } = workerData as HeartbeatData;
const words = new Int32Array(shared);

/** Waits, and says whether to stop. */
const stopsWithin = (ms: number): boolean => {
  Atomics.wait(words, STOP, 0, ms);
  return Atomics.load(words, STOP) === 1;
};

/** Runs until it has succeeded or must stop; a lock is waited for here, where no event loop stands still. */
function insist<T>(attempt: () => T): T | undefined {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (stopsWithin(RETRY_AFTER_MS)) return undefined;
    }
  }
}

function beatUntilStopped(): void {
  const database = insist(() => openForWriting(file));
  if (database === undefined) return;
  const beat = database.prepare('update workers set beats = beats + 1 where id = ?');
  let answers = -1;
  let answeredAt = performance.now();
  while (!stopsWithin(BEAT_EVERY_MS)) {
    const heard = Atomics.load(words, ANSWERS);
    if (heard !== answers) answeredAt = performance.now();
    answers = heard;
    if (performance.now() - answeredAt > ANSWER_WITHIN_MS) continue;
    try {
      insist(() => beat.run(workerId));
    } catch {
      // A disk that is full for a while must not make a living worker look dead for good: the next second tries again.
    }
  }
  database.close();
}

beatUntilStopped();
