import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StemmaError } from '../../core/errors.ts';

/**
 * Refuses to begin an empty database beside the folders of runs: the one that knew them is gone.
 *
 * @throws {StemmaError} STORE_CORRUPT
 */
export function assertNotLost(file: string): void {
  if (existsSync(file) && statSync(file).size > 0) return;
  const runs = join(dirname(file), 'runs');
  if (!existsSync(runs) || readdirSync(runs).length === 0) return;
  throw new StemmaError('STORE_CORRUPT', `The database ${file} is missing or empty, and there are runs in ${runs}.`, {
    hint: 'Restore the database from a backup, or move the runs folder away to begin anew.',
  });
}
