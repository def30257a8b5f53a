import { describe, expect, it } from 'vitest';
import type { RunId } from '../../src/core/ids.ts';
import { createRandom } from '../../src/core/random.ts';
import type { RandomSource } from '../../src/core/random.ts';
import { openBench, until } from '../support/crash-bench.ts';
import type { CrashBench, CrashProcess } from '../support/crash-bench.ts';
import { attemptsOf, faultsOf } from '../support/crash-checks.ts';

/** `STEMMA_CRASH_ROUNDS` for more; `STEMMA_CRASH_SEED` for others. Fixed, so that a failure can be repeated. */
const ROUNDS = Number(process.env['STEMMA_CRASH_ROUNDS'] ?? 2);
const SEED = Number(process.env['STEMMA_CRASH_SEED'] ?? 20_260_101);
const ROUND_TIMEOUT_MS = 120_000;
const RUNS = 20;
const WORKERS = 3;
const KILLS = 3;
const LINKS = 5;
/** Of one run: its links, and two steps for each of its three outputs. */
const STEPS = LINKS + 6;

process.stderr.write(`crash rounds: STEMMA_CRASH_SEED=${SEED} STEMMA_CRASH_ROUNDS=${ROUNDS}\n`);

/** Numbers of effects at which a worker dies, rising. */
function momentsOf(random: RandomSource): readonly number[] {
  const last = RUNS * STEPS;
  return Array.from({ length: KILLS }, () => 1 + Math.floor(random() * (last / 2))).sort((a, b) => a - b);
}

/** Kills whoever is chosen once there are so many effects, and starts another one in its place. */
async function killAt(moments: readonly number[], at: Round): Promise<void> {
  const { bench, workers, random } = at;
  for (const moment of moments) {
    await until(`there are ${moment} effects`, () => bench.effectCount >= moment);
    const place = Math.floor(random() * WORKERS);
    await workers[place]?.kill();
    workers[place] = bench.start('work');
  }
}

interface Round {
  readonly bench: CrashBench;
  readonly workers: CrashProcess[];
  readonly random: RandomSource;
}

async function unfinished(bench: CrashBench, runs: readonly RunId[]): Promise<readonly RunId[]> {
  const ended = await Promise.all(runs.map(async (runId) => !/pending|running/.test(await bench.stateOf(runId))));
  return runs.filter((_, index) => ended[index] !== true);
}

async function attemptStates(bench: CrashBench, runId: RunId): Promise<readonly string[]> {
  return attemptsOf(await bench.events(runId)).map(({ state }) => state);
}

describe('three workers on one directory, killed at random', () => {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => ({ round: index + 1, seed: SEED + index }));

  it.each(rounds)(
    'end all runs, with every finished step once: round $round, seed $seed',
    async ({ seed }) => {
      const random = createRandom(seed);
      await using bench = await openBench();
      const runs: RunId[] = [];
      while (runs.length < RUNS) runs.push(await bench.submit('chain', { links: LINKS }));
      const workers = Array.from({ length: WORKERS }, () => bench.start('work'));
      await killAt(momentsOf(random), { bench, workers, random });
      await until('all runs have ended', async () => (await unfinished(bench, runs)).length === 0);

      const states = await Promise.all(runs.map((runId) => bench.stateOf(runId)));
      expect(new Set(states)).toEqual(new Set(['succeeded']));
      for (const runId of runs) expect({ runId, faults: await faultsOf(bench, runId) }).toEqual({ runId, faults: [] });
      const attempts = (await Promise.all(runs.map((runId) => attemptStates(bench, runId)))).flat();
      expect(attempts.filter((state) => state === 'succeeded')).toHaveLength(RUNS * STEPS);
      expect(attempts.filter((state) => state === 'abandoned').length).toBe(attempts.length - RUNS * STEPS);
    },
    ROUND_TIMEOUT_MS,
  );
});

describe('what a killed process had told to be stored', () => {
  const random = createRandom(SEED);
  const moments = Array.from({ length: 3 }, () => 20 + Math.floor(random() * 200));

  it.each(moments)('is in the record: appends, killed after %i of them', async (moment) => {
    await using bench = await openBench();
    for (let count = 0; count < 4; count += 1) await bench.submit('chain', { links: 200 });
    const worker = bench.start('work');
    await until(`${moment} appends are told`, () => worker.whileAlive(worker.toldOf('stored').length >= moment));
    await worker.kill();

    const told = worker.toldOf('stored');
    expect(told.length).toBeGreaterThanOrEqual(moment);
    const missing: string[] = [];
    for (const { runId, seq, position, type } of told) {
      const [event] = (await bench.events(runId as RunId)).slice(seq - 1);
      if (event?.position !== position || event.type !== type) missing.push(`${type} ${runId} ${seq}`);
    }
    expect(missing).toEqual([]);
  });

  it('is in the record: submitted runs', async () => {
    await using bench = await openBench();
    const submitter = bench.start('submit', 1000);
    await until('some runs are submitted', () => submitter.whileAlive(submitter.toldOf('submitted').length >= 25));
    await submitter.kill();

    const told = submitter.toldOf('submitted').map(({ runId }) => runId as RunId);
    expect(told.length).toBeLessThan(1000);
    const states = await Promise.all(told.map((runId) => bench.stateOf(runId)));
    expect(new Set(states)).toEqual(new Set(['pending']));
  });
});
