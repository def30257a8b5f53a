import { describe, expect, it } from 'vitest';
import { verifyRun } from '../../src/app/verify-run.ts';
import { openBench, until } from '../support/crash-bench.ts';
import type { CrashProcess } from '../support/crash-bench.ts';
import { attemptsOf, faultsOf, orphansOf, untilAtGate } from '../support/crash-checks.ts';

// Windows cannot stop a process.
describe.skipIf(process.platform === 'win32')('a holder that is stopped while another worker takes over', () => {
  it('is refused when it goes on, harms nothing, and lives to do other work', async () => {
    await using bench = await openBench();
    const runId = await bench.submit('gated');
    const stopped = bench.start('work');
    const stoppedId = await stopped.workerId();
    await untilAtGate(bench, runId, stopped);
    await bench.stop(stopped);

    bench.openGate();
    await bench.start('once').succeeded();
    expect(await bench.stateOf(runId)).toBe('succeeded');
    const ended = await bench.events(runId);
    const files = await bench.app.store.files.inventory(runId);

    stopped.signal('SIGCONT');
    const session = await firstSession(stopped);

    expect(session).toMatchObject({ runId, end: 'broken', code: 'LEASE_LOST' });
    expect(await bench.events(runId)).toEqual(ended);
    const next = await bench.submit('gated');
    await until('the stopped holder has done another run', async () => (await bench.stateOf(next)) === 'succeeded');
    expect(new Set(attemptsOf(await bench.events(next)).map(({ worker }) => worker))).toEqual(new Set([stoppedId]));
    expect(await faultsOf(bench, next)).toEqual([]);

    const now = await bench.app.store.files.inventory(runId);
    expect(now).toEqual(expect.arrayContaining([...recorded(files)]));
    // it looks at its lease when it finds that time has passed; a file that was under way then stays
    const strays = await orphansOf(bench, runId);
    const faults = await faultsOf(bench, runId);
    expect(faults).toEqual(strays.map((path) => `no event names ${path}`));
    const { ok, problems } = await verifyRun(bench.app, runId);
    expect([ok, problems.map(({ what }) => what)], 'verify names them and holds nothing against the run').toEqual([
      true,
      strays,
    ]);
    const holds = attemptsOf(ended).filter(({ path }) => path === 'hold');
    expect(holds.map(({ state }) => state)).toEqual(['abandoned', 'succeeded']);
    expect(holds[0]?.worker).toBe(stoppedId);
  });

  it('is refused as well while the other worker is still in the middle of the run', async () => {
    await using bench = await openBench();
    const runId = await bench.submit('gated');
    const stopped = bench.start('work');
    await untilAtGate(bench, runId, stopped);
    await bench.stop(stopped);
    const other = bench.start('work');
    const otherId = await other.workerId();
    const isTaken = async (): Promise<boolean> => attemptsOf(await bench.events(runId)).at(-1)?.worker === otherId;
    await until('the other worker has begun the step anew', async () => other.whileAlive(await isTaken()));

    stopped.signal('SIGCONT');
    bench.openGate();
    expect(await firstSession(stopped)).toMatchObject({ runId, end: 'broken', code: 'LEASE_LOST' });

    await until('the run has ended', async () => (await bench.stateOf(runId)) !== 'running');
    expect(await firstSession(other)).toMatchObject({ runId, end: 'ended' });
    const holds = attemptsOf(await bench.events(runId)).filter(({ path }) => path === 'hold');
    expect(holds.map(({ state }) => state)).toEqual(['abandoned', 'succeeded']);
    const strays = await orphansOf(bench, runId);
    expect(await faultsOf(bench, runId)).toEqual(strays.map((path) => `no event names ${path}`));
  });

  it('does not clear away what the other worker has made', async () => {
    await using bench = await openBench();
    const runId = await bench.submit('chain', { links: 40 });
    await bench.workUntil(runId, () => bench.effectCount >= 3);
    expect(await bench.stateOf(runId)).toBe('running');
    const stopped = bench.start('hesitate');
    await until('the holder has looked at the run', () => stopped.whileAlive(stopped.toldOf('looked').at(0)));
    await bench.stop(stopped);

    await bench.start('once').succeeded();
    expect(await bench.stateOf(runId)).toBe('succeeded');
    stopped.signal('SIGCONT');
    bench.openGate();

    expect(await firstSession(stopped)).toMatchObject({ runId, end: 'broken', code: 'LEASE_LOST' });
    expect(await faultsOf(bench, runId)).toEqual([]);
  });
});

/** How the first session that it told of came to its end. */
async function firstSession(worker: CrashProcess): Promise<object> {
  return until('the worker tells how its session ended', () => worker.whileAlive(worker.toldOf('session').at(0)));
}

/** All but the summary, which anyone may write anew from the record. */
const recorded = <T extends { readonly path: string }>(files: readonly T[]): readonly T[] =>
  files.filter(({ path }) => path !== 'metadata.json');
