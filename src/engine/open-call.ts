import type { RunFold } from '../core/apply.ts';
import type { EventData } from '../core/events.ts';
import type { StepPath } from '../core/ids.ts';
import { toStemmaError } from '../core/errors.ts';
import { costOf } from '../core/prices.ts';
import type { Ledger, OpenReservation } from '../core/ports.ts';
import type { Usage } from '../core/schema.ts';
import type { CallResult, Capability } from '../core/stage.ts';
import { healthOf } from './breakers.ts';
import type { Health, Passage } from './breakers.ts';
import type { Engine } from './engine.ts';
import type { ChosenRoute } from './routing.ts';
import type { RunSession } from './run-session.ts';

/** What a call has cost, for the end of its attempt. */
export type Bill = Pick<EventData['attempt.ended'], 'usage' | 'priced'>;

/** Faults of requests that were not worked on: nobody charges for them. */
const NOT_SERVED: ReadonlySet<string> = new Set([
  'PROVIDER_UNREACHABLE',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_REFUSED',
  'PROVIDER_AUTH',
  'PROVIDER_KEY_HOST',
  'MODEL_MISSING',
]);

export interface OpenCallParts {
  readonly engine: Pick<Engine, 'ledger' | 'prices'>;
  readonly session: Pick<RunSession, 'break'>;
  readonly route: ChosenRoute;
  /** With its cost, as far as there is a price. */
  readonly estimate: Usage;
  /** Absent for a call that asked nobody for anything. */
  readonly reservation: number | undefined;
  readonly passage: Passage;
}

/** A call to a model from the moment it is made: told once how it ended, it settles what was reserved. */
export class OpenCall {
  readonly #parts: OpenCallParts;
  #served: (Bill & { readonly provider: string; readonly model: string }) | undefined;

  constructor(parts: OpenCallParts) {
    this.#parts = parts;
  }

  /** Who served it and what it cost; undefined while it is under way. */
  get served(): (Bill & { readonly provider: string; readonly model: string }) | undefined {
    return this.#served;
  }

  /** What its usage says counts; without one, a fault that nobody charges for. */
  async answered(result: CallResult<Capability>): Promise<void> {
    const health = result.ok ? 'up' : healthOf(result.fault.code);
    const model = result.ok ? result.model : this.#parts.route.model;
    const { engine, route } = this.#parts;
    if (result.usage === undefined) return this.failed(result.ok ? '' : result.fault.code);
    const priced = { candidate: route.recorded.chosen, location: route.provider.location };
    const costMicroUsd = costOf(result.usage, priced, engine.prices);
    await this.#close(health, model, {
      usage: { ...result.usage, costMicroUsd },
      priced: costMicroUsd === null ? 'no' : 'yes',
    });
  }

  /** It ended with a fault, or nobody has seen how: then what was expected is taken for what it cost. */
  async failed(code: string): Promise<void> {
    const { estimate, route } = this.#parts;
    const usage = NOT_SERVED.has(code) ? { costMicroUsd: 0 } : { costMicroUsd: estimate.costMicroUsd };
    await this.#close(healthOf(code), route.model, { usage, priced: certaintyOf(usage.costMicroUsd) });
  }

  async #close(health: Health, model: string, bill: Bill): Promise<void> {
    if (this.#served !== undefined) return;
    const { engine, session, route, reservation, passage } = this.#parts;
    this.#served = { provider: route.provider.id, model, ...bill };
    passage.end(health);
    if (reservation === undefined) return;
    try {
      await engine.ledger.settle(reservation, bill.usage?.costMicroUsd ?? null);
    } catch (thrown) {
      session.break(toStemmaError(thrown)); // the next holder finds it left behind
      throw thrown;
    }
  }
}

/** Of a cost that nobody has stated: what is free is known to be. */
const certaintyOf = (costMicroUsd: number | null): Bill['priced'] => {
  if (costMicroUsd === null) return 'no';
  return costMicroUsd === 0 ? 'yes' : 'estimated';
};

/** What earlier holders of a run have reserved and nobody has settled. */
export interface LeftBehind {
  readonly isNothing: boolean;
  /** What to record as the cost of attempts that are still open: what was expected, as nobody knows how those calls ended. */
  readonly bills: ReadonlyMap<StepPath, Bill>;
  /** To be called once that is on disk: settled twice is settled once, never recorded would be lost. */
  settle(): Promise<void>;
}

/** @throws {StemmaError} LEASE_LOST · STORE_BUSY */
export async function leftBehind(
  { ledger }: { readonly ledger: Ledger },
  { lease, fold }: { readonly lease: RunSession['lease']; readonly fold: RunFold },
): Promise<LeftBehind> {
  const left = await ledger.left(lease);
  const isOpen = ({ path, attempt }: OpenReservation): boolean =>
    fold.open.has(path) && fold.steps.get(path)?.attempt === attempt;
  const bills = left
    .filter(isOpen)
    .map(({ path, costMicroUsd }) => [path, { usage: { costMicroUsd }, priced: certaintyOf(costMicroUsd) }] as const);
  return {
    isNothing: left.length === 0,
    bills: new Map(bills),
    async settle() {
      for (const { id, costMicroUsd } of left) await ledger.settle(id, costMicroUsd);
    },
  };
}
