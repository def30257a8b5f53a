import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { BudgetStanding } from '../core/schema.ts';
import { budgetModeSchema, budgetScopeSchema } from '../core/schema.ts';
import type { App } from './context.ts';
import { describeIssue } from './input-issue.ts';
import { parseRunId } from './read-run.ts';

/** Stands for every run, config, room, person or day. */
const EVERY = '*';
/** Above this a sum of money is no exact number of millionths any more. */
const MOST_USD = 1_000_000_000;

const subjectSchema = z.string().regex(/^(\*|[\p{L}\p{M}\p{Nd}._/@:+,[\]-]{1,80})$/u, 'is no id');
const place = { scope: budgetScopeSchema, subject: subjectSchema.optional(), by: z.string().max(80).default('admin') };

export const setBudgetInput = z.strictObject({
  ...place,
  usd: z.number().min(0).max(MOST_USD),
  mode: budgetModeSchema.default('halt'),
});
export const removeBudgetInput = z.strictObject(place);

/** Where a budget stands; money in millionths of a US dollar. */
export interface ListedBudget {
  readonly scope: BudgetStanding['scope'];
  readonly subject: string;
  readonly mode: BudgetStanding['mode'];
  readonly limitMicroUsd: number;
  readonly spentMicroUsd: number;
  /** For calls that have not ended yet. */
  readonly reservedMicroUsd: number;
  /** Of the limit: spent and reserved; null where the limit is nothing. */
  readonly percent: number | null;
}

/** Every budget that was set or spent from. */
export async function listBudgets(app: App): Promise<readonly ListedBudget[]> {
  const standings = await app.store.ledger.standings();
  return standings
    .map(({ scope, subject, mode, limitMicroUsd, spentMicroUsd, reservedMicroUsd }) => ({
      scope,
      subject,
      mode,
      limitMicroUsd,
      spentMicroUsd,
      reservedMicroUsd,
      percent: limitMicroUsd === 0 ? null : Math.round((100 * (spentMicroUsd + reservedMicroUsd)) / limitMicroUsd),
    }))
    .toSorted((a, b) => rank(a) - rank(b) || a.subject.localeCompare(b.subject));
}

const rank = ({ scope }: Pick<ListedBudget, 'scope'>): number => budgetScopeSchema.options.indexOf(scope);

/** What a budget is called: `day *`, `config dada`. */
export interface BudgetName {
  readonly scope: BudgetStanding['scope'];
  readonly subject: string;
}

/**
 * Sets a budget, or another limit for one that is there. What has been spent counts on.
 *
 * @throws {StemmaError} INPUT_INVALID · RUN_NOT_FOUND for what is no id of a run
 */
export async function setBudget(
  app: App,
  input: z.input<typeof setBudgetInput>,
): Promise<BudgetName & { readonly limitMicroUsd: number; readonly mode: BudgetStanding['mode'] }> {
  const { usd, mode, by, ...at } = parse(setBudgetInput, input);
  const budget = { ...nameOf(at), limitMicroUsd: Math.round(usd * 1e6), mode };
  await app.store.ledger.setBudget({ ...budget, by });
  return budget;
}

/**
 * Takes a budget that was set away again.
 *
 * @throws {StemmaError} INPUT_INVALID · NOT_FOUND · RUN_NOT_FOUND for what is no id of a run
 */
export async function removeBudget(app: App, input: z.input<typeof removeBudgetInput>): Promise<BudgetName> {
  const { by, ...at } = parse(removeBudgetInput, input);
  const budget = nameOf(at);
  await app.store.ledger.removeBudget({ ...budget, by });
  return budget;
}

/** A day needs no subject: one limit holds for each. What else has a budget is named, or is `*`. */
function nameOf({ scope, subject }: { scope: BudgetName['scope']; subject?: string | undefined }): BudgetName {
  if (scope === 'day' && subject !== undefined && subject !== EVERY && !z.iso.date().safeParse(subject).success)
    throw new StemmaError('INPUT_INVALID', `"${subject}" is no day.`, {
      hint: 'Write it like 2026-11-21, or leave it out: then the limit holds for each day.',
    });
  if (scope === 'run' && subject !== undefined && subject !== EVERY) return { scope, subject: parseRunId(subject) };
  if (subject !== undefined || scope === 'day') return { scope, subject: subject ?? EVERY };
  throw new StemmaError('INPUT_INVALID', `Which ${scope} the budget is for is missing.`, {
    hint: `Name its id, or ${EVERY} for every ${scope}.`,
  });
}

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw describeIssue(result.error);
}
