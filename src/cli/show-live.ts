import type { App } from '../app/context.ts';
import { readRun } from '../app/read-run.ts';
import { watchRun } from '../app/watch-run.ts';
import type { RunId } from '../core/ids.ts';
import { openLiveView } from './draw/live.ts';
import { stepTitle } from './draw/step-title.ts';
import { styleOf, widthOf } from './output.ts';

/** Shows the run on stderr while it goes on, until it has ended or the signal comes. */
export async function showLive(app: App, runId: RunId, signal: AbortSignal): Promise<void> {
  const stream = process.stderr;
  const { title, language } = await wordsOf(app, runId);
  const view = openLiveView({
    stream,
    style: styleOf(stream),
    width: widthOf(stream),
    language,
    title,
  });
  try {
    for await (const chronicle of watchRun(app, runId, signal)) view.show(chronicle);
  } finally {
    view.done();
  }
}

/** How a run speaks: its own language, and the titles that its pipeline gives to step paths. */
export async function wordsOf(
  app: App,
  runId: RunId,
): Promise<{ readonly language: string; readonly title: (path: string) => string }> {
  const { pipeline, chronicle } = await readRun(app, runId);
  const language = chronicle.run.lang;
  return { language, title: (path) => stepTitle(path, pipeline, language) };
}
