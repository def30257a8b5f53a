import type { Definitions, PipelineDefinition } from '../core/definitions.ts';
import { toStemmaError } from '../core/errors.ts';
import type { EventData, RunEvent } from '../core/events.ts';
import { stepPath } from '../core/ids.ts';
import type { ArtifactId, RunId, Sha256, StepPath } from '../core/ids.ts';
import type { Facts } from '../core/json.ts';
import type { ArtifactRow } from '../core/ports.ts';
import { runRequestSchema } from '../core/request.ts';
import type { RunRequest } from '../core/request.ts';
import type { Level } from '../core/schema.ts';
import type { Engine } from './engine.ts';

/** A step that succeeded in a run, with everything it made: its results first, evidence last. */
export type MadeStep = EventData['step.reused'];

/** What a run holds that a branch of it may take over. */
export interface ParentRecord {
  readonly runId: RunId;
  readonly level: Level;
  readonly made: ReadonlyMap<StepPath, MadeStep>;
  readonly rows: ReadonlyMap<ArtifactId, ArtifactRow>;
  /** Or why nothing can be held against it. */
  readonly asked: Asked | 'content missing' | 'definition changed';
}

/** What the run was asked for, and the definitions it was made with. */
export interface Asked {
  readonly request: RunRequest;
  readonly definitions: Definitions;
  readonly pipeline: PipelineDefinition;
}

type Restore = (digest: Sha256) => Promise<Definitions>;

/**
 * Reads a run as its branches see it; nothing of it is changed.
 *
 * @param restore - the definitions by the digest that the run names
 * @returns undefined when there is no such run
 */
export async function readParent(engine: Engine, runId: RunId, restore: Restore): Promise<ParentRecord | undefined> {
  const reader = new Reader(runId);
  for await (const event of engine.log.read(runId)) reader.take(event);
  const { created, made } = reader;
  if (created === undefined) return undefined;
  const rows = new Map((await engine.log.artifacts(runId)).map((row) => [row.id, row]));
  const asked = await readAsked(engine, { created, rows: [...rows.values()] }, restore);
  return { runId, level: created.level, made, rows, asked };
}

async function readAsked(
  engine: Engine,
  { created, rows }: { readonly created: EventData['run.created']; readonly rows: readonly ArtifactRow[] },
  restore: Restore,
): Promise<ParentRecord['asked']> {
  const request = await readRequest(engine, rows);
  if (request === undefined) return 'content missing';
  const definitions = await restore(created.definitions).catch((thrown: unknown) => {
    if (toStemmaError(thrown).code === 'DEFINITION_INVALID') return undefined;
    throw thrown;
  });
  const pipeline = definitions?.pipelines.get(created.pipeline)?.definition;
  return definitions === undefined || pipeline === undefined
    ? 'definition changed'
    : { request, definitions, pipeline };
}

async function readRequest({ files }: Engine, rows: readonly ArtifactRow[]): Promise<RunRequest | undefined> {
  const row = rows.find(({ type, stepPath: path }) => type === 'request' && path === undefined);
  const bytes = row === undefined ? undefined : await files.read(row.id).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const parsed = runRequestSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  return parsed.success ? parsed.data : undefined;
}

class Reader {
  readonly made = new Map<StepPath, MadeStep>();
  created: EventData['run.created'] | undefined;
  readonly #runId: RunId;
  readonly #started = new Map<StepPath, EventData['attempt.started']>();
  /** Of the attempt that is going on. */
  readonly #evidence = new Map<StepPath, MadeStep['outputs'][number][]>();

  constructor(runId: RunId) {
    this.#runId = runId;
  }

  take(event: RunEvent): void {
    if (event.type === 'run.created') this.created = event.data;
    const { stepPath: path } = event;
    if (path === undefined) return;
    if (event.type === 'attempt.started') {
      this.#started.set(path, event.data);
      this.#evidence.set(path, []);
    }
    if (event.type === 'safety.verdict') this.#evidence.get(path)?.push(event.data.evidence);
    if (event.type === 'attempt.ended' && event.data.state === 'succeeded') this.#succeeded(event, path);
    if (event.type === 'step.reused') this.made.set(path, event.data);
  }

  #succeeded({ data, spanId }: Extract<RunEvent, { type: 'attempt.ended' }>, path: StepPath): void {
    const started = this.#started.get(path);
    if (started === undefined || spanId === undefined) return;
    const { stage, stageVersion, definition, inputs } = started;
    const outputs = [...data.outputs, ...(this.#evidence.get(path) ?? [])];
    const distinct = [...new Map(outputs.map((output) => [output.id, output])).values()];
    const from = { runId: this.#runId, spanId };
    this.made.set(path, { from, stage, stageVersion, definition, inputs, facts: data.facts, outputs: distinct });
    this.#started.delete(path);
    this.#evidence.delete(path);
  }
}

/** Facts of a step by its id in the list at a place; of a loop those of its last round. */
export function factsAt({ made }: ParentRecord, place: StepPath | undefined, id: string): Facts | undefined {
  const alone = made.get(stepPath(place, id))?.facts;
  if (alone !== undefined) return alone;
  let last: Facts | undefined;
  for (let round = 1; ; round += 1) {
    const facts = made.get(stepPath(place, id, round))?.facts;
    if (facts === undefined) return last;
    last = facts;
  }
}
