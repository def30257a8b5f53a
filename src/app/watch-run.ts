import type { RunId } from '../core/ids.ts';
import type { Chronicle } from '../core/shapes.ts';
import { isTerminal, RUN_MOVES } from '../core/states.ts';
import type { App } from './context.ts';
import { openRunReader } from './read-run.ts';

/** Several events of one moment are shown together. */
const SETTLE_MS = 80;

/** The run's chronicle whenever something has happened to it, until it has ended or the signal comes. */
export async function* watchRun(app: App, runId: RunId, signal: AbortSignal): AsyncIterable<Chronicle> {
  const read = openRunReader(app, runId, { forecast: true });
  const { chronicle: first, events } = await read();
  yield first;
  if (isTerminal(RUN_MOVES, first.run.state)) return;
  const stop = new AbortController();
  const news = new News();
  const following = followRun(app, { runId, from: events.at(-1)?.position ?? 0 }, { stop, signal, news });
  following.catch(() => {}); // awaited below; a fault while a chronicle is read must not count as unhandled
  try {
    while (await news.next()) {
      await app.clock.sleep(SETTLE_MS, signal).catch(() => {}); // stopped: the last state is still shown
      const { chronicle } = await read();
      yield chronicle;
      if (isTerminal(RUN_MOVES, chronicle.run.state)) return;
    }
  } finally {
    stop.abort();
    await following;
  }
}

async function followRun(
  app: App,
  at: { runId: RunId; from: number },
  to: { stop: AbortController; signal: AbortSignal; news: News },
): Promise<void> {
  const signal = AbortSignal.any([to.stop.signal, to.signal]);
  try {
    for await (const _event of app.store.log.follow({ position: at.from, runId: at.runId }, signal)) to.news.tell();
  } finally {
    to.news.end();
  }
}

/** One bell for any number of events that rang meanwhile. */
class News {
  #bell = Promise.withResolvers<void>();
  #rung = false;
  #ended = false;

  tell(): void {
    this.#rung = true;
    this.#bell.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#bell.resolve();
  }

  /** True when there is news, false when there will be none. */
  async next(): Promise<boolean> {
    await this.#bell.promise;
    const rung = this.#rung;
    this.#rung = false;
    if (!this.#ended) this.#bell = Promise.withResolvers<void>();
    return rung || !this.#ended;
  }
}
