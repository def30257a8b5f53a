/** Wakes readers when something was written, here or by another process. */

const POLL_MS = 20;

export const LOG = 'log';
export const QUEUE = 'queue';
/** The installation's own log. */
export const INSTALLATION = 'installation';
/** Something was given back, or a budget was set. */
export const LEDGER = 'ledger';
export const logOf = (runId: string): string => `log:${runId}`;
/** What a follower of one log waits for; undefined is all of them. */
export function followed(runId: string | null | undefined): string {
  if (runId === undefined) return LOG;
  return runId === null ? INSTALLATION : logOf(runId);
}
export const mailOf = (runId: string): string => `mail:${runId}`;

/**
 * Readers fetch, and when they found nothing, wait for `next` in the same turn, so no write can fall in between.
 * Own writes wake at once. Those of other processes are asked for every 20 ms, only while someone waits.
 */
export class Changes {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #writtenElsewhere: (() => boolean) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fresh = true;
  #count = 0;

  /** How often something changed; for who looks, does other things, and then waits. */
  get count(): number {
    return this.#count;
  }

  /** @param writtenElsewhere - whether another process has written since the last call */
  constructor(writtenElsewhere?: () => boolean) {
    this.#writtenElsewhere = writtenElsewhere;
  }

  /** Resolves at the next change of the topic, at any change by another process, or at the signal. */
  next(topic: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#leave(topic, wake);
        resolve();
      };
      signal.addEventListener('abort', wake);
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting.add(wake));
      this.#watch();
    });
  }

  publish(topics: Iterable<string>): void {
    this.#count += 1;
    for (const topic of topics) for (const wake of this.#waiting.get(topic) ?? []) wake();
  }

  #publishAll(): void {
    this.publish(this.#waiting.keys());
  }

  #leave(topic: string, wake: () => void): void {
    const waiting = this.#waiting.get(topic);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#waiting.delete(topic);
  }

  #watch(): void {
    if (this.#writtenElsewhere === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), POLL_MS);
  }

  #look(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#fresh = true;
      return;
    }
    // What was written before the watch began, but after the reader had looked, is no change of the version any more.
    if (this.#changed() || this.#fresh) this.#publishAll();
    this.#fresh = false;
  }

  #changed(): boolean {
    try {
      return this.#writtenElsewhere?.() ?? false;
    } catch {
      return true; // the readers meet the same error and say it to their callers
    }
  }
}
