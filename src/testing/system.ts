/** The machine's own clock, digest and ids, and a signing key in the kit's folder. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomInt,
} from 'node:crypto';
import { randomUUIDv7, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Digest, Instant, RunId, WorkerId } from '../core/ids.ts';
import type { Clock, Ids, Signer } from '../core/ports.ts';

const SEEDS = 2 ** 32;

export const kitDigest: Digest = {
  sha256(...parts) {
    const running = createHash('sha256');
    for (const part of parts) running.update(part);
    return running.digest();
  },
};

export const kitIds: Ids = {
  runId: () => randomUUIDv7() as RunId,
  workerId: () => randomBytes(12).toString('base64url') as WorkerId,
  seed: () => randomInt(SEEDS),
};

export const kitClock: Clock = {
  now: () => Date.now() as Instant,
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await wait(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause;
    }
  },
};

/** Ed25519 with the key in the file, which the first one to ask makes: who starts processes asks before them. */
export function openKitSigner(file: string): Signer {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  const privateKey = createPrivateKey(readFileSync(file));
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: 'kit',
    sign: (bytes) => sign(null, bytes, privateKey).toString('base64url'),
    verify(bytes, { keyId, value }) {
      if (keyId !== 'kit') return 'unknownKey';
      return verify(null, bytes, publicKey, Buffer.from(value, 'base64url')) ? 'valid' : 'invalid';
    },
  };
}
