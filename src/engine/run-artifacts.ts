import type { RunFold } from '../core/apply.ts';
import { StemmaError } from '../core/errors.ts';
import { toHex } from '../core/ids.ts';
import type { ArtifactId, Digest, RunId, Sha256, SpanId, StepPath } from '../core/ids.ts';
import type { ArtifactRow, FileStore, StoredFile } from '../core/ports.ts';
import type { Committed } from '../core/schema.ts';
import type { ArtifactDraft, ArtifactRef } from '../core/stage.ts';

/** An artifact that exists as a file and waits for the event that names it. */
export interface Written {
  readonly row: ArtifactRow;
  readonly committed: Committed;
}

/** Where an artifact is made. */
export interface Origin {
  readonly runId: RunId;
  readonly stepPath?: StepPath;
  readonly spanId?: SpanId;
}

const SALT_BYTES = 16;

/** The row of a stored file, and the commitment that its event will carry: SHA-256(salt ‖ bytes). */
export function toWritten(
  file: StoredFile,
  draft: ArtifactDraft,
  at: { origin: Origin; digest: Digest; salt: Uint8Array },
): Written {
  const { language, width, height } = draft;
  const { id, sha256, sizeBytes, mediaType } = file;
  const commitment = toHex(at.digest.sha256(at.salt, draft.body)) as Sha256;
  const optional = {
    ...(language === undefined ? {} : { language }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
  const salt = toHex(at.salt);
  const row = { id, sha256, sizeBytes, mediaType, type: draft.type, ...at.origin, salt, sources: draft.sources ?? [] };
  return { row: { ...row, ...optional }, committed: { id, commitment } };
}

export const freshSalt = (): Uint8Array => crypto.getRandomValues(new Uint8Array(SALT_BYTES));

/** The artifacts of one run, for its holder: numbers new ones, finds old ones, reads their texts once. */
export class RunArtifacts {
  readonly #files: FileStore;
  readonly #digest: Digest;
  readonly #runId: RunId;
  readonly #numbers: { main: number; work: number };
  readonly #rows: Map<ArtifactId, ArtifactRow>;
  readonly #texts = new Map<ArtifactId, Promise<string>>();

  constructor(at: { files: FileStore; digest: Digest; runId: RunId }, fold: RunFold, rows: readonly ArtifactRow[]) {
    this.#files = at.files;
    this.#digest = at.digest;
    this.#runId = at.runId;
    this.#numbers = { ...fold.numbers };
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  /** Writes the file; it counts once an event names it. */
  async create(draft: ArtifactDraft, origin: Omit<Origin, 'runId'>): Promise<Written> {
    const work = draft.work ?? false;
    const counter = work ? 'work' : 'main';
    const number = ++this.#numbers[counter];
    const file = await this.#files.create(this.#runId, { type: draft.type, body: draft.body, work, number });
    this.#numbers[counter] = Math.max(this.#numbers[counter], file.number);
    const salt = freshSalt();
    const written = toWritten(file, draft, { origin: { runId: this.#runId, ...origin }, digest: this.#digest, salt });
    this.#rows.set(file.id, written.row);
    if (typeof draft.body === 'string') this.#texts.set(file.id, Promise.resolve(draft.body));
    return written;
  }

  /** @throws {StemmaError} NOT_FOUND: a stage reads only artifacts of its own run */
  row(id: ArtifactId): ArtifactRow {
    const row = this.#rows.get(id);
    if (row === undefined) throw new StemmaError('NOT_FOUND', `${id} is no artifact of run ${this.#runId}.`);
    return row;
  }

  ref(id: ArtifactId): ArtifactRef {
    const { sha256, sizeBytes, mediaType, type, language } = this.row(id);
    return { id, sha256, sizeBytes, mediaType, type, ...(language === undefined ? {} : { language }) };
  }

  text(id: ArtifactId): Promise<string> {
    const known = this.#texts.get(this.row(id).id);
    if (known !== undefined) return known;
    const reading = this.#files.read(id).then((bytes) => new TextDecoder().decode(bytes));
    this.#texts.set(id, reading);
    return reading;
  }
}
