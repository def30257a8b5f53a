import { GENESIS, assertInstallationData, eventBody, eventHash, parseLogEvent } from '../../core/events.ts';
import type { InstallationDraft, InstallationEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { Digest, Instant, Sha256 } from '../../core/ids.ts';
import type { Clock, InstallationLog, StoredBody } from '../../core/ports.ts';
import { INSTALLATION, LOG } from '../changes.ts';
import type { GroupedWrites } from './grouped-writes.ts';
import type { MemoryState, StoredEvent } from './state.ts';

export interface MemoryInstallationLogParts {
  readonly state: MemoryState;
  readonly writes: GroupedWrites;
  readonly clock: Clock;
  readonly digest: Digest;
}

/** The installation's own log: a chain of its own among the events. */
export class MemoryInstallationLog implements InstallationLog {
  readonly #parts: MemoryInstallationLogParts;

  constructor(parts: MemoryInstallationLogParts) {
    this.#parts = parts;
  }

  append(drafts: readonly InstallationDraft[]): Promise<{ seq: number; position: number }> {
    return this.#parts.writes.write((topics) => this.appendNow(drafts, topics));
  }

  /**
   * Inside a write, as its last part: nothing undoes it.
   *
   * @throws {StemmaError} INTERNAL for a malformed event; none of them is stored
   */
  appendNow(drafts: readonly InstallationDraft[], topics: Set<string>): { seq: number; position: number } {
    const { clock, digest, state } = this.#parts;
    const { events } = state.installation;
    drafts.forEach(assertInstallationData);
    const at = Math.max(clock.now(), state.installation.at) as Instant;
    for (const draft of drafts) {
      const seq = events.length + 1;
      const body = eventBody(null, { seq, at }, draft);
      const hash = eventHash(digest, events.at(-1)?.hash ?? GENESIS, body);
      const event: StoredEvent = { runId: null, seq, position: state.events.length + 1, body, hash };
      events.push(event);
      state.events.push(event);
      state.installation.at = at;
    }
    topics.add(LOG).add(INSTALLATION);
    return { seq: events.length, position: events.at(-1)?.position ?? 0 };
  }

  async *read(range: { afterSeq?: number; limit?: number } = {}): AsyncGenerator<InstallationEvent> {
    const { afterSeq = 0, limit = Number.POSITIVE_INFINITY } = range;
    const last = afterSeq + limit;
    for (let seq = afterSeq; seq < last; seq += 1) {
      const event = this.#parts.state.installation.events[seq];
      if (event === undefined) return;
      yield parseLogEvent(event.body, event) as InstallationEvent;
    }
  }

  async *bodies(): AsyncGenerator<StoredBody> {
    for (const { seq, position, body, hash } of this.#parts.state.installation.events)
      yield { seq, position, body, hash: toHex(hash) as Sha256 };
  }
}
