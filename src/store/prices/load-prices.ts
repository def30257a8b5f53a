import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { StemmaError } from '../../core/errors.ts';
import { priceTableSchema } from '../../core/prices.ts';
import type { PriceTable } from '../../core/prices.ts';
import { systemCode, toFileError } from '../system/file-errors.ts';

const SHIPPED = fileURLToPath(new URL('prices.yaml', import.meta.url));

/**
 * The shipped prices, and over them those of the folders' `prices.yaml`, later folders first; a folder without one adds
 * nothing.
 *
 * @throws {StemmaError} INPUT_INVALID for a table with a mistake: money must not be counted with half a table
 */
export async function loadPrices(folders: readonly string[]): Promise<PriceTable> {
  const files = [SHIPPED, ...folders.map((folder) => join(folder, 'prices.yaml'))];
  return Object.assign({}, ...(await Promise.all(files.map(readTable))));
}

async function readTable(file: string): Promise<PriceTable> {
  const text = await readText(file);
  if (text.trim() === '') return {};
  const result = priceTableSchema.safeParse(parsed(file, text) ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(file, `"${issue?.path.join('" → "') ?? ''}" ${issue?.message ?? ''}`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return '';
    throw toFileError(cause, { doing: 'reading the prices', path });
  }
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause);
  }
}

const invalid = (file: string, what: string, cause?: unknown): StemmaError =>
  new StemmaError('INPUT_INVALID', `${file}: ${what}.`, {
    cause,
    facts: { file },
    hint: 'Correct the table; each model has `asOf` and what it charges for, such as usdPerMillionTokensIn.',
  });
