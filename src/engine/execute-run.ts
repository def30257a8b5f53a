import { applyEvent, createRunFold } from '../core/apply.ts';
import type { RunFold } from '../core/apply.ts';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import type { EventData, EventDraft } from '../core/events.ts';
import { spanIdOf } from '../core/ids.ts';
import type { StepPath, WorkerId } from '../core/ids.ts';
import type { Lease } from '../core/ports.ts';
import type { Fault } from '../core/schema.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { Engine } from './engine.ts';
import { closedFacts, toFault } from './fault.ts';
import { clearStrays, openArtifacts, openPlan } from './interpreter/open-plan.ts';
import type { RunPlan } from './interpreter/plan.ts';
import { runSteps } from './interpreter/run-steps.ts';
import { Scope } from './interpreter/scope.ts';
import type { StepEnd } from './interpreter/scope.ts';
import { obey } from './mail.ts';
import { leftBehind } from './open-call.ts';
import type { LeftBehind } from './open-call.ts';
import type { Addressee } from './mail.ts';
import type { RunArtifacts } from './run-artifacts.ts';
import { RunSession } from './run-session.ts';
import type { Halt } from './run-session.ts';
import { limitRun, RunTime } from './run-time.ts';

/** How a holder's time with a run came to its end. */
export type SessionEnd = { readonly kind: 'ended' } | Halt;

/** The third abandoned attempt of one step quarantines its run. */
const MAX_ABANDONED = 3;
/** A worker that finds attempts of its own left open has met a failing store, not died; but that too must end. */
const MAX_LEFT_OPEN = 100;
const COMMAND_WAIT_MS = 2000;

/** Who began the attempts that have no end. */
type Beginners = ReadonlyMap<StepPath, WorkerId>;

/**
 * Carries a run on as its holder: takes up what the log tells, lets the interpreter go on, and ends, parks or gives
 * the run back. A step recorded as succeeded is never executed again; an attempt that a dead holder left open becomes
 * `abandoned` and is followed by a new one.
 *
 * @param signal - aborted when the worker goes: running attempts finish, then the run is given back; aborted with an
 *   error when the lease is lost: running attempts are stopped and nothing more is written
 */
export async function executeRun(engine: Engine, lease: Lease, signal: AbortSignal): Promise<SessionEnd> {
  const history = await readRun(engine, lease);
  const session = new RunSession(engine, lease, history.fold);
  const onLeave = (): void => {
    if (signal.reason instanceof StemmaError) session.break(signal.reason);
    else session.release();
  };
  signal.addEventListener('abort', onLeave, { once: true });
  if (signal.aborted) onLeave();
  try {
    return await carryOn(engine, session, history).catch((thrown: unknown) => failRun(engine, session, thrown));
  } catch (thrown) {
    if (session.broken === undefined) throw thrown;
    return { kind: 'broken', error: session.broken };
  } finally {
    signal.removeEventListener('abort', onLeave);
  }
}

/** What the log tells of a run. */
interface History {
  readonly fold: RunFold;
  readonly beginners: Beginners;
  readonly time: RunTime;
}

async function readRun({ log }: Engine, { runId }: Lease): Promise<History> {
  const fold = createRunFold();
  const beginners = new Map<StepPath, WorkerId>();
  const time = new RunTime();
  for await (const event of log.read(runId)) {
    applyEvent(fold, event);
    time.take(event);
    if (event.type === 'attempt.started' && event.stepPath !== undefined)
      beginners.set(event.stepPath, event.data.worker);
  }
  return { fold, beginners, time };
}

async function carryOn(engine: Engine, session: RunSession, { beginners, time }: History): Promise<SessionEnd> {
  const worn = await takeUp(engine, session, beginners);
  if (worn !== undefined) return end(session, { state: 'quarantined', fault: worn });
  let opening: Promise<RunArtifacts> | undefined;
  const artifacts = (): Promise<RunArtifacts> => (opening ??= openArtifacts(engine, session));
  let plan: RunPlan | undefined;
  for (;;) {
    const outcome = await whileListening(engine, { session, artifacts }, async () => {
      if (session.fold.state === 'paused') await commandOrTime(engine, session);
      if (session.gate() !== 'open') return HALTED;
      plan ??= await openPlan({ engine, session, artifacts: await artifacts() });
      const now = engine.clock.now();
      time.goesOn(now);
      return interpretInTime(plan, time.spentMs(now));
    });
    const resumed = outcome.state === 'halted' && !session.canceled && session.halted === undefined;
    if (!resumed) return leaveOrEnd(engine, session, { outcome, plan });
    await session.writer.settled(); // commands that were obeyed have left the mailbox before it is opened anew
  }
}

const HALTED: StepEnd = { state: 'halted' };

/** As long as the pipeline allows. */
async function interpretInTime(plan: RunPlan, spentMs: number): Promise<StepEnd> {
  const { timeoutMs } = plan.pipeline;
  if (timeoutMs === undefined) return interpret(plan);
  using _limit = limitRun(plan.session, plan.engine.clock, { timeoutMs, leftMs: timeoutMs - spentMs });
  return await interpret(plan); // the limit holds until it has ended
}

/** Runs the pipeline from where the record stands. */
export async function interpret(plan: RunPlan): Promise<StepEnd> {
  const { session, given, pipeline } = plan;
  if (session.gate() !== 'open') return HALTED;
  const { state } = session.fold;
  if (state !== 'running') put(session, { type: state === 'pending' ? 'run.started' : 'run.resumed', data: {} });
  const input = given.get('input');
  return runSteps(pipeline.steps, new Scope(plan, undefined, input === undefined ? {} : { previous: input }));
}

async function leaveOrEnd(
  engine: Engine,
  session: RunSession,
  { outcome, plan }: { outcome: StepEnd; plan: RunPlan | undefined },
): Promise<SessionEnd> {
  const { broken, halted, canceled, fold } = session;
  if (broken !== undefined) {
    await session.writer.settled().catch(() => {}); // what can still be stored is, before the run is given back
    return { kind: 'broken', error: broken };
  }
  if (outcome.state === 'halted' && !canceled && halted !== undefined) return leave(engine, session, halted);
  if (plan?.artifacts.hasStrays(fold.artifacts) === true) await clearStrays(plan);
  if (session.expired !== undefined) return end(session, { state: 'failed', fault: session.expired });
  if (outcome.state === 'halted') return end(session, { state: 'canceled' });
  return end(session, endOf(outcome));
}

/** Recorded with whatever comes next; a failure to store ends the session. */
const put = (session: RunSession, draft: EventDraft): void => void session.writer.record(draft).catch(() => {});

/** An answer stays with the attempts after it: only one to the wait that the last attempt ended with is news. */
const hasAnswer = ({ fold }: RunSession): boolean =>
  [...fold.steps.values()].some(
    ({ state, ended, answer }) => state === 'suspended' && ended?.wait !== undefined && answer !== undefined,
  );

/** A paused run is held only to obey a command; one that has none goes back to sleep. */
async function commandOrTime(engine: Engine, session: RunSession): Promise<void> {
  const stop = new AbortController();
  const time = engine.clock.sleep(COMMAND_WAIT_MS, stop.signal).then(
    () => session.pause(),
    () => {},
  );
  await Promise.race([session.firstCommand, time]);
  stop.abort();
}

/** Ends what earlier holders have left open, with what it has probably cost. */
async function takeUp(engine: Engine, session: RunSession, beginners: Beginners): Promise<Fault | undefined> {
  if (session.fold.steps.size === 0) return undefined;
  const left = await leftBehind(engine, session);
  const worn = endOpenAttempts(engine, session, { beginners, bills: left.bills });
  if (left.isNothing) return worn;
  await session.writer.settled();
  await left.settle();
  return worn;
}

/** Ends the attempts that nobody works on any more; a fault when one step has been abandoned too often. */
function endOpenAttempts(
  engine: Engine,
  session: RunSession,
  { beginners, bills }: { readonly beginners: Beginners; readonly bills: LeftBehind['bills'] },
): Fault | undefined {
  const { fold, lease } = session;
  for (const path of Array.from(fold.open)) {
    const attempt = fold.steps.get(path)?.attempt ?? 1;
    const spanId = spanIdOf(engine.digest, lease.runId, { path, attempt });
    const own = beginners.get(path) === lease.worker && attempt < MAX_LEFT_OPEN;
    const state = own ? ('suspended' as const) : ('abandoned' as const);
    const data = { state, facts: {}, outputs: [], durationMs: 0, ...bills.get(path) };
    put(session, { type: 'attempt.ended', stepPath: path, attempt, spanId, data });
  }
  for (const [path, step] of fold.steps)
    if (step.abandoned >= MAX_ABANDONED)
      return { code: 'INTERNAL', type: 'Abandoned', facts: closedFacts({ path, abandoned: step.abandoned }) };
  return undefined;
}

const problemsOf = ({
  problems,
  moreProblems,
}: StepEnd): Pick<EventData['run.ended'], 'problems' | 'moreProblems'> => ({
  ...(problems === undefined ? {} : { problems }),
  ...(moreProblems === undefined ? {} : { moreProblems }),
});

function endOf(outcome: StepEnd): EventData['run.ended'] {
  const fault = outcome.fault === undefined ? {} : { fault: outcome.fault };
  switch (outcome.state) {
    case 'blocked':
    case 'canceled':
      return { state: outcome.state, ...fault };
    case 'succeeded':
    case 'skipped':
      return { state: 'succeeded', ...problemsOf(outcome) };
    case 'failed':
    case 'halted':
      return { state: 'failed', ...fault };
  }
}

async function end(session: RunSession, data: EventData['run.ended']): Promise<SessionEnd> {
  await session.writer.record({ type: 'run.ended', data });
  return { kind: 'ended' };
}

/** The run stops here and goes on elsewhere or later. */
async function leave(engine: Engine, session: RunSession, halt: Halt): Promise<SessionEnd> {
  const { writer, lease } = session;
  switch (halt.kind) {
    case 'waiting': {
      const { kind: _kind, ...waiting } = halt;
      await writer.record({ type: 'run.waiting', data: waiting });
      // an answer that came while the run was about to leave must not be slept over
      if (hasAnswer(session)) {
        await engine.queue.release(lease);
        return { kind: 'released' };
      }
      await engine.queue.park(lease, waiting.until === undefined ? {} : { until: waiting.until });
      return halt;
    }
    case 'paused':
      if (session.fold.state !== 'paused') await writer.record({ type: 'run.paused', data: {} });
      await writer.settled();
      await engine.queue.park(lease, 'paused');
      return halt;
    case 'released':
      await writer.settled();
      await engine.queue.release(lease);
      return halt;
    case 'broken':
      return halt;
  }
}

/** Something threw outside an attempt: definitions that no longer restore, a stage that changed, a bug. */
async function failRun(engine: Engine, session: RunSession, thrown: unknown): Promise<SessionEnd> {
  const error = session.broken ?? toStemmaError(thrown);
  const { state } = session.fold;
  if (session.isBrokenBy(error)) return { kind: 'broken', error };
  if (state === undefined || isTerminal(RUN_MOVES, state)) throw error;
  if (state === 'paused') put(session, { type: 'run.resumed', data: {} });
  endOpenAttempts(engine, session, { beginners: new Map(), bills: new Map() });
  return end(session, { state: 'failed', fault: toFault(thrown, engine.digest) });
}

/** Turns the mailbox's commands into what they ask for, as long as the work lasts; later ones stay in it and wake the run. */
async function whileListening<T>(engine: Engine, to: Addressee, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const listening = listen(engine, to, stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await listening;
  }
}

async function listen(engine: Engine, to: Addressee, signal: AbortSignal): Promise<void> {
  try {
    for await (const command of engine.queue.inbox(to.session.lease, signal)) await obey(to, command);
  } catch (thrown) {
    if (!signal.aborted) to.session.break(toStemmaError(thrown));
  }
}
