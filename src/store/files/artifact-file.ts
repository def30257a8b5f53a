import { StemmaError } from '../../core/errors.ts';
import { artifactId, isRunId, parseArtifactId, toHex } from '../../core/ids.ts';
import type { ArtifactId, ArtifactName, RunId, Sha256 } from '../../core/ids.ts';
import type { DefinitionSet, FileDraft } from '../../core/ports.ts';
import { nodeDigest } from '../system/digest.ts';
import { detectMediaType } from './media-type.ts';

export interface FileStoreOptions {
  /** The largest artifact; 2 GiB unless said otherwise. */
  readonly maxArtifactBytes?: number;
}

const DEFAULT_MAX_BYTES = 2 ** 31;
const TYPE = /^[A-Za-z0-9_-]{1,80}$/;
const PATH_WORD = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const STORED_NAME = /^(\d{2,})_[A-Za-z0-9_-]+\.[a-z0-9]+$/;

/** What both file stores write for a draft. */
export interface PreparedFile {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** The name under a number. */
  readonly id: (number: number) => ArtifactId;
}

/** @throws {StemmaError} INPUT_INVALID for a type that cannot stand in a file's name · TOO_LARGE */
export function prepareFile(runId: RunId, draft: FileDraft, options: FileStoreOptions): PreparedFile {
  assertRunId(runId);
  if (!TYPE.test(draft.type))
    throw new StemmaError('INPUT_INVALID', `"${draft.type}" is no artifact type.`, {
      hint: 'Use letters, digits, _ and - only, at most 80 of them.',
    });
  const bytes = typeof draft.body === 'string' ? new TextEncoder().encode(draft.body) : draft.body;
  const limit = options.maxArtifactBytes ?? DEFAULT_MAX_BYTES;
  if (bytes.byteLength > limit)
    throw new StemmaError('TOO_LARGE', `An artifact may have ${limit} bytes; this one has ${bytes.byteLength}.`, {
      facts: { limitBytes: limit, sizeBytes: bytes.byteLength },
      hint: 'Raise limits.artifactBytes in the settings when you want files of that size.',
    });
  const { mediaType, extension } = detectMediaType(draft.body);
  const { type, work } = draft;
  return { bytes, mediaType, id: (number) => artifactId({ runId, work, number, type, extension }) };
}

/** So many folders are remembered, those that were written to last. */
const MOST_FOLDERS = 4096;

/**
 * The numbers given in each folder, so that a folder is listed once and not for every new file. None is given twice,
 * not even when its file was swept: what a stale sweep of another process removes later must not be a new file.
 */
export class GivenNumbers {
  readonly #given = new Map<string, Set<number>>();

  /** Whether the folder's names have been taken in. */
  knows(folder: string): boolean {
    return this.#given.has(folder);
  }

  /** Takes in the names that are in the folder, whatever their type; what was given before stays given. */
  learn(folder: string, names: Iterable<string>): void {
    const given = this.#of(folder);
    for (const name of names) {
      const digits = STORED_NAME.exec(name)?.[1];
      if (digits !== undefined) given.add(Number(digits));
    }
  }

  /** The first number from `wanted` on that was not given; from now on it is. */
  next(folder: string, wanted: number): number {
    const given = this.#of(folder);
    let number = Math.max(1, wanted);
    while (given.has(number)) number += 1;
    given.add(number);
    return number;
  }

  forget(folder: string): void {
    this.#given.delete(folder);
  }

  #of(folder: string): Set<number> {
    const given = this.#given.get(folder) ?? new Set();
    this.#given.delete(folder);
    this.#given.set(folder, given); // the one used last stands last
    const [oldest] = this.#given.keys();
    if (this.#given.size > MOST_FOLDERS && oldest !== undefined) this.#given.delete(oldest);
    return given;
  }
}

/** Whether a file's name is one that `create` gives. */
export const isStoredName = (name: string): boolean => STORED_NAME.test(name);

/** @throws {StemmaError} NOT_FOUND for a text that is no id, so that no path can be smuggled in */
export function nameOf(id: ArtifactId): ArtifactName {
  const name = parseArtifactId(id);
  if (name === undefined) throw notFound(id);
  return name;
}

export const notFound = (id: ArtifactId, cause?: unknown): StemmaError =>
  new StemmaError('NOT_FOUND', `There is no artifact ${id}.`, {
    cause,
    hint: 'Its file may have been deleted or moved; `stemma runs verify` names every file that is missing.',
  });

export function assertRunId(runId: string): asserts runId is RunId {
  if (!isRunId(runId)) throw new StemmaError('INPUT_INVALID', `"${runId}" is no run id (UUIDv7).`);
}

/** `definitions/<kind>/<id>.yaml` with the text, for each of a set. @throws {StemmaError} INPUT_INVALID */
export function definitionFiles(set: DefinitionSet): readonly { kind: string; name: string; text: string }[] {
  return set.files.map(({ kind, id, text }) => {
    if (!PATH_WORD.test(kind) || !PATH_WORD.test(id))
      throw new StemmaError('INPUT_INVALID', `"${kind}/${id}" cannot be the name of a definition.`);
    return { kind, name: `${id}.yaml`, text };
  });
}

/** Above this, hashing leaves the main thread. */
const HASH_HERE_BYTES = 2 ** 20;

/** SHA-256 of a whole body. */
export async function sha256Of(bytes: Uint8Array): Promise<Sha256> {
  if (bytes.byteLength <= HASH_HERE_BYTES) return toHex(nodeDigest.sha256(bytes)) as Sha256;
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))) as Sha256;
}
