import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, withMethods } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import { parseRunId, readRun } from './read-run.ts';
import { readOutline } from './run-outline.ts';
import { startRun } from './start-run.ts';

/** The same, from the whole chronicle. */
async function chronicled(app: TestApp, runId: RunId) {
  const { chronicle, rows, definitions } = await readRun(app, runId);
  const { run, steps, cost, attempts } = chronicle;
  const models = attempts.flatMap(({ provider, model }) => (model === null ? [] : [`${provider}: ${model}`]));
  return { run, steps, models: [...new Set(models)], cost, rows, definitions };
}

describe('the outline of a run', () => {
  it.each([
    ['that has succeeded', QUICK],
    ['that was blocked, with the words that it was about', { ...QUICK, text: 'Sieg Heil über den Dächern' }],
    ['with rounds, labels and a language', { ...QUICK, lang: 'de', labels: { goal: 'g' }, set: { iterations: 3 } }],
  ])('%s says what its chronicle says', async (_which, input) => {
    await using app = await openTestApp();
    const runId = await carryOut(app, input);
    expect(await readOutline(app, runId)).toEqual(await chronicled(app, runId));
  });

  it('that waits to be begun says what its chronicle says', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    expect(await readOutline(app, runId)).toEqual(await chronicled(app, runId));
  });

  it('reads no text of a step', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const read: ArtifactId[] = [];
    const files = withMethods(app.store.files, {
      read: (id) => {
        read.push(id);
        return app.store.files.read(id);
      },
    });
    await readOutline({ ...app, store: { ...app.store, files } }, runId);
    expect(read).toEqual([]);
  });

  it('is that of a run that is there', async () => {
    await using app = await openTestApp();
    const never = parseRunId('01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10');
    await expect(readOutline(app, never)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
