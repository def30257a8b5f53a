/** The one funnel to a model: gateway, permits and budgets, breaker, call, settlement, record. */
import { seedOf, stepKeyOf, toHex } from '../core/ids.ts';
import type { Sha256 } from '../core/ids.ts';
import { StemmaError, toStemmaError } from '../core/errors.ts';
import { costOf } from '../core/prices.ts';
import type { LedgerNeed, Reservation } from '../core/ports.ts';
import type { Usage, Verdict } from '../core/schema.ts';
import type {
  ArtifactDraft,
  ArtifactRef,
  CallResult,
  Capability,
  Offer,
  ProviderCallContext,
  RequestOf,
  StageContext,
} from '../core/stage.ts';
import type { AttemptPlace, AttemptScope, ForcedEnd } from './attempt.ts';
import {
  BUDGET_OPTIONS,
  budgetsOf,
  declinedFault,
  isBudgetQuestion,
  isShared,
  questionFacts,
  shortageFault,
} from './budgets.ts';
import type { BudgetQuestion, Shortage } from './budgets.ts';
import { brokenDraft, exchangeDraft, mediaOf, requestJson } from './exchange.ts';
import { OpenCall } from './open-call.ts';
import { permitsFor } from './permits.ts';
import { assertReply, estimateOf, toReplyError } from './reply.ts';
import type { ChosenRoute } from './routing.ts';
import type { ContextParts } from './stage-context.ts';

type Write = (draft: ArtifactDraft) => Promise<ArtifactRef>;

/** A context whose stage may call. */
interface Caller extends ContextParts {
  readonly route: ChosenRoute;
  readonly capability: Capability;
}

export function createFunnel(parts: ContextParts, write: Write): StageContext['call'] {
  let called = false;
  return async (request: RequestOf<Capability>): Promise<CallResult<Capability>> => {
    const { route, capability, scope, gateway } = parts;
    if (route === undefined || capability === undefined)
      throw new StemmaError('INTERNAL', `The stage of ${scope.path} calls a model without declaring it in \`calls\`.`);
    if (called)
      throw new StemmaError('INTERNAL', `The stage of ${scope.path} calls twice; a second call is a second step.`);
    called = true;
    const caller: Caller = { ...parts, route, capability };
    const { digest } = parts.place.engine;
    const taken = gateway.take(request);
    const asking = { provider: route.provider.id, capability, request: requestJson(taken.request) };
    scope.isCalling = true;
    const result = await callModel(caller, taken.request, gateway.admitRequest(taken, scope))
      .finally(() => {
        scope.isCalling = false;
      })
      .catch(async (thrown: unknown) => {
        const isAnswer = scope.call !== undefined && scope.ends === undefined && !scope.signal.aborted;
        if (isAnswer) await write(brokenDraft(asking, toStemmaError(thrown)));
        throw thrown;
      });
    await write(exchangeDraft(asking, result, digest));
    if (result.ok) scope.received = mediaOf(result.value);
    return result;
  };
}

/** Files of a reply that the stage has not written as they came are kept all the same, so that the call can be answered again. */
export async function keepReceived(
  { engine, artifacts }: Pick<AttemptPlace, 'engine' | 'artifacts'>,
  scope: AttemptScope,
): Promise<void> {
  const known = new Set(scope.written.map(({ row }) => row.sha256));
  for (const { body } of scope.signal.aborted ? [] : (scope.received ?? [])) {
    const sha256 = toHex(engine.digest.sha256(body)) as Sha256;
    if (known.has(sha256)) continue;
    known.add(sha256);
    scope.written.push(await artifacts.create({ type: 'received', body, work: true }, scope));
  }
}

async function callModel(
  caller: Caller,
  request: RequestOf<Capability>,
  judging: Promise<Verdict | undefined>,
): Promise<CallResult<Capability>> {
  await passOrBlock(caller.scope, judging);
  if (caller.replay !== undefined) return caller.replay.answer(caller, request);
  const offer = await offerOf(caller);
  const open = await openCall(caller, offer, request);
  return answerOf(caller, open, () => offer.call(request, providerContext(caller)));
}

/**
 * A block ends the attempt even when the stage catches what is thrown here.
 *
 * @throws {StemmaError} SAFETY_BLOCKED
 */
export async function passOrBlock(scope: AttemptScope, judging: Promise<Verdict | undefined>): Promise<void> {
  const verdict = await judging;
  if (verdict === undefined) return;
  scope.blocked = verdict;
  throw new StemmaError('SAFETY_BLOCKED', `The gateway has stopped what ${scope.path} was about to hand over.`);
}

/** The attempt ends so, whatever its stage makes of what is thrown here. */
function endAs(scope: AttemptScope, end: ForcedEnd): never {
  scope.ends = end;
  throw new StemmaError('STATE_CONFLICT', `The call of ${scope.path} was not made.`);
}

async function offerOf({ place, route, capability }: Caller): Promise<Offer<Capability>> {
  const provider = await place.engine.providers.opened(route.provider.id).catch((cause: unknown) => {
    if (cause instanceof StemmaError) throw cause;
    throw new StemmaError('PROVIDER_UNREACHABLE', `${route.provider.id} could not be opened.`, { cause });
  });
  const offer = provider?.offers[capability] as Offer<Capability> | undefined;
  if (offer === undefined) throw new StemmaError('MODEL_MISSING', `${route.recorded.chosen} is not to be had.`);
  return offer;
}

/** Everything the call needs is reserved, and the breaker lets it pass; from here on it counts as made. */
async function openCall(caller: Caller, offer: Offer<Capability>, request: RequestOf<Capability>): Promise<OpenCall> {
  const { place, scope, route } = caller;
  const { engine, session } = place;
  const usage = estimateOf(() => offer.estimate(request));
  const priced = { candidate: route.recorded.chosen, location: route.provider.location };
  const estimate = { ...usage, costMicroUsd: costOf(usage, priced, engine.prices) };
  const reservation = await reserve(caller, estimate);
  const passage = scope.signal.aborted ? undefined : engine.breakers.enter(route.recorded.chosen);
  if (passage === undefined) {
    if (reservation !== undefined) await engine.ledger.settle(reservation, 0);
    scope.signal.throwIfAborted();
    // the breaker has opened while this call was waiting: the next attempt finds another way
    return endAs(scope, { state: 'suspended', facts: {} });
  }
  const open = new OpenCall({ engine, session, route, estimate, reservation, passage });
  scope.call = open;
  return open;
}

/** @returns nothing for a call that needs no permit and costs nothing: it asks nobody */
async function reserve(caller: Caller, estimate: Usage): Promise<number | undefined> {
  const { place, scope, route } = caller;
  const { engine, session } = place;
  const { created } = session.fold;
  if (created === undefined) throw new StemmaError('STORE_CORRUPT', 'The run has no first event.');
  const { vramMb } = caller.output ?? {};
  const permits = permitsFor(
    {
      provider: route.provider.id,
      candidate: route.recorded.chosen,
      room: created.room,
      estimate,
      vramMb: route.provider.location === 'local' ? vramMb : undefined,
    },
    engine.limits,
  );
  const { costMicroUsd } = estimate;
  if (permits.length === 0 && costMicroUsd === 0) return undefined;
  const asked = questionOf(caller);
  if (asked !== undefined && caller.answer?.choice !== 'approve')
    endAs(scope, { state: 'failed', facts: {}, fault: declinedFault(asked) });
  const { path, attempt } = scope;
  const budgets = budgetsOf({ runId: session.lease.runId, created, now: engine.clock.now() }, engine.limits);
  const isApproved = asked !== undefined && caller.answer?.candidate === caller.route.recorded.chosen;
  const approved = isApproved ? { approved: true } : {};
  return reserveAll(caller, { path, attempt, permits, budgets, costMicroUsd, ...approved });
}

/** Which question about money the wait's answer is for. */
export function questionOf({ answer, place }: Pick<ContextParts, 'answer' | 'place'>): BudgetQuestion | undefined {
  const { question } = answer ?? {};
  if (question === undefined || !place.artifacts.has(question)) return undefined;
  const { type } = place.artifacts.row(question);
  return isBudgetQuestion(type) ? type : undefined;
}

async function reserveAll(caller: Caller, need: LedgerNeed): Promise<number> {
  for (;;) {
    const answer = await askLedger(caller, need);
    const { costMicroUsd: estimateMicroUsd } = need;
    if (answer.ok) {
      for (const budget of answer.warned) tell(caller, 'budget.warned', { budget, estimateMicroUsd });
      return answer.id;
    }
    if (answer.because === 'permit') await freePlace(caller, answer.retryInMs);
    else await refuse(caller, answer.because, { budget: answer.budget, estimateMicroUsd });
  }
}

async function askLedger({ place }: Caller, need: LedgerNeed): Promise<Reservation> {
  try {
    return await place.engine.ledger.reserve(place.session.lease, need);
  } catch (thrown) {
    place.session.break(toStemmaError(thrown)); // the lease or the store: no fault of the step
    throw thrown;
  }
}

/** Waits until it is worth asking again. A run that is paused or given back meanwhile has called nobody. */
async function freePlace({ place, scope }: Caller, retryInMs: number): Promise<void> {
  const { engine, session } = place;
  const stop = AbortSignal.any([scope.signal, session.halting]);
  await scope.time.queued(() => engine.ledger.changed(retryInMs, stop));
  scope.signal.throwIfAborted();
  if (session.gate() !== 'open') endAs(scope, { state: 'suspended', facts: {} });
}

async function refuse(caller: Caller, because: 'budget' | 'price', shortage: Shortage): Promise<never> {
  if (because === 'budget') tell(caller, 'budget.exceeded', shortage);
  if (because === 'price') return ask(caller, 'price_question', shortage);
  if (shortage.budget.mode === 'ask') return ask(caller, 'budget_question', shortage);
  return endAs(caller.scope, { state: 'failed', facts: {}, fault: shortageFault(shortage) });
}

/** The run waits for a person; going on is a new attempt, which is told the answer. */
async function ask(caller: Caller, type: BudgetQuestion, shortage: Shortage): Promise<never> {
  const { place, scope, route, language } = caller;
  const { messages } = place.engine;
  const facts = questionFacts({ ...shortage, candidate: route.recorded.chosen }, language);
  const scopeName = messages.text(`budget.scope.${shortage.budget.scope}`, {}, language);
  const body = messages.text(`review.${type}`, { ...facts, scopeName }, language);
  const written = await place.artifacts.create({ type, body, work: true, language }, scope);
  scope.written.push(written);
  const wait = { for: 'person' as const, question: written.row.id, options: [...BUDGET_OPTIONS] };
  return endAs(scope, { state: 'suspended', facts: {}, wait });
}

/** In the run's record; budgets that many runs share, in the installation's too, without waiting for it. */
function tell({ place, scope }: Caller, type: 'budget.warned' | 'budget.exceeded', shortage: Shortage): void {
  const { path: stepPath, attempt, spanId } = scope;
  const { budget, estimateMicroUsd } = shortage;
  const event = { type, data: { ...budget, estimateMicroUsd } };
  place.session.writer.record({ ...event, stepPath, attempt, spanId }).catch(() => {}); // ends the session
  if (isShared(budget)) place.engine.installation.append([event]).catch(() => {});
}

/** What comes after the attempt has ended is dropped. */
async function answerOf(
  { capability, scope }: Caller,
  open: OpenCall,
  call: () => Promise<unknown>,
): Promise<CallResult<Capability>> {
  try {
    const said = await call();
    scope.signal.throwIfAborted();
    const result = assertReply(capability, said);
    await open.answered(result);
    return result;
  } catch (thrown) {
    if (scope.signal.aborted) throw scope.signal.reason;
    const error = toReplyError(thrown);
    await open.failed(error.code);
    throw error;
  }
}

function providerContext({ place, scope, route, seed }: Caller): ProviderCallContext {
  const runId = place.session.lease.runId;
  return {
    model: route.model,
    seed: seedOf(place.engine.digest, seed, scope.path),
    stepKey: stepKeyOf(runId, scope.path),
    signal: scope.signal,
    progress: (update) => {
      if (scope.signal.aborted || scope.call?.served !== undefined) return;
      scope.time.progressed();
      place.engine.observe?.({ runId, stepPath: scope.path, ...update });
    },
  };
}
