import { canonicalJson } from '../core/canonical.ts';
import type { EventData, EventDraft } from '../core/events.ts';
import { StemmaError } from '../core/errors.ts';
import { parseArtifactId, toHex } from '../core/ids.ts';
import type { ArtifactId, RunId, StepPath } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import type { ArtifactRow } from '../core/ports.ts';
import type { Wait } from '../core/schema.ts';
import type { CallResult, Capability, RequestOf } from '../core/stage.ts';
import type { AttemptPlace, AttemptScope } from './attempt.ts';
import { answerAgain, callDigest, parseExchange, requestJson } from './exchange.ts';
import type { Exchange, ReplyMedium } from './exchange.ts';
import { closedFacts } from './fault.ts';
import type { StepReuse } from './interpreter/plan.ts';
import { readReplayRecord } from './replay-record.ts';
import type { RecordedTry, ReplayRecord } from './replay-record.ts';
import { takeOver } from './reuse.ts';
import type { Route } from './routing.ts';
import { waitOf } from './waits.ts';
import type { Written } from './run-artifacts.ts';

/** Who decides in a replay. */
const REPLAY = 'replay';
/** Faults that come from outside of the steps: a replay of a run that ended so ends there too. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['RUN_TIMEOUT', 'REPLAY_MISS']);
const MOST_DIFFERENCES = 4;

/** Why the record has no answer. */
type Because =
  /** The run never came to this attempt of the step, or called nobody in it. */
  | 'no-call'
  /** Nobody has answered what the step waits for. */
  | 'no-answer'
  /** What is asked now was not asked then. */
  | 'another-request'
  /** The answer was not kept, or not whole. */
  | 'no-exchange'
  | 'content-missing';

class Missing extends Error {
  readonly because: Because;
  readonly differs: string | undefined;

  constructor(because: Because, differs?: string) {
    super(because);
    this.because = because;
    this.differs = differs;
  }
}

/**
 * A run that is carried out again from the record of another one: routes, replies, answers of people and signals are
 * those that were recorded, and no time is waited for. No provider is asked, or needs to be there.
 *
 * An attempt of the replay stands for the attempt of the recorded run that has the same place among those that count, so
 * that a replay that was cut short goes on where it was.
 */
export class Replay {
  readonly origin: ReplayRecord;
  readonly #place: AttemptPlace;
  /** Attempts of this run that were cut short before this session, by step. */
  readonly #lost: ReadonlyMap<StepPath, number>;

  constructor(place: AttemptPlace, origin: ReplayRecord, lost: ReadonlyMap<StepPath, number>) {
    this.#place = place;
    this.origin = origin;
    this.#lost = lost;
  }

  /** What the recorded run took over from its own parent is taken over from it. */
  get reuse(): StepReuse | undefined {
    const { reused, runId, rows, created } = this.origin;
    if (reused.size === 0 || created === undefined) return undefined;
    const parent = { runId, level: created.level, made: reused, rows, asked: 'content missing' as const };
    return {
      take: async (place) => {
        const made = reused.get(place.path);
        if (made === undefined) return 'not done';
        return (await takeOver(place, made, parent)) ? undefined : 'content missing';
      },
      factsBefore: (path) => reused.get(path)?.facts,
    };
  }

  /** Whom the step's next attempt was routed to. When the record ends here, the run does too. */
  route(path: StepPath): Route {
    const attempt = (this.#place.session.fold.steps.get(path)?.attempt ?? 0) + 1;
    const { route, ended } = this.#tryOf(path, attempt) ?? {};
    if (route === undefined || ended === undefined) {
      this.#miss(path, new Missing('no-call'));
      return { kind: 'none', fault: NOBODY, recorded: { chosen: null, candidates: [], ruledOut: {} } };
    }
    const recorded = { ...route, replayed: true as const };
    const { chosen } = route;
    if (chosen === null) return { kind: 'none', fault: ended.fault ?? NOBODY, recorded };
    const slash = chosen.indexOf('/');
    const provider = { id: chosen.slice(0, slash), location: 'local' as const };
    const model = chosen.slice(slash + 1);
    const hasOthers = ended.retryAt !== undefined;
    return { kind: 'chosen', provider, model, recorded: { ...recorded, chosen }, hasOthers };
  }

  /**
   * The recorded answer to the attempt's call. A call that was never made, or of which nobody saw the end, ends the
   * attempt as it ended then.
   *
   * @throws {StemmaError} what the call threw · REPLAY_MISS when the record holds no answer; then the run ends too
   */
  async answer(
    { scope, capability }: { readonly scope: AttemptScope; readonly capability: Capability },
    request: RequestOf<Capability>,
  ): Promise<CallResult<Capability>> {
    try {
      const recorded = this.#tryOf(scope.path, scope.attempt);
      if (recorded === undefined) throw new Missing('no-call');
      const { ended } = recorded;
      const exchange = ended.state === 'timedOut' ? undefined : await this.#exchangeOf(ended);
      if (exchange === undefined) return endAsThere(scope, ended);
      this.#assertSame(exchange, { capability, request: requestJson(request) });
      serve(scope, ended);
      return await answerAgain(exchange, (medium) => this.#bodyOf(medium, ended));
    } catch (thrown) {
      if (thrown instanceof Missing) throw this.#miss(scope.path, thrown);
      throw thrown;
    }
  }

  /**
   * Answers what the step waits for as it was answered then; times are not waited for.
   *
   * @returns whether there was anything to wait for
   */
  async passWait(path: StepPath): Promise<boolean> {
    const { session, engine } = this.#place;
    const step = session.fold.steps.get(path);
    const wait = step?.ended?.wait;
    const waiting = waitOf(step, engine.clock.now());
    if (step === undefined || wait === undefined || waiting === undefined || waiting.for === 'time') return false;
    try {
      await this.#answerWait(path, { wait, recorded: this.#tryOf(path, step.attempt) });
    } catch (thrown) {
      if (!(thrown instanceof Missing)) throw thrown;
      this.#miss(path, thrown);
    }
    return true;
  }

  #tryOf(path: StepPath, attempt: number): RecordedTry | undefined {
    return this.origin.tries.get(path)?.[attempt - 1 - (this.#lost.get(path) ?? 0)];
  }

  async #answerWait(
    path: StepPath,
    { wait, recorded }: { readonly wait: Wait; readonly recorded: RecordedTry | undefined },
  ): Promise<void> {
    const answer = recorded?.answer;
    if (answer === undefined || wait.for === 'time') throw new Missing('no-answer');
    const kept = answer.artifact === undefined ? undefined : await this.#keep(answer.artifact);
    const draft = answerEvent(path, { wait, answer, kept });
    const rows = kept === undefined ? {} : { artifacts: [kept.row] };
    this.#place.session.writer.record(draft, rows).catch(() => {}); // ends the session
  }

  /** What came with an answer becomes an artifact of this run too. */
  async #keep(id: ArtifactId): Promise<Written> {
    const row = this.origin.rows.get(id);
    if (row === undefined) throw new Missing('content-missing');
    const body = await this.#bytesOf(row);
    const draft = { type: row.type, body, work: parseArtifactId(id)?.work ?? false };
    return this.#place.artifacts.create(draft, row.stepPath === undefined ? {} : { path: row.stepPath });
  }

  /** @returns undefined when the attempt ended without an answer to its call */
  async #exchangeOf(ended: EventData['attempt.ended']): Promise<Exchange | undefined> {
    const row = this.#rowsOf(ended).find(({ type }) => type === 'exchange');
    if (row === undefined) {
      if (ended.state === 'failed' && ended.fault !== undefined) return undefined;
      throw new Missing('no-exchange');
    }
    const exchange = parseExchange(new TextDecoder().decode(await this.#bytesOf(row)));
    if (exchange === undefined) throw new Missing('no-exchange');
    return exchange;
  }

  #assertSame(before: Exchange, now: { readonly capability: Capability; readonly request: Json }): void {
    const { digest } = this.#place.engine;
    const request = before.request as Json;
    const capability = before.capability as Capability;
    if (callDigest(digest, { capability, request }) === callDigest(digest, now)) return;
    throw new Missing(
      'another-request',
      capability === now.capability ? differing(request, now.request) : 'capability',
    );
  }

  async #bodyOf({ sha256 }: ReplyMedium, ended: EventData['attempt.ended']): Promise<Uint8Array> {
    const row = this.#rowsOf(ended).find((one) => one.sha256 === sha256);
    if (row === undefined) throw new Missing('content-missing');
    return this.#bytesOf(row);
  }

  #rowsOf({ outputs }: EventData['attempt.ended']): ArtifactRow[] {
    return outputs.flatMap(({ id }) => this.origin.rows.get(id) ?? []);
  }

  async #bytesOf({ id, sha256 }: ArtifactRow): Promise<Uint8Array> {
    const { files, digest } = this.#place.engine;
    const bytes = await files.read(id).catch(() => undefined);
    if (bytes === undefined || toHex(digest.sha256(bytes)) !== sha256) throw new Missing('content-missing');
    return bytes;
  }

  /** Ends the run: as the recorded one ended, when it was stopped from outside before it came here. */
  #miss(path: StepPath, { because, differs }: Missing): StemmaError {
    const { session } = this.#place;
    const { ended } = this.origin;
    const facts = closedFacts({ path, because, ...(differs === undefined ? {} : { differs }) });
    const isCut = because === 'no-call' || because === 'no-answer';
    if (isCut && ended?.state === 'canceled') session.commanded('cancel');
    else if (isCut && ended?.fault !== undefined && isFromOutside(ended)) session.expire(ended.fault);
    else session.expire({ code: 'REPLAY_MISS', type: 'Replay', facts });
    return new StemmaError('REPLAY_MISS', `The record has no answer for ${path}: ${because}.`, { facts });
  }
}

/**
 * @param of - the run whose record answers
 * @throws {StemmaError} LEASE_LOST · STORE_BUSY
 */
export async function openReplay(place: AttemptPlace, of: RunId): Promise<Replay> {
  const { engine, session } = place;
  await session.writer.settled(); // attempts that this session found open are on record, to be counted
  const origin = await readReplayRecord(engine, of);
  const own = await readReplayRecord(engine, session.lease.runId);
  const lost = [...session.fold.steps].map(
    ([path, { attempt }]) => [path, attempt - (own.tries.get(path)?.length ?? 0)] as const,
  );
  return new Replay(place, origin, new Map(lost));
}

const NOBODY = { code: 'REPLAY_MISS', type: 'Replay', facts: {} } as const;

const isFromOutside = ({ state, fault }: EventData['run.ended']): boolean =>
  state === 'quarantined' || FROM_OUTSIDE.has(fault?.code ?? '');

/** What was used then; a replay costs nothing. */
function serve(scope: AttemptScope, { provider, model, usage }: EventData['attempt.ended']): void {
  if (provider === undefined || model === undefined) return;
  const served = { provider, model, usage: { ...usage, costMicroUsd: 0 }, priced: 'yes' as const };
  scope.call = { served, failed: () => Promise.resolve() };
}

/** Nobody was called, or nobody saw how the call ended. */
function endAsThere(scope: AttemptScope, { state, fault }: EventData['attempt.ended']): never {
  const { detail: _detail, ...told } = fault ?? NOBODY_SAW;
  scope.ends = { state, facts: {}, fault: told };
  throw new StemmaError('STATE_CONFLICT', `The call of ${scope.path} had no answer.`);
}

const NOBODY_SAW = { code: 'STEP_TIMEOUT', type: 'Replay', facts: {}, detail: undefined } as const;

function answerEvent(
  stepPath: StepPath,
  {
    wait,
    answer,
    kept,
  }: {
    readonly wait: Exclude<Wait, { for: 'time' }>;
    readonly answer: NonNullable<RecordedTry['answer']>;
    readonly kept: Written | undefined;
  },
): EventDraft {
  const { choice, expired } = answer;
  if (wait.for === 'signal') {
    if (expired === true) return { type: 'signal.expired', stepPath, data: { name: wait.name } };
    const body = kept === undefined ? {} : { body: kept.committed };
    return { type: 'signal.received', stepPath, data: { name: wait.name, ...body } };
  }
  if (expired === true || choice === undefined)
    return { type: 'review.expired', stepPath, data: choice === undefined ? {} : { choice } };
  const note = kept === undefined ? {} : { note: kept.committed };
  return { type: 'review.decided', stepPath, data: { choice, by: REPLAY, ...note } };
}

/** The parts of a request that are not as they were. */
function differing(before: Json, now: Json): string {
  const [old, own] = [membersOf(before), membersOf(now)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(own)])];
  const other = names.filter((name) => canonicalJson(old[name] ?? null) !== canonicalJson(own[name] ?? null));
  return other.slice(0, MOST_DIFFERENCES).join(',');
}

const membersOf = (value: Json): { readonly [name: string]: Json | undefined } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: Json | undefined })
    : {};
