import { chmod, mkdir, mkdtempDisposable, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareDataDirectory, resolveDataDirectory, resolveUserDirectory } from './directories.ts';

const folder = () => mkdtempDisposable(join(tmpdir(), 'stemma-data-'));
const POSIX = process.platform !== 'win32';

describe('the data directory', () => {
  test('is what the flag names, from the working directory', async () => {
    await using root = await folder();
    const input = { env: { STEMMA_DATA: '/other' }, cwd: root.path, home: '/home/x' };
    expect(resolveDataDirectory({ ...input, flag: 'here' })).toBe(join(root.path, 'here'));
    expect(resolveDataDirectory({ ...input, flag: root.path })).toBe(root.path);
  });

  test('is else what STEMMA_DATA names', async () => {
    await using root = await folder();
    await mkdir(join(root.path, '.stemma'));
    const found = resolveDataDirectory({ env: { STEMMA_DATA: join(root.path, 'd') }, cwd: root.path, home: '/h' });
    expect(found).toBe(join(root.path, 'd'));
  });

  test('is else the nearest .stemma at or above the working directory', async () => {
    await using root = await folder();
    const [outer, inner] = [join(root.path, '.stemma'), join(root.path, 'a', '.stemma')];
    await mkdir(outer);
    await mkdir(inner, { recursive: true });
    await mkdir(join(root.path, 'a', 'b', 'c'), { recursive: true });
    const at = (cwd: string): string => resolveDataDirectory({ env: { STEMMA_DATA: '' }, cwd, home: '/h', flag: '' });
    expect(at(join(root.path, 'a', 'b', 'c'))).toBe(inner);
    expect(at(join(root.path, 'a'))).toBe(inner);
    expect(at(root.path)).toBe(outer);
  });

  test('is else in the home folder; a file of that name does not count', async () => {
    await using root = await folder();
    await writeFile(join(root.path, '.stemma'), '');
    expect(resolveDataDirectory({ env: {}, cwd: root.path, home: '/home/x' })).toBe(join('/home/x', '.stemma'));
  });
});

test("the user's own settings stand where XDG says, else in .config", () => {
  const home = '/home/x';
  expect(resolveUserDirectory({ env: { XDG_CONFIG_HOME: '/etc/x' }, home })).toBe(join('/etc/x', 'stemma'));
  expect(resolveUserDirectory({ env: { XDG_CONFIG_HOME: 'relative' }, home })).toBe(join(home, '.config', 'stemma'));
  expect(resolveUserDirectory({ env: {}, home })).toBe(join(home, '.config', 'stemma'));
});

describe('preparing the data directory', () => {
  test('makes it with a .gitignore, and a second time changes nothing', async () => {
    await using root = await folder();
    const path = join(root.path, 'deep', '.stemma');
    expect(await prepareDataDirectory(path)).toEqual({ created: true });
    expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n');
    expect(await prepareDataDirectory(path)).toEqual({ created: false });
    expect(await readdir(path)).toEqual(['.gitignore']);
  });

  test.runIf(POSIX)('makes it for this user only', async () => {
    await using root = await folder();
    const path = join(root.path, '.stemma');
    await prepareDataDirectory(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test('works for processes that start at once', async () => {
    await using root = await folder();
    const path = join(root.path, '.stemma');
    await Promise.all(Array.from({ length: 8 }, () => prepareDataDirectory(path)));
    expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('hides no files of a folder that is in use', async () => {
    await using root = await folder();
    await writeFile(join(root.path, 'essay.md'), 'mine');
    expect(await prepareDataDirectory(root.path)).toEqual({ created: false });
    expect(await readdir(root.path)).toEqual(['essay.md']);
  });

  test('refuses a file', async () => {
    await using root = await folder();
    const path = join(root.path, 'file');
    await writeFile(path, '');
    await expect(prepareDataDirectory(path)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(prepareDataDirectory(join(path, 'below'))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  test.runIf(process.platform === 'linux').each(['/proc/stemma', '/proc/stemma/deep/.stemma', '/sys/stemma'])(
    'refuses %s at once, where the system keeps no folders',
    async (path) => {
      await expect(prepareDataDirectory(path)).rejects.toMatchObject({
        code: 'FORBIDDEN',
        hint: expect.stringContaining(path),
      });
    },
  );

  test.runIf(POSIX)('refuses a place below a device or behind a link to nowhere', async () => {
    await using root = await folder();
    await expect(prepareDataDirectory('/dev/null/x')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('/dev/null/x'),
    });
    await symlink(join(root.path, 'gone'), join(root.path, 'link'));
    await expect(prepareDataDirectory(join(root.path, 'link'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await symlink(join(root.path, 'loop'), join(root.path, 'loop'));
    await expect(prepareDataDirectory(join(root.path, 'loop', 'x'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test.runIf(POSIX && process.getuid?.() !== 0)('refuses a folder that cannot be written', async () => {
    await using root = await folder();
    await chmod(root.path, 0o500);
    await expect(prepareDataDirectory(root.path)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(prepareDataDirectory(join(root.path, 'x'))).rejects.toMatchObject({
      code: 'FORBIDDEN',
      hint: expect.stringContaining('--data'),
    });
    await chmod(root.path, 0o700);
  });
});
