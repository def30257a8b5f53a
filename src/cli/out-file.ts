import { writeFile } from 'node:fs/promises';
import { StemmaError } from '../core/errors.ts';

/** @throws {StemmaError} INPUT_INVALID when the file cannot be written */
export async function writeOutFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new StemmaError('INPUT_INVALID', `${path} cannot be written (${code}).`, {
      cause,
      hint: 'Check the path after --out.',
    });
  }
}
