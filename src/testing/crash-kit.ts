import { killAtCommits } from './crash/commits.ts';
import { randomRounds } from './crash/rounds.ts';
import { staleHolder } from './crash/stale-holder.ts';
import { killOneOfFour } from './crash/takeover.ts';
import type { TakeoverOptions } from './crash/takeover.ts';
import { connectionsWriteThrough } from './durability/connections.ts';
import { walCutAnywhere } from './durability/wal-cuts.ts';
import { clockJumps } from './faults/clock-jumps.ts';
import { failingStore } from './faults/failing-store.ts';
import { rudeProviders } from './faults/provider-faults.ts';
import type { KitResult, OnProgress } from './kit-result.ts';
import { loadKitModule } from './kit-store.ts';

export interface CrashKitOptions {
  /** A module that exports `openKitStore`. Every process that the kit starts loads it. */
  readonly module: URL;
  /** Folders of the kit are made in it; the system's place for temporary files when left out. */
  readonly directory?: string;
  /** For a quick look: only one in so many kills, cuts and failing commits is tried. */
  readonly oneIn?: number;
  /** Told what is going on, a line at a time. */
  readonly onProgress?: OnProgress;
}

/**
 * Checks of one store. Each answers a list of results, one per case, and rejects only when it cannot be carried out;
 * a store that has passed has no faults in any of them. Whatever they start and write is gone when they resolve.
 */
export interface CrashKit {
  /**
   * Kills a process by SIGKILL right before and right after every single commit of a scripted pipeline, and lets
   * another process finish: nothing acknowledged is lost, no finished step runs again. About a second per commit.
   */
  commits(): Promise<readonly KitResult[]>;
  /**
   * Four processes on one directory under continuous load. In every round one of them is killed, or stopped until the
   * others have taken over, at random, and another one comes. About 0.6 s per round.
   *
   * @param options.seed - the same seed gives the same decisions: when, whom, how
   */
  rounds(options: { readonly rounds: number; readonly seed: number }): Promise<readonly KitResult[]>;
  /** One process of four is killed in the middle of many runs; all of them end, and the time of the takeover is told. */
  takeover(options: Pick<TakeoverOptions, 'runs' | 'withinMs'>): Promise<readonly KitResult[]>;
  /** A holder that was stopped and taken over goes on and is refused with LEASE_LOST. Nothing on Windows. */
  staleHolder(): Promise<readonly KitResult[]>;
  /** Every connection writes through to the disk. Nothing for a store that is not over SQLite. */
  connections(): Promise<readonly KitResult[]>;
  /** The log cut at and inside every frame leaves exactly what was acknowledged. Nothing for a store that is not over SQLite. */
  walCuts(): Promise<readonly KitResult[]>;
  /** Every commit fails once; the database and the disk are full or broken for a while; clocks jump; providers misbehave. */
  faults(): Promise<readonly KitResult[]>;
}

/**
 * The conformance kit for one's own store: what a crash, a power cut and a full disk must not do to it.
 *
 * SIGKILL leaves what the system holds in memory, so it cannot show a missing fsync: `connections`, `walCuts` and
 * `filesOutlivePowerCuts` are for that.
 *
 * @throws {TypeError} when the module exports no `openKitStore`
 * @example
 * const kit = await openCrashKit({ module: new URL('./my-store.ts', import.meta.url) });
 * for (const { name, faults } of await kit.commits()) console.log(name, faults);
 */
export async function openCrashKit(options: CrashKitOptions): Promise<CrashKit> {
  const { module, directory, oneIn, onProgress = () => {} } = options;
  const { openKitStore: open } = await loadKitModule(module);
  const tried = { module, open, directory, oneIn };
  return {
    commits: () => killAtCommits(tried, onProgress),
    rounds: (options) => randomRounds(tried, { ...options, onProgress }),
    takeover: (options) => killOneOfFour(tried, { ...options, onProgress }),
    staleHolder: () => staleHolder(tried),
    connections: () => connectionsWriteThrough(tried),
    walCuts: () => walCutAnywhere(tried, onProgress),
    faults: async () => [
      ...(await failingStore(tried, onProgress)),
      ...(await clockJumps(tried)),
      ...(await rudeProviders(tried)),
    ],
  };
}
