import type { Instant } from '../../core/ids.ts';
import type { Clock } from '../../core/ports.ts';
import { runWorker } from '../../engine/worker.ts';
import { allFaults } from '../check/run-faults.ts';
import { attemptsOf, readRecord } from '../check/run-record.ts';
import { resultOf } from '../kit-result.ts';
import type { KitResult } from '../kit-result.ts';
import { submitRun } from '../kit-session.ts';
import type { KitSession } from '../kit-session.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import { kitClock, kitIds } from '../system.ts';
import { untilAllEnded } from '../until-all-ended.ts';

const AN_HOUR_MS = 3_600_000;
const STAGE_MS = 25;
/** From when on the wall clock is how much off: an hour back, right again, and an hour ahead for good. */
const JUMPS: readonly { readonly fromMs: number; readonly offMs: number }[] = [
  { fromMs: 100, offMs: -AN_HOUR_MS },
  { fromMs: 250, offMs: 0 },
  { fromMs: 350, offMs: AN_HOUR_MS },
];

function jumpingClock(): Clock {
  const start = kitClock.monotonicMs();
  const offMs = (): number => {
    const elapsed = kitClock.monotonicMs() - start;
    return JUMPS.findLast(({ fromMs }) => elapsed >= fromMs)?.offMs ?? 0;
  };
  return { ...kitClock, now: () => (kitClock.now() + offMs()) as Instant };
}

/** The wall clock of a holder jumps while another worker stands by: nobody's run is taken, and times never go back. */
export async function clockJumps(tried: Tried): Promise<readonly KitResult[]> {
  return [await resultOf('the wall clock jumps back and ahead', () => jump(tried))];
}

async function jump(tried: Tried): Promise<readonly string[]> {
  await using bench = new KitBench(tried);
  await using holder = await bench.session({ clock: jumpingClock(), pauseMs: STAGE_MS });
  await using other = await bench.session();
  for (const { engine } of [holder, other]) await engine.queue.register(engine.worker);
  const runId = kitIds.runId();
  const lease = await submitRun(holder, { runId, claim: true });
  const leave = new AbortController();
  const standingBy = runWorker(other.engine, { slots: other.slots, signal: leave.signal });
  await runWorker(holder.engine, {
    slots: 1,
    held: lease === undefined ? [] : [lease],
    once: true,
    signal: leave.signal,
  });
  await untilAllEnded(holder);
  leave.abort();
  await standingBy;
  for (const { engine } of [holder, other]) await engine.queue.retire(engine.worker.id);
  return [...(await timeFaults(holder, runId)), ...(await allFaults(holder.store, { bench, own: [runId] }))];
}

async function timeFaults({ store }: KitSession, runId: Parameters<typeof readRecord>[1]): Promise<readonly string[]> {
  const record = await readRecord(store, runId);
  const times = record?.events.map(({ at }) => at) ?? [];
  const back = times.filter((at, index) => at < (times[index - 1] ?? at)).length;
  const taken = attemptsOf(record?.events ?? []).filter(({ state }) => state === 'abandoned');
  return [
    ...(back === 0 ? [] : [`the times of the run go back ${back} times`]),
    ...taken.map(({ path }) => `the run was taken from its living holder at ${path}`),
  ];
}
