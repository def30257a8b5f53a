import { setTimeout as pause } from 'node:timers/promises';
import type { RunId } from '../../core/ids.ts';
import { createRandom } from '../../core/random.ts';
import type { RandomSource } from '../../core/random.ts';
import { faultsOfRuns } from '../check/run-faults.ts';
import type { KitResult, OnProgress } from '../kit-result.ts';
import { submitRun } from '../kit-session.ts';
import type { KitSession } from '../kit-session.ts';
import { kitIds } from '../system.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import { until } from '../process/kit-process.ts';
import type { KitProcess } from '../process/kit-process.ts';
import { CAN_STOP, stopProcess } from '../process/stop-process.ts';
import { LiveLog } from './live-log.ts';

export interface RoundOptions {
  readonly rounds: number;
  /** Decides when whom what happens to: the same seed gives the same decisions. */
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

const PROCESSES = 4;
/** Runs that every process holds at once, fresh ones per round, and how many may be unfinished before none are added. */
const SLOTS = 2;
const FRESH = 2;
const MOST_UNFINISHED = 30;
/** A stage takes so long that most kills hit one. */
const STAGE_MS = 40;
/** How many events are written from one round to the next; fewer when too many runs wait for a takeover. */
const EVENTS_MIN = 10;
const EVENTS_SPAN = 100;
const ROUND_AT_MOST_MS = 5000;
const LOOK_EVERY_MS = 5;
/** One round of so many stops a process instead of killing it. */
const STOPS_ONE_IN = 8;
/** Longer than it takes to be taken over. */
const STOPPED_FOR_MS = 6000;
const TELL_EVERY = 10;

/** At random, again and again: one process of four on one directory is killed or stopped, another one comes, and fresh runs. */
export async function randomRounds(tried: Tried, options: RoundOptions): Promise<readonly KitResult[]> {
  await using bench = new KitBench(tried);
  await using session = await bench.session();
  await using live = new LiveLog(session.store);
  const rounds = new Rounds({ bench, session, live }, createRandom(options.seed));
  const results: KitResult[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    results.push(await rounds.play(round));
    if (round % TELL_EVERY === 0) options.onProgress?.(`round ${round} of ${options.rounds}: ${live.summary}`);
  }
  const end = await rounds.end();
  options.onProgress?.(`after the rounds: ${live.summary}`);
  const faults = await faultsOfRuns(session.store, { bench, own: rounds.submitted });
  const runs = [...faults].map(([runId, list]) => ({ name: `run ${runId} after the rounds`, faults: list }));
  return [...results, { name: 'all processes and followers after the rounds', faults: end }, ...runs];
}

interface Place {
  readonly bench: KitBench;
  readonly session: KitSession;
  readonly live: LiveLog;
}

class Rounds {
  readonly submitted: RunId[] = [];
  readonly #place: Place;
  readonly #random: RandomSource;
  readonly #working: KitProcess[];
  #stopped: { readonly process: KitProcess; readonly sinceMs: number }[] = [];

  constructor(place: Place, random: RandomSource) {
    this.#place = place;
    this.#random = random;
    this.#working = Array.from({ length: PROCESSES }, () => this.#start());
  }

  async play(round: number): Promise<KitResult> {
    const [wait, who, how] = [this.#random(), this.#random(), this.#random()];
    for (let run = 0; run < FRESH && this.#place.live.unfinished < MOST_UNFINISHED; run += 1) await this.#submit();
    await this.#untilWritten(EVENTS_MIN + wait * EVENTS_SPAN);
    this.#wake(STOPPED_FOR_MS);
    const [victim] = this.#working.splice(Math.floor(who * this.#working.length), 1);
    if (victim === undefined) throw new Error('There is nobody to kill.');
    const death = victim.death();
    const stops = CAN_STOP && how < 1 / STOPS_ONE_IN;
    if (stops && death === undefined) await this.#stop(victim);
    else await victim.kill();
    while (this.#working.length < PROCESSES) this.#working.push(this.#start());
    return {
      name: `round ${round}: a process ${stops ? 'stopped' : 'killed'}`,
      faults: death === undefined ? [] : [death],
    };
  }

  /** Lets everything come to its end. */
  async end(): Promise<readonly string[]> {
    this.#wake(0);
    const { engine } = this.#place.session;
    for (const process of this.#working)
      await process.untilTold('every process has submitted its run', (one) => one.toldOf('submitted').at(0));
    await until('all runs have ended', async () => {
      const survey = await engine.queue.survey(engine.worker.id);
      return Object.values(survey).every((count) => count === 0) && this.#place.live.unfinished === 0;
    });
    for (const process of this.#working) process.signal('SIGTERM');
    const ends = await Promise.all(this.#working.map((process) => process.ended()));
    const deaths = this.#working.flatMap((process, index) => (ends[index] === 0 ? [] : (process.death() ?? [])));
    return [...this.#place.live.faults, ...deaths];
  }

  #start(): KitProcess {
    return this.#place.bench.start({ mode: 'work', submit: 1, slots: SLOTS, pauseMs: STAGE_MS });
  }

  async #untilWritten(events: number): Promise<void> {
    const { live } = this.#place;
    const enough = live.events + events;
    const deadline = performance.now() + ROUND_AT_MOST_MS;
    while (live.events < enough && performance.now() < deadline) await pause(LOOK_EVERY_MS);
  }

  async #submit(): Promise<void> {
    const runId = kitIds.runId();
    await submitRun(this.#place.session, { runId });
    this.submitted.push(runId);
  }

  async #stop(process: KitProcess): Promise<void> {
    await stopProcess(process, () => this.#submit());
    this.#stopped.push({ process, sinceMs: performance.now() });
  }

  /** Who was stopped for so long goes on, among the others. */
  #wake(afterMs: number): void {
    const now = performance.now();
    const due = this.#stopped.filter(({ sinceMs }) => now - sinceMs >= afterMs);
    this.#stopped = this.#stopped.filter((one) => !due.includes(one));
    for (const { process } of due) process.signal('SIGCONT');
    this.#working.push(...due.map(({ process }) => process));
  }
}
