import { describe, expect, test } from 'vitest';
import type { FailedCandidate, StepRecord } from '../core/apply.ts';
import { DEFAULT_RETRY, outputSchema, profileSchema } from '../core/definitions.ts';
import type { OutputDefinition } from '../core/definitions.ts';
import type { Instant } from '../core/ids.ts';
import type { CandidateRecord } from '../core/ports.ts';
import { faultSchema } from '../core/schema.ts';
import type { Strategy } from '../core/schema.ts';
import type { Capability, Offer, Provider } from '../core/stage.ts';
import type { Bar } from './breakers.ts';
import { NO_LIMITS } from '../core/limits.ts';
import { chooseRoute } from './routing.ts';
import type { Need, Route, Router } from './routing.ts';
import type { Asks } from './routing/asks.ts';

interface Told {
  readonly location?: Provider['location'];
  readonly capabilities?: readonly Capability[];
  readonly limits?: Offer<Capability>['limits'];
}

const provider = (
  id: string,
  { location = 'local', capabilities = ['text.generate'], limits = {} }: Told,
): Provider => ({
  id,
  location,
  offers: Object.fromEntries(
    capabilities.map((one) => [one, { models: ['m'], limits, estimate: () => ({ costMicroUsd: null }) }]),
  ),
  check: async () => ({ reachable: true, models: ['m'], latencyMs: 0 }),
});

const ASKS: Asks = {
  inputBytes: 4000,
  language: undefined,
  mediaTypes: [],
  maxTokens: undefined,
  width: undefined,
  height: undefined,
  seconds: undefined,
};

interface Case {
  readonly providers: Readonly<Record<string, Told>>;
  readonly capability?: Capability;
  readonly role?: string;
  readonly output?: Partial<OutputDefinition>;
  readonly strategy?: Strategy | Record<string, Strategy>;
  readonly asks?: Partial<Asks>;
  readonly failed?: Readonly<Record<string, FailedCandidate>>;
  readonly barred?: number;
  readonly bars?: Readonly<Record<string, Bar>>;
  readonly records?: Readonly<Record<string, Partial<CandidateRecord>>>;
  readonly available?: number;
  readonly vramMb?: number;
}

const asOf = '2026-03-01';
const PRICES = { 'dear/m': { asOf, usdPerCall: 2 }, 'cheap/m': { asOf, usdPerCall: 1 } };
const UNTRIED: CandidateRecord = { running: 0, succeeded: 0, failed: 0, medianMs: null, lastAt: null };

function route(at: Case): Promise<Route> {
  const { providers, strategy = 'fixed', role = 'write', output } = at;
  const roles = { [role]: Object.keys(providers).map((id) => `${id}/m`) };
  const known = { failed: new Map(Object.entries(at.failed ?? {})), barred: at.barred ?? 0 } as unknown as StepRecord;
  const need: Need = {
    capability: at.capability ?? 'text.generate',
    role,
    profile: profileSchema.parse({ name: 'Test', roles, strategy }),
    output: output === undefined ? undefined : outputSchema.parse({ name: 'Test', medium: 'image', ...output }),
    asks: { ...ASKS, ...at.asks },
    known,
    retry: DEFAULT_RETRY,
    budgets: [],
  };
  const all = new Map(Object.entries(providers).map(([id, told]) => [id, provider(id, told)]));
  const router = {
    providers: { all },
    breakers: { barOf: (name: string) => at.bars?.[name] },
    routes: {
      of: async (names: readonly string[]) =>
        new Map(names.map((name) => [name, { ...UNTRIED, ...at.records?.[name] }])),
    },
    ledger: { available: async () => at.available ?? null },
    prices: PRICES,
    limits: { ...NO_LIMITS, ...(at.vramMb === undefined ? {} : { vramMb: at.vramMb }) },
  } as unknown as Router;
  return chooseRoute(need, router);
}

const recordOf = async (at: Case) => (await route(at)).recorded;
const chosenOf = async (at: Case) => (await recordOf(at)).chosen;

describe('a route', () => {
  test('goes to the first of the role that can serve; why the others cannot is on record', async () => {
    const providers = { painter: { capabilities: ['image.generate'] as const }, writer: {}, other: {} };
    const found = await route({ providers });
    expect(found).toMatchObject({ kind: 'chosen', model: 'm', provider: { id: 'writer' }, hasOthers: true });
    expect(found.recorded).toEqual({
      chosen: 'writer/m',
      candidates: ['painter/m', 'writer/m', 'other/m'],
      ruledOut: { 'painter/m': 'does not offer this' },
      strategy: 'fixed',
    });
  });

  test("goes to an output's pin, then to its fallback; the role is not asked", async () => {
    const providers = { a: {}, b: { capabilities: ['image.generate'] as const } };
    const output = { pin: 'gone/m', fallback: ['b/none', 'b/m'] };
    expect(await recordOf({ providers, capability: 'image.generate', output })).toMatchObject({
      chosen: 'b/m',
      candidates: ['gone/m', 'b/none', 'b/m'],
      ruledOut: { 'gone/m': 'unknown provider', 'b/none': 'has no such model' },
    });
  });

  test("of a text inside an output is the role's, whatever the output pins", async () => {
    expect(await chosenOf({ providers: { a: {} }, output: { pin: 'b/m' } })).toBe('a/m');
  });

  test.each(['safety', 'describe'])('never leaves the house for the role %s', async (role) => {
    const providers = { cloud: { location: 'hosted' as const }, home: {} };
    expect(await recordOf({ providers, role })).toMatchObject({
      chosen: 'home/m',
      ruledOut: { 'cloud/m': 'not local' },
    });
  });

  test('passes over local models that need more graphics memory than there is', async () => {
    const providers = { home: {}, cloud: { location: 'hosted' as const } };
    const at: Case = { providers, output: { vramMb: 24_000 } };
    expect(await recordOf({ ...at, vramMb: 16_000 })).toMatchObject({
      chosen: 'cloud/m',
      ruledOut: { 'home/m': 'too little graphics memory' },
    });
    expect(await chosenOf({ ...at, vramMb: 24_000 })).toBe('home/m');
  });

  test('passes over those that have failed too often in this step, or for good', async () => {
    const fault = (code: string) => ({ code, type: 'Test', facts: {} });
    const failed = {
      'a/m': { failures: 3, fault: fault('PROVIDER_TIMEOUT') },
      'b/m': { failures: 1, fault: fault('PROVIDER_AUTH') },
      'c/m': { failures: 2, fault: fault('PROVIDER_TIMEOUT') },
    };
    const found = await route({ providers: { a: {}, b: {}, c: {} }, failed });
    expect(found.recorded).toMatchObject({
      chosen: 'c/m',
      ruledOut: { 'a/m': 'has failed here', 'b/m': 'has failed here' },
    });
    expect(found).toMatchObject({ hasOthers: false });
  });

  test('that leads to nobody is a fault with each reason as a closed word', async () => {
    const found = await route({ providers: { painter: { capabilities: ['image.generate'] } } });
    expect(found).toMatchObject({
      kind: 'none',
      fault: {
        code: 'NO_CANDIDATE',
        facts: { capability: 'text.generate', role: 'write', candidates: 1, 'painter/m': 'does-not-offer-this' },
      },
      recorded: { chosen: null },
    });
    expect(faultSchema.safeParse(found.kind === 'none' ? found.fault : undefined).success).toBe(true);
  });
});

describe('what an offer declares of its limits', () => {
  const limits = { languages: ['de'], maxTokens: 100, minSide: 256, maxSide: 1024, mediaTypes: ['image/png'] };
  test.each<readonly [string, Partial<Asks>]>([
    ['another language', { language: 'fr' }],
    ['fewer tokens', { maxTokens: 101 }],
    ['another size', { width: 2048 }],
    ['another size', { height: 128 }],
    ['another kind of file', { mediaTypes: ['image/webp'] }],
  ])('lets others go first that do not ask for %s', async (reason, asks) => {
    const at: Case = { providers: { strict: { limits }, open: {} }, asks };
    expect(await recordOf(at)).toMatchObject({ chosen: 'open/m', ruledOut: { 'strict/m': reason } });
  });

  test('keeps nobody from being asked when there is nobody else', async () => {
    expect(await recordOf({ providers: { strict: { limits } }, asks: { language: 'fr' } })).toMatchObject({
      chosen: 'strict/m',
      ruledOut: {},
    });
  });

  test('does not matter where nothing is known, or nothing that can be read is declared', async () => {
    expect(await chosenOf({ providers: { strict: { limits }, open: {} } })).toBe('strict/m');
    const odd = { odd: { limits: { languages: 'all', maxTokens: 'many' } }, open: {} };
    expect(await chosenOf({ providers: odd, asks: { language: 'fr', maxTokens: 5 } })).toBe('odd/m');
  });
});

describe('a budget', () => {
  const hosted = { location: 'hosted' as const };
  test('lets go first what it is expected to be enough for', async () => {
    const providers = { dear: hosted, cheap: hosted };
    expect(await recordOf({ providers, available: 1_500_000 })).toMatchObject({
      chosen: 'cheap/m',
      ruledOut: { 'dear/m': 'over the budget' },
    });
    expect(await chosenOf({ providers, available: 2_000_000 })).toBe('dear/m');
  });

  test('that is enough for nobody decides when the call is made, not before', async () => {
    expect(await chosenOf({ providers: { dear: hosted, cheap: hosted }, available: 0 })).toBe('dear/m');
  });
});

describe('an open breaker', () => {
  const open = (until: number): Bar => ({ reason: 'breaker open', until: until as Instant });
  test('makes the route move on', async () => {
    const at: Case = { providers: { a: {}, b: {} }, bars: { 'a/m': open(9) } };
    expect(await recordOf(at)).toMatchObject({ chosen: 'b/m', ruledOut: { 'a/m': 'breaker open' } });
  });

  test('before everybody lets the step wait until the first of them half-opens', async () => {
    const at: Case = { providers: { a: {}, b: {} }, bars: { 'a/m': open(9000), 'b/m': open(7000) } };
    expect(await route(at)).toMatchObject({ kind: 'barred', until: 7000, recorded: { chosen: null } });
  });

  test('is not waited for without end', async () => {
    const at: Case = { providers: { a: {} }, bars: { 'a/m': open(9000) }, barred: 30 };
    expect(await route(at)).toMatchObject({ kind: 'none', fault: { facts: { 'a/m': 'breaker-open' } } });
  });
});

describe('among several that can serve', () => {
  const providers = { a: {}, b: {}, c: {} };
  const chosen = (strategy: Case['strategy'], records: Case['records']) =>
    chosenOf({
      providers,
      ...(strategy === undefined ? {} : { strategy }),
      ...(records === undefined ? {} : { records }),
    });
  const at = (lastAt: number): Partial<CandidateRecord> => ({ lastAt: lastAt as Instant });

  test('round_robin takes the one that was started the longest ago', async () => {
    expect(await chosen('round_robin', { 'a/m': at(30), 'b/m': at(10), 'c/m': at(20) })).toBe('b/m');
    expect(await chosen('round_robin', { 'a/m': at(30), 'b/m': at(10) })).toBe('c/m');
  });

  test('least_busy takes the one with the fewest attempts under way', async () => {
    expect(await chosen('least_busy', { 'a/m': { running: 2 }, 'b/m': { running: 1 }, 'c/m': { running: 1 } })).toBe(
      'b/m',
    );
  });

  test('best_score takes the one that succeeds soonest, failures counted; who is not known is tried', async () => {
    const records = {
      'a/m': { succeeded: 10, failed: 0, medianMs: 3000 },
      'b/m': { succeeded: 5, failed: 5, medianMs: 1000 },
      'c/m': { succeeded: 0, failed: 9 },
    };
    expect(await chosen('best_score', records)).toBe('b/m');
    expect(await chosen('best_score', { ...records, 'c/m': {} })).toBe('c/m');
  });

  test('cheapest takes the local ones first and those without a price last', async () => {
    const hosted = { location: 'hosted' as const };
    const of = (...ids: readonly string[]) =>
      chosenOf({
        providers: Object.fromEntries(ids.map((id) => [id, id === 'home' ? {} : hosted])),
        strategy: 'cheapest',
      });
    expect(await of('unpriced', 'dear', 'cheap', 'home')).toBe('home/m');
    expect(await of('unpriced', 'dear', 'cheap')).toBe('cheap/m');
    expect(await of('unpriced', 'unknown')).toBe('unpriced/m');
  });

  test.each(['fixed', 'round_robin', 'least_busy', 'cheapest', 'best_score'] as const)(
    '%s leaves it to the order of the list when all are alike',
    async (strategy) => {
      expect(await chosen(strategy, {})).toBe('a/m');
    },
  );

  test('a profile may name one strategy for each role', async () => {
    const records = { 'a/m': { running: 1 } };
    expect(await chosen({ write: 'least_busy' }, records)).toBe('b/m');
    expect(await chosen({ paint: 'least_busy' }, records)).toBe('a/m');
  });
});
