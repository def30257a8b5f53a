import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';
import type { CircuitBreakerPolicy, IBackoff, IBackoffFactory } from 'cockatiel';
import type { InstallationDraft } from '../core/events.ts';
import type { Instant, WorkerId } from '../core/ids.ts';
import type { Clock, InstallationLog } from '../core/ports.ts';

const FAILURES = 5;
const OPEN_MS = 60_000;
/** A probe that has not ended by then has failed, as far as the breaker goes; the call itself goes on. */
const PROBE_MS = 120_000;
/** While someone else's probe is under way, it is worth asking again after this time, or after as long as it has taken. */
const ASK_AGAIN_MS = 5000;

/** What the end of a call says about its service: `silent` ends say nothing. */
export type Health = 'up' | 'down' | 'silent';

/** Faults that speak of the service. Rate limits and refusals come from one that works; the rest is our own. */
const DOWN: ReadonlySet<string> = new Set([
  'PROVIDER_UNREACHABLE',
  'PROVIDER_TIMEOUT',
  'PROVIDER_BAD_REPLY',
  'STEP_TIMEOUT',
]);
export const healthOf = (code: string): Health => (DOWN.has(code) ? 'down' : 'silent');

/** Why a candidate is not called now, and when it is worth asking again. */
export interface Bar {
  readonly reason: 'breaker open' | 'probe under way';
  readonly until: Instant;
}

/** A call that a breaker has let pass; it is told once how the call ended. */
export interface Passage {
  end(health: Health): void;
}

export interface BreakersParts {
  readonly clock: Clock;
  readonly worker: WorkerId;
  readonly installation: Pick<InstallationLog, 'append'>;
}

/**
 * A circuit breaker for each candidate (`provider/model`) of this process.
 *
 * ```
 * closed ──5 failures in a row──▶ open ──60 s──▶ half-open: exactly one call, the probe
 *    ▲                             ▲                │
 *    └──────── it succeeded ───────┼────────────────┤
 *                                  └─ any other end ┘
 * ```
 */
export class Breakers {
  readonly #parts: BreakersParts;
  readonly #breakers = new Map<string, Breaker>();

  constructor(parts: BreakersParts) {
    this.#parts = parts;
  }

  /** Undefined when the candidate may be called. */
  barOf(candidate: string): Bar | undefined {
    return this.#breakers.get(candidate)?.bar();
  }

  /** Undefined when the breaker has opened, or another call has become the probe. */
  enter(candidate: string): Passage | undefined {
    const breaker = this.#breakers.get(candidate) ?? new Breaker(candidate, this.#parts);
    this.#breakers.set(candidate, breaker);
    return breaker.enter();
  }
}

/** Our own failures and those of a canceled call pass cockatiel by: it would take them for successes. */
class Silent extends Error {}

class Breaker {
  readonly #candidate: string;
  readonly #parts: BreakersParts;
  readonly #policy: CircuitBreakerPolicy;
  #failures = 0;
  /** When it half-opens, in the clock's monotonic time. */
  #opensUntilMs = 0;
  #probeSinceMs = 0;

  constructor(candidate: string, parts: BreakersParts) {
    this.#candidate = candidate;
    this.#parts = parts;
    this.#policy = circuitBreaker(
      handleWhenResult((health) => health === 'down'),
      { halfOpenAfter: this.#backoff(), breaker: new ConsecutiveBreaker(FAILURES) },
    );
    this.#policy.onBreak(() => this.#tell('breaker.opened', { failures: this.#failures }));
    this.#policy.onHalfOpen(() => this.#tell('breaker.halfOpened', {}));
    this.#policy.onReset(() => this.#tell('breaker.closed', {}));
  }

  bar(): Bar | undefined {
    const { clock } = this.#parts;
    const inMs = (ms: number): Instant => (clock.now() + Math.ceil(ms)) as Instant;
    if (this.#policy.state === CircuitState.HalfOpen) {
      const takenMs = clock.monotonicMs() - this.#probeSinceMs;
      return { reason: 'probe under way', until: inMs(Math.max(ASK_AGAIN_MS, takenMs)) };
    }
    const left = this.#opensUntilMs - clock.monotonicMs();
    if (this.#policy.state === CircuitState.Closed || left <= 0) return undefined;
    return { reason: 'breaker open', until: inMs(left) };
  }

  enter(): Passage | undefined {
    if (this.bar() !== undefined) return undefined;
    const isProbe = this.#policy.state === CircuitState.Open;
    const ended = Promise.withResolvers<Health>();
    const timer = new AbortController();
    // moves the state within this turn, so that nobody else becomes the probe
    this.#policy.execute(() => ended.promise.then((health) => this.#judge(health, isProbe))).catch(() => {});
    if (isProbe) {
      this.#probeSinceMs = this.#parts.clock.monotonicMs();
      this.#parts.clock.sleep(PROBE_MS, timer.signal).then(
        () => ended.resolve('down'),
        () => {},
      );
    }
    return {
      end: (health) => {
        timer.abort();
        ended.resolve(health);
      },
    };
  }

  #judge(health: Health, isProbe: boolean): Health {
    const verdict = isProbe && health !== 'up' ? 'down' : health;
    if (verdict === 'silent') throw new Silent();
    this.#failures = verdict === 'down' ? this.#failures + 1 : 0;
    return verdict;
  }

  /**
   * cockatiel holds the wall clock against a duration that it reads each time: one that is endless until the engine's
   * own clock says otherwise makes that clock decide.
   */
  #backoff(): IBackoffFactory<unknown> {
    const { clock } = this.#parts;
    const next = (): IBackoff<unknown> => {
      const until = clock.monotonicMs() + OPEN_MS;
      this.#opensUntilMs = until;
      return {
        next,
        get duration(): number {
          return clock.monotonicMs() < until ? Infinity : -Infinity;
        },
      };
    };
    return { next };
  }

  /** Not waited for: a call must not stand in line behind the log. */
  #tell(type: 'breaker.opened' | 'breaker.halfOpened' | 'breaker.closed', more: { readonly failures?: number }): void {
    const data = { candidate: this.#candidate, worker: this.#parts.worker, ...more };
    this.#parts.installation.append([{ type, data } as InstallationDraft]).catch(() => {});
  }
}
