import type { RunId } from '../core/ids.ts';
import type { App } from './context.ts';
import { openRunReader } from './read-run.ts';

const MOST_STEPS = 1000;

/**
 * Writes `metadata.json` beside the artifacts: a convenience for people who open the folder, at the start of a run,
 * when it waits and when it ends; never verified, and a failure to write it harms nothing.
 */
export async function writeSummary(app: App, runId: RunId): Promise<void> {
  const [read, head] = await Promise.all([openRunReader(app, runId)(), app.store.log.head(runId)]);
  const { run, steps, attempts, artifacts, cost } = read.chronicle;
  const models = [
    ...new Set(attempts.flatMap(({ provider, model }) => (model === null ? [] : [`${provider}: ${model}`]))),
  ];
  const config = read.definitions.files.find(({ kind }) => kind === 'configs')?.id ?? run.config;
  const large = steps.length > MOST_STEPS;
  const listed = large ? { steps: { count: steps.length, file: 'steps.ndjson' } } : { steps };
  const document = {
    run,
    config,
    state: run.state,
    models,
    cost,
    ...listed,
    artifacts,
    signature: head?.signature ?? null,
  };
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  await app.store.files.writeSummary(runId, { name: 'metadata.json', text });
  if (!large) return;
  const lines = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  await app.store.files.writeSummary(runId, { name: 'steps.ndjson', text: lines });
}
