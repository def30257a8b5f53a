/** A branch before there is one: the same decisions by the same code, over a record that nobody keeps. */
import { applyEvent, createRunFold } from '../core/apply.ts';
import { artifactId, parseArtifactId, spanIdOf, toHex } from '../core/ids.ts';
import type { ArtifactId, Digest, RunId, Sha256, StepPath } from '../core/ids.ts';
import type { FileDraft, FileStore, FolderEntry, RunLog, StoredFile, Submission } from '../core/ports.ts';
import type { Engine } from './engine.ts';
import { interpret } from './execute-run.ts';
import { openPlan } from './interpreter/open-plan.ts';
import type { StepPlace, StepReuse } from './interpreter/plan.ts';
import type { Because } from './reuse.ts';
import { RunArtifacts } from './run-artifacts.ts';
import { RunSession } from './run-session.ts';

/** What a branch would do with a step. */
export interface RehearsedStep {
  readonly path: StepPath;
  /** Why it would run; undefined when it would be taken over. */
  readonly because: Because | undefined;
  /** It would be taken over, but does not pass at the level in force. */
  readonly blocked: boolean;
  /** Its stage calls a model. */
  readonly calls: boolean;
}

/**
 * Every step of the branch in the order in which it would come to it. A step that would run is taken to end as it did in
 * the parent, with another text: what reads that text would run too.
 *
 * Nothing is written, and no model is called.
 *
 * @param submission - whose artifacts lie in `files`
 */
export async function rehearse(
  engine: Engine,
  submission: Submission,
  files: RehearsalFiles,
): Promise<readonly RehearsedStep[]> {
  const { runId, created, artifacts: rows } = submission;
  const own = { ...engine, files, log: forgetfulLog(engine.log, submission) };
  const fold = applyEvent(createRunFold(), created);
  const session = new RunSession(own, { runId, worker: engine.worker.id, token: 0 }, fold);
  const onBroken = session.break.bind(session);
  const artifacts = new RunArtifacts({ files, digest: engine.digest, runId, onBroken }, fold, rows);
  const plan = await openPlan({ engine: own, session, artifacts });
  const stand = new StandIn(plan.reuse);
  await interpret({ ...plan, reuse: stand });
  await session.writer.settled();
  return stand.steps;
}

/** Takes over what can be, and ends every other step as if it had run. */
class StandIn implements StepReuse {
  readonly steps: RehearsedStep[] = [];
  readonly #reuse: StepReuse | undefined;

  constructor(reuse: StepReuse | undefined) {
    this.#reuse = reuse;
  }

  async take(place: StepPlace): Promise<undefined> {
    const { path, stage, scope } = place;
    const because = this.#reuse === undefined ? 'not done' : await this.#reuse.take(place);
    if (because !== undefined) await this.#pretend(place);
    const blocked = scope.plan.session.fold.steps.get(path)?.state === 'blocked';
    this.steps.push({ path, because, blocked, calls: stage.calls !== undefined });
  }

  factsBefore(path: StepPath): ReturnType<StepReuse['factsBefore']> {
    return this.#reuse?.factsBefore(path);
  }

  async #pretend({ path, stage, chunk, scope }: StepPlace): Promise<void> {
    const { session, artifacts, engine } = scope.plan;
    const { runId } = session.lease;
    const expected = await artifacts.create({ type: 'expected', body: `${path} of ${runId}` }, { path });
    const data = {
      from: { runId, spanId: spanIdOf(engine.digest, runId, { path, attempt: 1 }) },
      stage: stage.type,
      stageVersion: stage.version,
      definition: chunk.digest,
      inputs: [],
      facts: this.factsBefore(path) ?? {},
      outputs: [expected.committed],
    };
    await session.writer.record({ type: 'step.reused', stepPath: path, data });
  }
}

/** Reads what is there and keeps nothing; it knows the definitions of the branch. */
const forgetfulLog = (log: RunLog, { definitions }: Submission): RunLog => ({
  append: () => Promise.resolve({ seq: 0, position: 0 }),
  definitionSet: async (digest) => (digest === definitions.digest ? definitions : log.definitionSet(digest)),
  read: (runId, range) => log.read(runId, range),
  follow: (from, signal) => log.follow(from, signal),
  bodies: (runId) => log.bodies(runId),
  head: (runId) => log.head(runId),
  attempts: (runId) => log.attempts(runId),
  artifacts: (runId) => log.artifacts(runId),
  definitionText: (digest) => log.definitionText(digest),
  deleteContent: () => Promise.resolve(),
});

/** Keeps in memory what a branch would be given, and reads everything else from where it lies. */
export class RehearsalFiles implements FileStore {
  readonly #there: Pick<FileStore, 'read'>;
  readonly #digest: Digest;
  readonly #bodies = new Map<ArtifactId, Uint8Array>();
  /** Copies, by what they are copies of. */
  readonly #copies = new Map<ArtifactId, ArtifactId>();

  constructor(there: Pick<FileStore, 'read'>, digest: Digest) {
    this.#there = there;
    this.#digest = digest;
  }

  async create(runId: RunId, { body, type, work, number }: FileDraft): Promise<StoredFile> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const id = artifactId({ runId, work, number, type, extension: 'txt' });
    this.#bodies.set(id, bytes);
    return this.#stored(id, number, bytes);
  }

  async copy(from: ArtifactId, runId: RunId, draft: Omit<FileDraft, 'body'>): Promise<StoredFile> {
    const bytes = await this.#there.read(from);
    const id = artifactId({ runId, ...draft, extension: parseArtifactId(from)?.extension ?? 'bin' });
    this.#copies.set(id, from);
    return this.#stored(id, draft.number, bytes);
  }

  async read(id: ArtifactId): Promise<Uint8Array> {
    return this.#bodies.get(id) ?? this.#there.read(this.#copies.get(id) ?? id);
  }

  locate(): undefined {
    return undefined;
  }

  folder(): undefined {
    return undefined;
  }

  async writeDefinitions(): Promise<void> {}

  async writeSummary(): Promise<void> {}

  async sweep(): Promise<readonly ArtifactId[]> {
    return [];
  }

  async inventory(): Promise<readonly FolderEntry[]> {
    return [];
  }

  async delete(): Promise<{ files: number; bytes: number }> {
    return { files: 0, bytes: 0 };
  }

  #stored(id: ArtifactId, number: number, bytes: Uint8Array): StoredFile {
    const sha256 = toHex(this.#digest.sha256(bytes)) as Sha256;
    const mediaType = id.endsWith('.txt') ? 'text/plain' : 'application/octet-stream';
    return { id, number, sha256, sizeBytes: bytes.byteLength, mediaType };
  }
}
