import type { Clock } from '../core/ports.ts';

const DEAD_AFTER_MS = 4000;
const LOOK_EVERY_MS = 100;

export type Observed = 'live' | 'unknown' | 'dead';

/** A worker's counter, as it stands now. */
export interface Beating {
  readonly id: string;
  readonly beats: number;
  readonly stopped: boolean;
}

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

  /** Forgets all workers but these. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
  }

  /** Looks at a run's holder, undefined when there is none, until it is clear whether it lives. */
  async isLiving(holder: () => Beating | undefined, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      const worker = holder();
      const observed = worker === undefined ? 'dead' : this.observe(worker);
      if (observed !== 'unknown') return observed === 'live';
      await this.#clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  /** Takes in where a worker's counter stands now. */
  observe(worker: Beating): Observed {
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
