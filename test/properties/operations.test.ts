import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decideReview, signalRun } from '../../src/app/reviews.ts';
import { commandRun } from '../../src/app/command-run.ts';
import type { App } from '../../src/app/context.ts';
import { isErrorCode, StemmaError } from '../../src/core/errors.ts';
import { foldRun } from '../../src/core/apply.ts';
import type { RunId } from '../../src/core/ids.ts';
import { WORKER_MODES } from '../../src/core/states.ts';
import { endedFaults, hasEnded, momentOf, runFaults, statesOf, workerFaults } from '../support/operation-checks.ts';
import type { Moment } from '../support/operation-checks.ts';
import { labDefinitions } from '../support/operation-parts.ts';
import { World } from '../support/operation-world.ts';
import type { StoreKind } from '../support/operation-world.ts';
import { calmOperations, Crew, perform, runAt, wildOperations } from '../support/operations.ts';
import type { Operation } from '../support/operations.ts';
import { collect } from '../support/store-fixtures.ts';

const RUNS = Number(process.env['STEMMA_PROPERTY_RUNS'] ?? 12);
const definitions = labDefinitions();
const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const openWorld = async (kind: StoreKind): Promise<World> => new World(kind, await definitions);

interface Answer {
  /** `done`, `died`, or the code of the refusal. */
  readonly code: string;
  readonly refusal?: StemmaError;
}

/** Whatever is no refusal of the table is thrown on. */
async function answerTo(operation: Promise<unknown>): Promise<Answer> {
  try {
    return { code: (await operation) === 'died' ? 'died' : 'done' };
  } catch (thrown) {
    if (!(thrown instanceof StemmaError) || !isErrorCode(thrown.code) || thrown.code === 'INTERNAL') throw thrown;
    return { code: thrown.code, refusal: thrown };
  }
}

/** Trouble of the store may come when a part is done; every other refusal comes before. */
const COMES_MIDWAY: ReadonlySet<string> = new Set(['done', 'died', 'STORE_FULL', 'STORE_BUSY']);

const LEADS_TO = { cancel: 'canceled', pause: 'paused', resume: 'running' } as const;
type Moments = ReadonlyMap<RunId, Moment>;

/** One world, what has been done to it, and what was true of it before. */
class Story {
  readonly #world: World;
  readonly crew: Crew;
  readonly #ended = new Map<RunId, string>();

  constructor(world: World) {
    this.#world = world;
    this.crew = new Crew(world);
  }

  async next(what: Operation): Promise<string> {
    const isQuiet = this.crew.employed.length === 0;
    const before = await this.#moments();
    const answer = await answerTo(perform(this.#world, this.crew, what));
    const after = await this.#moments();
    const { code } = answer;
    if (isQuiet && !COMES_MIDWAY.has(code)) expect(after, `${what.do} was refused with ${code}`).toEqual(before);
    if (isQuiet && what.do === 'command') this.#checkCommand(what, answer, { before, after });
    await this.check();
    return code;
  }

  /** What must be true at any moment. */
  async check(): Promise<void> {
    const { app } = await this.crew.people();
    for (const runId of this.#world.runs) {
      expect(await runFaults(app, runId)).toEqual([]);
      const moment = await momentOf(app, runId);
      if (moment === undefined || !hasEnded(moment.head)) continue;
      const first = this.#ended.get(runId) ?? moment.events;
      this.#ended.set(runId, first);
      expect(moment.events, 'a run that has ended has changed').toBe(first);
    }
  }

  async #moments(): Promise<Moments> {
    const { app } = await this.crew.people();
    const moments = new Map<RunId, Moment>();
    for (const runId of this.#world.runs) {
      const moment = await momentOf(app, runId);
      if (moment !== undefined) moments.set(runId, moment);
    }
    return moments;
  }

  /** With nobody else at work, the sender carries out what it has asked for. */
  #checkCommand(
    { run, type, carryOn }: Extract<Operation, { do: 'command' }>,
    { code, refusal }: Answer,
    { before, after }: { readonly before: Moments; readonly after: Moments },
  ): void {
    const runId = runAt(this.#world, run);
    const [from, to] = [before.get(runId)?.head, after.get(runId)?.head];
    if (from === undefined) expect(['RUN_NOT_FOUND', 'STORE_FULL', 'died']).toContain(code);
    else if (hasEnded(from)) expect(refusal?.facts).toEqual({ from: from.state, to: LEADS_TO[type] });
    else if (code === 'done' && to !== undefined) {
      const isSo = {
        cancel: hasEnded(to),
        pause: hasEnded(to) || to.state === 'paused',
        resume: to.state !== 'paused' || !carryOn,
      };
      const isAnothers = to.holder !== undefined;
      expect(isSo[type] || isAnothers, `${type} of a run that was ${from.state} has led to ${to.state}`).toBe(true);
    } else expect(['died', 'STORE_FULL']).toContain(code);
  }
}

const MOST_ROUNDS = 30;
/** Longer than the clock can have jumped back at once. */
const ROUND_MS = 48 * 3_600_000;

/** Everything is answered, time passes, workers are well: every run comes to its end. */
async function bringToEnd(world: World): Promise<App> {
  for (const process of world.processes) {
    process.frozen = false;
    delete process.power.diesAt;
    delete process.power.failsAt;
    process.job?.stop.abort();
  }
  for (let ticks = 0; ticks < 20; ticks += 1) await world.tick();
  const people = await world.start();
  const app = world.asAnother(people);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const open = await goingOn(app, world.runs);
    if (open.length === 0) return app;
    for (const runId of open) await answerAll(world, app, runId);
    const worker = await world.start();
    await world.answerOf(world.employ(worker, true).over);
    world.clock.pass(ROUND_MS);
  }
  return app;
}

async function goingOn(app: App, runs: readonly RunId[]): Promise<readonly RunId[]> {
  const heads = await Promise.all(runs.map((runId) => app.store.log.head(runId)));
  return heads.flatMap((head) => (head === undefined || hasEnded(head) ? [] : [head.runId]));
}

async function answerAll(world: World, app: App, runId: RunId): Promise<void> {
  const ask = (asked: Promise<unknown>): Promise<Answer> => answerTo(world.answerOf(asked));
  const options = { signal, carryOn: false };
  const fold = foldRun(await collect(app.store.log.read(runId)));
  if (fold.state === 'paused') await ask(commandRun(app, { runId, command: { type: 'resume', by: 'lab' } }, options));
  for (const [step, { state, answer, ended }] of fold.steps) {
    const wait = state === 'suspended' && answer === undefined ? ended?.wait : undefined;
    if (wait?.for === 'person') await ask(decideReview(app, { runId, step, choice: wait.options[0] ?? '' }, options));
    if (wait?.for === 'signal') await ask(signalRun(app, { runId, name: wait.name }, options));
  }
}

async function tell(kind: StoreKind, operations: readonly Operation[]): Promise<void> {
  await using world = await openWorld(kind);
  const story = new Story(world);
  for (const operation of operations) await story.next(operation);
  const app = await bringToEnd(world);
  await story.check();
  for (const runId of world.runs) expect(await endedFaults(app, runId)).toEqual([]);
  expect(await workerFaults(app)).toEqual([]);
}

test.each(['sqlite', 'memory'] as const)(
  'whatever is done to runs in the %s store, every rule of their states holds, and every run comes to its end',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(wildOperations, (operations) => tell(kind, operations)),
      { numRuns: RUNS },
    );
  },
);

/** What one store makes of the operations. */
async function resultsOf(kind: StoreKind, operations: readonly Operation[]): Promise<readonly unknown[]> {
  await using world = await openWorld(kind);
  const story = new Story(world);
  const results: unknown[] = [];
  for (const operation of operations) {
    const answer = await story.next(operation);
    const { app } = await story.crew.people();
    const states = await Promise.all(world.runs.map((runId) => statesOf(app, runId)));
    results.push({ operation, answer, states });
  }
  return results;
}

test('the same operations lead to the same answers and states in every store', async () => {
  await fc.assert(
    fc.asyncProperty(calmOperations, async (operations) => {
      expect(await resultsOf('memory', operations)).toEqual(await resultsOf('sqlite', operations));
    }),
    { numRuns: RUNS },
  );
});

test.each(['sqlite', 'memory'] as const)('a worker in the %s store goes from any mode to any other', async (kind) => {
  const mode = fc.constantFrom(...WORKER_MODES);
  const property = fc.asyncProperty(fc.array(mode, { minLength: 1, maxLength: 12 }), async (modes) => {
    await using world = await openWorld(kind);
    const { app } = await world.start();
    const { queue, installation } = app.store;
    await queue.register(app.engine.worker);
    for (const mode of modes) {
      await queue.setMode(app.engine.worker.id, mode, 'lab');
      expect(await queue.mode(app.engine.worker.id)).toBe(mode);
    }
    const told = (await collect(installation.read())).flatMap((event) =>
      event.type === 'worker.modeSet' ? [event.data.mode] : [],
    );
    expect(told).toEqual(modes);
  });
  await fc.assert(property, { numRuns: RUNS });
});
