/** One file with a definition: read, parsed, held against its shape. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { DEFINITION_KINDS, DEFINITION_SCHEMAS, idSchema } from '../../core/definitions.ts';
import type { DefinitionKind, DefinitionOf, DefinitionProblem, Origin, Resolved } from '../../core/definitions.ts';
import { toHex } from '../../core/ids.ts';
import type { Digest, Sha256 } from '../../core/ids.ts';
import { schemaFaults } from './schema-faults.ts';
import { soundRest } from './sound-rest.ts';
import type { SoundRest } from './sound-rest.ts';
import { parseYaml } from './yaml-file.ts';
import type { ParsedText, TextFault } from './yaml-file.ts';

export const MAX_FILE_BYTES = 256 * 1024;
const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

export const isDefinitionFile = (name: string): boolean => EXTENSIONS.has(extname(name)) && !name.startsWith('.');

/** Where a definition comes from. */
export interface FilePlace {
  readonly file: string;
  /** Undefined: told from the keys. */
  readonly kind: DefinitionKind | undefined;
  readonly origin: Origin;
}

export type AnyResolved = { readonly [K in DefinitionKind]: Resolved<K> }[DefinitionKind];

/** A file whose definition has the right shape, or what is wrong with it. */
export type LoadedFile =
  | { readonly ok: true; readonly file: string; readonly resolved: AnyResolved; readonly parsed: ParsedText }
  | {
      readonly ok: false;
      readonly file: string;
      readonly kind: DefinitionKind;
      readonly id: string;
      readonly problems: readonly DefinitionProblem[];
      /** The definition as far as it has the right shape; nobody can use it, but it can be checked. */
      readonly rest?: { readonly resolved: AnyResolved; readonly parsed: ParsedText } & Pick<SoundRest, 'without'>;
    };

type RefusedFile = Extract<LoadedFile, { ok: false }>;

const stemOf = (file: string): string => basename(file, extname(file));

/** The kind that the folder's name says. */
export function kindOfFolder(folder: string): DefinitionKind | undefined {
  const name = basename(folder);
  return DEFINITION_KINDS.find((kind) => kind === name);
}

/** Reads one file. Never throws: what goes wrong is a problem of that file. */
export async function loadFile(place: FilePlace, digest: Digest): Promise<LoadedFile> {
  const kind = place.kind ?? kindOfFolder(dirname(place.file));
  const text = await readText(place.file);
  if ('message' in text) return refused({ ...place, kind: kind ?? 'configs' }, [text]);
  return toDefinition({ ...place, kind }, text.text, digest);
}

/** A definition from its text. */
export function toDefinition(place: FilePlace, text: string, digest: Digest): LoadedFile {
  const result = parseYaml(text);
  if (!result.ok) return refused({ ...place, kind: place.kind ?? 'configs' }, result.faults);
  const { parsed } = result;
  const kind = place.kind ?? guessKind(parsed.value);
  if (kind === undefined) return refused({ ...place, kind: 'configs' }, [UNKNOWN_KIND]);
  const id = stemOf(place.file);
  const badId = idFault(id);
  if (badId !== undefined) return refused({ ...place, kind }, [badId]);
  const checked = DEFINITION_SCHEMAS[kind].safeParse(parsed.value);
  const toResolved = (definition: unknown): AnyResolved => {
    const { origin } = place;
    const own = toHex(digest.sha256(text)) as Sha256;
    return {
      kind,
      id,
      definition: definition as DefinitionOf[DefinitionKind],
      origin,
      digest: own,
      text,
    } as AnyResolved;
  };
  if (checked.success) return { ok: true, file: place.file, resolved: toResolved(checked.data), parsed };
  const { issues } = checked.error;
  const file = refused({ ...place, kind }, schemaFaults(DEFINITION_SCHEMAS[kind], issues, parsed));
  const rest = soundRest(DEFINITION_SCHEMAS[kind], parsed.value, issues);
  if (rest === undefined) return file;
  return { ...file, rest: { resolved: toResolved(rest.definition), parsed, without: rest.without } };
}

function refused(
  place: { readonly file: string; readonly kind: DefinitionKind },
  faults: readonly (TextFault & { readonly path?: DefinitionProblem['path'] })[],
): RefusedFile {
  const { file, kind } = place;
  const id = stemOf(file);
  const problems = faults.map((fault) => ({ file, kind, id, path: fault.path ?? [], ...withoutPath(fault) }));
  return { ok: false, file, kind, id, problems };
}

function withoutPath({ message, suggestion, line, column }: TextFault): TextFault {
  return { message, line, column, ...(suggestion === undefined ? {} : { suggestion }) };
}

const START = { line: 1, column: 1 } as const;

const UNKNOWN_KIND: TextFault = {
  ...START,
  message: 'is no definition that can be told by its keys',
  suggestion:
    'A chunk has `stage`, a pipeline `steps`, a config `pipeline`, an output config `medium`, a profile `roles`; or put the file into a folder named chunks, pipelines, configs, outputs or profiles.',
};

function idFault(id: string): TextFault | undefined {
  const checked = idSchema.safeParse(id);
  if (checked.success) return undefined;
  const message = `"${id}" ${checked.error.issues.map((issue) => issue.message).join(', ')}`;
  return { ...START, message, suggestion: 'The id is the name of the file without its ending; rename the file.' };
}

const TELLING_KEYS: readonly (readonly [string, DefinitionKind])[] = [
  ['stage', 'chunks'],
  ['steps', 'pipelines'],
  ['pipeline', 'configs'],
  ['medium', 'outputs'],
  ['roles', 'profiles'],
];

function guessKind(value: unknown): DefinitionKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return TELLING_KEYS.find(([key]) => Object.hasOwn(value, key))?.[1];
}

/** Such as ENOENT. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

async function readText(file: string): Promise<{ text: string } | TextFault> {
  try {
    const found = await stat(file);
    if (!found.isFile()) return { ...START, message: 'is no file' };
    if (found.size > MAX_FILE_BYTES)
      return { ...START, message: `is larger than ${MAX_FILE_BYTES / 1024} kB (${found.size} bytes)` };
    const bytes = await readFile(file);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    if (cause instanceof TypeError)
      return { ...START, message: 'is not UTF-8 text', suggestion: 'Save the file as UTF-8.' };
    return { ...START, message: `cannot be read (${codeOf(cause)})` };
  }
}
