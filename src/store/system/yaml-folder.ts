import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { StemmaError } from '../../core/errors.ts';
import { systemCode, toFileError } from './file-errors.ts';

export interface YamlFile {
  /** The file's name without `.yaml`. */
  readonly stem: string;
  readonly path: string;
  readonly data: unknown;
}

const MAX_ALIASES = 100;

/**
 * Every `*.yaml` of a folder, parsed, by name; a folder that is not there has none.
 *
 * @throws {StemmaError} DEFINITION_INVALID for YAML that cannot be read, with file, line and column
 */
export async function readYamlFolder(folder: URL): Promise<readonly YamlFile[]> {
  const path = fileURLToPath(folder);
  const names = (await namesIn(path)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map((name) => readYaml(join(path, name), name.slice(0, -'.yaml'.length))));
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw toFileError(cause, { doing: 'reading', path });
  }
}

async function readYaml(path: string, stem: string): Promise<YamlFile> {
  const lines = new LineCounter();
  const document = parseDocument(await readFile(path, 'utf8'), { lineCounter: lines });
  const [broken] = document.errors;
  const at = lines.linePos(broken?.pos[0] ?? 0);
  const place = `${path}:${at.line}:${at.col}`;
  if (broken !== undefined) throw invalid(place, broken.message.split('\n')[0] ?? '', broken);
  try {
    return { stem, path, data: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (cause) {
    throw invalid(place, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const invalid = (place: string, what: string, cause: unknown): StemmaError =>
  new StemmaError('DEFINITION_INVALID', `${place}: ${what.replace(/ at line \d+, column \d+:$/, '')}`, {
    cause,
    hint: 'Correct the file at this place.',
  });
