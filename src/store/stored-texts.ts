/** Texts that a store keeps whole, read back: what someone changed is refused here, before anything builds on it. */
import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { ArtifactId, RunId, Sha256 } from '../core/ids.ts';
import type { DefinitionSet } from '../core/ports.ts';
import { artifactIdSchema, budgetScopeSchema, prioritySchema, sha256Schema } from '../core/schema.ts';
import type { Priority } from '../core/schema.ts';
import type { BudgetName } from './budgets.ts';

const HINT = 'Run `stemma runs verify` on the run; restore the data directory from a backup.';

/** In the order in which `JSON.stringify` wrote them. */
const definitionSetSchema = z.object({
  digest: sha256Schema,
  files: z.array(
    z.object({ kind: z.string(), id: z.string(), origin: z.string(), digest: sha256Schema, text: z.string() }),
  ),
});

const sourcesSchema = z.array(artifactIdSchema);
const budgetNamesSchema = z.array(z.object({ scope: budgetScopeSchema, subject: z.string() }));

/** @throws {StemmaError} STORE_CORRUPT for a text that is no set of definitions */
export function parseDefinitionSet(digest: Sha256, text: string): DefinitionSet {
  try {
    return definitionSetSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The definitions ${digest} in the store are damaged.`;
    throw new StemmaError('STORE_CORRUPT', message, { cause, facts: { definitions: digest }, hint: HINT });
  }
}

/** The word for a priority in a run's row. @throws {StemmaError} STORE_CORRUPT for a number that stands for none */
export function parsePriority(runId: RunId, rank: number): Priority {
  const priority = prioritySchema.options[rank];
  if (priority !== undefined) return priority;
  const message = `The row of run ${runId} in the store is damaged: ${rank} is no priority.`;
  throw new StemmaError('STORE_CORRUPT', message, { facts: { run: runId }, hint: HINT });
}

/** The sources in an artifact's row. @throws {StemmaError} STORE_CORRUPT for a text that is no list of ids */
export function parseSources(id: ArtifactId, text: string): readonly ArtifactId[] {
  try {
    return sourcesSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The row of ${id} in the store is damaged: its sources are no list of artifacts.`;
    throw new StemmaError('STORE_CORRUPT', message, { cause, facts: { artifact: id }, hint: HINT });
  }
}

/** The budgets of a reservation. @throws {StemmaError} STORE_CORRUPT for a text that is no list of them */
export function parseBudgetNames(reservation: number, text: string): readonly BudgetName[] {
  try {
    return budgetNamesSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The reservation ${reservation} in the store is damaged: its budgets are no list.`;
    throw new StemmaError('STORE_CORRUPT', message, { cause, facts: { reservation }, hint: HINT });
  }
}
