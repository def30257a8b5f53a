import { applyEvent } from '../core/apply.ts';
import type { RunFold } from '../core/apply.ts';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import { assertEventData } from '../core/events.ts';
import type { EventDraft } from '../core/events.ts';
import type { ArtifactRow, Lease, RunLog } from '../core/ports.ts';

/** Rows and commands that are stored with an event. */
export interface Alongside {
  readonly artifacts?: readonly ArtifactRow[];
  readonly handled?: readonly number[];
}

interface Batch {
  drafts: EventDraft[];
  artifacts: ArtifactRow[];
  handled: number[];
  committed: PromiseWithResolvers<void>;
}

/**
 * The one way to write to a run. An event is taken into the fold at once, and stored with everything else that the
 * run records in the same turn, so that the end of a step and the start of the next share a commit. At most one
 * append of a run is under way: what is stored is always a prefix of what the fold has seen.
 */
export class RunWriter {
  readonly #log: RunLog;
  readonly #lease: Lease;
  readonly #fold: RunFold;
  readonly #onBroken: (error: StemmaError) => void;
  #batch: Batch | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #broken: StemmaError | undefined;

  constructor(at: { log: RunLog; lease: Lease; fold: RunFold }, onBroken: (error: StemmaError) => void) {
    this.#log = at.log;
    this.#lease = at.lease;
    this.#fold = at.fold;
    this.#onBroken = onBroken;
  }

  /** Why nothing more can be written: the lease is lost, or the store failed. */
  get broken(): StemmaError | undefined {
    return this.#broken;
  }

  /**
   * Takes the event, and resolves once it is on disk. Callers that need not wait for the disk may leave the promise
   * alone: a failure ends the session anyway.
   *
   * @throws {StemmaError} STATE_CONFLICT when the event is not allowed now · what the store answers
   */
  record(draft: EventDraft, alongside: Alongside = {}): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken);
    try {
      applyEvent(this.#fold, assertEventData(draft));
    } catch (refused) {
      return Promise.reject(toStemmaError(refused));
    }
    const batch = (this.#batch ??= this.#openBatch());
    batch.drafts.push(draft);
    batch.artifacts.push(...(alongside.artifacts ?? []));
    batch.handled.push(...(alongside.handled ?? []));
    return batch.committed.promise;
  }

  /**
   * Resolves when everything recorded so far is on disk.
   *
   * @throws {StemmaError} when it will never be
   */
  async settled(): Promise<void> {
    await this.#batch?.committed.promise;
    await this.#underWay;
    if (this.#broken) throw this.#broken;
  }

  #openBatch(): Batch {
    const committed = Promise.withResolvers<void>();
    committed.promise.catch(() => {}); // whoever waits sees the failure; #onBroken tells the session in any case
    const batch: Batch = { drafts: [], artifacts: [], handled: [], committed };
    setImmediate(() => void this.#flush(batch));
    return batch;
  }

  async #flush(batch: Batch): Promise<void> {
    await this.#underWay; // never rejects
    this.#batch = this.#batch === batch ? undefined : this.#batch;
    if (this.#broken) return batch.committed.reject(this.#broken);
    const { drafts, artifacts, handled } = batch;
    this.#underWay = this.#log.append(this.#lease, { drafts, artifacts, handled }).then(
      () => batch.committed.resolve(),
      (cause: unknown) => {
        this.#broken = toStemmaError(cause);
        batch.committed.reject(this.#broken);
        this.#onBroken(this.#broken);
      },
    );
  }
}
