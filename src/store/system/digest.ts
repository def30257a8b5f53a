import { createHash, hash } from 'node:crypto';
import type { Digest } from '../../core/ids.ts';

/** Short inputs, which are nearly all, are put together here and hashed at once: half the time of a running hash. */
const together = Buffer.allocUnsafeSlow(16_384);
/** No UTF-16 code unit is more in UTF-8. */
const MOST_BYTES_OF_A_UNIT = 3;

/** SHA-256 of the platform. */
export const nodeDigest: Digest = {
  sha256(...parts) {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return hash('sha256', first, 'buffer');
    let end = 0;
    for (const part of parts) {
      if (end + part.length * MOST_BYTES_OF_A_UNIT > together.length) return runningHash(parts);
      if (typeof part === 'string') end += together.write(part, end);
      else {
        together.set(part, end);
        end += part.length;
      }
    }
    return hash('sha256', together.subarray(0, end), 'buffer');
  },
};

function runningHash(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const running = createHash('sha256');
  for (const part of parts) running.update(part);
  return running.digest();
}
