import { toWireEvent } from '../core/events.ts';
import type { LogEvent } from '../core/events.ts';
import type { Json } from '../core/json.ts';
import type { App } from './context.ts';
import { parseRunId, runNotFound } from './read-run.ts';

/**
 * The run's events as programs read them, in order, each once; with `follow` until the run has ended.
 *
 * @throws {StemmaError} RUN_NOT_FOUND
 */
export async function* readEvents(
  app: App,
  id: string,
  options: { readonly follow: boolean; readonly signal: AbortSignal },
): AsyncIterable<Json> {
  const runId = parseRunId(id);
  if ((await app.store.log.head(runId)) === undefined) throw runNotFound(runId);
  const source: AsyncIterable<LogEvent> = options.follow
    ? app.store.log.follow({ position: 0, runId }, options.signal)
    : app.store.log.read(runId);
  for await (const event of source) {
    yield toWireEvent(event);
    if (event.type === 'run.ended') return;
  }
}
