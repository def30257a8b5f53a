import { chunkOfOutput, DEFAULT_RETRY } from '../../core/definitions.ts';
import type { Resolved, StepDefinition } from '../../core/definitions.ts';
import type { StepRecord } from '../../core/apply.ts';
import { StemmaError } from '../../core/errors.ts';
import { stepPath } from '../../core/ids.ts';
import type { Instant, StepPath } from '../../core/ids.ts';
import type { ArtifactRef, Outcome, Stage } from '../../core/stage.ts';
import { runAttempt } from '../attempt.ts';
import type { AttemptScope } from '../attempt.ts';
import { budgetsOf } from '../budgets.ts';
import { keepReceived } from '../funnel.ts';
import { assertOutcome } from '../outcome.ts';
import { chooseRoute } from '../routing.ts';
import type { ChosenRoute, Route } from '../routing.ts';
import type { Asks } from '../routing/asks.ts';
import { createStageContext } from '../stage-context.ts';
import { prepareInput, settingsFor } from './input.ts';
import type { PreparedInput } from './input.ts';
import { definitionOf } from './plan.ts';
import type { StepPlace } from './plan.ts';
import { iterate } from './repeat.ts';
import type { Scope, StepEnd } from './scope.ts';
import { sitOut } from './sit-out.ts';
import { waitSettings } from './wait-chunk.ts';

/** Runs a chunk, once or as often as its `repeat` says. */
export async function runUse(step: StepDefinition, scope: Scope): Promise<StepEnd> {
  if (step.repeat === undefined) return runChunk(step, scope, stepPath(scope.path, step.id));
  return iterate(step, scope, (inner) => runChunk(step, inner, inner.path ?? stepPath(scope.path, step.id)));
}

async function runChunk(step: StepDefinition, scope: Scope, path: StepPath): Promise<StepEnd> {
  const chunk = definitionOf(scope.plan.definitions, 'chunks', chunkId(step, scope));
  return runPlace({ step, scope, path, chunk, stage: stageOf(chunk, scope) });
}

/** A chunk at a place: attempts until one of them ends the step. */
export async function runPlace(place: StepPlace): Promise<StepEnd> {
  const { scope, path, stage } = place;
  const { session } = scope.plan;
  return session.busy(async () => {
    for (;;) {
      const known = session.fold.steps.get(path);
      const end = endOf(known, stage, scope);
      if (end !== undefined) return end;
      const gate = session.gate();
      if (gate === 'halted') return { state: 'halted' };
      if (gate === 'canceled') return cancelStep(path, scope);
      if (await sitOut(scope.plan, path)) continue;
      if (known !== undefined || !(await isTakenOver(place))) await attempt(place);
    }
  });
}

/** Whether a branch has the step from its parent. */
const isTakenOver = async (place: StepPlace): Promise<boolean> => {
  const { reuse } = place.scope.plan;
  return reuse !== undefined && (await reuse.take(place)) === undefined;
};

async function attempt(place: StepPlace): Promise<void> {
  const { step, scope, path, chunk, stage } = place;
  const { engine, session } = scope.plan;
  const input = prepareInput(step, chunk.definition, { stage, scope });
  const route = await routeFor(place, input);
  if (session.gate() !== 'open') return; // while somebody was looked for
  // in the order of the canonical form, which then needs no copy
  const started = {
    definition: chunk.digest,
    inputs: input.artifacts.map(({ id }) => id),
    queuedMs: 0,
    ...(route === undefined ? {} : { route: route.recorded }),
    stage: stage.type,
    stageVersion: stage.version,
    worker: session.lease.worker,
  };
  const plan = {
    path,
    started,
    retry: step.retry ?? DEFAULT_RETRY,
    timeoutMs: step.timeoutMs,
    idleTimeoutMs: step.idleTimeoutMs,
    hasOthers: route?.kind === 'chosen' && route.hasOthers,
  };
  await runAttempt({ engine, session, artifacts: scope.plan.artifacts }, plan, async (attemptScope) => {
    if (route?.kind === 'none') return { state: 'failed', fault: route.fault };
    if (route?.kind === 'barred') return waitForBreakers(attemptScope, route.until);
    return runStage(place, { input, route, attemptScope });
  });
}

/** Not a wait of the stage's own: an answer that it has been given stays. */
function waitForBreakers(attemptScope: AttemptScope, until: Instant): Outcome {
  attemptScope.ends = { state: 'suspended', facts: {}, retryAt: until };
  return { state: 'waiting', wait: { for: 'time', until } };
}

/** Gateway first, then the stage; what it stopped on the way ends the attempt, whether the stage has noticed or not. */
async function runStage(
  place: StepPlace,
  at: { input: PreparedInput; route: ChosenRoute | undefined; attemptScope: AttemptScope },
): Promise<Outcome> {
  const { step, scope, stage, chunk } = place;
  const { gateway, request, engine, session, artifacts } = scope.plan;
  const { values, subjects } = await at.input.write(at.attemptScope);
  if (stage.calls !== undefined || stage.writes === 'media') {
    const verdict = await gateway.admit(subjects, at.attemptScope);
    if (verdict !== undefined) return { state: 'blocked', verdict };
  }
  const context = createStageContext({
    place: { engine, session, artifacts },
    scope: at.attemptScope,
    gateway,
    route: at.route,
    capability: stage.calls,
    output: scope.output?.definition,
    seed: request.seed,
    language: request.lang,
    iteration: scope.iteration,
    answer: session.fold.steps.get(at.attemptScope.path)?.answer,
    intermediate: scope.intermediate,
    replay: scope.plan.replay,
  });
  const input = fitting('inputs', () => stage.input.parse(values));
  const settings = fitting('settings', () =>
    stage.settings.parse(waitSettings(step) ?? settingsFor(chunk.definition, place)),
  );
  const keep = async () => keepReceived({ engine, artifacts }, at.attemptScope);
  const running = kept(stage.run(input, settings, context), keep);
  const outcome = await running.catch((thrown: unknown): Outcome => {
    const { blocked } = at.attemptScope;
    if (blocked === undefined) throw thrown;
    return { state: 'blocked', verdict: blocked };
  });
  const { blocked } = at.attemptScope;
  if (blocked !== undefined) return { state: 'blocked', verdict: blocked };
  assertOutcome(outcome, stage);
  if (outcome.state === 'done') assertDone(outcome, stage, at.attemptScope);
  return outcome;
}

async function kept(outcome: Promise<Outcome>, keep: () => Promise<void>): Promise<Outcome> {
  try {
    return await outcome;
  } finally {
    await keep();
  }
}

/** What a stage says of itself must hold: its facts fit, and a stage that writes the prompt's text has written one. */
function assertDone(outcome: Extract<Outcome, { state: 'done' }>, stage: Stage, { written }: AttemptScope): void {
  stage.facts.parse(outcome.facts);
  const [first] = outcome.artifacts;
  if (stage.writes === 'text' && !written.some(({ row }) => row.id === first?.id))
    throw new StemmaError('INTERNAL', `The stage ${stage.type} ended without a text of its own.`);
}

function fitting<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StemmaError('INPUT_INVALID', `The step's ${what} do not fit its stage: ${why}`, { cause });
  }
}

async function routeFor(place: StepPlace, input: PreparedInput): Promise<Route | undefined> {
  const { step, scope, path, chunk, stage } = place;
  if (stage.calls === undefined) return undefined;
  const { profile, engine, session, replay } = scope.plan;
  if (replay !== undefined) return replay.route(path);
  const { fold, lease } = session;
  const now = engine.clock.now();
  const budgets =
    fold.created === undefined ? [] : budgetsOf({ runId: lease.runId, created: fold.created, now }, engine.limits);
  const need = {
    capability: stage.calls,
    role: chunk.definition.role,
    profile,
    output: scope.output?.definition,
    asks: asksOf(place, input),
    known: fold.steps.get(path),
    retry: step.retry ?? DEFAULT_RETRY,
    budgets,
  };
  return chooseRoute(need, engine);
}

/** What the request will ask for, as far as its inputs and settings tell. */
function asksOf(place: StepPlace, { artifacts }: PreparedInput): Asks {
  const texts = artifacts.filter(({ mediaType }) => mediaType.startsWith('text/'));
  const settings = settingsFor(place.chunk.definition, place);
  const number = (name: string): number | undefined => {
    const value = settings[name];
    return typeof value === 'number' ? value : undefined;
  };
  return {
    inputBytes: texts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    language: texts.find(({ language }) => language !== undefined)?.language,
    mediaTypes: artifacts.filter((artifact) => !texts.includes(artifact)).map(({ mediaType }) => mediaType),
    maxTokens: number('maxTokens'),
    width: number('width'),
    height: number('height'),
    seconds: place.scope.output?.definition.estimatedSeconds,
  };
}

function chunkId(step: StepDefinition, scope: Scope): string {
  if (step.use !== 'output.chunk') return step.use ?? '';
  if (scope.output === undefined)
    throw new StemmaError('DEFINITION_INVALID', 'output.chunk stands outside of outputs.');
  return chunkOfOutput(scope.output.definition);
}

/** @throws {StemmaError} STAGE_CHANGED when an extension that the definitions count on is gone */
export function stageOf(chunk: Resolved<'chunks'>, scope: Scope): Stage {
  const type = chunk.definition.stage;
  const stage = scope.plan.engine.stages.get(type);
  if (stage !== undefined) return stage;
  throw new StemmaError('STAGE_CHANGED', `The stage ${type} of the run's definitions is not there.`, {
    facts: { stage: type },
    hint: 'Load the extension that brings it, or branch the run to go on without it.',
  });
}

/** How the step has ended, or undefined when another attempt is due. A finished attempt is found by its path, never by order. */
function endOf(known: StepRecord | undefined, stage: Stage, scope: Scope): StepEnd | undefined {
  if (known === undefined || known.reopened === true) return undefined;
  const { ended } = known;
  const state = END_OF_STEP[known.state];
  if (state === undefined || (state === 'failed' && ended?.retryAt !== undefined)) return undefined;
  return { state, ...reportOf(ended, stage, scope) };
}

/** What the steps after it see of an ended attempt. */
function reportOf(ended: StepRecord['ended'], stage: Stage, scope: Scope): Omit<StepEnd, 'state'> {
  if (ended?.state === 'succeeded') return { facts: ended.facts, ...textOf(ended.outputs[0], stage, scope) };
  return ended?.fault === undefined ? {} : { fault: ended.fault };
}

/** What an attempt's end means for its step; undefined where another attempt follows. */
const END_OF_STEP: { readonly [S in StepRecord['state']]: StepEnd['state'] | undefined } = {
  succeeded: 'succeeded',
  skipped: 'skipped',
  blocked: 'blocked',
  canceled: 'canceled',
  failed: 'failed',
  timedOut: 'failed',
  running: undefined,
  suspended: undefined,
  abandoned: undefined,
};

function textOf(
  first: { readonly id: ArtifactRef['id'] } | undefined,
  stage: Stage,
  scope: Scope,
): { text?: ArtifactRef } {
  return stage.writes === 'text' && first !== undefined ? { text: scope.plan.artifacts.ref(first.id) } : {};
}

/** The run was canceled before the step's next attempt. */
function cancelStep(path: StepPath, { plan }: Scope): StepEnd {
  plan.session.writer.record({ type: 'step.canceled', stepPath: path, data: {} }).catch(() => {}); // ends the session
  return { state: 'canceled' };
}
