/** SQLite's result codes as the codes of the error table. */
import { StemmaError, toStemmaError } from '../../core/errors.ts';

const SQLITE = {
  error: 1,
  busy: 5,
  locked: 6,
  readonly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  tooBig: 18,
} as const;
const CONSTRAINT = 19;
const MISMATCH = 20;
const RANGE = 25;
const NOT_A_DATABASE = 26;

/** The primary result code of an error thrown by node:sqlite, else undefined. */
function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}

export const isBusy = (thrown: unknown): boolean => {
  const code = sqliteCode(thrown);
  return code === SQLITE.busy || code === SQLITE.locked;
};

/** Whether the error is about one statement and its values, so that other writes of the transaction can go on. */
export function concernsOneWrite(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === undefined || [SQLITE.error, SQLITE.tooBig, CONSTRAINT, MISMATCH, RANGE].includes(code);
}

export const storeBusy = (cause?: unknown): StemmaError =>
  new StemmaError('STORE_BUSY', 'The database was locked by another process for more than 10 s.', {
    cause,
    hint: 'Try again; `stemma doctor` says who else works on this data directory.',
  });

export const storeCorrupt = (file: string, cause?: unknown): StemmaError =>
  new StemmaError('STORE_CORRUPT', `The database ${file} is damaged or no database of Stemma.`, {
    cause,
    hint: 'Restore the data directory from a backup, or name another with --data.',
  });

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Any error of a statement as a StemmaError. */
export function toStoreError(thrown: unknown, file: string): StemmaError {
  switch (sqliteCode(thrown)) {
    case CONSTRAINT:
      return new StemmaError('STATE_CONFLICT', `The store refuses what its rules do not allow: ${textOf(thrown)}.`, {
        cause: thrown,
      });
    case SQLITE.busy:
    case SQLITE.locked:
      return storeBusy(thrown);
    case SQLITE.full:
      return new StemmaError('STORE_FULL', 'There is no space left for the database; nothing of this was stored.', {
        cause: thrown,
        hint: 'Make space on the disk of the data directory; runs go on from where they were.',
      });
    case SQLITE.io:
      return new StemmaError('STORE_FULL', `The disk of ${file} could not be written: it is full, or it fails.`, {
        cause: thrown,
        hint: 'Make space on the disk of the data directory, or look after the disk; runs go on from where they were.',
      });
    case SQLITE.corrupt:
    case NOT_A_DATABASE:
      return storeCorrupt(file, thrown);
    case SQLITE.readonly:
    case SQLITE.cantOpen:
      return new StemmaError('FORBIDDEN', `The database ${file} cannot be opened for writing: ${textOf(thrown)}.`, {
        cause: thrown,
        hint: 'Check the rights of the data directory, or name another with --data.',
      });
    default:
      return toStemmaError(thrown);
  }
}
