import { lastBlock } from '../core/chronicle/source.ts';
import { StepTable } from '../core/chronicle/step-table.ts';
import { runView } from '../core/chronicle/run-view.ts';
import type { RunEvent } from '../core/events.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import type { ArtifactRow, DefinitionSet } from '../core/ports.ts';
import type { Cost, RunView, StepView } from '../core/shapes.ts';
import type { App } from './context.ts';
import { readDefinitions, readSource, readTexts } from './read-run.ts';

/** A run without its journey: nothing of it is a text of a step. */
export interface RunOutline {
  readonly run: RunView;
  readonly steps: readonly StepView[];
  /** `provider: model`, each once. */
  readonly models: readonly string[];
  readonly cost: Cost;
  readonly rows: readonly ArtifactRow[];
  readonly definitions: DefinitionSet;
}

/**
 * The same views as in a run's chronicle, from one pass over its events: of a run of many thousand steps neither the
 * events nor the texts are held.
 *
 * @throws {StemmaError} RUN_NOT_FOUND
 */
export async function readOutline(app: App, runId: RunId): Promise<RunOutline> {
  /** Of the run itself, with what stopped it. */
  const events: RunEvent[] = [];
  const table = new StepTable({ digest: app.digest, message: (key) => key });
  let block: ReturnType<typeof lastBlock>;
  for await (const event of app.store.log.read(runId)) {
    table.take(event);
    block = lastBlock([event]) ?? block;
    if (event.stepPath === undefined) events.push(event);
  }
  const definitions = await readDefinitions(app, runId, events);
  const { steps, models, cost } = table.end();
  const rows = await app.store.log.artifacts(runId);
  const texts = new Map<ArtifactId, string>();
  const isEvidence = ({ id }: ArtifactRow): boolean => id === block?.data.evidence.id;
  await readTexts(app, rows.filter(isEvidence), texts);
  if (block !== undefined) events.splice(1, 0, block);
  const parts = { events, rows, definitions, texts, branches: [], typicalMs: undefined };
  const run = runView(await readSource(app, runId, parts), cost);
  return { run, steps, models, cost, rows, definitions };
}
