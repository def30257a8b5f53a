import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RUN, ToldRun, createdData, digest, path, SHA } from '../../test/support/told-run.ts';
import { applyEvent, createRunFold, foldRun, runStateOf } from './apply.ts';
import type { RunFold } from './apply.ts';
import { StemmaError } from './errors.ts';
import { eventBody, parseEvent } from './events.ts';
import type { EventData, EventDraft } from './events.ts';
import type { ArtifactId, Instant, WorkerId } from './ids.ts';
import { ATTEMPT_MOVES, REPEATABLE_ENDS, RUN_MOVES, isTerminal } from './states.ts';
import type { AttemptState, RunState } from './states.ts';

type EndState = EventData['attempt.ended']['state'];
type LastState = EventData['run.ended']['state'];

const startedData: EventData['attempt.started'] = {
  stage: 'text.interception',
  stageVersion: 1,
  definition: SHA,
  inputs: [],
  queuedMs: 0,
  worker: 'worker-1' as WorkerId,
};
const created: EventDraft = { type: 'run.created', data: createdData };
const begun: EventDraft = { type: 'run.started', data: {} };
const ended = (state: LastState): EventDraft => ({ type: 'run.ended', data: { state } });
const waiting: EventDraft = { type: 'run.waiting', data: { for: 'time', until: 9000 as Instant } };
const start = (step: string, attempt: number): EventDraft => ({
  type: 'attempt.started',
  stepPath: path(step),
  attempt,
  data: startedData,
});
const end = (step: string, attempt: number, state: EndState): EventDraft => ({
  type: 'attempt.ended',
  stepPath: path(step),
  attempt,
  data: {
    state,
    facts: {},
    outputs: [],
    durationMs: 1,
  },
});
const skipped = (step: string): EventDraft => ({
  type: 'step.skipped',
  stepPath: path(step),
  data: { because: 'condition' },
});
const canceled = (step: string): EventDraft => ({ type: 'step.canceled', stepPath: path(step), data: {} });

/** The refusal of the draft; the fold must be as it was. */
function refusalOf(fold: RunFold, draft: EventDraft): StemmaError | undefined {
  const before = structuredClone(fold);
  try {
    applyEvent(fold, draft);
    return undefined;
  } catch (error) {
    expect(fold).toEqual(before);
    if (error instanceof StemmaError) return error;
    throw error;
  }
}

const ACCEPTED = [created, begun];
const REFUSED: readonly { name: string; after: readonly EventDraft[]; draft: EventDraft; says: string }[] = [
  {
    name: 'a second first attempt',
    after: [start('a', 1), end('a', 1, 'failed')],
    draft: start('a', 1),
    says: 'next is 2',
  },
  { name: 'a first attempt that is not the first', after: [], draft: start('a', 2), says: 'next is 1' },
  { name: 'a gap in attempts', after: [start('a', 1), end('a', 1, 'failed')], draft: start('a', 3), says: 'next is 2' },
  { name: 'two attempts of a step at once', after: [start('a', 1)], draft: start('a', 2), says: 'a is running' },
  { name: 'an end without a start', after: [], draft: end('a', 1, 'succeeded'), says: 'has not started' },
  { name: 'the end of another attempt', after: [start('a', 1)], draft: end('a', 2, 'failed'), says: 'has not started' },
  { name: 'the end of a skipped step', after: [skipped('a')], draft: end('a', 0, 'failed'), says: 'has not started' },
  { name: 'the end of a canceled step', after: [canceled('a')], draft: end('a', 0, 'failed'), says: 'from canceled' },
  {
    name: 'a second end',
    after: [start('a', 1), end('a', 1, 'succeeded')],
    draft: end('a', 1, 'failed'),
    says: 'from succeeded to failed',
  },
  {
    name: 'a start after success',
    after: [start('a', 1), end('a', 1, 'succeeded')],
    draft: start('a', 2),
    says: 'never executed again',
  },
  { name: 'a start after skipping', after: [skipped('a')], draft: start('a', 1), says: 'a is skipped' },
  { name: 'a start after canceling', after: [canceled('a')], draft: start('a', 1), says: 'a is canceled' },
  { name: 'skipping twice', after: [skipped('a')], draft: skipped('a'), says: 'cannot become skipped' },
  { name: 'skipping a step that was tried', after: [start('a', 1)], draft: skipped('a'), says: 'a is running' },
  {
    name: 'canceling a blocked step',
    after: [start('a', 1), end('a', 1, 'blocked')],
    draft: canceled('a'),
    says: 'a is blocked and cannot become canceled',
  },
  { name: 'waiting while an attempt is open', after: [start('a', 1)], draft: waiting, says: '1 of its attempts' },
  { name: 'an end while an attempt is open', after: [start('a', 1)], draft: ended('succeeded'), says: '1 of its' },
  { name: 'an attempt while the run waits', after: [waiting], draft: start('a', 1), says: 'the run is waiting' },
  { name: 'a move to the same state', after: [], draft: begun, says: 'from running to running' },
  { name: 'a second creation', after: [], draft: created, says: 'created once' },
  {
    name: 'an attempt that names no step',
    after: [],
    draft: {
      type: 'attempt.started',
      attempt: 1,
      data: startedData,
    },
    says: 'attempt.started names no step',
  },
  ...[created, begun, waiting, start('a', 1), skipped('a'), ended('succeeded')].map((draft) => ({
    name: `${draft.type} after the end`,
    after: [ended('failed')],
    draft,
    says: 'ended as failed',
  })),
];

describe('an event that is refused', () => {
  it.each(REFUSED)('is $name, and changes nothing', ({ after, draft, says }) => {
    const refusal = refusalOf(foldRun([...ACCEPTED, ...after]), draft);
    expect(refusal?.code).toBe('STATE_CONFLICT');
    expect(refusal?.message).toContain(says);
  });

  it('is any known one before run.created', () => {
    for (const draft of [begun, waiting, start('a', 1), skipped('a'), ended('failed')])
      expect(refusalOf(createRunFold(), draft)?.message).toBe('A run begins with run.created.');
  });
});

describe('the fold', () => {
  it('is pending without events and after the first', () => {
    expect(runStateOf(createRunFold())).toBe('pending');
    expect(runStateOf(foldRun([created]))).toBe('pending');
    expect(foldRun([created]).created).toBe(createdData);
  });

  it('passes over types that it does not know, wherever they stand', () => {
    for (const type of ['remark', 'pack.thing', 'toString', '__proto__', 'constructor']) {
      const unknown = { type, stepPath: path('a'), data: {} } as unknown as EventDraft;
      expect(foldRun([unknown])).toEqual(createRunFold());
      expect(foldRun([created, begun, unknown, ended('failed'), unknown])).toEqual(
        foldRun([created, begun, ended('failed')]),
      );
    }
  });

  const untried = { attempt: 0, failed: new Map(), abandoned: 0, barred: 0 };

  it('counts failures and abandoned attempts apart, over all attempts of a step', () => {
    const ends: readonly EndState[] = ['failed', 'timedOut', 'abandoned', 'suspended', 'failed', 'succeeded'];
    const fold = foldRun([
      ...ACCEPTED,
      ...ends.flatMap((state, index) => [start('a', index + 1), end('a', index + 1, state)]),
    ]);
    const step = fold.steps.get(path('a'));
    expect(step).toMatchObject({ attempt: 6, state: 'succeeded', abandoned: 1 });
    expect(step?.failed).toEqual(new Map([['', { failures: 3, fault: undefined }]]));
    expect(step?.ended?.state).toBe('succeeded');
    expect(fold.open.size).toBe(0);
  });

  it('forgets the end of the attempt before when another starts', () => {
    const fold = foldRun([...ACCEPTED, start('a', 1), end('a', 1, 'failed'), start('a', 2)]);
    expect(fold.steps.get(path('a'))).toEqual({ ...untried, attempt: 2, state: 'running', failed: expect.any(Map) });
    expect(fold.steps.get(path('a'))?.failed.size).toBe(1);
    expect([...fold.open]).toEqual(['a']);
  });

  it('keeps why a step was skipped, and nothing of the kind for a canceled one', () => {
    const fold = foldRun([...ACCEPTED, skipped('a'), canceled('b')]);
    expect(fold.steps.get(path('a'))).toEqual({ ...untried, state: 'skipped', skippedBecause: 'condition' });
    expect(fold.steps.get(path('b'))).toEqual({ ...untried, state: 'canceled' });
  });

  it('knows when a waiting run goes on, until it does', () => {
    const fold = foldRun([...ACCEPTED, waiting]);
    expect([fold.state, fold.wakeAt]).toEqual(['waiting', 9000]);
    applyEvent(fold, { type: 'run.resumed', data: {} });
    expect([fold.state, fold.wakeAt]).toEqual(['running', undefined]);
  });

  it('pauses, takes commands without moving, and keeps how the run ended', () => {
    const command: EventDraft = { type: 'command.received', data: { command: 'pause', by: 'teacher' } };
    const fold = foldRun([...ACCEPTED, command]);
    expect(fold.state).toBe('running');
    applyEvent(fold, { type: 'run.paused', data: {} });
    expect(fold.state).toBe('paused');
    applyEvent(fold, ended('canceled'));
    expect(fold.ended).toEqual({ state: 'canceled' });
  });

  it('collects verdicts, stage versions, artifacts and the highest numbers in use', () => {
    const told = new ToldRun()
      .begin()
      .start('check', { stage: 'safety.input', stageVersion: 3 })
      .verdict('check', {}, { type: 'gateway', text: '[]', work: true })
      .end('check', {
        makes: [
          { type: 'translation', text: 'x' },
          { type: 'prompt', text: 'y', work: true },
        ],
      });
    const fold = foldRun(told.events);
    expect(fold.verdicts.map(({ check }) => check)).toEqual(['age']);
    expect(fold.stageVersions).toEqual(new Map([['safety.input', 3]]));
    expect([...fold.artifacts]).toEqual(told.artifacts.map(({ id }) => id));
    expect(fold.numbers).toEqual({ main: 2, work: 2 });
  });

  it('never counts back, and counts no artifact whose id has no number', () => {
    const outputs = ['07_input.txt', '03_input.txt', 'odd'].map((name) => ({
      id: `${RUN}/${name}` as ArtifactId,
      commitment: SHA,
    }));
    const fold = foldRun([{ type: 'run.created', data: { ...createdData, given: outputs } }]);
    expect(fold.numbers).toEqual({ main: 7, work: 0 });
    expect(fold.artifacts.size).toBe(3);
  });
});

const PATHS = ['a', 'b', 'c[1]'];
const END_STATES = ATTEMPT_MOVES.running as readonly EndState[];
const LAST_STATES = (Object.keys(RUN_MOVES) as RunState[]).filter((state) =>
  isTerminal(RUN_MOVES, state),
) as LastState[];

/** A wish for an event; which attempt it is about depends on what has happened. */
const wishes = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('start' as const, 'end' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('created', 'started', 'resumed', 'waiting', 'paused', 'ended'),
    },
    { weight: 1, arbitrary: fc.constantFrom('skipped', 'canceled', 'unknown', 'command') },
  ),
  step: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...PATHS) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  shift: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 2) }),
  end: fc.constantFrom(...END_STATES),
  last: fc.constantFrom(...LAST_STATES),
});
type Wish = typeof wishes extends fc.Arbitrary<infer T> ? T : never;

interface Model {
  run: RunState | undefined;
  readonly steps: Map<string, { attempt: number; state: AttemptState | 'skipped' }>;
}

function toDraft(wish: Wish, model: Model): EventDraft {
  const at = wish.step === undefined ? {} : { stepPath: path(wish.step) };
  const known = model.steps.get(wish.step ?? '')?.attempt ?? 0;
  const begin: EventDraft = { ...at, type: 'attempt.started', attempt: known + 1 + wish.shift, data: startedData };
  const { stepPath: _none, ...close } = end('', known + wish.shift, wish.end);
  const drafts: Readonly<Record<Wish['kind'], EventDraft>> = {
    created,
    started: begun,
    resumed: { type: 'run.resumed', data: {} },
    paused: { type: 'run.paused', data: {} },
    waiting,
    ended: ended(wish.last),
    start: begin,
    end: { ...close, ...at },
    skipped: { ...at, type: 'step.skipped', data: { because: 'dependency' } },
    canceled: { ...at, type: 'step.canceled', data: {} },
    command: { type: 'command.received', data: { command: 'resume', by: 'teacher' } },
    unknown: { type: 'pack.unknown', data: {} } as unknown as EventDraft,
  };
  return drafts[wish.kind];
}

/** The rules once more, told as a person would: takes the event into the model when they allow it. */
function allowed(model: Model, draft: EventDraft): boolean {
  if ((draft.type as string) === 'pack.unknown') return true;
  if (model.run === undefined) return draft.type === 'run.created' && moved(model, 'pending');
  if (isTerminal(RUN_MOVES, model.run)) return false;
  if (draft.type.startsWith('run.')) return allowedMove(model, draft);
  return (
    draft.type === 'command.received' || (draft.stepPath !== undefined && allowedStep(model, draft.stepPath, draft))
  );
}

const TARGETS: Readonly<Record<string, RunState>> = {
  'run.started': 'running',
  'run.resumed': 'running',
  'run.waiting': 'waiting',
  'run.paused': 'paused',
};

function allowedMove(model: Model, draft: EventDraft): boolean {
  const to = draft.type === 'run.ended' ? draft.data.state : TARGETS[draft.type];
  if (to === undefined || !RUN_MOVES[runOf(model)].includes(to)) return false;
  const busy = [...model.steps.values()].some(({ state }) => state === 'running');
  return !busy && moved(model, to);
}

const runOf = (model: Model): RunState => model.run ?? 'pending';

function moved(model: Model, to: RunState): true {
  model.run = to;
  return true;
}

function allowedStep(model: Model, step: string, draft: EventDraft): boolean {
  const known = model.steps.get(step);
  const put = (state: AttemptState | 'skipped', attempt = 0): boolean =>
    model.steps.set(step, { attempt, state }).has(step);
  if (draft.type === 'attempt.started') return allowedStart(model, known, draft) && put('running', draft.attempt);
  if (draft.type === 'attempt.ended')
    return known?.state === 'running' && known.attempt === draft.attempt && put(draft.data.state, known.attempt);
  return known === undefined && put(draft.type === 'step.skipped' ? 'skipped' : 'canceled');
}

function allowedStart(model: Model, known: { attempt: number; state: string } | undefined, draft: EventDraft): boolean {
  if (model.run !== 'running') return false;
  if (known === undefined) return draft.attempt === 1;
  return REPEATABLE_ENDS.some((state) => state === known.state) && draft.attempt === known.attempt + 1;
}

const wishLists = fc.array(wishes, { maxLength: 60 });

describe('every list of events', () => {
  it('is taken or refused exactly as the tables and the retry rules say, and a refusal changes nothing', () => {
    fc.assert(
      fc.property(wishLists, fc.boolean(), (list, isNew) => {
        const fold = isNew ? createRunFold() : foldRun(ACCEPTED);
        const model: Model = { run: fold.state, steps: new Map() };
        for (const wish of list) {
          const draft = toDraft(wish, model);
          const fits = allowed(model, draft);
          expect(refusalOf(fold, draft)?.code).toBe(fits ? undefined : 'STATE_CONFLICT');
          expect(fold.state).toBe(model.run);
          for (const [step, known] of model.steps) expect(fold.steps.get(path(step))).toMatchObject(known);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('folds to the same state from its drafts as from what is stored of it, when it is legal', () => {
    fc.assert(
      fc.property(wishLists, (list) => {
        const model: Model = { run: undefined, steps: new Map() };
        const legal: EventDraft[] = [created, begun].filter((draft) => allowed(model, draft));
        for (const wish of list) {
          const draft = toDraft(wish, model);
          if (allowed(model, draft)) legal.push(draft);
        }
        const stored = legal.map((draft, index) =>
          parseEvent(eventBody(RUN, { seq: index + 1, at: (1000 + index) as Instant }, draft), {
            position: index + 1,
            hash: digest.sha256('x'),
          }),
        );
        expect(foldRun(stored)).toEqual(foldRun(legal));
      }),
    );
  });

  it('can be led to an end from every state it reaches', () => {
    fc.assert(
      fc.property(wishLists, (list) => {
        const fold = foldRun(ACCEPTED);
        const model: Model = { run: 'running', steps: new Map() };
        for (const wish of list) {
          const draft = toDraft(wish, model);
          if (allowed(model, draft)) applyEvent(fold, draft);
        }
        if (isTerminal(RUN_MOVES, runOf(model))) return;
        for (const step of fold.open) applyEvent(fold, end(step, fold.steps.get(step)?.attempt ?? 0, 'canceled'));
        expect(applyEvent(fold, ended('canceled')).state).toBe('canceled');
      }),
    );
  });
});
