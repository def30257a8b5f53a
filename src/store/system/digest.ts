import { createHash, hash } from 'node:crypto';
import type { Digest } from '../../core/ids.ts';

/** SHA-256 of the platform. A single part, the common case, takes the one-shot function. */
export const nodeDigest: Digest = {
  sha256(...parts) {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return hash('sha256', first, 'buffer');
    const running = createHash('sha256');
    for (const part of parts) running.update(part);
    return running.digest();
  },
};
