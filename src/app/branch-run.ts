import { z } from 'zod';
import { chunkOfOutput } from '../core/definitions.ts';
import type { Definitions } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import type { EventData, RunEvent } from '../core/events.ts';
import type { RunId, StepPath, WorkerId } from '../core/ids.ts';
import { runRequestSchema } from '../core/request.ts';
import type { RunRequest } from '../core/request.ts';
import { LEVELS } from '../core/schema.ts';
import type { Level } from '../core/schema.ts';
import { assertStep } from './branch-step.ts';
import type { App } from './context.ts';
import { describeIssue } from './input-issue.ts';
import { parseRunId } from './read-run.ts';
import { findConfig, prepareRun, startRunInput, submitRun } from './start-run.ts';
import type { BranchOrigin, ReadyRun, StartedRun, Wish } from './start-run.ts';

export const branchRunInput = z.strictObject({
  /** The parent. */
  runId: z.string(),
  /** From this step on everything runs again. */
  from: z.string(),
  /** What is to be otherwise than in the parent. */
  set: startRunInput.omit({ config: true }).partial().default({}),
  /** `stored`: those that the parent was made with. */
  definitions: z.enum(['stored', 'current']).default('stored'),
});
export type BranchRunInput = z.input<typeof branchRunInput>;

/**
 * Starts a branch: a run of its own that takes over what the parent has made before a step and makes the rest anew.
 * The parent is only read; it may still be going on, and then what has succeeded so far is taken over.
 *
 * The branch has the parent's definitions, texts, parameters, language, profile and seed unless `set` says otherwise;
 * labels, priority and budget are its own, and its level is the stricter one of the parent's and the one in force.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED · INPUT_INVALID · and what `startRun` throws
 */
export async function branchRun(app: App, input: BranchRunInput, claimFor?: WorkerId): Promise<StartedRun> {
  const { ready } = await prepareBranch(app, input);
  return submitRun(app, ready, claimFor);
}

/** A branch that could be started. */
export interface ReadyBranch {
  readonly ready: ReadyRun;
  readonly parent: NonNullable<ReadyRun['parent']>;
  /** Of the parent. */
  readonly created: EventData['run.created'];
  readonly events: readonly RunEvent[];
}

/** Everything but the writing. @throws as `branchRun` */
export async function prepareBranch(app: App, input: BranchRunInput): Promise<ReadyBranch> {
  const result = branchRunInput.safeParse(input, { reportInput: true });
  if (!result.success) throw describeIssue(result.error);
  const { set, from, definitions: which } = result.data;
  const origin = await readOrigin(app, parseRunId(result.data.runId));
  const { created, request, texts } = origin;
  const wish = toWish(origin, set);
  const definitions = await definitionsFor(app, origin, { wish, which });
  const config = definitions.configs.get(created.config);
  if (config === undefined) throw new StemmaError('STORE_CORRUPT', `The config of run ${origin.runId} is missing.`);
  const keepsTexts = which === 'stored' && (wish.lang === undefined || wish.lang === request.lang);
  const kept: BranchOrigin['texts'] = keepsTexts ? { task: texts['task'] ?? '', context: texts['context'] ?? '' } : {};
  const parent = { runId: origin.runId, fromStep: from as StepPath };
  const branch = { parent, lang: request.lang, texts: kept };
  const inForce = stricter(app.settings.level, created.level);
  const ready = prepareRun(app, { wish, config, definitions, inForce, branch });
  const steps = definitions.pipelines.get(config.definition.pipeline)?.definition.steps ?? [];
  assertStep(from, { steps, request: ready.request }, origin.events);
  return { ready, parent, created, events: origin.events };
}

/** The parent as a branch begins with it. */
interface Origin {
  readonly runId: RunId;
  readonly events: readonly RunEvent[];
  readonly created: EventData['run.created'];
  readonly request: RunRequest;
  /** What was given, by type. */
  readonly texts: { readonly [type: string]: string };
}

async function readOrigin(app: App, runId: RunId): Promise<Origin> {
  const { log, files } = app.store;
  const head = await log.head(runId);
  if (head === undefined)
    throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
      hint: '`stemma runs list` shows the runs; --data names another directory.',
    });
  if (head.contentDeleted === true)
    throw new StemmaError(
      'CONTENT_DELETED',
      `The content of run ${runId} has been deleted; nothing can branch off it.`,
    );
  const events: RunEvent[] = [];
  for await (const event of log.read(runId)) events.push(event);
  const [first] = events;
  if (first?.type !== 'run.created') throw new StemmaError('STORE_CORRUPT', `Run ${runId} has no first event.`);
  const given = new Set(first.data.given.map(({ id }) => id));
  const rows = (await log.artifacts(runId)).filter(({ id }) => given.has(id));
  const read = async (id: (typeof rows)[number]['id']) => new TextDecoder().decode(await files.read(id));
  const texts = Object.fromEntries(await Promise.all(rows.map(async ({ id, type }) => [type, await read(id)])));
  const request = runRequestSchema.parse(JSON.parse(texts['request'] ?? 'null'));
  return { runId, events, created: first.data, request, texts };
}

/** What the branch asks for: the parent's wish with what is set on top. Labels and priority are the brancher's. */
function toWish({ created, request, texts }: Origin, set: z.output<typeof branchRunInput>['set']): Wish {
  const ownSet = Object.fromEntries(Object.entries(request.parameters).filter(([name]) => request.set?.includes(name)));
  return {
    ...(request.edited.task ? { task: texts['task'] ?? '' } : {}),
    ...(request.edited.context ? { context: texts['context'] ?? '' } : {}),
    text: texts['input'] ?? '',
    outputs: [...request.outputs],
    profile: request.profile,
    seed: request.seed,
    by: 'admin',
    ...withoutUndefined(set),
    set: { ...ownSet, ...set.set },
    config: created.config,
  };
}

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;

/** Stored definitions, with current ones where the branch names others; or current ones throughout. */
async function definitionsFor(
  app: App,
  { created, request }: Origin,
  { wish, which }: { readonly wish: Wish; readonly which: 'stored' | 'current' },
): Promise<Definitions> {
  const current = async () => app.definitions.load();
  if (which === 'current') {
    const loaded = await current();
    findConfig(loaded, created.config);
    return loaded.definitions;
  }
  const set = await app.store.log.definitionSet(created.definitions);
  if (set === undefined) throw new StemmaError('STORE_CORRUPT', 'The definitions of the parent are missing.');
  const stored = await app.definitions.restore(set);
  const { profile = request.profile, outputs = [] } = wish;
  if (stored.profiles.has(profile) && outputs.every((id) => stored.outputs.has(id))) return stored;
  return withOthers(stored, (await current()).definitions, { profile, outputs });
}

/** A profile or an output that the parent did not have is the current one, with its chunk. */
function withOthers(
  stored: Definitions,
  current: Definitions,
  { profile, outputs }: { readonly profile: string; readonly outputs: readonly string[] },
): Definitions {
  const others = pick(
    current.outputs,
    outputs.filter((id) => !stored.outputs.has(id)),
  );
  const chunks = [...others.values()].map(({ definition }) => chunkOfOutput(definition));
  return {
    ...stored,
    profiles: new Map([...pick(current.profiles, [profile]), ...stored.profiles]),
    outputs: new Map([...stored.outputs, ...others]),
    chunks: new Map([...pick(current.chunks, chunks), ...stored.chunks]),
  };
}

const pick = <T>(all: ReadonlyMap<string, T>, ids: readonly string[]): Map<string, T> =>
  new Map([...all].filter(([id]) => ids.includes(id)));

const stricter = (one: Level, other: Level): Level => (LEVELS.indexOf(one) < LEVELS.indexOf(other) ? one : other);
