import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { RunId } from '../core/ids.ts';
import { createProviderRegistry } from '../engine/engine.ts';
import { branchRun } from './branch-run.ts';
import { readCosts } from './costs.ts';
import { deleteRun } from './delete-run.ts';
import { replayResult, replayRun } from './replay-run.ts';
import { startRun } from './start-run.ts';
import { verifyRun } from './verify-run.ts';
import { asWorker, work } from './work.ts';

/** Where no provider is at all. */
const alone = (app: TestApp): TestApp => ({ ...app, engine: { ...app.engine, providers: createProviderRegistry([]) } });

function carryOn(app: TestApp, start: (app: TestApp) => ReturnType<typeof replayRun>): Promise<RunId> {
  return asWorker(app, async () => {
    const { runId, lease } = await start(app);
    await work(app, { only: runId, held: lease === undefined ? [] : [lease], signal: new AbortController().signal });
    return runId;
  });
}

const replay = (app: TestApp, id: RunId): Promise<RunId> =>
  carryOn(alone(app), (own) => replayRun(own, id, own.engine.worker.id));

describe('the replay of a run', () => {
  it('makes pictures and texts again without a provider, costs nothing, and verifies', async () => {
    await using app = await openTestApp();
    const first = await carryOut(app, { config: 'dada', text: 'A cat on the roof', seed: 7 });
    const before = await readCosts(app, { by: 'provider' });
    const routes = await app.store.routes.of(['offline/procedure/cut-up@1', 'offline/composition/dada@1']);
    const runId = await replay(app, first);
    expect(await replayResult(app, runId)).toEqual({
      runId,
      replayOf: first,
      state: 'succeeded',
      fault: null,
      exact: { left: first, right: runId, same: 6, difference: null },
      verdicts: [],
    });
    expect(await app.store.routes.of([...routes.keys()])).toEqual(routes);
    expect(await verifyRun(app, runId)).toMatchObject({ ok: true });
    expect((await readCosts(app, { by: 'provider' })).total).toEqual(before.total);
  });

  it('of a branch takes over what the branch has taken over', async () => {
    await using app = await openTestApp();
    const first = await carryOut(app, { config: 'dada', text: 'A cat on the roof', seed: 7 });
    const input = { runId: first, from: 'outputs', set: { seed: 9 } };
    const branch = await carryOn(app, (own) => branchRun(own, input, own.engine.worker.id));
    const { exact, state } = await replayResult(app, await replay(app, branch));
    expect([state, exact.difference]).toEqual(['succeeded', null]);
  });

  it('that was stopped is stopped again', async () => {
    await using app = await openTestApp();
    const first = await carryOut(app, { ...QUICK, text: 'show me a hakenkreuz', safety: 'kids' });
    const { exact, state } = await replayResult(app, await replay(app, first));
    expect([state, exact.difference]).toEqual(['blocked', null]);
  });
});

describe('a replay is refused', () => {
  it('while the run goes on, when its content is deleted, and when there is no such run', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await expect(replayRun(app, runId)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    const gone = await carryOut(app);
    await deleteRun(app, { runId: gone });
    await expect(replayRun(app, gone)).rejects.toMatchObject({ code: 'CONTENT_DELETED' });
    await expect(replayRun(app, app.ids.runId())).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('as a result where a run is none', async () => {
    await using app = await openTestApp();
    await expect(replayResult(app, await carryOut(app))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

it('whoever deletes a run is asked about its replays', async () => {
  await using app = await openTestApp();
  const first = await carryOut(app);
  const copy = await replay(app, first);
  await expect(deleteRun(app, { runId: first })).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  const { deleted } = await deleteRun(app, { runId: first, branches: 'delete' });
  expect(deleted.map(({ runId }) => runId)).toEqual([copy, first]);
});
