/**
 * The chronicle: everything others read about a run, from one function over its events and artifacts, never stored
 * twice. See spec chapter 3, "Shapes that others read".
 */
import { triesOf } from './chronicle/attempts.ts';
import { itemsOf } from './chronicle/items.ts';
import { runView } from './chronicle/run-view.ts';
import { costOf, stepViews } from './chronicle/steps.ts';
import type { ChronicleSource } from './chronicle/source.ts';
import { progressOf } from './progress.ts';
import type { ArtifactView, Chronicle } from './shapes.ts';
import type { ArtifactRow } from './ports.ts';

export type { ChronicleSource } from './chronicle/source.ts';

/** The whole view of a run. */
export function chronicleOf(source: ChronicleSource): Chronicle {
  const tries = triesOf(source);
  const attempts = tries.map(({ view }) => view);
  const steps = stepViews(source, tries);
  const cost = costOf(attempts);
  return {
    run: runView(source, cost),
    items: itemsOf(source, tries),
    steps,
    attempts,
    artifacts: source.artifacts.map(artifactView),
    cost,
    progress: progressOf(source, steps),
    branches: source.branches,
  };
}

export function artifactView(row: ArtifactRow): ArtifactView {
  const { id, runId, type, mediaType, sha256, salt, sizeBytes, sources } = row;
  const { stepPath = null, spanId = null, language = null, width = null, height = null } = row;
  return { id, runId, stepPath, spanId, type, mediaType, sha256, salt, sizeBytes, sources, language, width, height };
}
