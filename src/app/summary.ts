import { artifactView } from '../core/chronicle.ts';
import type { RunId } from '../core/ids.ts';
import type { App } from './context.ts';
import { readOutline } from './run-outline.ts';

const MOST_STEPS = 1000;

/**
 * Writes `metadata.json` beside the artifacts: a convenience for people who open the folder, at the start of a run,
 * when it waits and when it ends; never verified, and a failure to write it harms nothing.
 */
export async function writeSummary(app: App, runId: RunId): Promise<void> {
  const [outline, head] = await Promise.all([readOutline(app, runId), app.store.log.head(runId)]);
  const { run, steps, models, cost, rows, definitions } = outline;
  const config = definitions.files.find(({ kind }) => kind === 'configs')?.id ?? run.config;
  const large = steps.length > MOST_STEPS;
  const listed = large
    ? { steps: { count: steps.length, file: 'steps.ndjson' }, artifacts: { count: rows.length } }
    : { steps, artifacts: rows.map(artifactView) };
  const document = {
    run,
    config,
    state: run.state,
    models,
    cost,
    ...listed,
    signature: head?.signature ?? null,
  };
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  await app.store.files.writeSummary(runId, { name: 'metadata.json', text });
  if (!large) return;
  const lines = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  await app.store.files.writeSummary(runId, { name: 'steps.ndjson', text: lines });
}
