import type { StepAnswer } from '../core/apply.ts';
import { seedOf, stepKeyOf } from '../core/ids.ts';
import type { OutputDefinition } from '../core/definitions.ts';
import type { Answer, ArtifactDraft, ArtifactRef, Capability, StageContext } from '../core/stage.ts';
import type { AttemptPlace, AttemptScope } from './attempt.ts';
import { assertDraft } from './draft.ts';
import { createFunnel, passOrBlock, questionOf } from './funnel.ts';
import type { Gateway } from './gateway.ts';
import type { Replay } from './replay.ts';
import type { ChosenRoute } from './routing.ts';

/** What one attempt of one stage may know of its run. */
export interface ContextParts {
  readonly place: AttemptPlace;
  readonly scope: AttemptScope;
  readonly gateway: Gateway;
  readonly route: ChosenRoute | undefined;
  readonly capability: Capability | undefined;
  /** What the step makes, inside a loop over outputs. */
  readonly output: OutputDefinition | undefined;
  readonly seed: number;
  readonly language: string;
  readonly iteration: number;
  /** Of the wait that the attempt before ended with. */
  readonly answer: StepAnswer | undefined;
  /** Not the last iteration of its loop: what it makes is an intermediate step of the same type. */
  readonly intermediate: boolean;
  /** In a replay: calls are answered by it. */
  readonly replay: Replay | undefined;
}

/** Everything a stage gets. There is no provider in it: `call` is the one way to a model. */
export function createStageContext(parts: ContextParts): StageContext {
  const { place, scope, gateway } = parts;
  const { engine, artifacts, session } = place;
  const write = async (draft: ArtifactDraft): Promise<ArtifactRef> => {
    scope.signal.throwIfAborted();
    assertDraft(draft);
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
    ...answerFor(parts),
    call,
    cleared: (artifact) => gateway.clear(artifacts.ref(artifact.id)),
    check: async (artifact, type) => {
      const decision = await gateway.decide(artifacts.ref(artifact.id));
      const evidence = await gateway.record([decision], scope, { type, work: false });
      return { verdict: decision.verdict, evidence };
    },
    text: (artifact) => artifacts.text(artifact.id),
    write,
    progress: (update) => {
      scope.time.progressed();
      engine.observe?.({ runId: session.lease.runId, stepPath: scope.path, ...update });
    },
  };
}

/** An answer about money is the funnel's. */
function answerFor(parts: ContextParts): { readonly answer?: Answer } {
  const { answer, place } = parts;
  if (answer === undefined || questionOf(parts) !== undefined) return {};
  const { artifact, question: _question, ...said } = answer;
  return { answer: artifact === undefined ? said : { ...said, artifact: place.artifacts.ref(artifact) } };
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
