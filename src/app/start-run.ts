import { z } from 'zod';
import type { ChunkDefinition, Definitions, Resolved } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import type { EventData } from '../core/events.ts';
import { traceIdOf } from '../core/ids.ts';
import type { Digest, RunId, TraceId, WorkerId } from '../core/ids.ts';
import { localText } from '../core/json.ts';
import type { LocalText } from '../core/json.ts';
import { nearest } from '../core/nearest.ts';
import type { DefinitionSet, FileStore, Lease, LoadedDefinitions, Submission } from '../core/ports.ts';
import type { RunRequest } from '../core/request.ts';
import { LEVELS, levelSchema, prioritySchema } from '../core/schema.ts';
import type { Level } from '../core/schema.ts';
import type { ArtifactDraft } from '../core/stage.ts';
import { rulesOf } from '../engine/gateway.ts';
import { freshSalt, toWritten } from '../engine/run-artifacts.ts';
import type { Written } from '../engine/run-artifacts.ts';
import type { App } from './context.ts';
import { chunksUsed, collectDefinitions } from './definition-set.ts';
import { idInput } from './id-input.ts';
import { describeIssue } from './input-issue.ts';
import { assertSettings, mergeParameters } from './parameters.ts';
import { writeSummary } from './summary.ts';

const labelSchema = z.string().min(1).max(80);

export const startRunInput = z.strictObject({
  config: z.string().min(1),
  text: z.string(),
  task: z.string().optional(),
  context: z.string().optional(),
  outputs: z.array(z.string().min(1)).min(1, 'must name at least one output').optional(),
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  safety: z.preprocess((value) => (value === 'off' ? 'research' : value), levelSchema).optional(),
  profile: z.string().optional(),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  priority: prioritySchema.optional(),
  /** What the run may cost, in USD; the call that would go beyond it is not made. */
  budget: z.number().min(0, 'must be an amount in USD').max(1e9).optional(),
  /** Who asks: a role or a random id, never a name. Runs of one priority take turns between those who ask, or their rooms. */
  by: idInput.default('admin'),
  room: idInput.optional(),
  lang: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'is no language (ISO 639-1)')
    .optional(),
  labels: z
    .record(labelSchema, labelSchema)
    .refine((labels) => Object.keys(labels).length <= 20, 'a run has at most 20 labels')
    .optional(),
});
export type StartRunInput = z.input<typeof startRunInput>;

/** The youngest that a level is for; a config's `minAge` is held against it. */
const LOWEST_AGE: { readonly [L in Level]: number } = { kids: 8, youth: 13, adult: 18, research: 18 };

export interface StartedRun {
  readonly runId: RunId;
  readonly traceId: TraceId;
  /** Held by the worker it was claimed for. */
  readonly lease: Lease | undefined;
}

/**
 * Starts a run: its input, its definitions and its first event are on disk when this resolves.
 *
 * @throws {StemmaError} INPUT_INVALID · TOO_LARGE · CONFIG_NOT_FOUND · DEFINITION_INVALID · FORBIDDEN for a looser level · AGE_LIMIT · STORE_FULL · STORE_BUSY
 */
export async function startRun(app: App, input: StartRunInput, claimFor?: WorkerId): Promise<StartedRun> {
  const result = startRunInput.safeParse(input, { reportInput: true });
  if (!result.success) throw describeIssue(result.error);
  const wish = result.data;
  const loaded = await app.definitions.load();
  const config = findConfig(loaded, wish.config);
  const { definitions } = loaded;
  return submitRun(app, prepareRun(app, { wish, config, definitions, inForce: app.settings.level }), claimFor);
}

export type Wish = z.output<typeof startRunInput>;
type Config = Resolved<'configs'>;

/** What a run is to be made from. */
export interface RunDraft {
  readonly wish: Wish;
  readonly config: Config;
  readonly definitions: Definitions;
  /** No looser level can be asked for. */
  readonly inForce: Level;
  readonly branch?: BranchOrigin;
}

/** Where a branch comes from, and what it keeps of it unless the wish says otherwise. */
export interface BranchOrigin {
  readonly parent: NonNullable<EventData['run.created']['parent']>;
  readonly lang: string;
  /** Texts that stand for the config's own. */
  readonly texts: { readonly task?: string; readonly context?: string };
}

/**
 * Everything of a run but its id; nothing is written.
 *
 * @throws {StemmaError} INPUT_INVALID · TOO_LARGE · FORBIDDEN for a looser level · AGE_LIMIT
 */
export function prepareRun(app: App, draft: RunDraft): ReadyRun {
  const { wish, config, definitions, branch } = draft;
  assertTexts(wish, app.settings.inputBytes);
  const request = toRequest(app, draft);
  const used = { config: config.id, pipeline: config.definition.pipeline, profile: request.profile };
  const set = collectDefinitions(definitions, { ...used, outputs: request.outputs }, app.digest);
  assertSettings(app, { config, outputs: request.outputs, definitions, request });
  const chunks = chunksUsed(definitions, { ...used, outputs: request.outputs });
  const given = givenTexts(app, { draft, request, chunks });
  const { labels, budget, by, room } = wish;
  const optional = {
    by,
    ...(room !== undefined && { room }),
    ...(labels && { labels }),
    ...(budget !== undefined && { budgetMicroUsd: Math.round(budget * 1e6) }),
    ...(branch && { parent: branch.parent }),
  };
  return { request, used, set, given, ...optional };
}

/** Everything that a person wrote, not the input alone, becomes an artifact and goes to the gateway. */
function assertTexts({ text, task, context, set = {} }: Wish, limit: number): void {
  assertPlain('text', text, limit);
  if (text.trim() === '')
    throw new StemmaError('INPUT_INVALID', 'The text is empty.', {
      hint: 'Write a text after the config, or give one with --input-file or on standard input.',
    });
  for (const [what, own] of Object.entries({ task, context, ...set }))
    if (typeof own === 'string') assertPlain(what, own, limit);
}

function assertPlain(what: string, text: string, limit: number): void {
  const sizeBytes = new TextEncoder().encode(text).length;
  if (sizeBytes > limit)
    throw new StemmaError('TOO_LARGE', `The ${what} is ${sizeBytes} bytes long; at most ${limit} are taken.`, {
      facts: { sizeBytes, limit },
      hint: 'Shorten it, or raise limits.inputBytes in the settings.',
    });
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text) || !text.isWellFormed())
    throw new StemmaError(
      'INPUT_INVALID',
      `The ${what} is no plain text: it holds control characters or broken Unicode.`,
      { hint: 'Give a text in UTF-8.' },
    );
}

/** @throws {StemmaError} CONFIG_NOT_FOUND · DEFINITION_INVALID */
export function findConfig({ definitions, problems }: LoadedDefinitions, id: string): Config {
  const found = definitions.configs.get(id);
  if (found !== undefined) return found;
  const wrong = problems.find((problem) => problem.kind === 'configs' && problem.id === id);
  if (wrong !== undefined)
    throw new StemmaError('DEFINITION_INVALID', `The config "${id}" has not loaded: ${wrong.message}`, {
      facts: { file: wrong.file, line: wrong.line ?? null, column: wrong.column ?? null },
      hint: 'Run `stemma configs validate` for the whole list.',
    });
  const near = nearest(id, [...definitions.configs.keys()]);
  throw new StemmaError('CONFIG_NOT_FOUND', `There is no config "${id}".`, {
    facts: { config: id.slice(0, 80), ...(near === undefined ? {} : { nearest: near }) },
    hint: near === undefined ? '`stemma configs list` shows them all.' : `Did you mean "${near}"?`,
  });
}

function toRequest(app: App, { wish, config, definitions, inForce, branch }: RunDraft): RunRequest {
  const { definition } = config;
  const level = levelFor(inForce, wish.safety, definition.safety);
  assertAge(definition.display.minAge, level);
  const profile = wish.profile ?? app.settings.profile;
  assertKnown('profile', profile, definitions.profiles);
  const outputs = wish.outputs ?? definition.outputs;
  for (const output of outputs) assertKnown('output', output, definitions.outputs);
  return {
    config: config.id,
    profile,
    level,
    lang: wish.lang === undefined && branch !== undefined ? branch.lang : languageFor(app, wish.lang),
    seed: wish.seed ?? app.ids.seed(),
    priority: wish.priority ?? 'normal',
    outputs,
    parameters: mergeParameters(app, { config, outputs, definitions }, wish.set ?? {}),
    set: Object.keys(wish.set ?? {}),
    edited: { task: wish.task !== undefined, context: wish.context !== undefined },
    ...(definition.procedure === undefined ? {} : { procedure: definition.procedure }),
  };
}

function languageFor({ settings }: App, asked: string | undefined): string {
  if (asked === undefined || settings.languages.includes(asked)) return asked ?? settings.language;
  throw new StemmaError('INPUT_INVALID', `The language "${asked}" is not among the supported ones.`, {
    hint: `Choose one of: ${settings.languages.join(', ')}. language.supported in the settings lists them.`,
  });
}

/** The strictest of the three. @throws {StemmaError} FORBIDDEN when a looser one was asked for than the setting */
function levelFor(setting: Level, asked: Level | undefined, config: Level | undefined): Level {
  const strictness = (level: Level): number => LEVELS.indexOf(level);
  if (asked !== undefined && strictness(asked) > strictness(setting))
    throw new StemmaError('FORBIDDEN', `The level "${asked}" is looser than the one in force, "${setting}".`, {
      facts: { asked, inForce: setting },
      hint: 'A run may only ask for a stricter level. Who runs Stemma here sets safety.level in the settings.',
    });
  const levels = [setting, asked, config].filter((level) => level !== undefined);
  return LEVELS[Math.min(...levels.map(strictness))] ?? setting;
}

function assertAge(minAge: number | undefined, level: Level): void {
  if (minAge === undefined || minAge <= LOWEST_AGE[level]) return;
  throw new StemmaError('AGE_LIMIT', `This config is for people of ${minAge} and older; the level "${level}" is not.`, {
    facts: { minAge, level },
    hint: 'Choose another config: `stemma configs list` shows the age of each.',
  });
}

function assertKnown(what: string, id: string, known: ReadonlyMap<string, unknown>): void {
  if (known.has(id)) return;
  const near = nearest(id, [...known.keys()]);
  throw new StemmaError('INPUT_INVALID', `There is no ${what} "${id}".`, {
    hint: near === undefined ? `Known: ${[...known.keys()].join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** Everything the run reads that a person or a definition wrote, as artifacts, so that the gateway judges exactly these bytes. */
function givenTexts(
  app: App,
  at: { draft: RunDraft; request: RunRequest; chunks: readonly ChunkDefinition[] },
): ArtifactDraft[] {
  const { draft, request, chunks } = at;
  const { wish, config, branch } = draft;
  const local = (text: LocalText): string => localText(text, request.lang);
  const kept = branch?.texts;
  const task = wish.task ?? kept?.task ?? standardTask(app, local(config.definition.instruction), request.lang);
  const context = wish.context ?? kept?.context ?? local(config.definition.context);
  const words = closedWords(request, chunks);
  const texts: readonly (readonly [type: string, body: string])[] = [
    ['task', task],
    ['context', context],
    ['parameters', words.join('\n')],
  ];
  return [
    { type: 'input', body: wish.text },
    { type: 'request', body: `${JSON.stringify(request, undefined, 2)}\n`, work: true },
    ...texts.flatMap(([type, body]) => (body.trim() === '' ? [] : [{ type, body, work: true }])),
  ];
}

/** Every word that reaches a stage as a setting: a person's, the config's, the chunks'. One artifact holds them all. */
function closedWords({ parameters, procedure }: RunRequest, chunks: readonly ChunkDefinition[]): string[] {
  const all = [...chunks.map(({ defaults }) => defaults), { procedure }, parameters].flatMap((part) =>
    Object.entries(part),
  );
  return [...new Set(all.flatMap(([name, value]) => (typeof value === 'string' ? [`${name}: ${value}`] : [])))];
}

/** `transformation`, `optimization` and `passthrough` stand for texts in the catalogue; another text stands for itself. */
function standardTask(app: App, instruction: string, language: string): string {
  const key = `task.${instruction}`;
  return app.messages.has(key, language) ? app.messages.text(key, {}, language) : instruction;
}

export interface ReadyRun {
  readonly request: RunRequest;
  readonly used: { readonly config: string; readonly pipeline: string; readonly profile: string };
  readonly set: DefinitionSet;
  readonly given: readonly ArtifactDraft[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly parent?: BranchOrigin['parent'];
  /** The run whose record answers every call. */
  readonly replayOf?: RunId;
  readonly budgetMicroUsd?: number;
  readonly by?: string;
  readonly room?: string;
}

/** @throws {StemmaError} STORE_FULL · STORE_BUSY */
export async function submitRun(app: App, ready: ReadyRun, claimFor: WorkerId | undefined): Promise<StartedRun> {
  const runId = app.ids.runId();
  const lease = await store(app, ready, { runId, claimFor });
  await writeSummary(app, runId).catch(() => {}); // a convenience; the record is complete
  return { runId, traceId: traceIdOf(runId), lease };
}

/** All of it, or nothing. */
async function store(
  app: App,
  ready: ReadyRun,
  { runId, claimFor }: { readonly runId: RunId; readonly claimFor: WorkerId | undefined },
): Promise<Lease | undefined> {
  const { files, queue } = app.store;
  try {
    const submission = await toSubmission(app, ready, { runId, files });
    await files.writeDefinitions(ready.set, runId);
    return await queue.submit(submission, claimFor);
  } catch (cause) {
    await files.delete(runId).catch(() => {}); // the first fault is the one to tell
    throw cause;
  }
}

/** Writes what is given into the files, and says what is to be submitted. */
export async function toSubmission(
  app: App,
  ready: ReadyRun,
  { runId, files }: { readonly runId: RunId; readonly files: Pick<FileStore, 'create'> },
): Promise<Submission> {
  const given = await writeGiven(app.digest, { runId, files }, ready.given);
  const created = { type: 'run.created' as const, data: createdData(app, ready, given) };
  const labels = Object.entries(ready.labels ?? {}).map(([key, value]) => ({ key, value }));
  const artifacts = given.map(({ row }) => row);
  const share = ready.room ?? ready.by;
  const { priority } = ready.request;
  const whose = share === undefined ? {} : { share };
  return { runId, created, artifacts, definitions: ready.set, labels, priority, ...whose };
}

async function writeGiven(
  digest: Digest,
  { runId, files }: { readonly runId: RunId; readonly files: Pick<FileStore, 'create'> },
  drafts: readonly ArtifactDraft[],
): Promise<Written[]> {
  const written: Written[] = [];
  const numbers = { main: 0, work: 0 };
  for (const draft of drafts) {
    const work = draft.work ?? false;
    const number = ++numbers[work ? 'work' : 'main'];
    const file = await files.create(runId, { type: draft.type, body: draft.body, work, number });
    written.push(toWritten(file, draft, { origin: { runId }, digest, salt: freshSalt() }));
  }
  return written;
}

function createdData(
  app: App,
  { request, used, set, parent, replayOf, budgetMicroUsd, by, room }: ReadyRun,
  given: readonly Written[],
): EventData['run.created'] {
  return {
    ...used,
    outputs: request.outputs,
    definitions: set.digest,
    level: request.level,
    policy: rulesOf(app.engine.policy.version),
    lang: request.lang,
    seed: request.seed,
    priority: request.priority,
    given: given.map(({ committed }) => committed),
    ...(parent && { parent }),
    ...(replayOf && { replayOf }),
    ...(budgetMicroUsd !== undefined && { budgetMicroUsd }),
    ...(by !== undefined && { by }),
    ...(room !== undefined && { room }),
    stemma: app.version,
  };
}
