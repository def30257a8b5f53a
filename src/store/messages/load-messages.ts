import { StemmaError } from '../../core/errors.ts';
import type { Facts } from '../../core/json.ts';
import type { Messages } from '../../core/ports.ts';
import { LEVELS } from '../../core/schema.ts';
import { readYamlFolder } from '../system/yaml-folder.ts';

/** Texts by key, per language. */
type Catalogues = ReadonlyMap<string, ReadonlyMap<string, string>>;

const LANGUAGE = /^[a-z]{2,3}$/;
const FALLBACK = 'en';
const LEVEL_NAMES: ReadonlySet<string> = new Set(LEVELS);

/**
 * Catalogues of texts: every `<language>.yaml` of the folders, flat keys. A later folder adds to the ones before it and
 * goes before them where both have a key; a folder that is not there adds nothing.
 *
 * A key with a safety level in it (`safety.age.kids.heading`) falls back to the one without (`safety.age.heading`)
 * before it falls back to English.
 *
 * @throws {StemmaError} DEFINITION_INVALID for a file that is no flat catalogue of texts
 */
export async function loadMessages(folders: readonly URL[]): Promise<Messages> {
  const catalogues = new Map<string, Map<string, string>>();
  for (const files of await Promise.all(folders.map(readYamlFolder))) {
    for (const { stem, path, data } of files.filter((file) => LANGUAGE.test(file.stem))) {
      const catalogue = catalogues.get(stem) ?? new Map<string, string>();
      for (const [key, text] of entriesOf(data, path)) catalogue.set(key, text);
      catalogues.set(stem, catalogue);
    }
  }
  return messagesFrom(catalogues);
}

function* entriesOf(data: unknown, path: string): Generator<readonly [string, string]> {
  if (data === null || data === undefined) return;
  if (typeof data !== 'object' || Array.isArray(data)) throw notFlat(path, 'the file');
  for (const [key, text] of Object.entries(data)) {
    if (typeof text !== 'string') throw notFlat(path, `"${key}"`);
    yield [key, text];
  }
}

const notFlat = (path: string, what: string): StemmaError =>
  new StemmaError(
    'DEFINITION_INVALID',
    `${path}: ${what} is no text; a catalogue has lines such as "stage.1: Input".`,
    {
      hint: 'Write one key with its text per line, the text in quotes when it looks like a number.',
    },
  );

function messagesFrom(catalogues: Catalogues): Messages {
  const find = (key: string, language: string): string | undefined => {
    const catalogue = catalogues.get(baseOf(language));
    return catalogue?.get(key) ?? catalogue?.get(withoutLevel(key));
  };
  return {
    text: (key, facts, language) => fill(find(key, language) ?? find(key, FALLBACK) ?? key, facts),
    has: (key, language) => find(key, language) !== undefined,
  };
}

/** `de` of `de-AT`. */
const baseOf = (language: string): string => language.split(/[-_]/)[0]?.toLowerCase() ?? '';

const withoutLevel = (key: string): string =>
  key
    .split('.')
    .filter((word) => !LEVEL_NAMES.has(word))
    .join('.');

/** A name that no fact has stays as it stands, so that the mistake can be seen. */
const fill = (text: string, facts: Facts): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(facts, name) ? String(facts[name] ?? '') : whole,
  );
