import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carryOut, filesBelow, openTestApp, QUICK } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { EventDraft } from '../core/events.ts';
import type { RunId, StepPath } from '../core/ids.ts';
import { readRun } from './read-run.ts';
import { startRun } from './start-run.ts';
import { writeSummary } from './summary.ts';

const pathOf = (app: TestApp, runId: RunId, name: string): string => join(app.store.files.folder(runId) ?? '', name);
const documentOf = (app: TestApp, runId: RunId): Record<string, unknown> =>
  JSON.parse(readFileSync(pathOf(app, runId, 'metadata.json'), 'utf8'));

/** A run with so many steps in its log. */
async function runWithSteps(app: TestApp, count: number): Promise<RunId> {
  const { worker } = app.engine;
  await app.store.queue.register(worker);
  const { runId, lease } = await startRun(app, QUICK, worker.id);
  if (lease === undefined) throw new Error('the run is not held');
  const skipped = Array.from({ length: count }, (_none, index): EventDraft => ({
    type: 'step.skipped',
    stepPath: `interception[${index + 1}]` as StepPath,
    data: { because: 'condition' },
  }));
  await app.store.log.append(lease, { drafts: [{ type: 'run.started', data: {} }, ...skipped] });
  await app.store.queue.retire(worker.id);
  return runId;
}

describe('the summary beside the record', () => {
  it('has the run, its steps, its artifacts, the models and the signature', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const { chronicle } = await readRun(app, runId);
    const { steps, artifacts, cost } = chronicle;
    expect(documentOf(app, runId)).toEqual({
      run: chronicle.run,
      config: 'your-own',
      state: 'succeeded',
      models: expect.arrayContaining([expect.stringMatching(/^offline: /)]),
      cost,
      steps,
      artifacts,
      signature: (await app.store.log.head(runId))?.signature,
    });
    expect(filesBelow(app.store.files.folder(runId) ?? '')).not.toContain('steps.ndjson');
  });

  it('names each model once', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, { ...QUICK, set: { iterations: 3 } });
    const models = documentOf(app, runId)['models'] as string[];
    expect(models).toHaveLength(new Set(models).size);
  });

  it('has the steps themselves up to a thousand', async () => {
    await using app = await openTestApp();
    const runId = await runWithSteps(app, 1000);
    await writeSummary(app, runId);
    expect(documentOf(app, runId)['steps']).toHaveLength(1000);
    expect(filesBelow(app.store.files.folder(runId) ?? '')).not.toContain('steps.ndjson');
  });

  it('has counts and the name of a file above a thousand steps, and a line for each step there', async () => {
    await using app = await openTestApp();
    const runId = await runWithSteps(app, 1001);
    await writeSummary(app, runId);
    const { steps } = (await readRun(app, runId)).chronicle;
    expect(steps.length).toBeGreaterThan(1000);
    const { steps: counted, artifacts } = documentOf(app, runId);
    expect(counted).toEqual({ count: steps.length, file: 'steps.ndjson' });
    expect(artifacts).toEqual({ count: (await app.store.log.artifacts(runId)).length });
    const lines = readFileSync(pathOf(app, runId, 'steps.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(steps);
  });
});
