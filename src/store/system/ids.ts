import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto';
import type { RunId, WorkerId } from '../../core/ids.ts';
import type { Ids } from '../../core/ports.ts';

const SEEDS = 2 ** 32;

/** Ids from the machine's clock and random source. */
export const systemIds: Ids = {
  runId: () => randomUUIDv7() as RunId,
  /** Hex: people give it to commands, where a dash in front would be a flag. */
  workerId: () => randomBytes(8).toString('hex') as WorkerId,
  seed: () => randomInt(SEEDS),
};
