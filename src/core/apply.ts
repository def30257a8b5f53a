/**
 * The fold: events in, the run's state out, and the guard that refuses an illegal event before it is written.
 * The engine decides everything from this state, so a recovery cannot see anything else than the first time.
 */
import { parseArtifactId } from './ids.ts';
import type { ArtifactId, Instant, StepPath } from './ids.ts';
import { isKnownEvent } from './events.ts';
import type { EventData, EventDraft } from './events.ts';
import { StemmaError } from './errors.ts';
import type { Committed } from './schema.ts';
import { ATTEMPT_MOVES, REPEATABLE_ENDS, RUN_MOVES, assertMove, isTerminal } from './states.ts';
import type { AttemptState, RunState } from './states.ts';

/** What the fold knows of one step: its last attempt, and how many ended how. */
export interface StepRecord {
  attempt: number;
  state: AttemptState | 'skipped' | 'canceled';
  /** Attempts that ended `failed` or `timedOut`; the ones that retries count. */
  failures: number;
  abandoned: number;
  skippedBecause?: 'condition' | 'dependency';
  ended?: EventData['attempt.ended'];
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
  const counted = { failures: step?.failures ?? 0, abandoned: step?.abandoned ?? 0 };
  fold.steps.set(path, { attempt: next, state: 'running', ...counted });
  fold.stageVersions.set(draft.data.stage, draft.data.stageVersion);
  fold.open.add(path);
};

const endAttempt: HandlerOf<'attempt.ended'> = (fold, draft) => {
  const path = pathOf(draft);
  const step = fold.steps.get(path);
  if (step === undefined || step.state === 'skipped' || step.attempt !== draft.attempt)
    throw conflict(`Attempt ${draft.attempt} of ${path} cannot end; it has not started.`);
  assertMove('attempt', ATTEMPT_MOVES, { from: step.state, to: draft.data.state });
  step.state = draft.data.state;
  step.ended = draft.data;
  if (step.state === 'failed' || step.state === 'timedOut') step.failures += 1;
  if (step.state === 'abandoned') step.abandoned += 1;
  fold.open.delete(path);
  for (const output of draft.data.outputs) keep(fold, output);
};

/** Only for a step that nothing is recorded of: what has an attempt ends with it. */
function endUntried(fold: RunFold, draft: EventDraft, end: Pick<StepRecord, 'state' | 'skippedBecause'>): void {
  const path = pathOf(draft);
  const step = fold.steps.get(path);
  if (step !== undefined) throw conflict(`${path} is ${step.state} and cannot become ${end.state}.`);
  fold.steps.set(path, { attempt: 0, failures: 0, abandoned: 0, ...end });
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
  'command.received': () => {},
};
