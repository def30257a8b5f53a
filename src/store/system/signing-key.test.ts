import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash } from 'node:crypto';
import { mkdtempDisposable, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openSigner } from './signing-key.ts';

const folder = () => mkdtempDisposable(join(tmpdir(), 'stemma-key-'));
const bytes = new TextEncoder().encode('the last hash of a run');

test('opening a signer touches nothing', async () => {
  await using root = await folder();
  openSigner(join(root.path, 'settings'));
  expect(await readdir(root.path)).toEqual([]);
});

test('what was signed is valid, also for the next process', async () => {
  await using root = await folder();
  const signer = openSigner(root.path);
  const signature = { keyId: signer.keyId, value: signer.sign(bytes) };
  expect(signer.verify(bytes, signature)).toBe('valid');
  const next = openSigner(root.path);
  expect(next.verify(bytes, signature)).toBe('valid');
  expect(next.keyId).toBe(signer.keyId);
});

test('other bytes, or a signature that was changed, are invalid', async () => {
  await using root = await folder();
  const signer = openSigner(root.path);
  const { keyId } = signer;
  const value = signer.sign(bytes);
  expect(signer.verify(new TextEncoder().encode('another'), { keyId, value })).toBe('invalid');
  expect(signer.verify(bytes, { keyId, value: 'AAAA' })).toBe('invalid');
});

test('a signature by another installation is by an unknown key, and asking makes no key', async () => {
  await using root = await folder();
  await using other = await folder();
  const theirs = openSigner(other.path);
  const signature = { keyId: theirs.keyId, value: theirs.sign(bytes) };
  expect(openSigner(root.path).verify(bytes, signature)).toBe('unknownKey');
  expect(await readdir(root.path)).toEqual([]);
});

test('the id is the beginning of the SHA-256 of the public key', async () => {
  await using root = await folder();
  const { keyId } = openSigner(root.path);
  const pem = await readFile(join(root.path, 'signing-key.pem'), 'utf8');
  const der = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  expect(keyId).toBe(hash('sha256', der, 'hex').slice(0, 16));
});

test.skipIf(process.platform === 'win32')('only the user can read the key and its folder', async () => {
  await using root = await folder();
  const directory = join(root.path, 'stemma');
  openSigner(directory).sign(bytes);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, 'signing-key.pem'))).mode & 0o777).toBe(0o600);
});

test('processes that begin at once end with one key', async () => {
  await using root = await folder();
  const script = `
    import { openSigner } from ${JSON.stringify(new URL('signing-key.ts', import.meta.url).href)};
    process.stdout.write(openSigner(${JSON.stringify(root.path)}).keyId);`;
  const run = promisify(execFile);
  const ids = await Promise.all(
    Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module-typescript', '-e', script])),
  );
  expect(new Set(ids.map(({ stdout }) => stdout))).toEqual(new Set([openSigner(root.path).keyId]));
  expect(await readdir(root.path)).toEqual(['signing-key.pem']);
});

test('a file that is no key is named, not replaced', async () => {
  await using root = await folder();
  const path = join(root.path, 'signing-key.pem');
  await writeFile(path, 'not a key');
  expect(() => openSigner(root.path).sign(bytes)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  expect(await readFile(path, 'utf8')).toBe('not a key');
});

test('a key of another kind is refused', async () => {
  await using root = await folder();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(root.path, 'signing-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  expect(() => openSigner(root.path).keyId).toThrow(/Ed25519/);
});

test('a folder that cannot be made is said', async () => {
  await using root = await folder();
  const file = join(root.path, 'file');
  await writeFile(file, '');
  expect(() => openSigner(join(file, 'stemma')).keyId).toThrow(/is a file/);
});
