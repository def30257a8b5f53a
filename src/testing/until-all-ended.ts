import { runWorker } from '../engine/worker.ts';
import type { WorkerOptions } from '../engine/worker.ts';
import type { KitSession } from './kit-session.ts';

const LOOK_EVERY_MS = 10;
const WITHIN_MS = 110_000;

/**
 * Works until every run of the store has ended, those that wait for a time or are held by a dead worker too.
 *
 * @throws {Error} when they don't in nearly two minutes
 */
export async function untilAllEnded(
  { engine, slots }: KitSession,
  onSession?: NonNullable<WorkerOptions['onSession']>,
): Promise<void> {
  const told = onSession === undefined ? {} : { onSession };
  const signal = AbortSignal.timeout(WITHIN_MS);
  for (;;) {
    const { survey } = await runWorker(engine, { slots, once: true, signal, ...told });
    if (Object.values(survey).every((count) => count === 0)) return;
    if (signal.aborted) throw new Error(`The runs did not end: ${JSON.stringify(survey)}`);
    await engine.clock.sleep(LOOK_EVERY_MS);
  }
}
