import { record } from './001-record.ts';
import { readModels } from './002-read-models.ts';
import { engine } from './003-engine.ts';
import { statistics } from './004-statistics.ts';
import { attemptChecks } from './005-attempt-checks.ts';

/**
 * All migrations in order; the number of a store's schema is how many of them it has taken in. Append only: a store
 * out there has run the text that stood here. `schema.sql` is what they make together; `vitest run -u` writes it.
 */
export const MIGRATIONS: readonly string[] = [record, readModels, engine, statistics, attemptChecks];
