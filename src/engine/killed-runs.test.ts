import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { RunEvent } from '../core/events.ts';
import { StemmaError } from '../core/errors.ts';
import type { RunId } from '../core/ids.ts';
import {
  endOfRun,
  failed,
  ofType,
  openTestEngine,
  stateOf,
  testStage,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine } from '../../test/support/engine-fixtures.ts';

/** How a step behaves, wherever it stands: at every execution the same, but for those that fail so often first. */
type Behaviour = 'good' | 'bad' | 'blocked' | 'flaky' | 'veryFlaky' | 'patient';
const TIMES_BEFORE_GOOD: Partial<Record<Behaviour, number>> = { flaky: 1, veryFlaky: 2, patient: 2 };

interface Step {
  readonly [name: string]: unknown;
}

const behaviours = fc.constantFrom<Behaviour>(
  'good',
  'good',
  'good',
  'good',
  'bad',
  'blocked',
  'flaky',
  'veryFlaky',
  'patient',
);
const usesOf = fc.record({
  behaviour: behaviours,
  more: fc.constantFrom<object>({}, {}, { when: 'parameters.flag' }, { continueOn: ['failed', 'blocked'] }),
});
const useSteps = usesOf.map(({ behaviour, more }): Step => ({ use: `test-${behaviour.toLowerCase()}`, ...more }));
const listsOf = (inner: fc.Arbitrary<Step>): fc.Arbitrary<readonly Step[]> =>
  fc
    .array(inner, { minLength: 1, maxLength: 3 })
    .map((steps) => steps.map((step, index) => ({ id: `s${index + 1}`, ...step })));
const containersOf = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record({ repeat: fc.record({ times: fc.nat({ max: 3 }) }), steps: listsOf(inner) }),
    fc.record({ forEach: fc.constant('outputs'), concurrency: fc.integer({ min: 1, max: 3 }), steps: listsOf(inner) }),
    fc.record({ use: fc.constant('test-good'), repeat: fc.record({ times: fc.nat({ max: 3 }) }) }),
  );
const pipelines = listsOf(
  fc.oneof(
    useSteps,
    containersOf(fc.oneof({ weight: 3, arbitrary: useSteps }, { weight: 1, arbitrary: containersOf(useSteps) })),
  ),
);

/** The stages, and how often each step has been executed as seen from outside. */
function world() {
  const executions = new Map<string, number>();
  const stages = (['good', 'bad', 'blocked', 'flaky', 'veryFlaky', 'patient'] as const).map((behaviour) =>
    testStage(`test.${behaviour.toLowerCase()}`, async ({ prompt }, context) => {
      const before = executions.get(context.stepPath) ?? 0;
      executions.set(context.stepPath, before + 1);
      await context.write({ type: 'notes', body: `notes on ${context.stepPath}`, work: true });
      if (behaviour === 'blocked' && prompt !== undefined) {
        const { verdict } = await context.check(prompt, 'look');
        return { state: 'blocked', verdict };
      }
      if (behaviour === 'bad') return failed('PROVIDER_REFUSED');
      if (before < (TIMES_BEFORE_GOOD[behaviour] ?? 0))
        return behaviour === 'patient'
          ? { state: 'waiting', wait: { for: 'time', until: (context.now + 100) as typeof context.now } }
          : failed('RATE_LIMITED');
      const text = prompt === undefined ? '' : await context.text(prompt);
      return wrote(context, `${text} ${context.stepPath}:${context.seed}`.slice(-400));
    }),
  );
  return { executions, stages };
}

/** Throws at every commit after so many: the process is dead, whatever it believes. */
function fuse(commits: number): () => void {
  let left = commits;
  return () => {
    left -= 1;
    if (left < 0) throw new StemmaError('INTERNAL', 'killed');
  };
}

/** Carried on to its end by one process after the other; each but the last is killed at one of its commits. */
async function carryThrough(first: TestEngine, runId: RunId, kills: readonly number[]): Promise<TestEngine> {
  let engine = first;
  for (const commits of kills) {
    // one commit is the worker's registration
    engine = await engine.crash({}, fuse(commits + 1));
    for (;;) {
      const end = await engine.session(runId).catch(() => undefined);
      if (end === undefined || end.kind === 'broken') break;
      if (end.kind === 'ended') return engine;
      if (end.kind === 'waiting') engine.clock.advanceTo(end.until ?? engine.clock.now());
    }
    if (isTerminal(RUN_MOVES, (await engine.fold(runId)).state ?? 'pending')) return engine;
  }
  engine = await engine.crash();
  await engine.finish(runId);
  return engine;
}

/** What a run has come to: its end, and what its succeeded steps have made. */
async function resultOf(engine: TestEngine, runId: RunId, events: readonly RunEvent[]) {
  const rows = new Map((await engine.artifacts(runId)).map((row) => [row.id, row]));
  const made = ofType(events, 'attempt.ended')
    .filter(({ data }) => data.state === 'succeeded')
    .flatMap(({ stepPath, data }) =>
      data.outputs.map(({ id }) => `${stepPath} ${rows.get(id)?.type} ${rows.get(id)?.sha256}`),
    );
  const skipped = ofType(events, 'step.skipped').map(({ stepPath, data }) => `${stepPath} ${data.because}`);
  const end = endOfRun(events);
  return {
    state: end?.state,
    code: end?.fault?.code,
    problems: end?.problems,
    made: made.toSorted(),
    skipped: skipped.toSorted(),
  };
}

const attemptsOf = (events: readonly RunEvent[], path: string): number =>
  ofType(events, 'attempt.started').filter(({ stepPath }) => stepPath === path).length;

async function check(steps: readonly Step[], flag: boolean, kills: readonly number[]): Promise<string | undefined> {
  const outputs = Object.fromEntries(['a', 'b', 'c'].map((id) => [id, { name: id, medium: 'text' }]));
  const run = { outputs: ['a', 'b', 'c'], parameters: { flag }, seed: 11 };
  const calm = world();
  const options = { steps, definitions: { outputs } };
  const undisturbed = await openTestEngine({ ...options, stages: calm.stages });
  const calmId = await undisturbed.submit(run);
  const calmEvents = await undisturbed.finish(calmId);

  const { executions, stages } = world();
  const first = await openTestEngine({ ...options, stages });
  const runId = await first.submit(run);
  const last = await carryThrough(first, runId, kills);
  const events = await last.events(runId);

  expect(isTerminal(RUN_MOVES, last === undefined ? 'pending' : (endOfRun(events)?.state ?? 'pending'))).toBe(true);
  const succeeded = ofType(events, 'attempt.ended')
    .filter(({ data }) => data.state === 'succeeded')
    .map(({ stepPath }) => stepPath);
  expect(new Set(succeeded).size).toBe(succeeded.length);
  const repeated = [...executions].filter(([path, count]) => count > attemptsOf(events, path));
  expect(repeated).toEqual([]);
  if (stateOf(events) !== 'quarantined')
    expect(await resultOf(last, runId, events)).toEqual(await resultOf(undisturbed, calmId, calmEvents));
  return stateOf(events);
}

test('runs killed at any of their commits come to the same end with the same artifacts, and repeat no step that had succeeded', async () => {
  const states = new Map<string | undefined, number>();
  const kills = fc.array(fc.nat({ max: 9 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(pipelines, fc.boolean(), kills, async (steps, flag, commits) => {
      const state = await check(steps, flag, commits);
      states.set(state, (states.get(state) ?? 0) + 1);
    }),
    { numRuns: 150 },
  );
  expect(states.get('succeeded')).toBeGreaterThan(10);
  expect(states.get('failed')).toBeGreaterThan(5);
  expect(states.get('blocked')).toBeGreaterThan(5);
});

test('a scripted run comes to the same end when it is killed at every single commit, one after the other', async () => {
  const steps = [
    { id: 'one', use: 'test-good' },
    { id: 'loop', repeat: { times: 2 }, steps: [{ id: 'flaky', use: 'test-flaky' }] },
    { id: 'outputs', forEach: 'outputs', concurrency: 2, steps: [{ id: 'make', use: 'test-patient' }] },
    { id: 'last', use: 'test-good' },
  ];
  for (let commit = 0; commit < 40; commit += 1)
    expect(await check(steps, true, [commit]), `commit ${commit}`).toBe('succeeded');
});
