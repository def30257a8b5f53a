import type { RunEvent } from '../../core/events.ts';
import { parseArtifactId, toHex } from '../../core/ids.ts';
import type { ArtifactId, RunId } from '../../core/ids.ts';
import type { ArtifactRow } from '../../core/ports.ts';
import type { App } from '../context.ts';
import { isOf } from './chain.ts';
import { fromHex } from './hex.ts';
import { namedArtifacts } from './named-artifacts.ts';
import type { Naming } from './named-artifacts.ts';
import type { VerifyProblem } from './problem.ts';

/** 16 bytes. Salt and bytes are hashed as one, so without a fixed length bytes could move from one to the other. */
const SALT = /^[0-9a-f]{32}$/;

/**
 * What the ending of an artifact's name stands for. The file store gives both from the bytes, and the name is in the
 * event, so the ending binds the media type to the bytes that the event commits to.
 */
export const MEDIA_TYPES: { readonly [extension: string]: string } = {
  txt: 'text/plain',
  json: 'application/json',
  svg: 'image/svg+xml',
  bin: 'application/octet-stream',
  mp3: 'audio/mpeg',
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  pdf: 'application/pdf',
  ogg: 'audio/ogg',
  zip: 'application/zip',
  avif: 'image/avif',
  heic: 'image/heic',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  webp: 'image/webp',
  wav: 'audio/wav',
};

interface Known {
  readonly runId: RunId;
  readonly named: ReadonlyMap<ArtifactId, readonly Naming[]>;
  /** What a row may give as a source. */
  readonly sources: ReadonlySet<ArtifactId>;
  /** Whose artifacts a branch has copied. */
  readonly parent: RunId | undefined;
}

/**
 * Every artifact against its row, and every row against the events.
 *
 * Bytes, size, type, media type, step and span are held against what an event commits to. Language, width, height and
 * the order and choice of sources are descriptive: no event names them, so nothing can be said of them but that the
 * sources are artifacts of this run, or of the one it is a branch of.
 */
export async function checkArtifacts(
  app: App,
  runId: RunId,
  { rows, events }: { readonly rows: readonly ArtifactRow[]; readonly events: readonly RunEvent[] },
): Promise<VerifyProblem[]> {
  const named = namedArtifacts(events);
  // A verdict may speak of a file that went with its abandoned attempt; the evidence keeps it as its source.
  const subjects = events.flatMap((event) => (event.type === 'safety.verdict' ? [event.data.subject] : []));
  const [created] = events;
  const parent = created?.type === 'run.created' ? created.data.parent?.runId : undefined;
  const known = { runId, named, sources: new Set([...named.keys(), ...subjects]), parent };
  const problems: VerifyProblem[] = [];
  for (const row of rows) {
    const found = [await contentProblem(app, row, known), ...rowProblems(row, known)];
    for (const problem of found) if (problem !== undefined) problems.push({ what: row.id, problem });
  }
  const stored = new Set(rows.map(({ id }) => id));
  const missing = [...named.keys()].filter((id) => !stored.has(id));
  return [...problems, ...missing.map((id) => ({ what: id, problem: 'has no row' }))];
}

async function contentProblem(app: App, row: ArtifactRow, { runId, named }: Known): Promise<string | undefined> {
  if (!isOf(runId, row.id)) return 'belongs to another run';
  const bytes = await app.store.files.read(row.id).catch(() => undefined);
  if (bytes === undefined) return 'is missing';
  if (toHex(app.digest.sha256(bytes)) !== row.sha256) return 'is not what was recorded: its SHA-256 differs';
  if (!SALT.test(row.salt)) return 'has a salt that is not 16 bytes in hex digits';
  const commitment = toHex(app.digest.sha256(fromHex(row.salt), bytes));
  const namings = named.get(row.id) ?? [];
  if (namings.length === 0 || namings.some((one) => one.commitment !== commitment))
    return 'is not what its event committed to';
  return bytes.byteLength === row.sizeBytes
    ? undefined
    : `has ${bytes.byteLength} bytes, where its row says ${row.sizeBytes}`;
}

function rowProblems(row: ArtifactRow, { named, sources, parent }: Known): string[] {
  const problems: string[] = [];
  const name = parseArtifactId(row.id);
  const [naming] = named.get(row.id) ?? [];
  const compare = (what: string, inRow: string | undefined, expected: string | undefined): void => {
    if (inRow !== expected)
      problems.push(`has a row that differs: ${what} ${inRow ?? 'none'} instead of ${expected ?? 'none'}`);
  };
  compare('type', row.type, name?.type);
  compare('media type', row.mediaType, MEDIA_TYPES[name?.extension ?? '']);
  if (naming !== undefined) {
    compare('step', row.stepPath, naming.stepPath);
    compare('span', row.spanId, naming.spanId);
  }
  const unknown = row.sources.filter((id) => !sources.has(id) && (parent === undefined || !isOf(parent, id)));
  return [...problems, ...unknown.map((id) => `has a row whose source ${id} is no artifact of this run`)];
}
