import { seedOf, stepKeyOf } from '../core/ids.ts';
import { StemmaError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Verdict } from '../core/schema.ts';
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
import type { AttemptPlace, AttemptScope } from './attempt.ts';
import type { Gateway } from './gateway.ts';
import type { Route } from './routing.ts';

/** What one attempt of one stage may know of its run. */
export interface ContextParts {
  readonly place: AttemptPlace;
  readonly scope: AttemptScope;
  readonly gateway: Gateway;
  readonly route: Route | undefined;
  readonly capability: Capability | undefined;
  readonly seed: number;
  readonly language: string;
  readonly iteration: number;
  /** Not the last iteration of its loop: what it makes is an intermediate step of the same type. */
  readonly intermediate: boolean;
}

/** Everything a stage gets. There is no provider in it: `call` is the one way to a model. */
export function createStageContext(parts: ContextParts): StageContext {
  const { place, scope, gateway } = parts;
  const { engine, artifacts, session } = place;
  const write = async (draft: ArtifactDraft): Promise<ArtifactRef> => {
    scope.signal.throwIfAborted();
    const text = draft.type.startsWith('output_') ? textOf(draft.body) : undefined;
    if (text !== undefined) {
      const { sources = [] } = draft;
      await passOrBlock(scope, gateway.admitText({ type: 'result', body: text, sources }, [text], scope));
    }
    const step = parts.intermediate && !draft.work ? { type: `${draft.type}_step`, work: true } : {};
    const written = await artifacts.create({ ...draft, ...step }, scope);
    scope.written.push(written);
    return artifacts.ref(written.row.id);
  };
  const call = createFunnel(parts, write);
  return {
    stepPath: scope.path,
    stepKey: stepKeyOf(session.lease.runId, scope.path),
    seed: seedOf(engine.digest, parts.seed, scope.path),
    signal: scope.signal,
    language: parts.language,
    now: engine.clock.now(),
    iteration: parts.iteration,
    call,
    cleared: (artifact) => gateway.clear(artifacts.ref(artifact.id)),
    check: async (artifact, type) => {
      const decision = await gateway.decide(artifacts.ref(artifact.id));
      const evidence = await gateway.record([decision], scope, { type, work: false });
      return { verdict: decision.verdict, evidence };
    },
    text: (artifact) => artifacts.text(artifact.id),
    write,
    progress: (update) => engine.observe?.({ runId: session.lease.runId, stepPath: scope.path, ...update }),
  };
}

/**
 * A block ends the attempt even when the stage catches what is thrown here.
 *
 * @throws {StemmaError} SAFETY_BLOCKED
 */
async function passOrBlock(scope: AttemptScope, judging: Promise<Verdict | undefined>): Promise<void> {
  const verdict = await judging;
  if (verdict === undefined) return;
  scope.blocked = verdict;
  throw new StemmaError('SAFETY_BLOCKED', `The gateway has stopped what ${scope.path} was about to hand over.`);
}

/** What a result says, when it is a text. */
function textOf(body: string | Uint8Array): string | undefined {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** The one funnel to a model: checks what goes in, records what went over, tells who served. */
function createFunnel(
  parts: ContextParts,
  write: (draft: ArtifactDraft) => Promise<ArtifactRef>,
): StageContext['call'] {
  let called = false;
  return async (request: RequestOf<Capability>): Promise<CallResult<Capability>> => {
    const { route, capability, scope, gateway } = parts;
    if (route === undefined || capability === undefined)
      throw new StemmaError('INTERNAL', `The stage of ${scope.path} calls a model without declaring it in \`calls\`.`);
    if (called)
      throw new StemmaError('INTERNAL', `The stage of ${scope.path} calls twice; a second call is a second step.`);
    called = true;
    const taken = gateway.take(request);
    await passOrBlock(scope, gateway.admitRequest(taken, scope));
    const provider = await parts.place.engine.providers.opened(route.provider.id);
    const offer = provider?.offers[capability] as Offer<Capability> | undefined;
    if (offer === undefined) throw new StemmaError('MODEL_MISSING', `${route.recorded.chosen} is not to be had.`);
    const result = await offer.call(taken.request, providerContext(parts, route));
    const exchange = { provider: route.provider.id, capability, request: toJson(taken.request), ...reply(result) };
    await write({ type: 'exchange', body: `${JSON.stringify(exchange, undefined, 2)}\n`, work: true });
    const usage = result.usage ?? { costMicroUsd: null };
    scope.served = { provider: route.provider.id, model: result.ok ? result.model : route.model, usage };
    return result;
  };
}

function providerContext(parts: ContextParts, route: Route): ProviderCallContext {
  const { place, scope } = parts;
  const runId = place.session.lease.runId;
  return {
    model: route.model,
    seed: seedOf(place.engine.digest, parts.seed, scope.path),
    stepKey: stepKeyOf(runId, scope.path),
    signal: scope.signal,
    progress: (update) => place.engine.observe?.({ runId, stepPath: scope.path, ...update }),
  };
}

/** The request as it is kept: cleared texts as texts. */
const toJson = (request: unknown): Json =>
  JSON.parse(
    JSON.stringify(request, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'verdict' in value && 'text' in value ? value.text : value,
    ),
  ) as Json;

function reply(result: CallResult<Capability>): { [key: string]: unknown } {
  const exchange = result.exchange === undefined ? {} : { exchange: result.exchange };
  if (!result.ok) return { fault: result.fault, ...exchange };
  const value = 'media' in result.value ? { media: result.value.media.length } : result.value;
  return { model: result.model, usage: result.usage, value, ...exchange };
}
