import type { Clock } from '../core/ports.ts';

const DEAD_AFTER_MS = 4000;

export type Observed = 'live' | 'unknown' | 'dead';

interface Sighting {
  beats: number;
  /** When the counter was first seen at this value, by the observer's monotonic clock. */
  since: number;
  moved: boolean;
}

/** Who is alive, as one observer sees it: by counters that move, never by the wall clock (guarantee 4). */
export class WorkerWatch {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Sighting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in where a worker's counter stands now. */
  observe(worker: { readonly id: string; readonly beats: number; readonly stopped: boolean }): Observed {
    if (worker.stopped) return 'dead';
    const now = this.#clock.monotonicMs();
    const seen = this.#seen.get(worker.id);
    if (seen === undefined || seen.beats !== worker.beats) {
      const moved = seen !== undefined;
      this.#seen.set(worker.id, { beats: worker.beats, since: now, moved });
      return moved ? 'live' : 'unknown';
    }
    if (now - seen.since >= DEAD_AFTER_MS) return 'dead';
    return seen.moved ? 'live' : 'unknown';
  }
}
