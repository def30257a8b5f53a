import type { Instant } from '../../src/core/ids.ts';
import type { Clock } from '../../src/core/ports.ts';

const START = Date.UTC(2026, 0, 5, 9);

/** Time that passes by `advance` only. */
export class TestClock implements Clock {
  #now = START;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();

  now(): Instant {
    return this.#now as Instant;
  }

  monotonicMs(): number {
    return this.#now - START;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper = {
        dueMs: this.#now + ms,
        wake: (): void => {
          signal?.removeEventListener('abort', leave);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      if (signal?.aborted === true) reject(signal.reason);
      else {
        signal?.addEventListener('abort', leave, { once: true });
        this.#sleepers.add(sleeper);
        if (ms <= 0) sleeper.wake();
      }
    });
  }

  /** Lets time pass; whoever sleeps until then wakes, earliest first. */
  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= this.#now);
    for (const { wake } of due.toSorted((a, b) => a.dueMs - b.dueMs)) wake();
  }

  advanceTo(instant: number): void {
    if (instant > this.#now) this.advance(instant - this.#now);
  }
}

/** Lets everything go on that can go on without time passing. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Until it is true, within a number of turns of the event loop. */
export async function until(isTrue: () => boolean, what = 'what was waited for'): Promise<void> {
  for (let turn = 0; turn < 2000; turn += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${what} did not happen`);
}
