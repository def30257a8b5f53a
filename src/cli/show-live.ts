import type { App } from '../app/context.ts';
import { readRun } from '../app/read-run.ts';
import { watchRun } from '../app/watch-run.ts';
import type { RunId } from '../core/ids.ts';
import { localText } from '../core/json.ts';
import { placeOf } from '../core/chronicle/place.ts';
import { openLiveView } from './draw/live.ts';
import { styleOf, widthOf } from './output.ts';

/** Shows the run on stderr while it goes on, until it has ended or the signal comes. */
export async function showLive(app: App, runId: RunId, signal: AbortSignal): Promise<void> {
  const stream = process.stderr;
  const title = await titlesOf(app, runId);
  const view = openLiveView({
    stream,
    style: styleOf(stream),
    width: widthOf(stream),
    language: app.settings.language,
    title,
  });
  try {
    for await (const chronicle of watchRun(app, runId, signal)) view.show(chronicle);
  } finally {
    view.done();
  }
}

/** Step path → its title for a person, from the run's own pipeline. */
export async function titlesOf(app: App, runId: RunId): Promise<(path: string) => string> {
  const { pipeline } = await readRun(app, runId);
  return (path) => {
    const { step } = placeOf(path as never, pipeline);
    return step?.title === undefined ? (step?.id ?? path) : localText(step.title, app.settings.language);
  };
}
