import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isScalar, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { StemmaError } from '../../core/errors.ts';
import { systemCode, toFileError } from '../system/file-errors.ts';
import { nearest } from '../../core/nearest.ts';
import { SETTING_KEYS } from './settings-schema.ts';
import type { SettingKey } from './settings-schema.ts';

/** Values by key, as far as the file has them. */
export type SettingValues = ReadonlyMap<string, unknown>;

const MAX_ALIASES = 100;

interface OpenFile {
  readonly path: string;
  readonly lines: LineCounter;
}

/**
 * What a settings file says; a file that is not there says nothing.
 *
 * @throws {StemmaError} INPUT_INVALID with file, line and column: YAML that cannot be read, an unknown key (with the
 * nearest known one), a value that does not fit
 */
export async function readSettingsFile(path: string): Promise<SettingValues> {
  const text = await readText(path);
  const file: OpenFile = { path, lines: new LineCounter() };
  const document = parseDocument(text, { lineCounter: file.lines });
  const [broken] = document.errors;
  if (broken !== undefined) throw problem(file, broken.pos[0], firstLine(broken.message));
  return valuesOf(file, document);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return '';
    throw toFileError(cause, { doing: 'reading the settings', path });
  }
}

function valuesOf(file: OpenFile, document: Document.Parsed): SettingValues {
  const values = new Map<string, unknown>();
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return values;
  if (!isMap(root)) throw problem(file, startOf(root), 'settings are keys with values, such as `profile: offline`');
  const visit = (map: YAMLMap, above: readonly string[]): void => {
    for (const pair of map.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      const key = [...above, name].join('.');
      const known = SETTING_KEYS.find((setting) => setting.key === key);
      const value = resolved(pair, document);
      if (known !== undefined) setValue(known, value);
      else if (!isSection(key)) throw unknownKey(file, startOf(pair.key), key);
      else if (isMap(value)) visit(value, [...above, name]);
      else if (!isEmpty(value)) throw problem(file, startOf(value), `"${key}" needs keys below it`);
    }
  };
  const setValue = (known: SettingKey, value: unknown): void => {
    if (isEmpty(value)) return;
    const plain = toPlain(file, value, document);
    const result = known.schema.safeParse(plain);
    if (!result.success) throw problem(file, startOf(value), `"${known.key}" ${result.error.issues[0]?.message ?? ''}`);
    values.set(known.key, result.data);
  };
  visit(root, []);
  return values;
}

/** The value of a pair, an alias followed to what it stands for. */
function resolved(pair: Pair, document: Document): unknown {
  const { value } = pair;
  return value !== null && typeof value === 'object' && 'resolve' in value && typeof value.resolve === 'function'
    ? value.resolve(document)
    : value;
}

function toPlain(file: OpenFile, value: unknown, document: Document): unknown {
  try {
    return (value as Node).toJS(document, { maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw problem(file, startOf(value), cause instanceof Error ? cause.message : String(cause));
  }
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (isScalar(value) && value.value === null);

const isSection = (key: string): boolean => SETTING_KEYS.some((setting) => setting.key.startsWith(`${key}.`));

const startOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;

const firstLine = (message: string): string => message.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '') ?? '';

function unknownKey(file: OpenFile, offset: number, key: string): StemmaError {
  const near = nearest(
    key,
    SETTING_KEYS.map((setting) => setting.key),
  );
  const text = `there is no setting "${key}"`;
  return problem(file, offset, near === undefined ? { text } : { text, hint: `Did you mean ${near}?` });
}

interface Complaint {
  readonly text: string;
  readonly hint?: string;
}

function problem(file: OpenFile, offset: number, complaint: string | Complaint): StemmaError {
  const { line, col } = file.lines.linePos(offset);
  const { text, hint }: Complaint = typeof complaint === 'string' ? { text: complaint } : complaint;
  return new StemmaError('INPUT_INVALID', `${file.path}:${line}:${col}: ${text}.`, {
    facts: { file: file.path, line, column: col },
    hint: hint ?? 'Correct this line; `stemma settings` shows what is in force.',
  });
}
