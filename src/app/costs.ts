import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import type { CostGroup, CostRow, CostSum } from '../core/ports.ts';
import type { App } from './context.ts';
import { describeIssue } from './input-issue.ts';
import { parseRunId } from './read-run.ts';

const COST_GROUPS = [
  'run',
  'step',
  'stage',
  'provider',
  'model',
  'config',
  'room',
  'day',
] as const satisfies readonly CostGroup[];

const date = z.iso.date('is no date: write it like 2026-11-21');

export const costsInput = z.strictObject({
  by: z.enum(COST_GROUPS).default('model'),
  /** Local dates, both included. */
  from: date.optional(),
  to: date.optional(),
  config: z.string().optional(),
  room: z.string().optional(),
  run: z.string().optional(),
});

/** What calls have cost, as `costs --json` prints it; money in millionths of a US dollar. */
export interface Costs {
  readonly by: CostGroup;
  readonly items: readonly CostItem[];
  readonly total: CostTotal;
  /** Whether there are more groups than the 500 that are listed; the total holds all. */
  readonly isCut: boolean;
}

export interface CostTotal {
  readonly microUsd: number;
  readonly calls: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly unpriced: number;
  readonly estimated: number;
}

export interface CostItem extends CostTotal {
  readonly key: string;
}

/**
 * What calls have cost, grouped. Failed calls count; a correction made later does too.
 *
 * @throws {StemmaError} INPUT_INVALID · RUN_NOT_FOUND
 */
export async function readCosts(app: App, input: z.input<typeof costsInput>): Promise<Costs> {
  const parsed = costsInput.safeParse(input, { reportInput: true });
  if (!parsed.success) throw describeIssue(parsed.error);
  const { by, run, from, to, config, room } = parsed.data;
  const { items, total, isCut } = await app.store.queries.costs({
    by,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(config === undefined ? {} : { config }),
    ...(room === undefined ? {} : { room }),
    ...(run === undefined ? {} : { runId: await existingRun(app, run) }),
  });
  return { by, items: items.map(toItem), total: toTotal(total), isCut };
}

async function existingRun(app: App, text: string): Promise<RunId> {
  const runId = parseRunId(text);
  if ((await app.store.log.head(runId)) !== undefined) return runId;
  throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
    hint: '`stemma runs list` shows the runs; --data names another directory.',
  });
}

const toItem = ({ key, ...sum }: CostRow): CostItem => ({ key, ...toTotal(sum) });

const toTotal = ({ costMicroUsd: microUsd, calls, tokensIn, tokensOut, unpriced, estimated }: CostSum): CostTotal => ({
  microUsd,
  calls,
  tokensIn,
  tokensOut,
  unpriced,
  estimated,
});
