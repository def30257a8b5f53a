import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunId } from '../../src/core/ids.ts';
import { openBench, until } from '../support/crash-bench.ts';
import type { CrashBench } from '../support/crash-bench.ts';
import { attemptsOf, faultsOf, orphansOf, untilAtGate } from '../support/crash-checks.ts';
import type { Attempt } from '../support/crash-checks.ts';
import { PROJECT_ROOT } from '../support/source-files.ts';

/** How long another worker's counter stands still before it counts as dead (spec chapter 4, guarantee 4). */
const DEAD_AFTER_MS = 4000;
const HANDS = 50;

const attempts = async (bench: CrashBench, runId: RunId): Promise<readonly Attempt[]> =>
  attemptsOf(await bench.events(runId));

const succeeded = (list: readonly Attempt[]): readonly Attempt[] => list.filter(({ state }) => state === 'succeeded');

describe('a worker that is killed in the middle of a run', () => {
  it('leaves a run that the next worker ends, without running a finished step twice', async () => {
    await using bench = await openBench();
    const runId = await bench.submit('gated');
    const first = bench.start('work');
    await untilAtGate(bench, runId, first);
    await first.kill();

    const before = await attempts(bench, runId);
    const finished = succeeded(before);
    expect(finished.map(({ path }) => path)).toEqual(['before[1]', 'before[2]', 'before[3]']);
    expect(before.at(-1)).toMatchObject({ path: 'hold', attempt: 1, state: 'running' });
    expect(await orphansOf(bench, runId)).toHaveLength(1);

    bench.openGate();
    await bench.start('once').succeeded();

    expect(await bench.stateOf(runId)).toBe('succeeded');
    const effects = bench.effects();
    expect(finished.map(({ path }) => effects.get(`${runId}:${path}`)?.length)).toEqual([1, 1, 1]);
    const holds = (await attempts(bench, runId)).filter(({ path }) => path === 'hold');
    expect(holds.map(({ attempt, state }) => `${attempt} ${state}`)).toEqual(['1 abandoned', '2 succeeded']);
    expect(holds[1]?.worker).not.toBe(holds[0]?.worker);
    expect(effects.get(`${runId}:hold`)).toHaveLength(2);
    expect(await faultsOf(bench, runId)).toEqual([]);
  });

  it('is waited for by --once for four seconds, while runs parked until later are left and counted', async () => {
    await using bench = await openBench();
    const [held, parked] = [await bench.submit('gated'), await bench.submit('later')];
    const first = bench.start('work');
    await untilAtGate(bench, held, first);
    await until('the other run is parked', async () => (await bench.stateOf(parked)) === 'waiting');
    await first.kill();

    bench.openGate();
    const second = bench.start('once');
    await second.succeeded();

    const beganAt = second.toldOf('ready')[0]?.at ?? Number.POSITIVE_INFINITY;
    const taken = (await attempts(bench, held)).find(({ attempt }) => attempt === 2);
    expect(await bench.stateOf(held)).toBe('succeeded');
    expect((taken?.startedAt ?? 0) - beganAt).toBeGreaterThanOrEqual(DEAD_AFTER_MS - 100); // of two clocks
    expect(second.toldOf('done')[0]?.survey).toMatchObject({ parked: 1, runnable: 0, heldByUnknown: 0 });
    expect(await bench.stateOf(parked)).toBe('waiting');
    expect(bench.effects().get(`${parked}:before`)).toHaveLength(1);
    expect(await faultsOf(bench, held)).toEqual([]);
  });
});

describe('the stemma command, killed in the middle of a run', () => {
  it('leaves a run that `stemma worker --once` ends, with every hand exactly once', async () => {
    expect(existsSync(join(PROJECT_ROOT, 'dist', 'main.js')), 'run `npm run build` first').toBe(true);
    await using bench = await openBench();
    const text = 'Eine Katze sitzt auf dem Dach und träumt vom Meer';
    const first = bench.stemma('run', 'stille-post', text, '--set', `hands=${HANDS}`, '--seed', '7', '--json');
    const runId = await until('there is a run', async () => first.whileAlive(await firstRun(bench)));
    const isHand = ({ path }: Attempt): boolean => path.startsWith('hand[');
    const handsDone = async (): Promise<number> => succeeded(await attempts(bench, runId)).filter(isHand).length;
    await until('some hands have passed it on', async () => first.whileAlive((await handsDone()) >= 5));
    await first.kill();

    const finished = succeeded(await attempts(bench, runId));
    expect(finished.filter(isHand).length).toBeGreaterThanOrEqual(5);
    expect(finished.filter(isHand).length).toBeLessThan(HANDS);
    expect(await bench.stateOf(runId)).toBe('running');

    await bench.stemma('worker', '--once').succeeded();

    const all = await attempts(bench, runId);
    expect(await bench.stateOf(runId)).toBe('succeeded');
    const hands = succeeded(all)
      .filter(isHand)
      .map(({ path }) => path);
    expect(hands).toEqual(Array.from({ length: HANDS }, (_, index) => `hand[${index + 1}]`));
    expect(all.slice(0, finished.length)).toEqual(finished);
    expect(await faultsOf(bench, runId)).toEqual([]);
    await bench.stemma('runs', 'verify', runId).succeeded();
  });
});

async function firstRun({ app }: CrashBench): Promise<RunId | undefined> {
  return (await app.store.queries.list({ limit: 1 })).items[0]?.runId;
}
