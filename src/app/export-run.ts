import { StemmaError } from '../core/errors.ts';
import { toJsonExport } from '../export/json.ts';
import type { App } from './context.ts';
import { parseRunId, readRun, runNotFound } from './read-run.ts';

/** Format → how it is written. */
const FORMATS = { json: toJsonExport } as const;

/**
 * A run in a format, as text. Exporting never changes the run; a run in progress says so (`complete: false`).
 *
 * @throws {StemmaError} RUN_NOT_FOUND · INPUT_INVALID for an unknown format, listing the known
 */
export async function exportRun(app: App, input: { readonly runId: string; readonly format: string }): Promise<string> {
  if (!Object.hasOwn(FORMATS, input.format))
    throw new StemmaError('INPUT_INVALID', `There is no export format "${input.format}".`, {
      hint: `Known: ${Object.keys(FORMATS).join(', ')}.`,
    });
  const read = await readRun(app, parseRunId(input.runId));
  const head = await app.store.log.head(read.runId);
  if (head === undefined) throw runNotFound(read.runId);
  const source = { ...read, head, exportedAt: app.clock.now(), stemmaVersion: app.version };
  return `${JSON.stringify(FORMATS[input.format as keyof typeof FORMATS](source), undefined, 2)}\n`;
}
