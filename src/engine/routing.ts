import type { OutputDefinition, ProfileDefinition } from '../core/definitions.ts';
import type { EventData } from '../core/events.ts';
import type { Fault } from '../core/schema.ts';
import type { Capability, Offer, Provider } from '../core/stage.ts';

/** A provider and a model for one attempt, and why not the others. */
export interface Route {
  readonly provider: Provider;
  readonly model: string;
  readonly recorded: NonNullable<EventData['attempt.started']['route']>;
}

/** What a step needs served. */
export interface Need {
  readonly capability: Capability;
  readonly role: string | undefined;
  readonly profile: ProfileDefinition;
  readonly output: OutputDefinition | undefined;
}

/** The first candidate of the role that offers the capability with that model; an output's pin goes before the role. */
export function chooseRoute(need: Need, providers: ReadonlyMap<string, Provider>): Route | Fault {
  const candidates = candidatesOf(need);
  const ruledOut: Record<string, string> = {};
  for (const candidate of candidates) {
    const [id, model] = splitCandidate(candidate);
    const provider = providers.get(id);
    const reason = whyNot(provider?.offers[need.capability], provider, model);
    if (provider !== undefined && reason === undefined)
      return { provider, model, recorded: { chosen: candidate, candidates: [...candidates], ruledOut } };
    ruledOut[candidate] = reason ?? 'unknown provider';
  }
  const facts = { capability: need.capability, role: need.role ?? '', candidates: candidates.length };
  return { code: 'NO_CANDIDATE', type: 'Routing', facts };
}

function candidatesOf({ output, role, profile, capability }: Need): readonly string[] {
  const ofMedium = !capability.startsWith('text.');
  if (output?.pin !== undefined && ofMedium) return [output.pin];
  return role === undefined ? [] : (profile.roles[role] ?? []);
}

const splitCandidate = (candidate: string): readonly [string, string] => {
  const slash = candidate.indexOf('/');
  return [candidate.slice(0, slash), candidate.slice(slash + 1)];
};

function whyNot(
  offer: Offer<Capability> | undefined,
  provider: Provider | undefined,
  model: string,
): string | undefined {
  if (provider === undefined) return 'unknown provider';
  if (offer === undefined) return 'does not offer this';
  return offer.models.includes(model) ? undefined : 'has no such model';
}
