import type { StepPath } from '../../core/ids.ts';
import { expiryOf, waitOf } from '../waits.ts';
import type { RunPlan } from './plan.ts';

/**
 * Waits for what the step's last attempt waits for: a time, a person, a signal. A replay has the answers.
 *
 * @returns whether there was anything to wait for; what has come of it is in the fold
 */
export async function sitOut({ session, engine, replay }: RunPlan, path: StepPath): Promise<boolean> {
  if (replay !== undefined) return replay.passWait(path);
  const now = engine.clock.now();
  const expiry = expiryOf(session.fold.steps.get(path), { path, now });
  if (expiry !== undefined) session.writer.record(expiry).catch(() => {}); // ends the session
  const wait = waitOf(session.fold.steps.get(path), now);
  if (wait === undefined) return false;
  await session.wait(path, wait);
  return true;
}
