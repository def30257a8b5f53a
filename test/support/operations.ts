/** Random operations on runs and workers: as data, and how each is done to a world. */
import * as fc from 'fast-check';
import { branchRun } from '../../src/app/branch-run.ts';
import { firstFailure } from '../../src/app/branch-step.ts';
import { commandRun } from '../../src/app/command-run.ts';
import type { App } from '../../src/app/context.ts';
import { deleteRun } from '../../src/app/delete-run.ts';
import { decideReview, signalRun } from '../../src/app/reviews.ts';
import { startRun } from '../../src/app/start-run.ts';
import { changeWorker, WORKER_ACTIONS } from '../../src/app/workers.ts';
import type { WorkerAction } from '../../src/app/workers.ts';
import type { RunId } from '../../src/core/ids.ts';
import type { CommandType } from '../../src/core/ports.ts';
import { CONFIGS } from './operation-parts.ts';
import { FORBIDDEN } from './operation-world.ts';
import type { Process, World } from './operation-world.ts';
import { settle } from './test-clock.ts';

/** Who and which are drawn as numbers, and count round through what there is. */
export type Operation =
  | { readonly do: 'start'; readonly config: string; readonly text: string }
  | { readonly do: 'command'; readonly run: number; readonly type: CommandType; readonly carryOn: boolean }
  | { readonly do: 'decide'; readonly run: number; readonly choice: string; readonly step?: string | undefined }
  | { readonly do: 'signal'; readonly run: number; readonly name: string; readonly body?: string | undefined }
  | { readonly do: 'branch'; readonly run: number; readonly from: string; readonly text?: string | undefined }
  | { readonly do: 'rerun'; readonly run: number }
  | { readonly do: 'delete'; readonly run: number; readonly branches?: 'keep' | 'delete' | undefined }
  | { readonly do: 'mode'; readonly worker: number; readonly action: WorkerAction }
  | { readonly do: 'work' | 'employ' | 'stop' | 'kill' | 'freeze' | 'thaw'; readonly worker: number }
  | { readonly do: 'dieAt' | 'failAt'; readonly worker: number; readonly commits: number }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'jump'; readonly hours: number };
type Of<D extends Operation['do']> = Extract<Operation, { readonly do: D }>;

const NOBODYS_RUN = 12;
const run = fc.nat(NOBODYS_RUN);
/** The number after the last worker stands for the process of the people. */
const PEOPLE = 3;
const worker = fc.nat(PEOPLE - 1);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const choice = fc.constantFrom('approve', 'reject', 'left', 'neither');
const text = fc.constantFrom('a small cat', `a ${FORBIDDEN} cat`, '');

const started = fc.record({
  do: fc.constant('start' as const),
  config: fc.constantFrom(...CONFIGS, 'nothing'),
  text: fc.oneof({ weight: 4, arbitrary: fc.constant('a small cat') }, { weight: 1, arbitrary: text }),
});
const asked = [
  { weight: 6, arbitrary: started },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      run,
      type: fc.constantFrom<CommandType>('cancel', 'pause', 'resume', 'resume'),
      carryOn: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      run,
      choice,
      step: maybe(fc.constantFrom('ask', 'part.sure', 'sure', 'none')),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('signal' as const),
      run,
      name: fc.constantFrom('filled-in', 'late', 'unknown', 'no name'),
      body: maybe(fc.constantFrom('a form', 'x'.repeat(2000))),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('branch' as const),
      run,
      from: fc.constantFrom('one', 'ask', 'two', 'last', 'each[2].ask', 'part', 'part.sure', 'each[9]', '..'),
      text: maybe(text),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rerun' as const), run }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      run,
      branches: maybe(fc.constantFrom('keep' as const, 'delete' as const)),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('work' as const), worker }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 30 }) }) },
];
const gone = [
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('mode' as const),
      worker,
      action: fc.constantFrom(...(Object.keys(WORKER_ACTIONS) as WorkerAction[])),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('employ' as const, 'employ' as const, 'kill' as const, 'stop' as const, 'freeze' as const),
      worker,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('thaw' as const), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('dieAt' as const, 'failAt' as const),
      worker: fc.nat(PEOPLE),
      commits: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump' as const), hours: fc.integer({ min: -30, max: 30 }) }),
  },
];

/** What people ask, one after another, of workers that all go well. */
export const calmOperations = story(fc.oneof(...asked), 20);
/** Everything at any time. */
export const wildOperations = story(fc.oneof(...asked, ...gone), 40);

function story(operation: fc.Arbitrary<Operation>, atMost: number): fc.Arbitrary<readonly Operation[]> {
  const rest = fc.array(operation, { minLength: 4, maxLength: atMost, size: 'max' });
  return fc.tuple(started, started, rest).map(([first, second, others]) => [first, second, ...others]);
}

/** Never aborted. */
const { signal } = new AbortController();

/** Workers of the world by number; one that has died is followed by another one. */
export class Crew {
  readonly #world: World;
  readonly #workers: (Process | undefined)[] = [];
  #people: Process | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  async worker(index: number): Promise<Process> {
    const found = this.#workers[index];
    if (found?.power.on === true) return found;
    if (found !== undefined) this.#world.kill(found);
    return (this.#workers[index] = await this.#world.start());
  }

  /** Through which people speak. */
  async people(): Promise<Process> {
    if (this.#people?.power.on === true) return this.#people;
    return (this.#people = await this.#world.start());
  }

  get employed(): readonly Process[] {
    return this.#workers.filter((one) => one?.job !== undefined && one.power.on).flatMap((one) => one ?? []);
  }
}

type Asked = Of<'start' | 'command' | 'decide' | 'signal' | 'branch' | 'rerun' | 'delete' | 'mode'>;
type Handled = Of<'work' | 'employ' | 'stop' | 'kill' | 'freeze' | 'thaw'>;
type Happening = Exclude<Operation, Asked | Handled>;

/**
 * Does it, and resolves when it has answered, or when the process that was asked has died meanwhile. Rejected with
 * whatever the operation throws.
 */
export async function perform(world: World, crew: Crew, what: Operation): Promise<'done' | 'died'> {
  if (isHandled(what)) await HANDLERS[what.do](world, await crew.worker(what.worker));
  else if (isHappening(what)) await happen(world, crew, what);
  else {
    const people = await crew.people();
    await world.answerOf(ask(world, { app: world.asAnother(people), crew }, what), people);
    return people.power.on ? 'done' : 'died';
  }
  return 'done';
}

const isHandled = (what: Operation): what is Handled => Object.hasOwn(HANDLERS, what.do);
const isHappening = (what: Operation): what is Happening => HAPPENINGS.has(what.do);
const HAPPENINGS: ReadonlySet<string> = new Set<Happening['do']>(['pass', 'jump', 'dieAt', 'failAt']);

async function happen(world: World, crew: Crew, what: Happening): Promise<void> {
  switch (what.do) {
    case 'pass':
      for (let half = 0; half < what.seconds * 2; half += 1) await world.tick();
      return;
    case 'jump':
      world.clock.wall += what.hours * 3_600_000;
      return;
    case 'dieAt':
    case 'failAt': {
      const { power } = what.worker === PEOPLE ? await crew.people() : await crew.worker(what.worker);
      power[what.do === 'dieAt' ? 'diesAt' : 'failsAt'] = power.commits + what.commits;
    }
  }
}

const MOST_WORK_TICKS = 40;

const HANDLERS: { readonly [D in Handled['do']]: (world: World, worker: Process) => Promise<void> } = {
  async work(world, worker) {
    const job = worker.job ?? world.employ(worker, true);
    await settle();
    for (let ticks = 0; worker.job === job && worker.power.on && ticks < MOST_WORK_TICKS; ticks += 1)
      await world.tick();
  },
  async employ(world, worker) {
    if (worker.job === undefined) world.employ(worker, false);
    await settle();
  },
  async stop(_world, worker) {
    worker.job?.stop.abort();
    await settle();
  },
  async kill(world, worker) {
    if (worker.job === undefined) world.employ(worker, false);
    await world.tick(); // so that it dies at work
    world.kill(worker);
  },
  async freeze(_world, worker) {
    worker.frozen = true;
  },
  async thaw(_world, worker) {
    worker.frozen = false;
  },
};

const UNKNOWN_RUN = '019b0000-0000-7000-8000-ffffffffffff' as RunId;

async function ask(world: World, by: { readonly app: App; readonly crew: Crew }, what: Asked): Promise<unknown> {
  const { app, crew } = by;
  if (what.do === 'start') return startRun(app, { config: what.config, text: what.text });
  if (what.do === 'mode') {
    const { id } = (await crew.worker(what.worker)).app.engine.worker;
    return changeWorker(app, { worker: id, action: what.action });
  }
  const runId = runAt(world, what.run);
  switch (what.do) {
    case 'command':
      return ordered(app, runId, what);
    case 'decide':
      return decideReview(app, { runId, choice: what.choice, step: what.step }, { signal });
    case 'signal':
      return signalRun(app, { runId, name: what.name, body: what.body }, { signal });
    case 'branch':
      return branchRun(app, { runId, from: what.from, set: { text: what.text } });
    case 'rerun':
      return branchRun(app, { runId, from: await firstFailure(app, runId) });
    case 'delete':
      return deleteRun(app, { runId, branches: what.branches });
  }
}

/** A session that broke tells its sender so, as the command line does. */
async function ordered(app: App, runId: RunId, { type, carryOn }: Of<'command'>): Promise<void> {
  const { last } = await commandRun(app, { runId, command: { type, by: 'lab' } }, { signal, carryOn });
  if (last?.kind === 'broken') throw last.error;
}

/** Counted from the newest, which is the most likely to go on; the last number is one that nobody knows. */
export const runAt = ({ runs }: World, index: number): RunId =>
  (index === NOBODYS_RUN ? undefined : runs.at(-1 - (index % Math.max(1, runs.length)))) ?? UNKNOWN_RUN;
