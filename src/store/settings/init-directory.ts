import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode, toFileError } from '../system/file-errors.ts';
import { prepareDataDirectory } from './directories.ts';
import { EXAMPLE_CONFIG } from './example-config.data.ts';
import { defaultSettingsText } from './settings-text.ts';

/** What `stemma init` made, and what was there already and stayed as it was. */
export interface InitResult {
  readonly dataDirectory: string;
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Makes a data directory with a commented settings file and an example definition. A file that is there is kept.
 *
 * @throws {StemmaError} FORBIDDEN · INPUT_INVALID · STORE_FULL
 */
export async function initDirectory(
  dataDirectory: string,
  chosen: { readonly language?: string | undefined } = {},
): Promise<InitResult> {
  await prepareDataDirectory(dataDirectory);
  const settings = defaultSettingsText({ 'language.primary': chosen.language });
  const files: readonly (readonly [name: string, text: string])[] = [
    ['settings.yaml', settings],
    [join('definitions', 'configs', 'my-first.yaml'), EXAMPLE_CONFIG],
  ];
  const created: string[] = [];
  const kept: string[] = [];
  for (const [name, text] of files) {
    const path = join(dataDirectory, name);
    ((await writeNew(path, text)) ? created : kept).push(path);
  }
  return { dataDirectory, created, kept };
}

async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw toFileError(cause, { doing: 'writing', path });
  }
}
