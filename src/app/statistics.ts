import type { InstallationLog, CallRate, WorkerRow } from '../core/ports.ts';
import type { Instant, WorkerId } from '../core/ids.ts';
import { RUN_MOVES, WORKER_MODES } from '../core/states.ts';
import type { RunState, WorkerMode } from '../core/states.ts';
import type { App } from './context.ts';

const WINDOWS_MINUTES = [5, 15, 60] as const;
const MINUTE_MS = 60_000;
/** A worker whose counter stands still for so long is taken for dead (spec: liveness without clocks). */
const DEAD_AFTER_MS = 4000;
const LOOK_EVERY_MS = 100;

const LIVENESS = ['live', 'unresponsive', 'stopped', 'crashed'] as const;
export type Liveness = (typeof LIVENESS)[number];
export const BREAKER_STATES = ['closed', 'halfOpen', 'open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/** What `runs stats --json` prints. Every state, mode and liveness is there, with 0 where nothing is. */
export interface Statistics {
  readonly runs: Readonly<Record<RunState, number>>;
  readonly queue: { readonly depth: number; readonly oldestWaitMs: number | null };
  readonly workers: {
    readonly modes: Readonly<Record<WorkerMode, number>>;
    readonly liveness: Readonly<Record<Liveness, number>>;
  };
  readonly calls: readonly { readonly minutes: number; readonly models: readonly ModelRate[] }[];
  readonly breakers: readonly Breaker[];
  /** What the calls of the last 60 minutes have cost. */
  readonly costPerHourMicroUsd: number;
}

export interface ModelRate extends Omit<CallRate, 'costMicroUsd'> {
  /** Of all calls, from 0 to 1. */
  readonly errorRate: number;
}

export interface Breaker {
  readonly candidate: string;
  readonly worker: WorkerId;
  readonly state: BreakerState;
}

/** How the installation is doing. Takes up to four seconds when a worker stands still. */
export async function readStatistics(app: App): Promise<Statistics> {
  const [counts, workers, breakers, rates] = await Promise.all([
    app.store.queries.counts(),
    watchWorkers(app),
    readBreakers(app.store.installation),
    Promise.all(WINDOWS_MINUTES.map((minutes) => app.store.queries.callRates(minutesAgo(app, minutes)))),
  ]);
  return {
    runs: { ...countEach(Object.keys(RUN_MOVES) as RunState[], []), ...counts.states },
    queue: { depth: counts.queued, oldestWaitMs: counts.oldestWaitMs },
    workers: {
      modes: countEach(
        WORKER_MODES,
        workers.filter(({ stopped }) => !stopped).map(({ mode }) => mode),
      ),
      liveness: countEach(
        LIVENESS,
        workers.map(({ liveness }) => liveness),
      ),
    },
    calls: rates.map((models, at) => ({ minutes: WINDOWS_MINUTES[at] ?? 0, models: models.map(toRate) })),
    breakers,
    costPerHourMicroUsd: (rates.at(-1) ?? []).reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0),
  };
}

const minutesAgo = ({ clock }: App, minutes: number): Instant => (clock.now() - minutes * MINUTE_MS) as Instant;

function toRate({ costMicroUsd: _cost, ...rate }: CallRate): ModelRate {
  return { ...rate, errorRate: rate.failed / rate.calls };
}

function countEach<K extends string>(keys: readonly K[], found: readonly K[]): Record<K, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  for (const key of found) counts[key] += 1;
  return counts;
}

/** Looks until every counter has moved, or has stood still for too long. */
async function watchWorkers(app: App): Promise<readonly (WorkerRow & { readonly liveness: Liveness })[]> {
  const { queue } = app.store;
  const first = new Map((await queue.workers()).map(({ id, beats }) => [id, beats]));
  const until = app.clock.monotonicMs() + DEAD_AFTER_MS;
  for (;;) {
    const seen = (await queue.workers()).map((row) => ({ ...row, liveness: livenessOf(row, first.get(row.id)) }));
    const areAllSeen = seen.every(({ liveness }) => liveness !== 'unresponsive');
    if (areAllSeen || app.clock.monotonicMs() >= until) return seen;
    await app.clock.sleep(LOOK_EVERY_MS);
  }
}

/** One that was not there at the first look has just registered. */
function livenessOf({ stopped, crashed, beats }: WorkerRow, before: number | undefined): Liveness {
  if (crashed) return 'crashed';
  if (stopped) return 'stopped';
  return beats === before ? 'unresponsive' : 'live';
}

const STATE_AFTER = {
  'breaker.opened': 'open',
  'breaker.halfOpened': 'halfOpen',
  'breaker.closed': 'closed',
} as const satisfies Record<string, BreakerState>;

/** The last state of every breaker of every worker that has not gone. */
async function readBreakers(installation: InstallationLog): Promise<readonly Breaker[]> {
  const found = new Map<WorkerId, Map<string, BreakerState>>();
  for await (const { type, data } of installation.read())
    switch (type) {
      case 'breaker.opened':
      case 'breaker.halfOpened':
      case 'breaker.closed':
        found.set(data.worker, (found.get(data.worker) ?? new Map()).set(data.candidate, STATE_AFTER[type]));
        break;
      case 'worker.stopped':
      case 'worker.crashed':
        found.delete(data.worker);
        break;
      default: // nothing else changes a breaker
    }
  const breakers = [...found].flatMap(([worker, states]) =>
    [...states].map(([candidate, state]) => ({ candidate, worker, state })),
  );
  return breakers.toSorted((a, b) => a.candidate.localeCompare(b.candidate));
}
