import type { RunFold } from '../core/apply.ts';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import { parseArtifactId, toHex } from '../core/ids.ts';
import type { ArtifactId, Digest, RunId, Sha256, SpanId, StepPath } from '../core/ids.ts';
import type { ArtifactRow, FileStore, StoredFile } from '../core/ports.ts';
import type { Committed } from '../core/schema.ts';
import type { ArtifactDraft, ArtifactRef } from '../core/stage.ts';
import type { AttemptScope } from './attempt.ts';
import { RecentTexts } from './recent-texts.ts';

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
/** What a step writes is mostly read by the next one; a text that is asked for later is read from its file again. */
const RECENT_CHARACTERS = 2 ** 21;

/** The row of a stored file, and the commitment that its event will carry: SHA-256(salt ‖ bytes). */
export function toWritten(
  file: StoredFile,
  draft: ArtifactDraft,
  at: { origin: Origin; digest: Digest; salt: Uint8Array },
): Written {
  const { id, sha256, sizeBytes, mediaType } = file;
  const commitment = toHex(at.digest.sha256(at.salt, draft.body)) as Sha256;
  const salt = toHex(at.salt);
  const row = { id, sha256, sizeBytes, mediaType, type: draft.type, ...at.origin, salt, sources: draft.sources ?? [] };
  return { row: { ...row, ...descriptionOf(draft) }, committed: { id, commitment } };
}

const descriptionOf = ({ language, width, height }: Pick<ArtifactDraft, 'language' | 'width' | 'height'>) => ({
  ...(language === undefined ? {} : { language }),
  ...(width === undefined ? {} : { width }),
  ...(height === undefined ? {} : { height }),
});

export const freshSalt = (): Uint8Array => crypto.getRandomValues(new Uint8Array(SALT_BYTES));

/** Faults of one artifact; any other is one of the store, and nothing can be kept any more. */
const ABOUT_THE_ARTIFACT: ReadonlySet<string> = new Set(['INPUT_INVALID', 'TOO_LARGE', 'NOT_FOUND', 'CONTENT_DELETED']);

export interface RunArtifactsParts {
  readonly files: FileStore;
  readonly digest: Digest;
  readonly runId: RunId;
  /** Told when the store fails. */
  readonly onBroken: (error: StemmaError) => void;
}

/** The artifacts of one run, for its holder: numbers new ones, finds old ones, reads their texts. */
export class RunArtifacts {
  readonly #parts: RunArtifactsParts;
  readonly #numbers: { main: number; work: number };
  readonly #rows: Map<ArtifactId, ArtifactRow>;
  readonly #recent = new RecentTexts(RECENT_CHARACTERS);
  /** Texts that are being read: steps that ask for one at the same time read it once. */
  readonly #reading = new Map<ArtifactId, Promise<string>>();

  constructor(parts: RunArtifactsParts, fold: RunFold, rows: readonly ArtifactRow[]) {
    this.#parts = parts;
    this.#numbers = numbersGiven(fold);
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  /** Writes the file; it counts once an event names it. */
  async create(draft: ArtifactDraft, by: Partial<Pick<AttemptScope, 'path' | 'spanId'>>): Promise<Written> {
    const { digest, runId } = this.#parts;
    const work = draft.work ?? false;
    const counter = work ? 'work' : 'main';
    const number = ++this.#numbers[counter];
    const file = await this.#guarded((files) =>
      files.create(runId, { type: draft.type, body: draft.body, work, number }),
    );
    this.#numbers[counter] = Math.max(this.#numbers[counter], file.number);
    const step = by.path === undefined ? {} : { stepPath: by.path };
    const origin = { runId, ...step, ...(by.spanId === undefined ? {} : { spanId: by.spanId }) };
    const written = toWritten(file, draft, { origin, digest, salt: freshSalt() });
    this.#rows.set(file.id, written.row);
    if (typeof draft.body === 'string') this.#recent.keep(file.id, draft.body);
    return written;
  }

  /**
   * Takes over an artifact of another run: the same bytes under a name and a salt of their own.
   *
   * @returns undefined when the bytes are gone or are not those that were recorded
   */
  async copy(
    from: ArtifactRow,
    as: { readonly path: StepPath; readonly type: string; readonly work: boolean },
  ): Promise<Written | undefined> {
    const { digest, runId } = this.#parts;
    const { path, type, work } = as;
    const counter = work ? 'work' : 'main';
    const number = ++this.#numbers[counter];
    const file = await this.#present((files) => files.copy(from.id, runId, { type, work, number }));
    if (file === undefined) return undefined;
    this.#numbers[counter] = Math.max(this.#numbers[counter], file.number);
    const body = await this.#guarded((files) => files.read(file.id));
    const draft = { type, body, sources: [from.id], ...descriptionOf(from) };
    const written = toWritten(file, draft, { origin: { runId, stepPath: path }, digest, salt: freshSalt() });
    this.#rows.set(file.id, written.row);
    return toHex(digest.sha256(body)) === from.sha256 ? written : undefined;
  }

  has(id: ArtifactId): boolean {
    return this.#rows.has(id);
  }

  /** @throws {StemmaError} NOT_FOUND: a stage reads only artifacts of its own run */
  row(id: ArtifactId): ArtifactRow {
    const row = this.#rows.get(id);
    if (row === undefined) throw new StemmaError('NOT_FOUND', `${id} is no artifact of run ${this.#parts.runId}.`);
    return row;
  }

  ref(id: ArtifactId): ArtifactRef {
    const { sha256, sizeBytes, mediaType, type, language } = this.row(id);
    return { id, sha256, sizeBytes, mediaType, type, ...(language === undefined ? {} : { language }) };
  }

  /** @throws {StemmaError} VERIFICATION_FAILED when the file no longer holds the bytes that were recorded */
  async text(id: ArtifactId): Promise<string> {
    const row = this.row(id);
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
    const reading = this.#reading.get(id) ?? this.#read(row);
    this.#reading.set(id, reading);
    return reading;
  }

  /** Removes files that no event names, of attempts that were cut short, as long as the caller may. */
  async sweep(named: ReadonlySet<ArtifactId>, still: () => Promise<boolean>): Promise<void> {
    await this.#guarded((files) => files.sweep(this.#parts.runId, named, still));
  }

  /** Whether there are files here that no event names. */
  hasStrays(named: ReadonlySet<ArtifactId>): boolean {
    return this.#rows.size > named.size;
  }

  async #read(row: ArtifactRow): Promise<string> {
    try {
      const text = this.#verified(row, await this.#guarded((files) => files.read(row.id)));
      this.#recent.keep(row.id, text);
      return text;
    } finally {
      this.#reading.delete(row.id);
    }
  }

  #verified({ id, sha256 }: ArtifactRow, bytes: Uint8Array): string {
    if (toHex(this.#parts.digest.sha256(bytes)) === sha256) return new TextDecoder().decode(bytes);
    throw new StemmaError('VERIFICATION_FAILED', `The file of ${id} is not the one that was recorded.`, {
      hint: 'Somebody or something has changed it. Restore it from a backup, or start the run anew.',
    });
  }

  async #present<T>(use: (files: FileStore) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#guarded(use);
    } catch (thrown) {
      if (toStemmaError(thrown).code === 'NOT_FOUND') return undefined;
      throw thrown;
    }
  }

  async #guarded<T>(use: (files: FileStore) => Promise<T>): Promise<T> {
    try {
      return await use(this.#parts.files);
    } catch (thrown) {
      const error = toStemmaError(thrown);
      if (!ABOUT_THE_ARTIFACT.has(error.code)) this.#parts.onBroken(error);
      throw error;
    }
  }
}

/**
 * The highest numbers ever given. Verdicts may name artifacts of attempts that a crash cut short; those files are
 * gone, and their numbers must not come back, or an old verdict would speak about new bytes.
 */
function numbersGiven(fold: RunFold): { main: number; work: number } {
  const numbers = { ...fold.numbers };
  for (const { subject } of fold.verdicts) {
    const name = parseArtifactId(subject);
    if (name === undefined) continue;
    const counter = name.work ? 'work' : 'main';
    numbers[counter] = Math.max(numbers[counter], name.number);
  }
  return numbers;
}
