import { applyEvent, createRunFold, foldRun } from '../../core/apply.ts';
import { StemmaError } from '../../core/errors.ts';
import { GENESIS, eventBody, eventHash, parseEvent, parseLogEvent } from '../../core/events.ts';
import type { EventDraft, InstallationDraft, LogEvent, RunEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { Digest, Instant, RunId, Sha256 } from '../../core/ids.ts';
import type {
  Append,
  ArtifactRow,
  AttemptRow,
  Clock,
  DefinitionSet,
  FollowFrom,
  Lease,
  RunHead,
  RunLog,
  Signer,
  StoredBody,
  Submission,
} from '../../core/ports.ts';
import { LOG, QUEUE, followed, logOf } from '../changes.ts';
import { calledOf } from '../candidate-record.ts';
import { leaseLost, runGoesOn, runHasEnded, runNotFound } from '../refusals.ts';
import { parseDefinitionSet } from '../stored-texts.ts';
import type { GroupedWrites } from './grouped-writes.ts';
import type { MemoryInstallationLog } from './installation-log.ts';
import { hasEnded, stateOf } from './state.ts';
import type { MemoryRun, MemoryState, StoredEvent } from './state.ts';

const PAGE = 1000;

export interface MemoryRunLogParts {
  readonly state: MemoryState;
  readonly writes: GroupedWrites;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly signer: Signer | undefined;
  readonly installation: MemoryInstallationLog;
  /** Aborted when the session closes; followers end then. */
  readonly closing: AbortSignal;
}

export class MemoryRunLog implements RunLog {
  readonly #parts: MemoryRunLogParts;

  constructor(parts: MemoryRunLogParts) {
    this.#parts = parts;
  }

  append(lease: Lease, append: Append): Promise<{ seq: number; position: number }> {
    return this.#parts.writes.write((topics) => {
      const run = this.#heldRun(lease);
      const drafts = structuredClone(append.drafts);
      refuseKnownArtifacts(run, append.artifacts ?? []);
      const placed = this.#place(run, drafts, Math.max(this.#parts.clock.now(), run.at) as Instant);
      takeIn(run, drafts);
      this.#keep(run, placed);
      for (const draft of drafts) this.#noteRoute(run, draft);
      run.artifacts.push(...structuredClone(append.artifacts ?? []));
      this.#dropCommands(({ id, runId }) => runId === lease.runId && (append.handled ?? []).includes(id));
      topics.add(LOG).add(logOf(lease.runId));
      if (hasEnded(run)) this.#finish(run, topics);
      const { seq, position } = lastOf(run);
      return { seq, position };
    });
  }

  /** Inside a write: the run with its first event. */
  submit(submission: Submission, joined: Pick<MemoryRun, 'holder' | 'class' | 'turn'>): number {
    const { runId, created, definitions, labels } = submission;
    const { state, clock } = this.#parts;
    if (state.runs.has(runId)) throw new StemmaError('STATE_CONFLICT', `The run ${runId} exists already.`);
    const token = joined.holder === undefined ? 0 : 1;
    const run: MemoryRun = {
      runId,
      key: state.runs.size + 1,
      share: submission.share ?? '',
      labels: Object.fromEntries(labels.map(({ key, value }) => [key, value])),
      events: [],
      artifacts: [],
      fold: createRunFold(),
      at: clock.now(),
      signature: undefined,
      token,
      wakeAt: undefined,
      paused: false,
      contentDeleted: false,
      classSince: clock.now(),
      ...joined,
    };
    const drafts = [structuredClone(created)];
    refuseKnownArtifacts(run, submission.artifacts);
    const placed = this.#place(run, drafts, run.at);
    takeIn(run, drafts);
    state.runs.set(runId, run);
    this.#keep(run, placed);
    run.artifacts.push(...structuredClone(submission.artifacts));
    if (!state.definitions.has(definitions.digest))
      state.definitions.set(definitions.digest, JSON.stringify(definitions));
    return token;
  }

  async *read(runId: RunId, range: { afterSeq?: number; limit?: number } = {}): AsyncGenerator<RunEvent> {
    const { afterSeq = 0, limit = Number.POSITIVE_INFINITY } = range;
    const last = afterSeq + limit;
    for (let seq = afterSeq; seq < last; seq += 1) {
      const event = this.#parts.state.runs.get(runId)?.events[seq];
      if (event === undefined) return;
      yield parseEvent(event.body, event);
    }
  }

  async *bodies(runId: RunId): AsyncGenerator<StoredBody> {
    for (let index = 0; ; index += 1) {
      const event = this.#parts.state.runs.get(runId)?.events[index];
      if (event === undefined) return;
      const { seq, position, body, hash } = event;
      yield { seq, position, body, hash: toHex(hash) as Sha256 };
    }
  }

  async *follow(from: FollowFrom, signal: AbortSignal): AsyncGenerator<LogEvent> {
    const { state, closing } = this.#parts;
    const until = AbortSignal.any([signal, closing]);
    const topic = followed(from.runId);
    let last = from.position;
    while (!until.aborted) {
      const page = state.events.slice(last, last + PAGE);
      last += page.length;
      for (const event of page) {
        if (until.aborted) return;
        if (from.runId === undefined || event.runId === from.runId) yield parseLogEvent(event.body, event);
      }
      if (page.length === 0) await state.changes.next(topic, until);
    }
  }

  async head(runId: RunId): Promise<RunHead | undefined> {
    const run = this.#parts.state.runs.get(runId);
    if (run === undefined) return undefined;
    const { seq, hash } = lastOf(run);
    const created = createdOf(run);
    return {
      runId,
      state: stateOf(run),
      seq,
      at: run.at,
      hash: toHex(hash) as Sha256,
      createdAt: created.at,
      openAttempts: run.fold.open.size,
      priority: created.data.priority,
      definitions: created.data.definitions,
      ...(hasEnded(run) && { endedAt: run.at }),
      ...(run.signature && { signature: run.signature }),
      ...(run.holder !== undefined && { holder: run.holder }),
      ...(run.contentDeleted && { contentDeleted: true }),
    };
  }

  async attempts(runId: RunId): Promise<readonly AttemptRow[]> {
    const rows = new Map<string, AttemptRow>();
    for await (const { type, stepPath: path, attempt, at, data } of this.read(runId)) {
      if (path === undefined || attempt === undefined) continue;
      const name = `${path}#${attempt}`;
      const started = rows.get(name);
      if (type === 'attempt.started') rows.set(name, startedRow({ path, attempt, startedAt: at }));
      else if (type === 'attempt.ended' && started) rows.set(name, { ...started, state: data.state, endedAt: at });
    }
    return [...rows.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.attempt - b.attempt));
  }

  async artifacts(runId: RunId): Promise<readonly ArtifactRow[]> {
    return structuredClone(this.#parts.state.runs.get(runId)?.artifacts ?? []);
  }

  async definitionSet(digest: Sha256): Promise<DefinitionSet | undefined> {
    const text = this.#parts.state.definitions.get(digest);
    return text === undefined ? undefined : parseDefinitionSet(digest, text);
  }

  async definitionText(digest: Sha256): Promise<string | undefined> {
    return this.#parts.state.definitions.get(digest);
  }

  deleteContent(runId: RunId, receipt: InstallationDraft): Promise<void> {
    const { writes, state, installation } = this.#parts;
    return writes.write((topics) => {
      const run = state.runs.get(runId);
      if (run === undefined) throw runNotFound(runId);
      if (!hasEnded(run)) throw runGoesOn(runId);
      if (run.contentDeleted) return;
      installation.appendNow([receipt], topics);
      run.artifacts.length = 0;
      run.labels = {};
      run.contentDeleted = true;
    });
  }

  #heldRun(lease: Lease): MemoryRun {
    const run = this.#parts.state.runs.get(lease.runId);
    if (run === undefined || run.token !== lease.token) throw leaseLost(lease);
    if (hasEnded(run)) throw runHasEnded(lease.runId);
    if (run.holder === undefined) throw leaseLost(lease);
    return run;
  }

  #place(run: MemoryRun, drafts: readonly EventDraft[], at: Instant): readonly (StoredEvent & { at: Instant })[] {
    let previous = run.events.at(-1)?.hash ?? GENESIS;
    return drafts.map((draft, index) => {
      const seq = run.events.length + 1 + index;
      const body = eventBody(run.runId, { seq, at }, draft);
      previous = eventHash(this.#parts.digest, previous, body);
      const position = this.#parts.state.events.length + 1 + index;
      return { runId: run.runId, seq, position, body, hash: previous, at };
    });
  }

  #keep(run: MemoryRun, placed: readonly (StoredEvent & { at: Instant })[]): void {
    run.events.push(...placed);
    this.#parts.state.events.push(...placed);
    run.at = placed.at(-1)?.at ?? run.at;
  }

  /** Beside the log, for the statistics of routes. */
  #noteRoute({ runId, at }: MemoryRun, draft: EventDraft): void {
    const { routed } = this.#parts.state;
    const key = `${runId}:${draft.stepPath}:${draft.attempt}`;
    const started = routed.get(key);
    if (draft.type === 'attempt.ended' && started !== undefined)
      routed.set(key, { ...started, endedAt: at, state: draft.data.state });
    const candidate = draft.type === 'attempt.started' ? calledOf(draft.data.route) : null;
    if (candidate !== null) routed.set(key, { candidate, startedAt: at, state: 'running' });
  }

  #finish(run: MemoryRun, topics: Set<string>): void {
    const { signer } = this.#parts;
    if (signer !== undefined) run.signature = { keyId: signer.keyId, value: signer.sign(lastOf(run).hash) };
    run.holder = undefined;
    this.#dropCommands(({ runId }) => runId === run.runId);
    topics.add(QUEUE);
  }

  #dropCommands(isDone: (command: MemoryState['commands'][number]) => boolean): void {
    const { commands } = this.#parts.state;
    if (commands.length > 0) commands.splice(0, commands.length, ...commands.filter((command) => !isDone(command)));
  }
}

function lastOf(run: MemoryRun): StoredEvent {
  const last = run.events.at(-1);
  if (last === undefined) throw new StemmaError('INTERNAL', `The run ${run.runId} has no first event.`);
  return last;
}

function createdOf(run: MemoryRun): Extract<RunEvent, { type: 'run.created' }> {
  const [first] = run.events;
  const event = first && parseEvent(first.body, first);
  if (event?.type !== 'run.created') throw new StemmaError('INTERNAL', `The run ${run.runId} has no first event.`);
  return event;
}

const startedRow = (start: Pick<AttemptRow, 'path' | 'attempt' | 'startedAt'>): AttemptRow => ({
  ...start,
  state: 'running',
  ...(start.attempt > 1 && { retryOf: start.attempt - 1 }),
});

/** All drafts or none: the guard of the core stands where a database has its constraints. */
function takeIn(run: MemoryRun, drafts: readonly EventDraft[]): void {
  try {
    for (const draft of drafts) applyEvent(run.fold, draft);
  } catch (error) {
    run.fold = foldRun(run.events.map((event) => parseEvent(event.body, event)));
    throw error;
  }
}

function refuseKnownArtifacts(run: MemoryRun, rows: readonly ArtifactRow[]): void {
  const known = new Set(run.artifacts.map(({ id }) => id));
  for (const { id } of rows) {
    if (known.has(id)) throw new StemmaError('STATE_CONFLICT', `The artifact ${id} exists already.`);
    known.add(id);
  }
}
