import { toHex } from '../../core/ids.ts';
import type { FileDraft, FileStore, StoredFile } from '../../core/ports.ts';
import { resultOf } from '../kit-result.ts';
import type { KitResult } from '../kit-result.ts';
import { SCRIPT_DEFINITIONS } from '../script/definitions.ts';
import { kitDigest, kitIds } from '../system.ts';

/** A file store over a disk that can lose its power. */
export interface FilesUnderPowerCut extends AsyncDisposable {
  readonly files: FileStore;
  /** What was not made safe is gone, in the worst way that the disk allows; then the store is opened anew. */
  cutPower(): Promise<FileStore>;
}

const BYTES = new Uint8Array(70_000).map((_, index) => index % 251);
const DRAFTS: readonly Omit<FileDraft, 'number'>[] = [
  { type: 'input', body: 'A lighthouse in the fog', work: false },
  { type: 'output_image', body: BYTES, work: false },
  { type: 'request', body: '{"a":1}', work: true },
  { type: 'empty', body: '', work: true },
];

/**
 * A file that was acknowledged outlives a power cut: with its name, with all of its bytes, whatever comes right after.
 *
 * @param open - a new and empty store each time
 */
export async function filesOutlivePowerCuts(open: () => Promise<FilesUnderPowerCut>): Promise<readonly KitResult[]> {
  const each = DRAFTS.map((draft) =>
    resultOf(`the power cut right after ${draft.type} was stored`, () => storeAndCut(open, [draft])),
  );
  const all = resultOf('the power cut after several files', () => storeAndCut(open, DRAFTS));
  return Promise.all([...each, all, resultOf('the power cut after definitions', () => defineAndCut(open))]);
}

async function storeAndCut(
  open: () => Promise<FilesUnderPowerCut>,
  drafts: readonly Omit<FileDraft, 'number'>[],
): Promise<readonly string[]> {
  await using disk = await open();
  const runId = kitIds.runId();
  const stored: StoredFile[] = [];
  for (const draft of drafts) stored.push(await disk.files.create(runId, { ...draft, number: 1 }));
  const after = await disk.cutPower();
  const faults: string[] = [];
  for (const file of stored) {
    const bytes = await after.read(file.id).catch(() => undefined);
    if (bytes === undefined) faults.push(`${file.id} was acknowledged and is gone`);
    else if (toHex(kitDigest.sha256(bytes)) !== file.sha256)
      faults.push(`${file.id} was acknowledged and holds ${bytes.byteLength} of ${file.sizeBytes} bytes`);
  }
  const listed = new Set((await after.inventory(runId)).map(({ sha256 }) => sha256));
  return [...faults, ...stored.filter(({ sha256 }) => !listed.has(sha256)).map(({ id }) => `${id} is not listed`)];
}

async function defineAndCut(open: () => Promise<FilesUnderPowerCut>): Promise<readonly string[]> {
  await using disk = await open();
  const runId = kitIds.runId();
  await disk.files.writeDefinitions(SCRIPT_DEFINITIONS, runId);
  const after = await disk.cutPower();
  const listed = new Set((await after.inventory(runId)).map(({ sha256 }) => sha256));
  const lost = SCRIPT_DEFINITIONS.files.filter(({ digest }) => !listed.has(digest));
  return lost.map(({ kind, id }) => `the definition ${kind}/${id} was acknowledged and is gone or changed`);
}
