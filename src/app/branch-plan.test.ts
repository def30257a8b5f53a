import { describe, expect, it } from 'vitest';
import { carryOut, filesBelow, openTestApp, QUICK } from '../../test/support/app.ts';
import type { TestAppOptions } from '../../test/support/app.ts';
import { askStage, testStage, wrote } from '../../test/support/engine-fixtures.ts';
import { branchPlan } from './branch-plan.ts';
import type { BranchPlan } from './branch-plan.ts';
import { branchRun } from './branch-run.ts';
import { firstFailure } from './branch-step.ts';
import { listRuns } from './list-runs.ts';
import { startRun } from './start-run.ts';
import { asWorker, work } from './work.ts';

const { signal } = new AbortController();

const told = ({ steps }: BranchPlan): string[] =>
  steps.map(({ path, action, because }) => `${path} ${action}${because === null ? '' : `: ${because}`}`);

/** A studio of three calls: 5 and 7 micro-USD, and one without a price; the last fails as long as it is told to. */
function priced(control = { works: true }): TestAppOptions {
  const costs = [5, 7, null];
  let calls = 0;
  const provider = {
    id: 'paid',
    location: 'hosted' as const,
    offers: {
      'text.generate': {
        models: ['m'],
        limits: {},
        estimate: () => ({ costMicroUsd: 0 }),
        call: async () => {
          const usage = { costMicroUsd: costs[calls++ % costs.length] ?? null };
          if (!control.works && usage.costMicroUsd === null)
            return { ok: false as const, fault: { code: 'PROVIDER_REFUSED', type: 'Test', facts: {} }, usage };
          return { ok: true as const, value: { text: `answer ${calls}` }, model: 'm', usage };
        },
      },
    },
    check: async () => ({ reachable: true, models: ['m'], latencyMs: 0 }),
  };
  const definitions = {
    'chunks/ask.yaml': 'stage: test.ask\nrole: intercept\n',
    'pipelines/three.yaml':
      'title: Three\nsteps: [{ id: one, use: ask }, { id: two, use: ask }, { id: three, use: ask }]\n',
    'configs/three.yaml': 'name: Three\npipeline: three\n',
    'profiles/paid.yaml': 'name: Paid\nroles: { intercept: [paid/m] }\n',
    'profiles/paid-too.yaml': 'name: Paid too\nroles: { intercept: [paid/m] }\n',
  };
  return { stages: [askStage], providers: [provider], definitions, settings: { profile: 'paid' } };
}

const THREE = { config: 'three', text: 'a cat' };

describe('the plan of a branch', () => {
  it('says what is taken over, what runs and why, and writes nothing', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const before = filesBelow(app.dataDirectory);
    const plan = await branchPlan(app, { runId: parent, from: 'outputs[1].check', set: { text: QUICK.text } });
    expect(told(plan)).toEqual([
      'checkOriginal reuse',
      'translate reuse',
      'interception[1] reuse',
      'outputs[1].check run: from',
      'outputs[1].generate run: after from',
    ]);
    expect(plan).toMatchObject({ parent, from: 'outputs[1].check', reused: 3, runs: 2, seed: 7, notes: [] });
    expect(filesBelow(app.dataDirectory)).toEqual(before);
    expect((await listRuns(app, {})).items).toHaveLength(1);
  });

  it('is what the branch then does', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const input = { runId: parent, from: 'outputs', set: { context: 'As a snail.', outputs: ['text', 'text'] } };
    const plan = await branchPlan(app, input);
    const { runId } = await branchRun(app, input);
    await asWorker(app, () => work(app, { only: runId, signal }));
    const started: string[] = [];
    for await (const event of app.store.log.read(runId))
      if (event.type === 'attempt.started') started.push(event.stepPath ?? '');
    const running = plan.steps.filter(({ action }) => action === 'run').map(({ path }) => path);
    expect(running.toSorted()).toEqual(started.toSorted());
    expect(running).toContain('interception[1]');
  });

  it('counts what reads the text of a step that runs as running', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app);
    const plan = await branchPlan(app, { runId: parent, from: 'outputs[1].generate', set: { text: 'A dog' } });
    expect(told(plan)).toEqual([
      'checkOriginal run: input changed',
      'translate run: input changed',
      'interception[1] run: input changed',
      'outputs[1].check run: input changed',
      'outputs[1].generate run: from',
    ]);
  });

  it('has rounds of a loop that the parent did not have', async () => {
    await using app = await openTestApp();
    const parent = await carryOut(app, { config: 'dada', text: 'A cat sits', outputs: ['text'], seed: 7 });
    const plan = await branchPlan(app, { runId: parent, from: 'interception[2]', set: { set: { iterations: 3 } } });
    expect(told(plan).filter((line) => line.startsWith('interception'))).toEqual([
      'interception[1] reuse',
      'interception[2] run: from',
      'interception[3] run: after from',
    ]);
  });

  it('sums up what the steps that run have cost in the parent', async () => {
    await using app = await openTestApp(priced());
    const parent = await carryOut(app, THREE);
    const from = async (step: string) => (await branchPlan(app, { runId: parent, from: step })).cost;
    expect(await from('one')).toEqual({ microUsd: 12, unpriced: 1 });
    expect(await from('two')).toEqual({ microUsd: 7, unpriced: 1 });
    expect(await from('three')).toEqual({ microUsd: 0, unpriced: 1 });
  });

  it('knows what a step has cost that the parent itself has taken over', async () => {
    await using app = await openTestApp(priced());
    const first = await carryOut(app, THREE);
    const { runId } = await branchRun(app, { runId: first, from: 'three' });
    await asWorker(app, () => work(app, { only: runId, signal }));
    expect((await branchPlan(app, { runId, from: 'one' })).cost.microUsd).toBe(12 + 5);
  });

  it('notes that another profile may cost something else', async () => {
    await using app = await openTestApp(priced());
    const parent = await carryOut(app, THREE);
    const plan = await branchPlan(app, { runId: parent, from: 'two', set: { profile: 'paid-too' } });
    expect(plan).toMatchObject({ notes: ['profile'], profile: 'paid-too', reused: 1 });
  });

  it('says that checks run again at a stricter level, and what would not pass', async () => {
    const write = testStage('test.write', (_input, context) =>
      wrote(context, 'my address is 12 Elm Street, call 0171 1234567'),
    );
    const definitions = {
      'chunks/write.yaml': 'stage: test.write\n',
      'pipelines/writes.yaml':
        'title: W\nsteps: [{ id: look, use: safety-input }, { id: write, use: write }, { id: last, use: write }]\n',
      'configs/writes.yaml': 'name: W\npipeline: writes\n',
    };
    await using app = await openTestApp({ stages: [write], definitions, settings: { level: 'research' } });
    const parent = await carryOut(app, { config: 'writes', text: 'a cat' });
    const plan = await branchPlan(app, { runId: parent, from: 'last', set: { safety: 'kids' } });
    expect(plan.notes).toEqual(['level']);
    expect(told(plan).slice(0, 2)).toEqual(['look run: level stricter', 'write block']);
  });
});

describe('a run is done again from', () => {
  it('its first step that failed, and nothing that succeeded runs', async () => {
    const control = { works: false };
    await using app = await openTestApp(priced(control));
    const parent = await carryOut(app, THREE);
    expect(await firstFailure(app, parent)).toBe('three');
    control.works = true;
    const plan = await branchPlan(app, { runId: parent, from: 'three' });
    expect(told(plan)).toEqual(['one reuse', 'two reuse', 'three run: from']);
  });

  it('where it was canceled, also before its first step', async () => {
    await using app = await openTestApp(priced());
    const { runId } = await startRun(app, THREE);
    await app.store.queue.send(runId, { type: 'cancel', by: 'test' });
    await asWorker(app, () => work(app, { only: runId, signal }));
    expect(await firstFailure(app, runId)).toBe('one');
  });

  it('nowhere when everything succeeded, or when there is no such run', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    await expect(firstFailure(app, runId)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const nobody = firstFailure(app, '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10');
    await expect(nobody).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
