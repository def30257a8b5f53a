import { StemmaError } from '../core/errors.ts';
import type { Append, Clock, Lease, RunLog, WorkQueue } from '../core/ports.ts';

/** How often a worker that is not standing still says so to itself. */
const TICK_MS = 1000;
/** A tick that comes so much later than it should tells of a gap, in which others may have taken the runs over. */
const LATE_MS = 3000;

/** Told that the run is no longer its holder's. */
type OnLost = (error: StemmaError) => void;

/**
 * Notices by a worker's own monotonic clock that its process stood still (stopped, swapped out, its event loop blocked),
 * and asks for each of its leases whether it still counts, before anything more is appended. The token in the store
 * would refuse the append too; this one also stops calls that nobody needs any more, at once.
 */
export class LeaseGuard {
  readonly #clock: Clock;
  readonly #queue: WorkQueue;
  readonly #held = new Map<string, { readonly lease: Lease; readonly onLost: OnLost }>();
  #tickedMs: number;
  #asking: Promise<void> | undefined;

  constructor({ clock, queue }: { readonly clock: Clock; readonly queue: WorkQueue }) {
    this.#clock = clock;
    this.#queue = queue;
    this.#tickedMs = clock.monotonicMs();
  }

  watch(lease: Lease, onLost: OnLost): void {
    this.#held.set(nameOf(lease), { lease, onLost });
  }

  leave(lease: Lease): void {
    this.#held.delete(nameOf(lease));
  }

  /** Ticks until the signal. */
  async tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(TICK_MS, signal).catch(() => {});
      const now = this.#clock.monotonicMs();
      const asking = this.#asksAfterGap();
      if (asking === undefined) this.#tickedMs = now;
      else await asking.catch(() => {}); // the next append or tick asks again
    }
  }

  /** The log as those write to it who hold runs here. */
  guard(log: RunLog): RunLog {
    const append: RunLog['append'] = (lease, entry) => {
      const asking = this.#asksAfterGap();
      return asking === undefined
        ? this.#append(log, lease, entry)
        : asking.then(() => this.#append(log, lease, entry));
    };
    return new Proxy(log, {
      get(target, name) {
        if (name === 'append') return append;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async #append(log: RunLog, lease: Lease, entry: Append): ReturnType<RunLog['append']> {
    if (!this.#held.has(nameOf(lease))) throw leaseLost(lease);
    return log.append(lease, entry);
  }

  /** Under way while it is not clear which leases a gap has cost; undefined when there was none. */
  #asksAfterGap(): Promise<void> | undefined {
    if (this.#asking !== undefined) return this.#asking;
    if (this.#clock.monotonicMs() - this.#tickedMs <= TICK_MS + LATE_MS) return undefined;
    this.#asking = this.#askForAll().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askForAll(): Promise<void> {
    const asked = this.#clock.monotonicMs();
    await Promise.all([...this.#held.values()].map(({ lease }) => this.#ask(lease)));
    this.#tickedMs = asked;
  }

  async #ask(lease: Lease): Promise<void> {
    if (await this.#queue.holds(lease)) return;
    const held = this.#held.get(nameOf(lease));
    this.leave(lease);
    held?.onLost(leaseLost(lease));
  }
}

const nameOf = ({ runId, token }: Lease): string => `${runId}#${token}`;

const leaseLost = ({ runId, token }: Lease): StemmaError =>
  new StemmaError('LEASE_LOST', `The lease of run ${runId} with token ${token} no longer counts.`, {
    facts: { runId, token },
    hint: 'This process stood still, and another worker has taken the run over.',
  });
