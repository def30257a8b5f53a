import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadPolicyFiles } from './load-policies.ts';

const folder = () => mkdtempDisposable(join(tmpdir(), 'stemma-policies-'));

test('policies come parsed, by name, with their place', async () => {
  await using root = await folder();
  await writeFile(join(root.path, 'b.yaml'), 'id: b\nterms: &t [x]\nmore: *t');
  await writeFile(join(root.path, 'a.yaml'), 'id: a');
  await writeFile(join(root.path, 'readme.md'), 'id: c');
  expect(await loadPolicyFiles([pathToFileURL(root.path)])).toEqual([
    { file: join(root.path, 'a.yaml'), data: { id: 'a' } },
    { file: join(root.path, 'b.yaml'), data: { id: 'b', terms: ['x'], more: ['x'] } },
  ]);
});

test('a policy that cannot be read stops everything, with its place', async () => {
  await using root = await folder();
  await writeFile(join(root.path, 'a.yaml'), 'id: a\nterms: [x\n');
  const loading = loadPolicyFiles([pathToFileURL(root.path)]);
  await expect(loading).rejects.toMatchObject({ code: 'DEFINITION_INVALID' });
  await expect(loading).rejects.toThrow(/a\.yaml:3:1: /);
});

test('a bomb of aliases is refused', async () => {
  await using root = await folder();
  const level = (name: string, of: string): string =>
    `${name}: &${name} [${Array.from({ length: 20 }, () => `*${of}`).join()}]`;
  const bomb = ['a: &a [x, x]', level('b', 'a'), level('c', 'b'), level('d', 'c')].join('\n');
  await writeFile(join(root.path, 'a.yaml'), bomb);
  await expect(loadPolicyFiles([pathToFileURL(root.path)])).rejects.toMatchObject({ code: 'DEFINITION_INVALID' });
});

test('a path that is no folder is said', async () => {
  await using root = await folder();
  await writeFile(join(root.path, 'file'), '');
  await expect(loadPolicyFiles([pathToFileURL(join(root.path, 'file'))])).rejects.toMatchObject({
    code: 'INPUT_INVALID',
  });
});
