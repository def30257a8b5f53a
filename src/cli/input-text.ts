import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { StemmaError } from '../core/errors.ts';

export interface TextSource {
  readonly argument: string | undefined;
  readonly file: string | undefined;
  readonly stdin: NodeJS.ReadStream;
  /** Bytes read at most. */
  readonly limit: number;
}

/**
 * The text of a run: the argument, else `--input-file`, else standard input.
 *
 * @throws {StemmaError} INPUT_INVALID for both at once, none, or bytes that are no UTF-8 · TOO_LARGE
 */
export async function readInputText({ argument, file, stdin, limit }: TextSource): Promise<string> {
  if (argument !== undefined && file !== undefined)
    throw new StemmaError('INPUT_INVALID', 'A text and --input-file are given; one of them is enough.');
  if (argument !== undefined) return argument;
  if (file !== undefined) return decode(await readTextFile(file, limit), file);
  if (stdin.isTTY)
    throw new StemmaError('INPUT_INVALID', 'There is no text to work on.', {
      hint: 'Write it after the config: stemma run dada "A cat sits on the roof".',
    });
  return decode(await readAll(stdin, limit), 'standard input');
}

async function readTextFile(file: string, limit: number): Promise<Uint8Array> {
  try {
    const kind = await stat(file);
    if (kind.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    if (!kind.isFile() && !kind.isFIFO()) throw Object.assign(new Error('no file'), { code: 'ENOTSUP' });
    return await readAll(createReadStream(file), limit);
  } catch (cause) {
    if (cause instanceof StemmaError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new StemmaError('INPUT_INVALID', `The file ${file} ${WHY_NOT[code] ?? `cannot be read (${code})`}.`, {
      cause,
      hint: 'Check the path after --input-file.',
    });
  }
}

const WHY_NOT: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  EISDIR: 'is a folder',
  ENOTSUP: 'is neither a file nor a pipe',
};

async function readAll(stream: AsyncIterable<unknown>, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limit) throw tooLarge(size, limit);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StemmaError('INPUT_INVALID', `What came from ${from} is no text in UTF-8.`, {
      cause,
      hint: 'Stemma reads plain text; save it as UTF-8.',
    });
  }
}

const tooLarge = (size: number, limit: number): StemmaError =>
  new StemmaError('TOO_LARGE', `The text is at least ${size} bytes long; at most ${limit} are taken.`, {
    facts: { limit },
    hint: 'Shorten it, or raise limits.inputBytes in the settings.',
  });
