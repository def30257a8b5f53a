/** What is written about a run: its events with their chain, its head, attempts and artifacts. Runs inside a group commit. */
import type { DatabaseSync } from 'node:sqlite';
import { StemmaError } from '../../core/errors.ts';
import { GENESIS, eventBody, eventHash } from '../../core/events.ts';
import type { EventDraft } from '../../core/events.ts';
import type { Digest, Instant, RunId } from '../../core/ids.ts';
import type { Append, ArtifactRow, Clock, Lease, Signer, Submission } from '../../core/ports.ts';
import { RUN_MOVES, isTerminal } from '../../core/states.ts';
import type { RunState } from '../../core/states.ts';
import { calledOf } from '../candidate-record.ts';
import { LOG, QUEUE, logOf } from '../changes.ts';
import { leaseLost, runHasEnded } from '../refusals.ts';
import { prepareQuery } from './connection.ts';
import type { Query } from './connection.ts';
import { writingStatements } from './writing-statements.ts';
import type { WritingStatements } from './writing-statements.ts';

/** The end of a run's chain, as the holder of the token left it. */
export interface Head {
  readonly key: number;
  readonly token: number;
  readonly state: RunState;
  readonly seq: number;
  readonly at: number;
  readonly hash: Uint8Array;
  /** Of its last event in the whole log. */
  readonly position: number;
}

interface HeadRow extends Head {
  readonly held: 0 | 1;
  readonly ended: 0 | 1;
}

export interface RunWriterParts {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly signer: Signer | undefined;
}

/** Who holds a new run, and where it stands among those that wait. */
export interface JoinedQueue {
  readonly holder: number | null;
  readonly class: number;
  readonly turn: number;
}

/** Drafts up to a move of the run, or to the end: what one update of the head covers. */
interface Segment {
  readonly runId: RunId;
  readonly drafts: readonly EventDraft[];
  readonly at: Instant;
}

export class RunWriter {
  readonly #clock: Clock;
  readonly #digest: Digest;
  readonly #signer: Signer | undefined;
  readonly #sql: WritingStatements;
  readonly #headRow: Query<HeadRow>;
  /** Heads of runs held here, so that an append reads nothing. */
  readonly #heads = new Map<RunId, Head>();

  constructor({ database, clock, digest, signer }: RunWriterParts) {
    this.#clock = clock;
    this.#digest = digest;
    this.#signer = signer;
    this.#sql = writingStatements(database);
    this.#headRow = prepareQuery(
      database,
      `select key, lease_token as token, state, runs.seq, at, runs.hash, position,
         holder is not null as held, ended_at is not null as ended
       from runs join events on run_key = key and events.seq = runs.seq where id = ?`,
    );
  }

  /** After a transaction that failed, what was remembered of it does not hold. */
  forgetHeads(): void {
    this.#heads.clear();
  }

  forgetHead(runId: RunId): void {
    this.#heads.delete(runId);
  }

  rememberHead(runId: RunId, head: Head): void {
    this.#heads.set(runId, head);
  }

  append(lease: Lease, append: Append, topics: Set<string>): { seq: number; position: number } {
    const remembered = this.#heads.get(lease.runId);
    const head =
      (remembered?.token === lease.token ? this.#store(remembered, lease, append) : undefined) ??
      // Nothing remembered, or someone else has written with this token: the head is read anew, once.
      this.#store(this.#readHead(lease), lease, append);
    if (head === undefined) throw leaseLost(lease);
    for (const artifact of append.artifacts ?? []) this.#storeArtifact(head.key, artifact);
    for (const command of append.handled ?? []) this.#sql.handleCommand(command, head.key);
    topics.add(LOG).add(logOf(lease.runId));
    if (append.drafts.some(({ type }) => type === 'run.ended')) {
      this.#heads.delete(lease.runId);
      topics.add(QUEUE);
    } else this.#heads.set(lease.runId, head);
    return { seq: head.seq, position: head.position };
  }

  /** The run's row with its first event and everything that belongs to it; the token when it is held from the start. */
  submit(submission: Submission, { holder, class: priority, turn }: JoinedQueue): number {
    const { runId, created, definitions, share = null } = submission;
    const at = this.#clock.now();
    const body = eventBody(runId, { seq: 1, at }, created);
    const hash = eventHash(this.#digest, GENESIS, body);
    const token = holder === null ? 0 : 1;
    this.#sql.insertDefinitions(definitions.digest, JSON.stringify(definitions));
    const run = this.#sql.insertRun(runId, hash, at, token, holder, priority, definitions.digest, share, turn);
    const key = Number(run.lastInsertRowid);
    const position = Number(this.#sql.insertEvent(key, 1, body, hash).lastInsertRowid);
    for (const artifact of submission.artifacts) this.#storeArtifact(key, artifact);
    for (const label of submission.labels) this.#sql.insertLabel(key, label.key, label.value);
    if (holder !== null) this.#heads.set(runId, { key, token, state: 'pending', seq: 1, at, hash, position });
    return token;
  }

  #readHead(lease: Lease): Head {
    const row = this.#headRow.get(lease.runId);
    if (row === undefined || row.token !== lease.token) throw leaseLost(lease);
    if (row.ended === 1) throw runHasEnded(lease.runId);
    if (row.held === 0) throw leaseLost(lease);
    return row;
  }

  /** The head after all drafts, or undefined, with nothing written, when the run does not stand at the head given. */
  #store(from: Head, lease: Lease, append: Append): Head | undefined {
    const at = Math.max(this.#clock.now(), from.at) as Instant;
    let head: Head = from;
    for (const drafts of segments(append.drafts)) {
      const next = this.#storeSegment(head, { runId: lease.runId, drafts, at });
      if (next === undefined && head === from) return undefined;
      // The drafts before have moved the head; only the end of the run takes the lease away.
      if (next === undefined) throw runHasEnded(lease.runId);
      head = next;
    }
    return head;
  }

  #storeSegment(head: Head, { runId, drafts, at }: Segment): Head | undefined {
    const next = { ...head, at };
    const placed: { draft: EventDraft; seq: number; body: string; hash: Uint8Array }[] = [];
    for (const draft of drafts) {
      next.seq += 1;
      next.state = stateAfter(draft) ?? next.state;
      const body = eventBody(runId, { seq: next.seq, at }, draft);
      next.hash = eventHash(this.#digest, next.hash, body);
      placed.push({ draft, seq: next.seq, body, hash: next.hash });
    }
    if (!this.#advance(head, next, drafts)) return undefined;
    for (const { draft, seq, body, hash } of placed) {
      next.position = Number(this.#sql.insertEvent(head.key, seq, body, hash).lastInsertRowid);
      if (draft.type === 'attempt.started') this.#startAttempt(head, draft, at);
      else if (draft.type === 'attempt.ended') this.#endAttempt(head, draft, at);
    }
    if (drafts.at(-1)?.type === 'run.ended') this.#finish(next);
    return next;
  }

  #advance(from: Head, to: Head, drafts: readonly EventDraft[]): boolean {
    const last = drafts.at(-1);
    const { key, token, seq } = from;
    let opened = 0;
    for (const { type } of drafts) opened += type === 'attempt.started' ? 1 : type === 'attempt.ended' ? -1 : 0;
    if (last === undefined || stateAfter(last) === undefined)
      return this.#sql.advance(to.seq, to.hash, to.at, opened, key, token, seq).changes === 1;
    const endedAt = isTerminal(RUN_MOVES, to.state) ? to.at : null;
    return this.#sql.move(to.seq, to.hash, to.at, opened, to.state, endedAt, key, token, seq).changes === 1;
  }

  #startAttempt({ key, state }: Head, draft: Extract<EventDraft, { type: 'attempt.started' }>, at: Instant): void {
    const path = draft.stepPath ?? null;
    const attempt = draft.attempt ?? null;
    const candidate = calledOf(draft.data.route);
    if (state !== 'running') throw new StemmaError('STATE_CONFLICT', `No attempt can start while the run is ${state}.`);
    this.#sql.startAttempt(key, path, attempt, attempt === null || attempt === 1 ? null : attempt - 1, at, candidate);
  }

  #endAttempt({ key }: Head, draft: Extract<EventDraft, { type: 'attempt.ended' }>, at: Instant): void {
    const { stepPath, attempt, data } = draft;
    const { changes } = this.#sql.endAttempt(data.state, at, key, stepPath ?? null, attempt ?? null);
    if (changes !== 1)
      throw new StemmaError('STATE_CONFLICT', `Attempt ${attempt} of ${stepPath} cannot end; it has not started.`);
  }

  #finish({ key, hash }: Head): void {
    if (this.#signer !== undefined) this.#sql.sign(this.#signer.sign(hash), this.#signer.keyId, key);
    this.#sql.clearCommands(key);
  }

  #storeArtifact(key: number, row: ArtifactRow): void {
    const { id, stepPath = null, spanId = null, type, mediaType, language = null } = row;
    const { sha256, salt, sizeBytes, width = null, height = null } = row;
    const sources = JSON.stringify(row.sources);
    const about = [id, stepPath, spanId, type, mediaType, language];
    this.#sql.insertArtifact(key, ...about, sha256, salt, sizeBytes, width, height, sources);
  }
}

function* segments(drafts: readonly EventDraft[]): Generator<readonly EventDraft[]> {
  let from = 0;
  for (const [index, draft] of drafts.entries()) {
    if (stateAfter(draft) === undefined) continue;
    yield drafts.slice(from, index + 1);
    from = index + 1;
  }
  // An append of nothing still proves the lease.
  if (from < drafts.length || drafts.length === 0) yield drafts.slice(from);
}

/** The state that the event moves its run to. */
function stateAfter(draft: EventDraft): RunState | undefined {
  switch (draft.type) {
    case 'run.created':
      return 'pending';
    case 'run.started':
    case 'run.resumed':
      return 'running';
    case 'run.waiting':
      return 'waiting';
    case 'run.paused':
      return 'paused';
    case 'run.ended':
      return draft.data.state;
    default:
      return undefined;
  }
}
