import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StemmaError } from '../../core/errors.ts';
import type { Signer } from '../../core/ports.ts';
import { systemCode, toFileError } from './file-errors.ts';

const FILE = 'signing-key.pem';

interface KeyPair {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * The installation's Ed25519 key in the user's settings directory, as a PEM file that only the user can read.
 *
 * Nothing is read before the first use. The key is made when something is signed for the first time (or its id is
 * asked for); two processes that do so at once end with the same key. `keyId` is the first 16 hex digits of the
 * SHA-256 of the public key's DER form.
 *
 * @throws {StemmaError} FORBIDDEN · STORE_FULL when the key cannot be written · STORE_CORRUPT when the file is no key
 */
export function openSigner(directory: string): Signer {
  let known: KeyPair | undefined;
  const existing = (): KeyPair | undefined => (known ??= readPair(directory));
  const own = (): KeyPair => (known ??= readPair(directory) ?? makePair(directory));
  return {
    get keyId() {
      return own().id;
    },
    sign: (bytes) => sign(null, bytes, own().privateKey).toString('base64url'),
    verify(bytes, signature) {
      const pair = existing();
      if (pair?.id !== signature.keyId) return 'unknownKey';
      return verify(null, bytes, pair.publicKey, Buffer.from(signature.value, 'base64url')) ? 'valid' : 'invalid';
    },
  };
}

function readPair(directory: string): KeyPair | undefined {
  const path = join(directory, FILE);
  try {
    return toPair(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw toFileError(cause, { doing: 'reading the signing key', path: directory });
  }
}

function toPair(pem: string, path: string): KeyPair {
  const privateKey = parseKey(pem, path);
  const publicKey = createPublicKey(privateKey);
  const id = hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16);
  return { id, privateKey, publicKey };
}

function parseKey(pem: string, path: string): KeyObject {
  let cause: unknown;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (thrown) {
    cause = thrown;
  }
  throw new StemmaError('STORE_CORRUPT', `${path} should hold an Ed25519 private key, and does not.`, {
    cause,
    hint: 'Restore it from a backup, or move it away: a new key is made, and runs signed with the old one say "unknown key".',
  });
}

function makePair(directory: string): KeyPair {
  const path = join(directory, FILE);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return toPair(publish(pem, path), path);
  } catch (cause) {
    throw toFileError(cause, { doing: 'making the signing key', path: directory });
  }
}

/**
 * Puts the key under its name only when it is whole and nobody was faster; says which key stands there.
 * A hard link is the one move that does both; file systems without links get an exclusive create.
 */
function publish(pem: string, path: string): string {
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  writeWhole(draft, pem);
  try {
    linkSync(draft, path);
    return pem;
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') writeUnlessThere(path, pem);
    return readFileSync(path, 'utf8');
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeUnlessThere(path: string, pem: string): void {
  try {
    writeWhole(path, pem);
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw cause;
  }
}

function writeWhole(path: string, pem: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, pem);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
