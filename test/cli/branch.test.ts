import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../support/cli.ts';
import type { Workplace } from '../support/cli.ts';

interface Result {
  readonly runId: string;
  readonly state: string;
  readonly text: string;
}

const RUN = ['run', 'your-own', 'A cat sits on the roof', '--output', 'text', '--seed', '7', '--label', 'person=7f'];
const start = (at: Workplace): Promise<Result> => at.json<Result & Record<string, unknown>>(RUN);

describe('stemma runs branch', () => {
  it('tells its plan on standard error, runs what is to run, and prints what a run prints', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    const branch = await at.run(['runs', 'branch', runId, '--from', 'outputs[1].generate', '--json']);
    expect(branch.code).toBe(0);
    const made = JSON.parse(branch.stdout) as Result;
    expect(made).toMatchObject({ state: 'succeeded' });
    expect(made.runId).not.toBe(runId);
    const told = await at.run(['runs', 'branch', runId, '--from', 'interception', '--text', 'A dog']);
    expect(told.stderr).toContain('steps run');
    expect(told.code).toBe(0);
    expect((await at.run(['runs', 'tree', made.runId])).stdout).toContain('taken over');
    expect((await at.run(['runs', 'verify', made.runId])).stdout).toContain('Intact');
  });

  it('only plans with --plan', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    const plan = await at.json(['runs', 'branch', runId, '--from', 'outputs', '--plan']);
    expect(plan).toMatchObject({ parent: runId, from: 'outputs', exit: 0, cost: { microUsd: 0, unpriced: 0 } });
    expect((await at.json<{ items: unknown[] }>(['runs', 'list'])).items).toHaveLength(1);
  });

  it('submits with --detach, and a worker does the work', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    const left = await at.json<Result>(['runs', 'branch', runId, '--from', 'outputs', '--detach']);
    expect(left.state).toBe('pending');
    await at.run(['worker', '--once']);
    expect(await at.json(['runs', 'show', left.runId])).toMatchObject({ run: { state: 'succeeded' } });
  });

  it('names the nearest step, and says so when there is nothing to do again', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    const wrong = await at.json<{ error: object }>(['runs', 'branch', runId, '--from', 'interceptoin']);
    expect(wrong).toMatchObject({ exit: 2, error: { code: 'INPUT_INVALID', hint: 'Did you mean "interception"?' } });
    expect(await at.json(['runs', 'rerun', runId])).toMatchObject({ exit: 2, error: { code: 'INPUT_INVALID' } });
  });
});

describe('stemma runs delete', () => {
  it('wants --yes where nobody can be asked, and word about the branches', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    await at.run(['runs', 'branch', runId, '--from', 'outputs']);
    expect(await at.json(['runs', 'delete', runId])).toMatchObject({
      exit: 2,
      error: { hint: expect.stringContaining('--yes') },
    });
    expect(await at.json(['runs', 'delete', runId, '--yes'])).toMatchObject({
      exit: 5,
      error: { code: 'STATE_CONFLICT' },
    });
    expect(await at.json(['runs', 'verify', runId])).toMatchObject({ ok: true, content: 'present' });
    const done = await at.json<{ deleted: unknown[] }>(['runs', 'delete', runId, '--yes', '--branches', 'delete']);
    expect(done).toMatchObject({ exit: 0, kept: [], left: [] });
    expect(done.deleted).toHaveLength(2);
    expect(await at.json(['runs', 'verify', runId])).toMatchObject({ exit: 0, ok: true, content: 'deleted' });
    for (const command of ['show', 'tree']) expect((await at.run(['runs', command, runId])).code).toBe(0);
    expect(await at.json(['runs', 'branch', runId, '--from', 'outputs'])).toMatchObject({ exit: 4 });
  });

  it('takes all runs with a label; a run or a label, not both', async () => {
    using at = openWorkplace();
    const { runId } = await start(at);
    const both = await at.json(['runs', 'delete', runId, '--label', 'person=7f', '--yes']);
    expect(both).toMatchObject({ exit: 2, error: { code: 'INPUT_INVALID' } });
    const done = await at.json<{ deleted: object[] }>(['runs', 'delete', '--label', 'person=7f', '--yes']);
    expect(done.deleted).toMatchObject([{ runId }]);
    expect((await at.run(['runs', 'delete', '--label', 'person=7f', '--yes'])).stdout).toContain('Nothing');
  });
});
