import type { RunId } from '../../core/ids.ts';
import { allFaults } from '../check/run-faults.ts';
import { resultOf } from '../kit-result.ts';
import type { KitResult, OnProgress } from '../kit-result.ts';
import { submitRun } from '../kit-session.ts';
import type { KitSession } from '../kit-session.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import { until } from '../process/kit-process.ts';
import type { KitProcess } from '../process/kit-process.ts';
import { kitIds } from '../system.ts';
import { LiveLog } from './live-log.ts';

export interface TakeoverOptions {
  readonly runs: number;
  /** The longest time from the kill to the first append by another holder; not held against the store when left out. */
  readonly withinMs?: number;
  readonly onProgress?: OnProgress;
}

const PROCESSES = 4;
const STAGE_MS = 2;

/** One process of four is killed in the middle of many runs; the others end all of them. */
export async function killOneOfFour(tried: Tried, options: TakeoverOptions): Promise<readonly KitResult[]> {
  return [
    await resultOf(`one process of ${PROCESSES} killed in the middle of ${options.runs} runs`, async () => {
      await using bench = new KitBench(tried);
      await using session = await bench.session();
      await using live = new LiveLog(session.store);
      const own = Array.from({ length: options.runs }, () => kitIds.runId());
      for (const runId of own) await submitRun(session, { runId });
      const working = Array.from({ length: PROCESSES }, () => bench.start({ mode: 'work', pauseMs: STAGE_MS }));
      await until('a quarter of the runs has ended', () => live.ended >= options.runs / 4);

      const takeoverMs = await timeTakeover(session, own, working[0]);
      options.onProgress?.(`taken over within ${Math.round(takeoverMs)} ms`);
      await until('all runs have ended', () => live.unfinished === 0);
      const { withinMs = Number.POSITIVE_INFINITY } = options;
      const late = takeoverMs > withinMs ? [`taken over after ${Math.round(takeoverMs)} ms only`] : [];
      return [...late, ...live.faults, ...(await allFaults(session.store, { bench, own }))];
    }),
  ];
}

/** From the kill to the first append by another holder to a run that the dead one held. */
async function timeTakeover(
  { store }: KitSession,
  runs: readonly RunId[],
  victim: KitProcess | undefined,
): Promise<number> {
  const worker = victim?.toldOf('ready')[0]?.worker;
  const killedAt = performance.now();
  await victim?.kill();
  const heads = await Promise.all(runs.map((runId) => store.log.head(runId)));
  const held = heads.filter((head) => head !== undefined).filter(({ holder }) => holder === worker);
  if (worker === undefined || held.length === 0) throw new Error('The process that was killed held no run.');
  await until('another process has taken over', async () => {
    const now = await Promise.all(held.map(({ runId }) => store.log.head(runId)));
    return now.some((head, index) => (head?.seq ?? 0) > (held[index]?.seq ?? 0));
  });
  return performance.now() - killedAt;
}
