import type { RunId } from '../../core/ids.ts';
import type { Signer } from '../../core/ports.ts';
import { placesIn } from '../kit-session.ts';
import type { Stored } from '../kit-session.ts';
import type { KitStore } from '../kit-store.ts';
import type { KitBench } from '../process/kit-bench.ts';
import { openKitSigner } from '../system.ts';
import { attemptFaults, endFaults } from './attempt-faults.ts';
import { chainFaults, signatureFaults } from './chain-faults.ts';
import { artifactFaults, effectFaults } from './content-faults.ts';
import { readRecord } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import { toldFaults } from './told-faults.ts';

/** What is held against runs, besides what the store says. */
export interface Evidence {
  readonly bench: KitBench;
  /** Runs that were submitted from this process. */
  readonly own?: Iterable<RunId>;
  /** What this process was told to be stored. */
  readonly told?: readonly Stored[];
  /** How runs should end; one that was worn out by crashes may be quarantined instead. */
  readonly end?: 'succeeded' | 'failed';
}

/** Everything that is not as guaranteed of runs that should have come to their end, in words, by run. */
export async function faultsOfRuns(
  store: KitStore,
  { bench, own = [], told = [], end = 'succeeded' }: Evidence,
): Promise<ReadonlyMap<RunId, readonly string[]>> {
  const { stored, submitted, submitting } = bench.told();
  const allTold = Map.groupBy([...stored, ...told], ({ runId }) => runId);
  const acknowledged = new Set([...own, ...submitted]);
  const allEffects = effectsByRun(bench.effects());
  const signer = openKitSigner(placesIn(bench.folder).key);
  const faults = new Map<RunId, readonly string[]>();
  for (const runId of new Set([...acknowledged, ...submitting])) {
    const record = await readRecord(store, runId);
    const outside = { signer, end, effects: allEffects.get(runId) ?? new Map(), told: allTold.get(runId) ?? [] };
    if (record !== undefined) faults.set(runId, await faultsOf(store, record, outside));
    else if (acknowledged.has(runId)) faults.set(runId, ['was acknowledged and is not there']);
  }
  return faults;
}

type Effects = ReadonlyMap<string, readonly string[]>;

/** What is known of one run from outside. */
interface Outside {
  readonly signer: Signer;
  readonly end: 'succeeded' | 'failed';
  readonly effects: Effects;
  readonly told: readonly Stored[];
}

async function faultsOf(store: KitStore, record: RunRecord, outside: Outside): Promise<readonly string[]> {
  return [
    ...chainFaults(record),
    ...signatureFaults(record, outside.signer),
    ...endFaults(record, outside.end),
    ...attemptFaults(record),
    ...(await artifactFaults(store, record)),
    ...(await effectFaults(store, record, outside.effects)),
    ...toldFaults(record, outside.told),
  ];
}

/** Every run's own effects. */
function effectsByRun(all: Effects): ReadonlyMap<string, Effects> {
  const runs = Map.groupBy(all, ([step]) => step.slice(0, step.indexOf(':')));
  return new Map([...runs].map(([runId, entries]) => [runId, new Map(entries)]));
}

/** The same of all runs together, each fault with its run. */
export async function allFaults(store: KitStore, evidence: Evidence): Promise<readonly string[]> {
  const faults = await faultsOfRuns(store, evidence);
  return [...faults].flatMap(([runId, list]) => list.map((fault) => `run ${runId}: ${fault}`));
}
