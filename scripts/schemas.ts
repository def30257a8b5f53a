/** Writes `schemas/*.v1.json` from the Zod schemas in `src/core/`. With `--check` it only compares and exits 1 on a difference. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DEFINITION_SCHEMAS } from '../src/core/definitions.ts';
import { eventDataSchemas } from '../src/core/events.ts';
import { runRequestSchema } from '../src/core/request.ts';
import { runIdSchema, sha256Schema, stepPathSchema, usageSchema, verdictSchema } from '../src/core/schema.ts';
import {
  artifactViewSchema,
  attemptViewSchema,
  chronicleSchema,
  errorCaptureSchema,
  progressSchema,
  runExportSchema,
} from '../src/core/shapes.ts';
import { ATTEMPT_MOVES, LIVENESS_MOVES, RUN_MOVES } from '../src/core/states.ts';

const FOLDER = new URL('../schemas/', import.meta.url);

interface Document {
  readonly name: string;
  readonly title: string;
  readonly schema: z.ZodType;
  /** `input`: what a person writes, with defaults left out. */
  readonly io: 'input' | 'output';
  readonly transitions?: Readonly<Record<string, readonly string[]>>;
}

const definition = (name: string, title: string, kind: keyof typeof DEFINITION_SCHEMAS): Document => ({
  name,
  title,
  schema: DEFINITION_SCHEMAS[kind],
  io: 'input',
});
const record = (name: string, title: string, schema: z.ZodType): Document => ({ name, title, schema, io: 'output' });
const machine = (name: string, title: string, moves: Readonly<Record<string, readonly string[]>>): Document => ({
  ...record(name, title, z.enum(Object.keys(moves))),
  transitions: moves,
});

/** The event as it goes over the wire and into exports; one alternative per type. */
const events = Object.entries(eventDataSchemas).map(([type, data]) =>
  z.strictObject({
    v: z.literal(1),
    runId: runIdSchema,
    seq: z.int().min(1),
    position: z.int().min(1),
    at: z.iso.datetime({ precision: 3 }),
    type: z.literal(type),
    stepPath: stepPathSchema.optional(),
    attempt: z.int().min(1).optional(),
    spanId: z.string().length(16).optional(),
    data,
    hash: sha256Schema,
  }),
);

const DOCUMENTS: readonly Document[] = [
  definition('chunk', 'A chunk: one operation with its stage, template and defaults', 'chunks'),
  definition('pipeline', 'A pipeline: the steps of a run', 'pipelines'),
  definition('config', 'A config: what a person picks and edits', 'configs'),
  definition('output', 'An output config: what a run makes', 'outputs'),
  definition('profile', 'A profile: which models play which role', 'profiles'),
  record('run_event', 'An event of a run', z.union(events)),
  record('verdict', 'A safety decision about one artifact', verdictSchema),
  record('error_capture', 'Why something failed', errorCaptureSchema),
  record('cost_record', 'What a call used and cost', usageSchema),
  machine('run_state', 'The states of a run and their moves', RUN_MOVES),
  {
    ...record('step_attempt', 'One attempt of a step, and the moves of its state', attemptViewSchema),
    transitions: ATTEMPT_MOVES,
  },
  record(
    'routing_decision',
    'Which candidate an attempt went to, and why not the others',
    attemptViewSchema.shape.route,
  ),
  record('run_config', 'What a person asked for, as the run keeps it', runRequestSchema),
  record('progress_snapshot', 'How far a run is', progressSchema),
  record('artifact', 'A text, image or document of a run', artifactViewSchema),
  record('run', 'Everything about a run: what `runs show --json` prints', chronicleSchema),
  record('run_export', 'A run as a document of its own', runExportSchema),
  machine('worker_lifecycle', 'What others observe of a worker, and the moves', LIVENESS_MOVES),
];

/** Every published schema as the text of its file. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    DOCUMENTS.map((document) => {
      const file = `${document.name}.v1.json`;
      const { $schema, ...body } = z.toJSONSchema(document.schema, { target: 'draft-2020-12', io: document.io });
      const { title, transitions } = document;
      const head = { $schema, $id: `urn:stemma:schema:${document.name}:v1`, title };
      const json = { ...head, ...body, ...(transitions === undefined ? {} : { 'x-transitions': transitions }) };
      return [file, `${JSON.stringify(json, undefined, 2)}\n`] as const;
    }),
  );
}

async function write(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const [file, text] of schemaFiles()) await writeFile(new URL(file, FOLDER), text);
}

async function check(): Promise<void> {
  for (const [file, text] of schemaFiles()) {
    const committed = await readFile(new URL(file, FOLDER), 'utf8').catch(() => undefined);
    if (committed === text) continue;
    console.error(`schemas/${file} is not what the code says; run \`npm run schemas\`.`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await (process.argv.includes('--check') ? check() : write());
