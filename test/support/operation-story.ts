/** Operations done to one world one after another, and what is not as it should be then. */
import type { App } from '../../src/app/context.ts';
import { commandRun } from '../../src/app/command-run.ts';
import { decideReview, signalRun } from '../../src/app/reviews.ts';
import { foldRun } from '../../src/core/apply.ts';
import { StemmaError } from '../../src/core/errors.ts';
import type { RunId } from '../../src/core/ids.ts';
import type { CommandType } from '../../src/core/ports.ts';
import { endedFaults, hasEnded, momentOf, runFaults, statesOf, workerFaults } from './operation-checks.ts';
import type { Moment } from './operation-checks.ts';
import type { World } from './operation-world.ts';
import { Crew, perform, runAt } from './operations.ts';
import type { Operation } from './operations.ts';
import { collect } from './store-fixtures.ts';

interface Answer {
  /** `done`, `died`, or the code of the refusal. */
  readonly code: string;
  readonly facts?: StemmaError['facts'];
}

/** Whatever is no refusal of the table is thrown on. */
async function answerTo(operation: Promise<unknown>): Promise<Answer> {
  try {
    return { code: (await operation) === 'died' ? 'died' : 'done' };
  } catch (thrown) {
    if (!(thrown instanceof StemmaError) || thrown.code === 'INTERNAL') throw thrown;
    return { code: thrown.code, facts: thrown.facts };
  }
}

/** Trouble of the store may come when a part is done; every other refusal comes before. */
const COMES_MIDWAY: ReadonlySet<string> = new Set(['done', 'died', 'STORE_FULL', 'STORE_BUSY']);
const MAKES_RUNS: ReadonlySet<string> = new Set(['start', 'branch', 'rerun']);
const LEADS_TO: { readonly [T in CommandType]: string } = { cancel: 'canceled', pause: 'paused', resume: 'running' };

type Moments = ReadonlyMap<RunId, Moment>;
const isSame = (one: Moment | undefined, other: Moment | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

export class Story {
  /** What should be true and is not. */
  readonly wrong: string[] = [];
  readonly #world: World;
  readonly #crew: Crew;
  readonly #ended = new Map<RunId, string>();

  constructor(world: World) {
    this.#world = world;
    this.#crew = new Crew(world);
  }

  /** @returns how it was answered */
  async next(what: Operation): Promise<string> {
    const isQuiet = this.#crew.employed.length === 0;
    const before = await this.#moments();
    const answer = await answerTo(perform(this.#world, this.#crew, what));
    if (isQuiet) this.#compare(what, answer, { before, after: await this.#moments() });
    await this.#check();
    return answer.code;
  }

  /** Everything is answered, time passes, workers are well: every run comes to its end. */
  async end(): Promise<void> {
    const app = await bringToEnd(this.#world);
    await this.#check();
    for (const runId of this.#world.runs) this.wrong.push(...(await endedFaults(app, runId)));
    this.wrong.push(...(await workerFaults(app)));
  }

  /** What stores that were done the same to agree on. */
  async states(): Promise<readonly unknown[]> {
    const { app } = await this.#crew.people();
    return Promise.all(this.#world.runs.map((runId) => statesOf(app, runId)));
  }

  /** What must be true at any moment. */
  async #check(): Promise<void> {
    const { app } = await this.#crew.people();
    for (const runId of this.#world.runs) this.wrong.push(...(await runFaults(app, runId)));
    for (const [runId, { head, events }] of await this.#moments()) {
      if (!hasEnded(head)) continue;
      const first = this.#ended.get(runId) ?? events;
      this.#ended.set(runId, first);
      if (events !== first) this.wrong.push(`${runId} has changed after its end`);
    }
  }

  async #moments(): Promise<Moments> {
    const { app } = await this.#crew.people();
    const moments = new Map<RunId, Moment>();
    for (const runId of this.#world.runs) {
      const moment = await momentOf(app, runId);
      if (moment !== undefined) moments.set(runId, moment);
    }
    return moments;
  }

  /** With nobody else at work, all that has changed is what was asked for. */
  #compare(
    what: Operation,
    answer: Answer,
    { before, after }: { readonly before: Moments; readonly after: Moments },
  ): void {
    const isRefused = !COMES_MIDWAY.has(answer.code);
    if (isRefused && after.size > before.size) this.wrong.push(`a refused ${what.do} has made a run`);
    if (isRefused || MAKES_RUNS.has(what.do))
      for (const [runId, moment] of before)
        if (!isSame(moment, after.get(runId))) this.wrong.push(`${what.do}, ${answer.code}, has changed ${runId}`);
    if (what.do !== 'command') return;
    const runId = runAt(this.#world, what.run);
    const fault = commandFault(what, answer, { from: before.get(runId), to: after.get(runId) });
    if (fault !== undefined) this.wrong.push(fault);
  }
}

/** What is wrong with how a command was answered. */
function commandFault(
  what: Extract<Operation, { do: 'command' }>,
  answer: Answer,
  { from, to }: { readonly from: Moment | undefined; readonly to: Moment | undefined },
): string | undefined {
  const { code } = answer;
  if (code === 'died' || code === 'STORE_FULL') return undefined;
  if (from === undefined || to === undefined) return code === 'RUN_NOT_FOUND' ? undefined : `no run, and ${code}`;
  const isRight = hasEnded(from.head) ? isRefusal(what, answer, from) : code === 'done' && isObeyed(what, to);
  const is = `${what.type} of a run that was ${from.head.state} is answered with ${code}`;
  return isRight ? undefined : `${is} ${JSON.stringify(answer.facts)} and has led to ${to.head.state}`;
}

/** A run that has ended refuses with both states. */
const isRefusal = ({ type }: { type: CommandType }, { code, facts }: Answer, { head }: Moment): boolean =>
  code === 'STATE_CONFLICT' && facts?.['from'] === head.state && facts['to'] === LEADS_TO[type];

/** The sender carries out what it has asked for, when nobody else holds the run. */
function isObeyed({ type, carryOn }: { type: CommandType; carryOn: boolean }, { head }: Moment): boolean {
  const isSo = {
    cancel: hasEnded(head),
    pause: hasEnded(head) || head.state === 'paused',
    resume: head.state !== 'paused' || !carryOn,
  };
  return isSo[type] || head.holder !== undefined;
}

const MOST_ROUNDS = 30;
/** Longer than the clock can have jumped back at once. */
const ROUND_MS = 48 * 3_600_000;
const LAST_TICKS = 20;

async function bringToEnd(world: World): Promise<App> {
  for (const process of world.processes) {
    process.frozen = false;
    delete process.power.diesAt;
    delete process.power.failsAt;
    process.job?.stop.abort();
  }
  for (let ticks = 0; ticks < LAST_TICKS; ticks += 1) await world.tick();
  const app = world.asAnother(await world.start());
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const open = await goingOn(app, world.runs);
    if (open.length === 0) return app;
    for (const runId of open) await answerAll(world, app, runId);
    await world.answerOf(world.employ(await world.start(), true).over);
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
  const options = { signal: new AbortController().signal, carryOn: false };
  const fold = foldRun(await collect(app.store.log.read(runId)));
  if (fold.state === 'paused') await ask(commandRun(app, { runId, command: { type: 'resume', by: 'lab' } }, options));
  for (const [step, { state, answer, ended }] of fold.steps) {
    const wait = state === 'suspended' && answer === undefined ? ended?.wait : undefined;
    if (wait?.for === 'person') await ask(decideReview(app, { runId, step, choice: wait.options[0] ?? '' }, options));
    if (wait?.for === 'signal') await ask(signalRun(app, { runId, name: wait.name }, options));
  }
}
