import type { RunEvent } from '../../core/events.ts';
import type { RunId } from '../../core/ids.ts';
import type { KitStore } from '../kit-store.ts';

/** What a follower has seen since the beginning, and whether it was told everything once and in order. */
export class LiveLog implements AsyncDisposable {
  readonly faults: string[] = [];
  readonly #unfinished = new Set<RunId>();
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #events = 0;
  #ended = 0;
  #abandoned = 0;
  #quarantined = 0;
  #position = 0;

  constructor({ log }: KitStore) {
    this.#following = this.#follow(log);
  }

  /** Runs that were submitted and have not ended. */
  get unfinished(): number {
    return this.#unfinished.size;
  }

  /** Of all runs together. */
  get events(): number {
    return this.#events;
  }

  get ended(): number {
    return this.#ended;
  }

  /** How hard the runs were hit. */
  get summary(): string {
    return `${this.#ended} runs have ended, ${this.#abandoned} attempts were abandoned, ${this.#quarantined} runs quarantined`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(log: KitStore['log']): Promise<void> {
    try {
      for await (const event of log.follow({ position: 0 }, this.#stop.signal)) {
        const { position } = event;
        if (position <= this.#position) this.faults.push(`a follower was told of position ${position} out of order`);
        this.#position = position;
        this.#events += 1;
        if (event.runId !== null) this.#note(event);
      }
    } catch (thrown) {
      if (!this.#stop.signal.aborted) this.faults.push(`a follower was thrown out: ${String(thrown)}`);
    }
  }

  #note(event: RunEvent): void {
    const { runId, type } = event;
    if (type === 'run.created') this.#unfinished.add(runId);
    if (type === 'attempt.ended' && event.data.state === 'abandoned') this.#abandoned += 1;
    if (type !== 'run.ended') return;
    if (!this.#unfinished.delete(runId)) this.faults.push(`a follower was told twice that run ${runId} ended`);
    this.#ended += 1;
    if (event.data.state === 'quarantined') this.#quarantined += 1;
  }
}
