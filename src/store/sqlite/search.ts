import type { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../core/events.ts';
import { parseArtifactId } from '../../core/ids.ts';
import type { ArtifactId } from '../../core/ids.ts';
import type { FileStore } from '../../core/ports.ts';
import { StemmaError } from '../../core/errors.ts';
import { prepareChange, prepareQuery } from './connection.ts';
import type { KeyedEvent, Projection } from './projection.ts';

/** So much of a text is found; what is longer than the second is not looked into at all. */
const MOST_CHARACTERS = 65_536;
const MOST_BYTES = 4 * 2 ** 20;
/** Words of one query that count. */
const MOST_WORDS = 16;

const READABLE: ReadonlySet<string> = new Set(['txt', 'json']);

/**
 * The words of a search, each as a full-text query that finds it and everything that begins with it. Signs that mean
 * something to the full-text engine mean nothing here.
 *
 * @example
 * searchTerms('cat "sea* OR') // => ['"cat"*', '"sea"*', '"OR"*']
 */
export function searchTerms(search: string): readonly string[] {
  const words = search.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.slice(0, MOST_WORDS).map((word) => `"${word}"*`);
}

/** The texts of runs, as far as people read them: the input and what was made of it, no work files and no verdicts. */
export function textProjection(database: DatabaseSync, files: Pick<FileStore, 'read'>): Projection {
  const addRow = prepareChange(database, 'insert into searched_texts (run_key, artifact) values (?, ?)');
  const addText = prepareChange(database, 'insert into run_texts (rowid, body) values (?, ?)');
  const clearRows = prepareChange(database, 'delete from searched_texts');
  const clearTexts = prepareChange(database, `insert into run_texts (run_texts) values ('delete-all')`);
  const sizes = prepareQuery<{ readonly size: number }>(
    database,
    'select size_bytes as size from artifacts where run_key = ? and id = ?',
  );
  const textOf = async (runKey: number, id: ArtifactId): Promise<string | undefined> => {
    const size = sizes.get(runKey, id)?.size;
    return size === undefined || size > MOST_BYTES ? undefined : readText(files, id);
  };
  return {
    name: 'texts',
    async prepare(events) {
      const found: { readonly runKey: number; readonly id: ArtifactId; readonly text: string }[] = [];
      for (const { runKey, id } of events.flatMap(textsNamedBy)) {
        const text = await textOf(runKey, id);
        if (text !== undefined) found.push({ runKey, id, text });
      }
      return () => {
        for (const { runKey, id, text } of found)
          // Not what was deleted while its text was read.
          if (sizes.get(runKey, id) !== undefined) addText(addRow(runKey, id).lastInsertRowid, text);
      };
    },
    empty() {
      clearTexts();
      clearRows();
    },
  };
}

function textsNamedBy({ runKey, event }: KeyedEvent): { runKey: number; id: ArtifactId }[] {
  return artifactsNamedBy(event)
    .filter(isSearched)
    .map((id) => ({ runKey, id }));
}

function artifactsNamedBy(event: RunEvent): readonly ArtifactId[] {
  if (event.type === 'run.created') return event.data.given.map(({ id }) => id);
  return event.type === 'attempt.ended' ? event.data.outputs.map(({ id }) => id) : [];
}

function isSearched(id: ArtifactId): boolean {
  const name = parseArtifactId(id);
  if (name === undefined || name.work || !READABLE.has(name.extension)) return false;
  return !name.type.startsWith('safety') && name.type !== 'error';
}

/** A file that is gone, by deletion or by hand, is simply not found any more. */
async function readText(files: Pick<FileStore, 'read'>, id: ArtifactId): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await files.read(id)).slice(0, MOST_CHARACTERS);
  } catch (cause) {
    if (cause instanceof StemmaError && cause.code === 'NOT_FOUND') return undefined;
    throw cause;
  }
}
