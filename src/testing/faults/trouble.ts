import { allFaults } from '../check/run-faults.ts';
import type { Evidence } from '../check/run-faults.ts';
import { submitRun } from '../kit-session.ts';
import type { KitRun, KitSession, KitSessionOptions, Stored } from '../kit-session.ts';
import { KitBench } from '../process/kit-bench.ts';
import type { Tried } from '../process/kit-bench.ts';
import { kitClock, kitIds } from '../system.ts';
import { untilAllEnded } from '../until-all-ended.ts';
import type { RunId } from '../../core/ids.ts';

const TRIES = 10;
const TRY_AGAIN_MS = 20;

export interface Trouble {
  readonly session?: Omit<KitSessionOptions, 'folder' | 'onStored'>;
  /** Runs to be carried through; one script when left out. */
  readonly runs?: readonly KitRun[];
  /** How they should end. */
  readonly end?: Evidence['end'];
  /** Codes with which a session may break off before the run goes on. */
  readonly named?: readonly string[];
  /** Told of the code each time that a session breaks off. */
  readonly onBroken?: (code: string, session: KitSession) => void;
  /** Called when the store is open and nothing is done yet. */
  readonly onOpen?: (session: KitSession) => void;
}

/** Carries runs to their end in this process through whatever trouble there is, and says what is not as guaranteed. */
export async function faultsInTrouble(tried: Tried, trouble: Trouble): Promise<readonly string[]> {
  await using bench = new KitBench(tried);
  const told: Stored[] = [];
  await using session = await bench.session({ ...trouble.session, onStored: (stored) => told.push(stored) });
  trouble.onOpen?.(session);
  const { queue, worker } = session.engine;
  const own: RunId[] = [];
  await insist(() => queue.register(worker));
  for (const run of trouble.runs ?? [{}]) {
    const runId = kitIds.runId();
    await insist(() => submitRun(session, { ...run, runId }));
    own.push(runId);
  }
  const broken: string[] = [];
  await untilAllEnded(session, async (_runId, end) => {
    if (end?.kind !== 'broken') return;
    broken.push(end.error.code);
    trouble.onBroken?.(end.error.code, session);
  });
  await insist(() => queue.retire(worker.id));
  const unnamed = broken.filter((code) => trouble.named?.includes(code) !== true);
  const { end = 'succeeded' } = trouble;
  return [
    ...unnamed.map((code) => `a session broke off with ${code}`),
    ...(await allFaults(session.store, { bench, own, told, end })),
  ];
}

/** What was refused in trouble is asked for again, as any caller would. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (tries === TRIES) throw thrown;
      await kitClock.sleep(TRY_AGAIN_MS);
    }
  }
}
