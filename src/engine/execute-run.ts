import { foldRun } from '../core/apply.ts';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import type { EventData, EventDraft, RunEvent } from '../core/events.ts';
import { spanIdOf } from '../core/ids.ts';
import type { ArtifactRow, Lease, ReceivedCommand } from '../core/ports.ts';
import { runRequestSchema } from '../core/request.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { ArtifactRef } from '../core/stage.ts';
import type { Engine } from './engine.ts';
import { toFault } from './fault.ts';
import { Gateway } from './gateway.ts';
import { definitionOf } from './interpreter/plan.ts';
import type { RunPlan } from './interpreter/plan.ts';
import { runSteps } from './interpreter/run-steps.ts';
import { Scope } from './interpreter/scope.ts';
import type { StepEnd } from './interpreter/scope.ts';
import { RunArtifacts } from './run-artifacts.ts';
import { RunSession } from './run-session.ts';
import type { Halt } from './run-session.ts';

/** How a holder's time with a run came to its end. */
export type SessionEnd = { readonly kind: 'ended' } | Halt;

/** The third abandoned attempt of one step quarantines its run. */
const MAX_ABANDONED = 3;
const COMMAND_WAIT_MS = 2000;

/**
 * Carries a run on as its holder: takes up what the log tells, lets the interpreter go on, and ends, parks or gives
 * the run back. A step recorded as succeeded is never executed again; an attempt that a dead holder left open becomes
 * `abandoned` and is followed by a new one.
 *
 * @param signal - aborted when the worker goes: running attempts finish, then the run is given back
 */
export async function executeRun(engine: Engine, lease: Lease, signal: AbortSignal): Promise<SessionEnd> {
  const events: RunEvent[] = [];
  for await (const event of engine.log.read(lease.runId)) events.push(event);
  const fold = foldRun(events);
  const session = new RunSession(engine, lease, fold);
  const stopInbox = new AbortController();
  const onLeave = (): void => session.halt({ kind: 'released' });
  signal.addEventListener('abort', onLeave, { once: true });
  if (signal.aborted) onLeave();
  const inbox = listen(engine, session, stopInbox.signal);
  try {
    if (fold.state === 'paused') await commandOrTime(engine, session);
    return await carryOn(engine, session);
  } catch (thrown) {
    return session.writer.broken === undefined
      ? await failRun(engine, session, thrown)
      : { kind: 'broken', error: session.writer.broken };
  } finally {
    stopInbox.abort();
    await inbox;
    signal.removeEventListener('abort', onLeave);
  }
}

async function carryOn(engine: Engine, session: RunSession): Promise<SessionEnd> {
  const { fold } = session;
  const rows = await engine.log.artifacts(session.lease.runId);
  if (fold.steps.size > 0 || fold.verdicts.length > 0) await engine.files.sweep(session.lease.runId, fold.artifacts);
  const worn = abandonOpenAttempts(engine, session);
  if (worn !== undefined) return end(session, { state: 'quarantined', fault: worn });
  if (session.canceled) return end(session, { state: 'canceled' });
  if (session.halted !== undefined) return leave(engine, session, session.halted);
  if (fold.state !== 'running')
    put(session, { type: fold.state === 'pending' ? 'run.started' : 'run.resumed', data: {} });
  const outcome = await interpret(engine, session, rows);
  if (session.canceled && outcome.state !== 'succeeded') return end(session, { state: 'canceled' });
  if (session.halted !== undefined && outcome.state === 'halted') return leave(engine, session, session.halted);
  return end(session, endOf(outcome));
}

/** Recorded with whatever comes next; a failure to store ends the session. */
const put = (session: RunSession, draft: EventDraft, handled: readonly number[] = []): void =>
  void session.writer.record(draft, { handled }).catch(() => {});

/** A paused run is held only to obey a command; one that has none goes back to sleep. */
async function commandOrTime(engine: Engine, session: RunSession): Promise<void> {
  const stop = new AbortController();
  const time = engine.clock.sleep(COMMAND_WAIT_MS, stop.signal).then(
    () => session.halt({ kind: 'paused' }),
    () => {},
  );
  await Promise.race([session.firstCommand, time]);
  stop.abort();
}

async function interpret(engine: Engine, session: RunSession, rows: readonly ArtifactRow[]): Promise<StepEnd> {
  const plan = await openPlan(engine, session, rows);
  const input = plan.given.get('input');
  return runSteps(plan.pipeline.steps, new Scope(plan, undefined, input === undefined ? {} : { previous: input }));
}

/** Everything the interpreter needs, from the run's own record: definitions as they were, and what was given. */
async function openPlan(engine: Engine, session: RunSession, rows: readonly ArtifactRow[]): Promise<RunPlan> {
  const { runId } = session.lease;
  const created = session.fold.created;
  if (created === undefined) throw new StemmaError('STORE_CORRUPT', `Run ${runId} has no first event.`);
  const set = await engine.log.definitionSet(created.definitions);
  if (set === undefined) throw new StemmaError('STORE_CORRUPT', `The definitions of run ${runId} are missing.`);
  const definitions = await engine.definitions.restore(set);
  const artifacts = new RunArtifacts({ files: engine.files, digest: engine.digest, runId }, session.fold, rows);
  const given = new Map<string, ArtifactRef>();
  for (const { id } of created.given) given.set(artifacts.row(id).type, artifacts.ref(id));
  const request = given.get('request');
  if (request === undefined) throw new StemmaError('STORE_CORRUPT', `The request of run ${runId} is missing.`);
  const place = { engine, session, artifacts };
  return {
    ...place,
    definitions,
    pipeline: definitionOf(definitions, 'pipelines', created.pipeline).definition,
    profile: definitionOf(definitions, 'profiles', created.profile).definition,
    request: runRequestSchema.parse(JSON.parse(await artifacts.text(request.id))),
    given,
    gateway: new Gateway(place, created.level),
  };
}

/** Attempts that a dead holder left open; a fault when one step has been abandoned too often. */
function abandonOpenAttempts(engine: Engine, session: RunSession): EventData['run.ended']['fault'] {
  const { fold, lease } = session;
  for (const path of [...fold.open]) {
    const attempt = fold.steps.get(path)?.attempt ?? 1;
    const spanId = spanIdOf(engine.digest, lease.runId, { path, attempt });
    const data = { state: 'abandoned' as const, facts: {}, outputs: [], durationMs: 0 };
    put(session, { type: 'attempt.ended', stepPath: path, attempt, spanId, data });
  }
  for (const [path, step] of fold.steps)
    if (step.abandoned >= MAX_ABANDONED)
      return { code: 'INTERNAL', type: 'Abandoned', facts: { path, abandoned: step.abandoned } };
  return undefined;
}

function endOf(outcome: StepEnd): EventData['run.ended'] {
  const fault = outcome.fault === undefined ? {} : { fault: outcome.fault };
  switch (outcome.state) {
    case 'blocked':
    case 'canceled':
      return { state: outcome.state, ...fault };
    case 'succeeded':
    case 'skipped':
      return { state: 'succeeded', ...(outcome.problems === undefined ? {} : { problems: [...outcome.problems] }) };
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
    case 'waiting':
      await writer.record({ type: 'run.waiting', data: { for: 'time', until: halt.until } });
      await engine.queue.park(lease, { for: 'time', until: halt.until });
      return halt;
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
  const error = toStemmaError(thrown);
  if (error.code.startsWith('STORE_') || error.code === 'LEASE_LOST') return { kind: 'broken', error };
  const { state } = session.fold;
  if (state === undefined || isTerminal(RUN_MOVES, state)) throw error;
  if (state === 'paused') await session.writer.record({ type: 'run.resumed', data: {} });
  abandonOpenAttempts(engine, session);
  return end(session, { state: 'failed', fault: toFault(thrown, engine.digest) });
}

/** Turns commands of the mailbox into what they ask for, as long as the run is held. */
async function listen(engine: Engine, session: RunSession, signal: AbortSignal): Promise<void> {
  try {
    for await (const command of engine.queue.inbox(session.lease, signal)) obey(session, command);
  } catch (thrown) {
    if (!signal.aborted) session.halt({ kind: 'broken', error: toStemmaError(thrown) });
  }
}

/** The command's event and what it does to a paused run stand in one commit, so that no holder's death can part them. */
function obey(session: RunSession, command: ReceivedCommand): void {
  put(session, { type: 'command.received', data: { command: command.type, by: command.by } }, [command.id]);
  if (command.type === 'resume' && session.fold.state === 'paused') put(session, { type: 'run.resumed', data: {} });
  session.commanded(command.type);
}
