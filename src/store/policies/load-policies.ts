import { readYamlFolder } from '../system/yaml-folder.ts';

/** A policy's file as it was written, before anything has looked at its shape. */
export interface PolicyFile {
  readonly file: string;
  readonly data: unknown;
}

/**
 * The `*.yaml` files of the folders, parsed, in the order of the folders and of their names. Bombs of aliases are refused.
 *
 * @throws {StemmaError} DEFINITION_INVALID with file, line and column: a policy that cannot be read stops everything,
 * because checks that are missing would let pass what they are there for
 */
export async function loadPolicyFiles(folders: readonly URL[]): Promise<readonly PolicyFile[]> {
  const files = await Promise.all(folders.map(readYamlFolder));
  return files.flat().map(({ path, data }) => ({ file: path, data }));
}
