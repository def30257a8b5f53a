import { statSync } from 'node:fs';
import { access, constants, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { StemmaError } from '../../core/errors.ts';
import { systemCode, toFileError } from '../system/file-errors.ts';
import type { Environment } from './load-settings.ts';

/** What the system answers where there can be no folder, whoever asks. */
const NO_PLACE: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ENODEV', 'ENOTSUP']);

export interface DataDirectoryInput {
  /** What `--data` says. */
  readonly flag?: string | undefined;
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
}

/** Absolute: `--data`, else STEMMA_DATA, else the nearest `.stemma` at or above the working directory, else `~/.stemma`. */
export function resolveDataDirectory({ flag, env, cwd, home }: DataDirectoryInput): string {
  const named = [flag, env['STEMMA_DATA']].find((path) => path !== undefined && path !== '');
  if (named !== undefined) return resolve(cwd, named);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const candidate = join(folder, '.stemma');
    if (isFolder(candidate)) return candidate;
    if (dirname(folder) === folder) return join(home, '.stemma');
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A folder above that may not be looked into holds no data directory of this user.
    return false;
  }
}

/** Where the user's own settings and the signing key stand: `$XDG_CONFIG_HOME/stemma`, else `~/.config/stemma`. */
export function resolveUserDirectory({ env, home }: Pick<DataDirectoryInput, 'env' | 'home'>): string {
  const base = env['XDG_CONFIG_HOME'] ?? '';
  // The XDG specification: a relative path is invalid and is to be passed over.
  return join(isAbsolute(base) ? base : join(home, '.config'), 'stemma');
}

/**
 * Makes the data directory if it is not there: only for this user, and with a `.gitignore` that keeps it out of
 * repositories. A folder that already holds something gets no `.gitignore`, which could hide a person's own files.
 *
 * @throws {StemmaError} FORBIDDEN when it cannot be written · INPUT_INVALID when it is no folder · STORE_FULL
 */
export async function prepareDataDirectory(path: string): Promise<{ created: boolean }> {
  try {
    const created = await makeFolders(path);
    if ((await readdir(path)).length === 0) await ignoreAll(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return { created };
  } catch (cause) {
    throw await explained(cause, path);
  }
}

/**
 * Makes the folder and those above it; says whether one was missing. By hand, because `mkdir` with `recursive` never
 * returns where a parent that is there answers ENOENT, as `/proc` does.
 */
async function makeFolders(path: string): Promise<boolean> {
  const missing: string[] = [];
  for (let folder = path; !(await isThere(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing) await makeFolder(folder);
  return missing.length > 0;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw cause;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    // Another process that starts at the same moment was faster.
    if (systemCode(cause) !== 'EEXIST') throw cause;
  }
}

async function ignoreAll(path: string): Promise<void> {
  try {
    await writeFile(join(path, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (cause) {
    // Another process that starts at the same moment was faster.
    if (systemCode(cause) !== 'EEXIST') throw cause;
  }
}

async function explained(cause: unknown, path: string): Promise<unknown> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isDirectory())
    return new StemmaError('INPUT_INVALID', `${path} should be the data directory, and is a file.`, {
      cause,
      hint: 'Name a folder with --data, or move the file away.',
    });
  if (NO_PLACE.has(systemCode(cause) ?? ''))
    return new StemmaError('FORBIDDEN', `No data directory can be made at ${path} (${systemCode(cause)}).`, {
      cause,
      facts: { system: systemCode(cause) ?? '' },
      hint: `The system keeps no folders at ${path}; name another folder with --data.`,
    });
  return toFileError(cause, { doing: 'keeping the data directory', path });
}
