import { foldRun } from '../core/apply.ts';
import { toStemmaError } from '../core/errors.ts';
import { eventHash, GENESIS, toWireEvent } from '../core/events.ts';
import type { RunEvent } from '../core/events.ts';
import { canonicalJson } from '../core/canonical.ts';
import { toHex } from '../core/ids.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import type { ArtifactRow, DefinitionSet, RunHead } from '../core/ports.ts';
import type { Committed } from '../core/schema.ts';
import { StemmaError } from '../core/errors.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { App } from './context.ts';
import { digestOf } from './definition-set.ts';
import { parseRunId } from './read-run.ts';

/** Something that is not as it was recorded. */
export interface VerifyProblem {
  /** What it is about: an artifact's id, a file of the folder, `event 7`, `signature`. */
  readonly what: string;
  readonly problem: string;
}

export interface Verification {
  readonly ok: boolean;
  /** How many events and artifacts were looked at. */
  readonly events: number;
  readonly artifacts: number;
  readonly problems: readonly VerifyProblem[];
}

/**
 * Recomputes everything that is recorded of a run: the hash chain and its signature, every artifact against its row
 * and its commitment, every definition. `metadata.json` and `steps.ndjson` are conveniences and are not looked at.
 *
 * @throws {StemmaError} RUN_NOT_FOUND
 */
export async function verifyRun(app: App, id: string): Promise<Verification> {
  const runId = parseRunId(id);
  const head = await app.store.log.head(runId);
  if (head === undefined) throw new StemmaError('RUN_NOT_FOUND', `There is no run ${runId} in this data directory.`);
  const problems: VerifyProblem[] = [];
  const events = await readEvents(app, runId, problems);
  problems.push(...chainProblems(app, events, head), ...foldProblems(events));
  const rows = await app.store.log.artifacts(runId);
  const committed = commitments(events);
  for (const row of rows) problems.push(...(await artifactProblems(app, row, committed)));
  problems.push(...missingRows(rows, committed), ...(await definitionProblems(app, runId, events)));
  return { ok: problems.length === 0, events: events.length, artifacts: rows.length, problems };
}

async function readEvents(app: App, runId: RunId, problems: VerifyProblem[]): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  try {
    for await (const event of app.store.log.read(runId)) events.push(event);
  } catch (thrown) {
    problems.push({ what: `event ${events.length + 1}`, problem: toStemmaError(thrown).message });
  }
  return events;
}

/** The hashed text of an event as it was read; equal to what is stored unless someone changed it. */
function bodyOf(event: RunEvent): string {
  const { position: _position, hash: _hash, ...body } = toWireEvent(event) as { readonly [key: string]: Json };
  return canonicalJson(body);
}

function chainProblems(app: App, events: readonly RunEvent[], head: RunHead): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  let previous: Uint8Array = GENESIS;
  for (const [index, event] of events.entries()) {
    const hash = eventHash(app.digest, previous, bodyOf(event));
    if (event.seq !== index + 1)
      problems.push({ what: `event ${index + 1}`, problem: `is missing; ${event.seq} follows` });
    if (toHex(hash) !== event.hash) {
      problems.push({
        what: `event ${event.seq} (${event.type})`,
        problem: 'is not what was recorded: its hash differs',
      });
      return problems; // every later hash builds on this one
    }
    previous = hash;
  }
  const last = events.at(-1);
  if (last?.hash !== head.hash || head.seq !== events.length)
    problems.push({
      what: `event ${head.seq}`,
      problem: 'is missing: the log ends before the last event that was recorded',
    });
  if (last?.type !== 'run.ended')
    problems.push({ what: 'run', problem: `has not ended (${head.state}); its record is not complete` });
  return [...problems, ...signatureProblems(app, head, previous)];
}

function signatureProblems(app: App, head: RunHead, last: Uint8Array): VerifyProblem[] {
  if (!isTerminal(RUN_MOVES, head.state)) return [];
  if (head.signature === undefined) return [{ what: 'signature', problem: 'is missing' }];
  const found = app.signer.verify(last, head.signature);
  if (found === 'valid') return [];
  const problem =
    found === 'invalid' ? 'does not fit the last event' : `is by an unknown key (${head.signature.keyId})`;
  return [{ what: 'signature', problem }];
}

function foldProblems(events: readonly RunEvent[]): VerifyProblem[] {
  try {
    foldRun(events);
    return [];
  } catch (thrown) {
    return [{ what: 'events', problem: `tell an impossible story: ${toStemmaError(thrown).message}` }];
  }
}

function commitments(events: readonly RunEvent[]): Map<ArtifactId, Committed> {
  const named = events.flatMap((event): readonly Committed[] => {
    if (event.type === 'run.created') return event.data.given;
    if (event.type === 'attempt.ended') return event.data.outputs;
    return event.type === 'safety.verdict' ? [event.data.evidence] : [];
  });
  return new Map(named.map((one) => [one.id, one]));
}

async function artifactProblems(
  app: App,
  row: ArtifactRow,
  committed: ReadonlyMap<ArtifactId, Committed>,
): Promise<VerifyProblem[]> {
  const bytes = await app.store.files.read(row.id).catch(() => undefined);
  if (bytes === undefined) return [{ what: row.id, problem: 'is missing' }];
  if (toHex(app.digest.sha256(bytes)) !== row.sha256)
    return [{ what: row.id, problem: 'is not what was recorded: its SHA-256 differs' }];
  const commitment = toHex(app.digest.sha256(fromHex(row.salt), bytes));
  return committed.get(row.id)?.commitment === commitment
    ? []
    : [{ what: row.id, problem: 'is not what its event committed to' }];
}

function missingRows(rows: readonly ArtifactRow[], committed: ReadonlyMap<ArtifactId, Committed>): VerifyProblem[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...committed.keys()].filter((id) => !known.has(id)).map((id) => ({ what: id, problem: 'has no row' }));
}

async function definitionProblems(app: App, runId: RunId, events: readonly RunEvent[]): Promise<VerifyProblem[]> {
  const [created] = events;
  if (created?.type !== 'run.created') return [];
  const set = await app.store.log.definitionSet(created.data.definitions);
  if (set === undefined) return [{ what: 'definitions', problem: 'are missing from the store' }];
  const stored = storedProblems(app, set);
  const files = new Map((await app.store.files.inventory(runId)).map(({ path, sha256 }) => [path, sha256]));
  const folder = [...files.keys()].filter((path) => path.startsWith('definitions/'));
  const placeOf = (file: DefinitionSet['files'][number]): string => {
    const named = folder.filter((path) => matches(path, file));
    return named.find((path) => files.get(path) === file.digest) ?? named[0] ?? `definitions/${file.kind}/${file.id}`;
  };
  const expected = new Map(set.files.map((file) => [placeOf(file), file.digest]));
  const altered = [...expected].filter(([path, digest]) => files.get(path) !== digest);
  const added = folder.filter((path) => !expected.has(path));
  return [
    ...stored,
    ...altered.map(([path]) => ({
      what: path,
      problem: files.has(path) ? 'is not what was recorded: its SHA-256 differs' : 'is missing',
    })),
    ...added.map((path) => ({ what: path, problem: 'does not belong to the run' })),
  ];
}

/** `definitions/configs/dada.yaml` or another ending. */
const matches = (path: string, { kind, id }: { readonly kind: string; readonly id: string }): boolean =>
  path.startsWith(`definitions/${kind}/${id}.`);

function storedProblems(app: App, set: DefinitionSet): VerifyProblem[] {
  const wrong = set.files.filter(({ text, digest }) => toHex(app.digest.sha256(text)) !== digest);
  const problems = wrong.map(({ kind, id }) => ({ what: `stored ${kind}/${id}`, problem: 'is not what was recorded' }));
  if (digestOf(set.files, app.digest) === set.digest) return problems;
  return [...problems, { what: 'definitions', problem: 'are not the ones the run was made with' }];
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
