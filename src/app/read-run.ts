import { chronicleOf } from '../core/chronicle.ts';
import type { ChronicleSource } from '../core/chronicle.ts';
import { lastBlock } from '../core/chronicle/source.ts';
import type { PipelineDefinition } from '../core/definitions.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { isRunId } from '../core/ids.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import { localText } from '../core/json.ts';
import type { ArtifactRow, DefinitionSet } from '../core/ports.ts';
import type { TypicalMs } from '../core/remaining-time.ts';
import { runRequestSchema } from '../core/request.ts';
import type { Chronicle } from '../core/shapes.ts';
import type { App } from './context.ts';
import { typicalTimes } from './typical-times.ts';

/** A run as the record has it. */
export interface ReadRun {
  readonly runId: RunId;
  readonly events: readonly RunEvent[];
  readonly rows: readonly ArtifactRow[];
  readonly definitions: DefinitionSet;
  /** Of the run's own definitions. */
  readonly pipeline: PipelineDefinition;
  readonly texts: ReadonlyMap<ArtifactId, string>;
  readonly chronicle: Chronicle;
}

/** Texts longer than this are shown cut; the file has them whole. */
const MAX_TEXT_BYTES = 4 * 2 ** 20;

/** @throws {StemmaError} INPUT_INVALID for a text that is no id */
export function parseRunId(text: string): RunId {
  const id = text.trim().toLowerCase();
  const dashed = /^[0-9a-f]{32}$/.test(id) ? id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : id;
  if (isRunId(dashed)) return dashed;
  throw new StemmaError('RUN_NOT_FOUND', `"${text.slice(0, 80)}" is no id of a run.`, {
    hint: 'Ids are given whole; `stemma runs list` shows them.',
  });
}

export const runNotFound = (runId: RunId): StemmaError =>
  new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`, {
    hint: '`stemma runs list` shows the runs; --data names another directory.',
  });

/** With the runs that branched off it, and how long it still takes. @throws {StemmaError} RUN_NOT_FOUND */
export async function readRun(app: App, runId: RunId): Promise<ReadRun> {
  return openRunReader(app, runId, { branches: await branchesOf(app, runId), forecast: true })();
}

async function branchesOf({ store }: App, runId: RunId): Promise<Chronicle['branches']> {
  const branches: Chronicle['branches'][number][] = [];
  for (const branch of await store.queries.branches(runId))
    for await (const first of store.log.read(branch, { limit: 1 }))
      if (first.type === 'run.created' && first.data.parent !== undefined)
        branches.push({ runId: branch, fromStep: first.data.parent.fromStep });
  return branches;
}

export interface RunReaderOptions {
  readonly branches?: Chronicle['branches'];
  /** Whether earlier runs are asked how long this one still takes. */
  readonly forecast?: boolean;
}

/**
 * Reads a run again and again while it goes on: events and texts that have been read once are kept.
 *
 * @returns what reads it anew; throws RUN_NOT_FOUND
 */
export function openRunReader(app: App, runId: RunId, options: RunReaderOptions = {}): () => Promise<ReadRun> {
  const { branches = [], forecast = false } = options;
  const events: RunEvent[] = [];
  const texts = new Map<ArtifactId, string>();
  let definitions: DefinitionSet | undefined;
  let typicalMs: TypicalMs | undefined;
  return async () => {
    for await (const event of app.store.log.read(runId, { afterSeq: events.at(-1)?.seq ?? 0 })) events.push(event);
    const rows = await app.store.log.artifacts(runId);
    definitions ??= await readDefinitions(app, runId, events);
    await readTexts(app, rows, texts);
    if (forecast && events.at(-1)?.type !== 'run.ended') typicalMs ??= await forecastOf(app, events, definitions);
    const source = await readSource(app, runId, { events, rows, definitions, texts, branches, typicalMs });
    const { pipeline } = source;
    return { runId, events: [...events], rows, definitions, pipeline, texts, chronicle: chronicleOf(source) };
  };
}

/** The definitions that the run was made with, by its first event. @throws {StemmaError} RUN_NOT_FOUND when there is none */
export async function readDefinitions(app: App, runId: RunId, [created]: readonly RunEvent[]): Promise<DefinitionSet> {
  if (created?.type !== 'run.created') throw runNotFound(runId);
  const definitions = await app.store.log.definitionSet(created.data.definitions);
  if (definitions === undefined) throw new StemmaError('STORE_CORRUPT', `The definitions of run ${runId} are missing.`);
  return definitions;
}

interface Parts {
  readonly events: readonly RunEvent[];
  readonly rows: readonly ArtifactRow[];
  readonly definitions: DefinitionSet;
  readonly texts: ReadonlyMap<ArtifactId, string>;
  readonly branches: Chronicle['branches'];
  readonly typicalMs: TypicalMs | undefined;
}

/** A convenience: a view without it is still a view. */
async function forecastOf(
  app: App,
  [created]: readonly RunEvent[],
  set: DefinitionSet,
): Promise<TypicalMs | undefined> {
  if (created?.type !== 'run.created') return undefined;
  const definitions = await app.definitions.restore(set);
  return typicalTimes(app, { created: created.data, definitions }).catch(() => undefined);
}

/** What a chronicle, or a part of it, is made from. */
export async function readSource(app: App, runId: RunId, parts: Parts): Promise<ChronicleSource> {
  const { events, rows, definitions, texts, typicalMs, ...others } = parts;
  const [created] = events;
  if (created?.type !== 'run.created') throw new StemmaError('STORE_CORRUPT', 'The run has no first event.');
  const { config, pipeline, lang } = created.data;
  const restored = await app.definitions.restore(definitions);
  const name = restored.configs.get(config)?.definition.name;
  return {
    events,
    artifacts: rows,
    pipeline: restored.pipelines.get(pipeline)?.definition ?? { title: pipeline, input: { text: 1 }, steps: [] },
    configName: name === undefined ? config : localText(name, lang),
    parameters: parametersOf(rows, texts),
    ...others,
    labels: await app.store.queries.labels(runId),
    content: (await app.store.log.head(runId))?.contentDeleted === true ? 'deleted' : 'present',
    ...(typicalMs === undefined ? {} : { typicalMs }),
    texts,
    terms: termsOf(parts),
    now: app.clock.now(),
    digest: app.digest,
    message: (key, facts) => app.messages.text(key, facts, lang),
  };
}

/** A file that is missing or altered is a matter of `verify`; reading the rest goes on. */
export async function readTexts(app: App, rows: readonly ArtifactRow[], texts: Map<ArtifactId, string>): Promise<void> {
  const isWanted = ({ id, mediaType, sizeBytes }: ArtifactRow): boolean =>
    !texts.has(id) && isText(mediaType) && sizeBytes <= MAX_TEXT_BYTES;
  for (const { id } of rows.filter(isWanted)) {
    const bytes = await app.store.files.read(id).catch(() => undefined);
    if (bytes !== undefined) texts.set(id, new TextDecoder().decode(bytes));
  }
}

const isText = (mediaType: string): boolean =>
  mediaType.startsWith('text/') || mediaType === 'application/json' || mediaType === 'image/svg+xml';

function parametersOf(
  rows: readonly ArtifactRow[],
  texts: ReadonlyMap<ArtifactId, string>,
): ChronicleSource['parameters'] {
  const id = rows.find(({ type }) => type === 'request')?.id;
  const text = id === undefined ? undefined : texts.get(id);
  const request = runRequestSchema.safeParse(parseJson(text));
  return request.success ? request.data.parameters : {};
}

/** What the last block was about: the terms stand in its evidence artifact only. */
function termsOf({ events, rows, texts }: Pick<Parts, 'events' | 'rows' | 'texts'>): string[] {
  const block = lastBlock(events);
  if (block === undefined) return [];
  const evidence = parseJson(texts.get(block.data.evidence.id));
  const entries = (Array.isArray(evidence) ? evidence : [evidence]) as {
    sha256?: string;
    terms?: { found?: string }[];
  }[];
  const judged = rows.find(({ id }) => id === block.data.subject)?.sha256;
  const own = entries.find((entry) => entry?.sha256 === judged);
  return [...new Set((own?.terms ?? []).map(({ found }) => found ?? ''))];
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
