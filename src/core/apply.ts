/**
 * The fold: events in, the run's state out, and the guard that refuses an illegal event before it is written.
 * The engine decides everything from this state, so a recovery cannot see anything else than the first time.
 */
import { isContainerStage } from './containers.ts';
import { parseArtifactId } from './ids.ts';
import type { ArtifactId, Instant, StepPath } from './ids.ts';
import { isKnownEvent } from './events.ts';
import type { EventData, EventDraft } from './events.ts';
import { StemmaError } from './errors.ts';
import type { Committed, Fault, Wait } from './schema.ts';
import { ATTEMPT_MOVES, REPEATABLE_ENDS, RUN_MOVES, assertMove, isTerminal } from './states.ts';
import type { AttemptState, RunState } from './states.ts';

/** What the fold knows of one step: its last attempt, and how many ended how. */
export interface StepRecord {
  attempt: number;
  state: AttemptState | 'skipped' | 'canceled';
  /** Attempts that ended `failed` or `timedOut`, the ones that retries count: by candidate of the route, '' without one. */
  readonly failed: Map<string, FailedCandidate>;
  abandoned: number;
  /** Whom the last attempt was routed to; null when there was nobody to call, absent when it called nobody. */
  candidate?: string | null;
  /** Attempts in a row that waited because there was nobody to call. */
  barred: number;
  skippedBecause?: 'condition' | 'dependency';
  ended?: EventData['attempt.ended'];
  /** A retry of a container around it tries it anew. */
  reopened?: true;
  /** Whether its attempts are those of a container. */
  container?: true;
  /** What came of the wait that the last attempt ended with; the next one is told. */
  answer?: StepAnswer;
}

/** How often attempts with one candidate have failed, and why the last time. */
export interface FailedCandidate {
  readonly failures: number;
  readonly fault: Fault | undefined;
}

/** What a wait has come to. */
export interface StepAnswer {
  /** The artifact that asked; absent when nobody was asked. */
  readonly question?: ArtifactId;
  /** For whose call it was asked; nobody else's has been approved. */
  readonly candidate?: string;
  readonly choice?: string;
  /** A person's note, or what came with the signal. */
  readonly artifact?: ArtifactId;
  readonly expired?: boolean;
}

/** A run as its events tell it. Owned by one fold, which changes it in place: a step costs the same at any length. */
export interface RunFold {
  state: RunState | undefined;
  created: EventData['run.created'] | undefined;
  ended: EventData['run.ended'] | undefined;
  readonly steps: Map<StepPath, StepRecord>;
  /** Major versions of the stages the run has used. */
  readonly stageVersions: Map<string, number>;
  /** Steps with an attempt that has no end yet. */
  readonly open: Set<StepPath>;
  /** Verdicts in order, with their evidence. */
  readonly verdicts: EventData['safety.verdict'][];
  /** Every artifact that an event names. */
  readonly artifacts: Set<ArtifactId>;
  /** Highest number in use, in the run's folder and in its `work/`. */
  readonly numbers: { main: number; work: number };
  /** When a run that waits for time goes on. */
  wakeAt: Instant | undefined;
  /** Signals that came before a step waited for them, by name. */
  readonly signals: Map<string, StepAnswer[]>;
}

export const createRunFold = (): RunFold => ({
  state: undefined,
  created: undefined,
  ended: undefined,
  steps: new Map(),
  stageVersions: new Map(),
  open: new Set(),
  verdicts: [],
  artifacts: new Set(),
  numbers: { main: 0, work: 0 },
  wakeAt: undefined,
  signals: new Map(),
});

/** The run's state; `pending` before its first event. */
export const runStateOf = (fold: RunFold): RunState => fold.state ?? 'pending';

/** The state after all events; unknown types of another version are passed over. */
export function foldRun(events: Iterable<EventDraft>): RunFold {
  const fold = createRunFold();
  for (const event of events) applyEvent(fold, event);
  return fold;
}

/**
 * Takes one event into the state, or refuses it and leaves the state as it was.
 *
 * @throws {StemmaError} STATE_CONFLICT for an event that the state tables or the retry rules do not allow
 */
export function applyEvent(fold: RunFold, draft: EventDraft): RunFold {
  if (!isKnownEvent(draft.type)) return fold;
  if (fold.state === undefined && draft.type !== 'run.created') throw conflict('A run begins with run.created.');
  if (fold.state !== undefined && isTerminal(RUN_MOVES, fold.state))
    throw conflict(`The run has ended as ${fold.state}; ${draft.type} can no longer be added.`);
  const handler = HANDLERS[draft.type] as Handler;
  handler(fold, draft);
  return fold;
}

type Handler = (fold: RunFold, draft: EventDraft) => void;
type HandlerOf<T extends EventDraft['type']> = (fold: RunFold, draft: Extract<EventDraft, { type: T }>) => void;

const conflict = (message: string): StemmaError => new StemmaError('STATE_CONFLICT', message);

function move(fold: RunFold, to: RunState): void {
  assertMove('run', RUN_MOVES, { from: runStateOf(fold), to });
  if (to !== 'running' && fold.open.size > 0)
    throw conflict(`A run cannot become ${to} while ${fold.open.size} of its attempts are running.`);
  fold.state = to;
  fold.wakeAt = undefined;
}

function keep(fold: RunFold, { id }: Committed): void {
  fold.artifacts.add(id);
  const name = parseArtifactId(id);
  if (name === undefined) return;
  const counter = name.work ? 'work' : 'main';
  fold.numbers[counter] = Math.max(fold.numbers[counter], name.number);
}

function pathOf(draft: EventDraft): StepPath {
  if (draft.stepPath === undefined) throw conflict(`${draft.type} names no step.`);
  return draft.stepPath;
}

const startAttempt: HandlerOf<'attempt.started'> = (fold, draft) => {
  const path = pathOf(draft);
  if (fold.state !== 'running') throw conflict(`No attempt can start while the run is ${fold.state}.`);
  const step = fold.steps.get(path);
  const next = (step?.attempt ?? 0) + 1;
  if (draft.attempt !== next) throw conflict(`Attempt ${draft.attempt} of ${path} cannot start; the next is ${next}.`);
  if (step && !(REPEATABLE_ENDS as readonly string[]).includes(step.state))
    throw conflict(`${path} is ${step.state}; a step that ended so is never executed again.`);
  const record = beginning(step, draft.data.route?.chosen);
  fold.steps.set(path, record);
  fold.open.add(path);
  const { stage, stageVersion } = draft.data;
  if (!isContainerStage(stage)) fold.stageVersions.set(stage, stageVersion);
  else {
    record.container = true;
    if (step?.state === 'failed') reopenBelow(fold, path);
  }
};

/** What the next attempt of a step begins with. */
function beginning(step: StepRecord | undefined, candidate: string | null | undefined): StepRecord {
  const { attempt, failed, abandoned, barred, answer } = step ?? untried();
  const told = answer === undefined ? {} : { answer };
  const routed = candidate === undefined ? {} : { candidate };
  return { attempt: attempt + 1, state: 'running', failed, abandoned, barred, ...routed, ...told };
}

const untried = (): Omit<StepRecord, 'state'> => ({ attempt: 0, failed: new Map(), abandoned: 0, barred: 0 });

const endAttempt: HandlerOf<'attempt.ended'> = (fold, draft) => {
  const path = pathOf(draft);
  const step = fold.steps.get(path);
  if (step === undefined || step.state === 'skipped' || step.attempt !== draft.attempt)
    throw conflict(`Attempt ${draft.attempt} of ${path} cannot end; it has not started.`);
  assertMove('attempt', ATTEMPT_MOVES, { from: step.state, to: draft.data.state });
  step.state = draft.data.state;
  step.ended = draft.data;
  count(step, draft.data);
  fold.open.delete(path);
  for (const output of draft.data.outputs) keep(fold, output);
  if (draft.data.wait !== undefined) beginWait(fold, step, draft.data.wait);
};

/** What later decisions ask: how often the step has failed, was barred, has lost its worker. */
function count(step: StepRecord, { state, wait, fault }: EventData['attempt.ended']): void {
  if (state === 'failed' || state === 'timedOut') countFailure(step, fault);
  // suspended without a wait: its candidate's breaker has opened, or the run had to stop, before anybody was called
  const hasCalled = state !== 'suspended' || wait !== undefined;
  if (step.candidate !== null) step.barred = hasCalled ? 0 : step.barred;
  else if (state === 'suspended') step.barred += 1;
  // a container that wears its workers out does so by one of the steps below
  if (state === 'abandoned' && step.container !== true) step.abandoned += 1;
}

/** A retry keeps what has succeeded below the container. What was blocked stays so: it is never executed again. */
function reopenBelow({ steps }: RunFold, container: StepPath): void {
  for (const [path, step] of steps) {
    if (!path.startsWith(container) || !BELOW.has(path.charAt(container.length))) continue;
    if (step.state === 'skipped' || (step.state === 'canceled' && step.attempt === 0)) steps.delete(path);
    if (step.state !== 'failed' && step.state !== 'timedOut') continue;
    step.reopened = true;
    step.failed.clear();
    delete step.answer;
  }
}

const BELOW: ReadonlySet<string> = new Set(['.', '[']);

function countFailure({ failed, candidate }: StepRecord, fault: Fault | undefined): void {
  const name = candidate ?? '';
  failed.set(name, { failures: (failed.get(name)?.failures ?? 0) + 1, fault });
}

/** A signal that is there already is taken at once. */
function beginWait(fold: RunFold, step: StepRecord, wait: Wait): void {
  delete step.answer;
  const early = wait.for === 'signal' ? fold.signals.get(wait.name)?.shift() : undefined;
  if (early !== undefined) step.answer = early;
}

/** @throws {StemmaError} STATE_CONFLICT when the step does not wait for this, or has its answer */
function answer(fold: RunFold, draft: EventDraft, of: { for: Wait['for']; answer: StepAnswer }): void {
  const path = pathOf(draft);
  const step = fold.steps.get(path);
  if (step?.state !== 'suspended' || step.ended?.wait?.for !== of.for)
    throw conflict(`${path} does not wait for a ${of.for}.`);
  if (step.answer !== undefined) throw conflict(`${path} has been answered.`);
  const { wait } = step.ended;
  if (wait.for !== 'person') step.answer = of.answer;
  else step.answer = { ...of.answer, question: wait.question, ...(step.candidate && { candidate: step.candidate }) };
}

function receiveSignal(fold: RunFold, name: string, answered: StepAnswer): void {
  for (const step of fold.steps.values()) {
    const wait = step.state === 'suspended' ? step.ended?.wait : undefined;
    if (wait?.for !== 'signal' || wait.name !== name || step.answer !== undefined) continue;
    step.answer = answered;
    return;
  }
  fold.signals.set(name, [...(fold.signals.get(name) ?? []), answered]);
}

/** Only for a step that nothing is recorded of: what has an attempt ends with it. */
function endUntried(
  fold: RunFold,
  draft: EventDraft,
  end: Pick<StepRecord, 'state' | 'skippedBecause' | 'ended'>,
): void {
  const path = pathOf(draft);
  const step = fold.steps.get(path);
  if (step !== undefined) throw conflict(`${path} is ${step.state} and cannot become ${end.state}.`);
  fold.steps.set(path, { ...untried(), ...end });
}

const HANDLERS: { readonly [T in EventDraft['type']]: HandlerOf<T> } = {
  'run.created': (fold, { data }) => {
    if (fold.state !== undefined) throw conflict('A run is created once.');
    fold.state = 'pending';
    fold.created = data;
    for (const given of data.given) keep(fold, given);
  },
  'run.started': (fold) => move(fold, 'running'),
  'run.resumed': (fold) => move(fold, 'running'),
  'run.paused': (fold) => move(fold, 'paused'),
  'run.waiting': (fold, { data }) => {
    move(fold, 'waiting');
    fold.wakeAt = data.until;
  },
  'run.ended': (fold, { data }) => {
    move(fold, data.state);
    fold.ended = data;
  },
  'attempt.started': startAttempt,
  'attempt.ended': endAttempt,
  'step.skipped': (fold, draft) => endUntried(fold, draft, { state: 'skipped', skippedBecause: draft.data.because }),
  'step.canceled': (fold, draft) => endUntried(fold, draft, { state: 'canceled' }),
  'safety.verdict': (fold, { data }) => {
    fold.verdicts.push(data);
    keep(fold, data.evidence);
  },
  'step.reused': (fold, draft) => {
    const { stage, stageVersion, facts, outputs } = draft.data;
    const ended = { state: 'succeeded' as const, facts, outputs, durationMs: 0 };
    endUntried(fold, draft, { state: 'succeeded', ended });
    fold.stageVersions.set(stage, stageVersion);
    for (const output of outputs) keep(fold, output);
  },
  'review.requested': () => {},
  'review.decided': (fold, draft) => {
    const { choice, note } = draft.data;
    answer(fold, draft, { for: 'person', answer: { choice, ...(note === undefined ? {} : { artifact: note.id }) } });
    if (note !== undefined) keep(fold, note);
  },
  'review.expired': (fold, draft) => {
    const { choice } = draft.data;
    const chosen = choice === undefined ? {} : { choice };
    answer(fold, draft, { for: 'person', answer: { ...chosen, expired: true } });
  },
  'signal.received': (fold, draft) => {
    const { body } = draft.data;
    const answered = body === undefined ? {} : { artifact: body.id };
    // one that names its step is meant for it alone
    if (draft.stepPath === undefined) receiveSignal(fold, draft.data.name, answered);
    else answer(fold, draft, { for: 'signal', answer: answered });
    if (body !== undefined) keep(fold, body);
  },
  'signal.expired': (fold, draft) => answer(fold, draft, { for: 'signal', answer: { expired: true } }),
  'command.received': () => {},
  'budget.warned': () => {},
  'budget.exceeded': () => {},
  'cost.corrected': () => {},
  note: () => {},
};
