import type { StepRecord } from '../core/apply.ts';
import type { OutputDefinition, ProfileDefinition, RetryPolicy } from '../core/definitions.ts';
import type { Instant } from '../core/ids.ts';
import { costOf } from '../core/prices.ts';
import type { BudgetRef } from '../core/ports.ts';
import type { Fault, RecordedRoute, Strategy } from '../core/schema.ts';
import type { Capability, Provider } from '../core/stage.ts';
import type { Engine } from './engine.ts';
import { mayRetry } from './retry.ts';
import { expectedUsage, misfitOf } from './routing/asks.ts';
import type { Asks } from './routing/asks.ts';
import { inOrderOf } from './routing/strategies.ts';

/** A provider and a model for one attempt. */
export interface ChosenRoute {
  readonly kind: 'chosen';
  readonly provider: Pick<Provider, 'id' | 'location'>;
  readonly model: string;
  readonly recorded: RecordedRoute & { readonly chosen: string };
  /** Whether anybody is left for when this one is used up. */
  readonly hasOthers: boolean;
}

export type Route =
  | ChosenRoute
  /** All that could serve are left alone by their breakers: it is worth asking again then. */
  | { readonly kind: 'barred'; readonly until: Instant; readonly recorded: RecordedRoute }
  | { readonly kind: 'none'; readonly fault: Fault; readonly recorded: RecordedRoute };

/** What a step needs served. */
export interface Need {
  readonly capability: Capability;
  readonly role: string | undefined;
  readonly profile: ProfileDefinition;
  readonly output: OutputDefinition | undefined;
  readonly asks: Asks;
  /** What has become of the step so far. */
  readonly known: StepRecord | undefined;
  readonly retry: RetryPolicy;
  readonly budgets: readonly BudgetRef[];
}

export type Router = Pick<Engine, 'providers' | 'routes' | 'breakers' | 'prices' | 'ledger' | 'limits'>;

/** Somebody who offers what is needed. */
export interface Candidate {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  /** Micro-USD of a call as far as can be told before there is a request; null without a price. */
  readonly expectedCost: number | null;
}

/** Roles that nobody outside the house may fill. */
const LOCAL_ROLES: ReadonlySet<string> = new Set(['safety', 'describe']);
/**
 * How often in a row a step waits because all candidates are behind open breakers. A breaker half-opens after a minute,
 * and a probe of another run takes a look or a few more, so a step holds out for a quarter of an hour at least; then it
 * has failed like one that nobody can serve.
 */
const MOST_BARRED = 30;
const MOST_REASONS = 12;

/**
 * Who serves the next attempt: an output's pin or else the role's models, then the output's `fallback`. Who cannot serve
 * is ruled out; who does not say that the request fits, or costs more than the budgets are expected to have left, comes
 * into question only when nobody else does, because limits and costs are rough before there is a request. The strategy
 * chooses among those that are left, and the order of the list where it does not decide.
 */
export async function chooseRoute(need: Need, router: Router): Promise<Route> {
  const candidates = namesOf(need);
  const strategy = strategyOf(need);
  const ruledOut = new Map<string, string>();
  const fit: Candidate[] = [];
  for (const name of candidates) {
    const found = find(name, need, router);
    if (typeof found === 'string') ruledOut.set(name, found);
    else fit.push(found);
  }
  const bars = new Map(fit.flatMap(({ name }) => asEntry(name, router.breakers.barOf(name))));
  for (const [name, { reason }] of bars) ruledOut.set(name, reason);
  const open = fit.filter(({ name }) => !bars.has(name));
  const pool = await preferred(open, need, { router, ruledOut });
  const [first] = await inOrderOf(strategy, pool, router.routes);
  const record = (chosen: string | null): RecordedRoute => ({
    chosen,
    candidates,
    ruledOut: Object.fromEntries(ruledOut),
    strategy,
  });
  if (first !== undefined) {
    const { name, provider, model } = first;
    const recorded = { ...record(name), chosen: name };
    return { kind: 'chosen', provider, model, recorded, hasOthers: fit.length > 1 };
  }
  const recorded = record(null);
  const times = [...bars.values()].map(({ until }) => until);
  if (times.length > 0 && (need.known?.barred ?? 0) < MOST_BARRED)
    return { kind: 'barred', until: Math.min(...times) as Instant, recorded };
  return { kind: 'none', fault: noCandidate(need, recorded), recorded };
}

const asEntry = <T>(name: string, value: T | undefined): (readonly [string, T])[] =>
  value === undefined ? [] : [[name, value]];

/** Whom a step may call, in the order they are written. */
export function namesOf({
  output,
  role,
  profile,
  capability,
}: Pick<Need, 'output' | 'role' | 'profile' | 'capability'>): string[] {
  const ofMedium = !capability.startsWith('text.');
  const ofRole = role === undefined ? [] : (profile.roles[role] ?? []);
  if (output === undefined || !ofMedium) return [...ofRole];
  const first = output.pin === undefined ? ofRole : [output.pin];
  return [...new Set([...first, ...(output.fallback ?? [])])];
}

function strategyOf({ profile: { strategy }, role }: Need): Strategy {
  if (typeof strategy === 'string') return strategy;
  return strategy[role ?? ''] ?? 'fixed';
}

/** The candidate, or why it cannot serve the step at all. */
function find(name: string, need: Need, router: Router): Candidate | string {
  const slash = name.indexOf('/');
  const model = name.slice(slash + 1);
  const provider = router.providers.all.get(name.slice(0, slash));
  if (provider === undefined) return 'unknown provider';
  const offer = provider.offers[need.capability];
  if (offer === undefined) return 'does not offer this';
  if (!offer.models.includes(model)) return 'has no such model';
  const reason = whyNotHere(provider, need, router) ?? (isUsedUp(name, need) ? 'has failed here' : undefined);
  if (reason !== undefined) return reason;
  const priced = { candidate: name, location: provider.location };
  return { name, provider, model, expectedCost: costOf(expectedUsage(need.asks), priced, router.prices) };
}

function whyNotHere({ location }: Provider, { role = '', output }: Need, { limits }: Router): string | undefined {
  if (location !== 'local') return LOCAL_ROLES.has(role) ? 'not local' : undefined;
  const { vramMb: needed = 0 } = output ?? {};
  return needed > (limits.vramMb ?? Infinity) ? 'too little graphics memory' : undefined;
}

function isUsedUp(name: string, { known, retry }: Need): boolean {
  const failed = known?.failed.get(name);
  return failed !== undefined && (failed.fault === undefined || !mayRetry(failed.fault, failed.failures, retry));
}

/** Those without an objection, or all when everybody has one. */
async function preferred(
  open: readonly Candidate[],
  need: Need,
  { router, ruledOut }: { readonly router: Router; readonly ruledOut: Map<string, string> },
): Promise<readonly Candidate[]> {
  if (open.length < 2) return open;
  const costs = open.some(({ expectedCost }) => expectedCost !== null && expectedCost > 0);
  const available = costs ? await router.ledger.available(need.budgets) : null;
  const objections = new Map(
    open.flatMap((candidate) => asEntry(candidate.name, objectionTo(candidate, need, available))),
  );
  const without = open.filter(({ name }) => !objections.has(name));
  if (without.length === 0) return open;
  for (const [name, reason] of objections) ruledOut.set(name, reason);
  return without;
}

function objectionTo(
  { provider, expectedCost }: Candidate,
  { capability, asks }: Need,
  available: number | null,
): string | undefined {
  if (available !== null && expectedCost !== null && expectedCost > available) return 'over the budget';
  return misfitOf(provider.offers[capability]?.limits, asks);
}

/** Each candidate with its reason, as far as there is room; the record has them all. */
function noCandidate({ capability, role }: Need, { candidates, ruledOut }: RecordedRoute): Fault {
  const reasons = Object.entries(ruledOut).slice(0, MOST_REASONS);
  const closed = reasons.map(([name, reason]) => [name.slice(0, 80), reason.replaceAll(' ', '-')]);
  const facts = { capability, role: role ?? '', candidates: candidates.length, ...Object.fromEntries(closed) };
  return { code: 'NO_CANDIDATE', type: 'Routing', facts };
}
