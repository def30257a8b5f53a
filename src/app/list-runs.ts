import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { Instant, RunId } from '../core/ids.ts';
import { localText } from '../core/json.ts';
import type { RunListRow } from '../core/ports.ts';
import { RUN_MOVES } from '../core/states.ts';
import type { RunState } from '../core/states.ts';
import type { App } from './context.ts';
import { describeIssue } from './input-issue.ts';

const time = z.iso.datetime({ offset: true }).or(z.iso.date());

export const listRunsInput = z.strictObject({
  state: z.enum(Object.keys(RUN_MOVES) as [RunState, ...RunState[]]).optional(),
  config: z.string().optional(),
  from: time.optional(),
  to: time.optional(),
  search: z.string().max(400).optional(),
  label: z.string().optional(),
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().optional(),
});

/** A row as `runs list --json` prints it. */
export interface ListedRun {
  readonly runId: RunId;
  readonly state: RunState;
  readonly config: string;
  readonly configName: string;
  readonly pipeline: string;
  readonly profile: string;
  readonly safety: string;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly outputs: readonly string[];
  readonly costMicroUsd: number;
  readonly parent: RunId | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Runs, newest first. @throws {StemmaError} INPUT_INVALID */
export async function listRuns(
  app: App,
  input: z.input<typeof listRunsInput>,
): Promise<{ items: readonly ListedRun[]; nextCursor: string | null }> {
  const { from, to, label, ...rest } = parse(input);
  const filter = {
    ...defined(rest),
    ...(from === undefined ? {} : { from: Date.parse(from) as Instant }),
    ...(to === undefined ? {} : { to: endOf(to) }),
    ...(label === undefined ? {} : { label: parseLabel(label) }),
    limit: rest.limit,
  };
  const [{ items, nextCursor }, { definitions }] = await Promise.all([
    app.store.queries.list(filter),
    app.definitions.load(),
  ]);
  const nameOf = (config: string): string => {
    const name = definitions.configs.get(config)?.definition.name;
    return name === undefined ? config : localText(name, app.settings.language);
  };
  return { items: items.map((row) => toListed(row, nameOf(row.config))), nextCursor };
}

function parse(input: unknown): z.output<typeof listRunsInput> {
  const result = listRunsInput.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw describeIssue(result.error);
}

/** A day without a time counts to its end. */
const endOf = (to: string): Instant => (Date.parse(to) + (to.includes('T') ? 0 : 86_399_999)) as Instant;

const defined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;

/** @throws {StemmaError} INPUT_INVALID */
export function parseLabel(text: string): { key: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { key: text.slice(0, at), value: text.slice(at + 1) };
  throw new StemmaError('INPUT_INVALID', `"${text}" is no label.`, { hint: 'Write it as key=value.' });
}

function toListed(row: RunListRow, configName: string): ListedRun {
  const { runId, state, config, pipeline, profile, safety, durationMs, outputs, costMicroUsd, parent, labels } = row;
  const iso = (at: Instant): string => new Date(at).toISOString();
  const times = { createdAt: iso(row.createdAt), endedAt: row.endedAt === null ? null : iso(row.endedAt) };
  return {
    runId,
    state,
    config,
    configName,
    pipeline,
    profile,
    safety,
    ...times,
    durationMs,
    outputs,
    costMicroUsd,
    parent,
    labels,
  };
}
