import { describe, expect, test } from 'vitest';
import type { StepPath } from '../../src/core/ids.ts';
import type { BudgetRef, Lease, LedgerNeed, PermitNeed, Reservation } from '../../src/core/ports.ts';
import type { BudgetMode } from '../../src/core/schema.ts';
import { codeOf, collect, never, register, runEnded, startedRun } from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

type Open = () => Promise<StoreFixture>;

const held = (amount = 1, limit = 2): PermitNeed => ({ name: 'provider:x', amount, limit, kind: 'held' });
const perMinute = (amount = 1, limit = 2): PermitNeed => ({ name: 'key:x:calls', amount, limit, kind: 'minute' });
const TODAY = { scope: 'day', subject: '2026-01-01' } as const;
const day = (limitMicroUsd: number, mode: BudgetMode = 'halt'): BudgetRef => ({
  ...TODAY,
  rule: { limitMicroUsd, mode },
});

let attempts = 0;
/** What an attempt needs for which nothing was reserved before. */
function need(overrides: Partial<LedgerNeed> = {}): LedgerNeed {
  attempts += 1;
  return { path: 's1' as StepPath, attempt: attempts, permits: [], budgets: [], costMicroUsd: 10, ...overrides };
}

/** A worker with a run that it holds. */
async function holder(session: Session, name = 'a'): Promise<Lease> {
  return startedRun(session, await register(session, name));
}

async function reserved(session: Session, lease: Lease, overrides: Partial<LedgerNeed> = {}): Promise<number> {
  const reservation = await session.ledger.reserve(lease, need(overrides));
  if (!reservation.ok) throw new Error(`refused because of ${reservation.because}`);
  return reservation.id;
}

const answerOf = (reservation: Reservation): string => (reservation.ok ? 'ok' : reservation.because);

/** What the ledger answers to each, asked one after another. */
async function answers(session: Session, lease: Lease, needs: readonly Partial<LedgerNeed>[]): Promise<string[]> {
  const given: string[] = [];
  for (const one of needs) given.push(answerOf(await session.ledger.reserve(lease, need(one))));
  return given;
}

/** What every Ledger does. The sessions of a fixture stand for processes on one store. */
export function ledgerContract(name: string, open: Open): void {
  describe(`Ledger: ${name}`, () => {
    describe('a budget', () => {
      spending(open);
      ruling(open);
      warning(open);
    });
    describe('a permit', () => {
      holding(open);
      counting(open);
    });
    describe('a reservation', () => {
      reserving(open);
      recovering(open);
      waiting(open);
    });
  });
}

function spending(open: Open): void {
  test('that halts refuses what would go over its limit, whichever process asks, and says how it stands', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const [lease, theirs] = [await holder(session), await holder(other, 'b')];
    expect(await answers(session, lease, [{ costMicroUsd: 60, budgets: [day(100)] }])).toEqual(['ok']);
    expect(await other.ledger.reserve(theirs, need({ costMicroUsd: 41, budgets: [day(100)] }))).toEqual({
      ok: false,
      because: 'budget',
      budget: { ...TODAY, mode: 'halt', limitMicroUsd: 100, spentMicroUsd: 0, reservedMicroUsd: 60 },
    });
    expect(await answers(other, theirs, [{ costMicroUsd: 40, budgets: [day(100)] }])).toEqual(['ok']);
  });

  test('has what was really spent once a call is settled, and what was reserved for it is free again', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const id = await reserved(session, lease, { costMicroUsd: 60, budgets: [day(100)] });
    await session.ledger.settle(id, 25);
    await session.ledger.settle(id, 25);
    expect(await session.ledger.standings()).toMatchObject([{ spentMicroUsd: 25, reservedMicroUsd: 0 }]);
    expect(await session.ledger.available([day(100)])).toBe(75);
  });

  test('has nothing of a call that turned out to have no price', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const id = await reserved(session, await holder(session), { costMicroUsd: 60, budgets: [day(100)] });
    await session.ledger.settle(id, null);
    expect(await session.ledger.standings()).toMatchObject([{ spentMicroUsd: 0, reservedMicroUsd: 0 }]);
  });

  test.each([
    { mode: 'warn', over: 'ok', unpriced: 'ok', approved: 'ok' },
    { mode: 'halt', over: 'budget', unpriced: 'price', approved: 'budget' },
    { mode: 'ask', over: 'budget', unpriced: 'price', approved: 'ok' },
  ] as const)(
    'that is to $mode answers $over over its limit, $unpriced without a price, and $approved over it once someone has approved',
    async ({ mode, over, unpriced, approved }) => {
      await using fixture = await open();
      await using session = await fixture.open();
      const budgets = [day(100, mode)];
      const needs = [
        { costMicroUsd: 101, budgets },
        { costMicroUsd: null, budgets },
        { costMicroUsd: 101, budgets, approved: true },
        { costMicroUsd: null, budgets, approved: true },
      ];
      expect(await answers(session, await holder(session), needs)).toEqual([over, unpriced, approved, 'ok']);
    },
  );

  test('that halts goes before one that asks: nobody is asked in vain', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const room = { scope: 'room', subject: 'r1', rule: { limitMicroUsd: 10, mode: 'ask' } } as const;
    const answer = await session.ledger.reserve(
      await holder(session),
      need({ costMicroUsd: 101, budgets: [room, day(100)] }),
    );
    expect(answer).toMatchObject({ ok: false, because: 'budget', budget: { scope: 'day', mode: 'halt' } });
  });

  test('refuses nothing that costs nothing, even when more was spent than its limit', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const id = await reserved(session, lease, { costMicroUsd: 90, budgets: [day(100)] });
    await session.ledger.settle(id, 150);
    expect(await session.ledger.available([day(100)])).toBe(0);
    const needs = [0, 1].map((costMicroUsd) => ({ costMicroUsd, budgets: [day(100)] }));
    expect(await answers(session, lease, needs)).toEqual(['ok', 'budget']);
  });

  test('that is asked for twice in one call counts it once', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const id = await reserved(session, await holder(session), { costMicroUsd: 60, budgets: [day(100), day(100)] });
    expect(await session.ledger.standings()).toMatchObject([{ reservedMicroUsd: 60 }]);
    await session.ledger.settle(id, 60);
    expect(await session.ledger.standings()).toMatchObject([{ spentMicroUsd: 60, reservedMicroUsd: 0 }]);
  });
}

function ruling(open: Open): void {
  test('that people have set goes before one for every subject, and that before what the caller knows', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const budgets = [day(1000)];
    const limitOf = () => session.ledger.available(budgets);
    expect(await limitOf()).toBe(1000);
    await session.ledger.setBudget({ scope: 'day', subject: '*', limitMicroUsd: 500, mode: 'halt', by: 'admin' });
    expect(await limitOf()).toBe(500);
    await session.ledger.setBudget({ ...TODAY, limitMicroUsd: 200, mode: 'ask', by: 'admin' });
    expect(await limitOf()).toBe(200);
    await session.ledger.setBudget({ ...TODAY, limitMicroUsd: 200, mode: 'warn', by: 'admin' });
    expect(await limitOf()).toBeNull();
    await session.ledger.removeBudget({ ...TODAY, by: 'admin' });
    await session.ledger.removeBudget({ scope: 'day', subject: '*', by: 'admin' });
    expect(await limitOf()).toBe(1000);
  });

  test('stands in the log of the installation when it is set or removed', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const budget = { ...TODAY, limitMicroUsd: 200, mode: 'ask' as const };
    await session.ledger.setBudget({ ...budget, by: 'admin' });
    await session.ledger.removeBudget({ ...TODAY, by: 'teacher' });
    expect(await codeOf(session.ledger.removeBudget({ ...TODAY, by: 'teacher' }))).toBe('NOT_FOUND');
    expect(await codeOf(session.ledger.setBudget({ ...budget, limitMicroUsd: -1, by: 'admin' }))).toBe('INTERNAL');
    expect(await session.ledger.standings()).toEqual([]);
    expect((await collect(session.installation.read())).map(({ type, data }) => [type, data])).toEqual([
      ['budget.set', { ...budget, by: 'admin' }],
      ['budget.removed', { ...TODAY, by: 'teacher' }],
    ]);
  });

  test('without any rule only counts: it has no standing and leaves the others their say', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const config: BudgetRef = { scope: 'config', subject: 'dada' };
    const id = await reserved(session, await holder(session), { budgets: [config, day(100)] });
    await session.ledger.settle(id, 30);
    expect(await session.ledger.standings()).toMatchObject([TODAY]);
    expect(await session.ledger.available([config])).toBeNull();
    expect(await session.ledger.available([config, day(100), { ...day(50), subject: '2026-01-02' }])).toBe(50);
    await session.ledger.setBudget({ ...config, limitMicroUsd: 40, mode: 'halt', by: 'admin' });
    expect(await session.ledger.available([config])).toBe(10);
  });

  test('is listed when it was set or spent from, by scope and subject', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const person = { scope: 'person', subject: 'p1' } as const;
    await session.ledger.setBudget({ scope: 'person', subject: '*', limitMicroUsd: 70, mode: 'ask', by: 'admin' });
    await reserved(session, await holder(session), { costMicroUsd: 20, budgets: [person, day(100)] });
    const none = { spentMicroUsd: 0, reservedMicroUsd: 0 };
    expect(await session.ledger.standings()).toEqual([
      { ...TODAY, mode: 'halt', limitMicroUsd: 100, spentMicroUsd: 0, reservedMicroUsd: 20 },
      { scope: 'person', subject: '*', mode: 'ask', limitMicroUsd: 70, ...none },
      { ...person, mode: 'ask', limitMicroUsd: 70, spentMicroUsd: 0, reservedMicroUsd: 20 },
    ]);
  });
}

function warning(open: Open): void {
  const warned = async (session: Session, lease: Lease, overrides: Partial<LedgerNeed>) => {
    const reservation = await session.ledger.reserve(lease, need(overrides));
    return reservation.ok ? reservation.warned : reservation.because;
  };

  test.each(['warn', 'halt', 'ask'] as const)('that is to %s is told of once, at 80 %% of its limit', async (mode) => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const budgets = [day(100, mode)];
    expect(await warned(session, lease, { costMicroUsd: 79, budgets })).toEqual([]);
    expect(await warned(session, lease, { costMicroUsd: 1, budgets })).toEqual([
      { ...TODAY, mode, limitMicroUsd: 100, spentMicroUsd: 0, reservedMicroUsd: 80 },
    ]);
    expect(await warned(session, lease, { costMicroUsd: 1, budgets })).toEqual([]);
  });

  test('is told of anew once its limit was raised', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const budgets = [TODAY];
    const limit = (limitMicroUsd: number) =>
      session.ledger.setBudget({ ...TODAY, limitMicroUsd, mode: 'halt', by: 'admin' });
    await limit(100);
    expect(await warned(session, lease, { costMicroUsd: 90, budgets })).toHaveLength(1);
    await limit(200);
    expect(await warned(session, lease, { costMicroUsd: 60, budgets })).toEqual([]);
    expect(await warned(session, lease, { costMicroUsd: 10, budgets })).toHaveLength(1);
  });

  test('is not told of by a reservation that was refused', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    await reserved(session, lease, { permits: [held(2)] });
    expect(await warned(session, lease, { costMicroUsd: 90, budgets: [day(100)], permits: [held()] })).toBe('permit');
    expect(await warned(session, lease, { costMicroUsd: 90, budgets: [day(100)] })).toHaveLength(1);
  });
}

function holding(open: Open): void {
  test('that is held counts for all processes until its call is settled', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const [lease, theirs] = [await holder(session), await holder(other, 'b')];
    const first = await reserved(session, lease, { permits: [held()] });
    await reserved(other, theirs, { permits: [held()] });
    const refused = await session.ledger.reserve(lease, need({ permits: [held()] }));
    expect(refused).toMatchObject({ ok: false, because: 'permit', name: 'provider:x' });
    await session.ledger.settle(first, 0);
    expect(await answers(other, theirs, [{ permits: [held()] }, { permits: [held()] }])).toEqual(['ok', 'permit']);
  });

  test('larger than the limit passes alone, and nothing beside it', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const small = await reserved(session, lease, { permits: [held(1, 10)] });
    expect(await answers(session, lease, [{ permits: [held(25, 10)] }])).toEqual(['permit']);
    await session.ledger.settle(small, 0);
    const needs = [{ permits: [held(25, 10)] }, { permits: [held(1, 10)] }];
    expect(await answers(session, lease, needs)).toEqual(['ok', 'permit']);
  });

  test('of a worker that died is free after 4 s, its money is not', async () => {
    await using fixture = await open();
    await using dying = await fixture.open();
    await using session = await fixture.open();
    const lease = await holder(dying, 'dying');
    await reserved(dying, lease, { costMicroUsd: 60, permits: [held(2)], budgets: [day(100)] });
    const own = await holder(session, 'b');
    const asked = { costMicroUsd: 60, permits: [held()] };
    expect(await answers(session, own, [asked])).toEqual(['permit']);
    session.clock.pass(3000);
    await dying.beat(lease.worker);
    expect(await answers(session, own, [asked])).toEqual(['permit']);
    session.clock.pass(4000);
    const needs = [asked, { ...asked, budgets: [day(100)] }];
    expect(await answers(session, own, needs)).toEqual(['ok', 'budget']);
  });

  test('of a run that was given back, or that has ended, is free', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const ending = await startedRun(session, lease.worker);
    await reserved(session, lease, { permits: [held(1)] });
    await reserved(session, ending, { permits: [held(1)] });
    await session.queue.release(lease);
    await session.log.append(ending, { drafts: [runEnded] });
    const next = await startedRun(session, lease.worker);
    expect(await answers(session, next, [{ permits: [held(2)] }])).toEqual(['ok']);
  });
}

function counting(open: Open): void {
  test('per minute counts what was taken in the last 60 s, settled or not, and says when to ask again', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    await using other = await fixture.open({ clock: session.clock });
    const [lease, theirs] = [await holder(session), await holder(other, 'b')];
    await session.ledger.settle(await reserved(session, lease, { permits: [perMinute()] }), 0);
    session.clock.pass(20_000);
    await reserved(other, theirs, { permits: [perMinute()] });
    const ask = () => session.ledger.reserve(lease, need({ permits: [perMinute()] }));
    expect(await ask()).toMatchObject({ because: 'permit', name: 'key:x:calls', retryInMs: 40_000 });
    session.clock.pass(39_999);
    expect(await ask()).toMatchObject({ because: 'permit', retryInMs: 1 });
    session.clock.pass(1);
    expect(await ask()).toMatchObject({ ok: true });
    expect(await ask()).toMatchObject({ because: 'permit', retryInMs: 20_000 });
  });

  test('per minute waits until enough of it is over for a larger need, and for one above the limit until all is', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    for (const amount of [3, 3, 3]) {
      await reserved(session, lease, { permits: [perMinute(amount, 10)] });
      session.clock.pass(10_000);
    }
    const ask = (amount: number) => session.ledger.reserve(lease, need({ permits: [perMinute(amount, 10)] }));
    expect(await ask(7)).toMatchObject({ retryInMs: 40_000 });
    expect(await ask(25)).toMatchObject({ retryInMs: 50_000 });
    session.clock.pass(50_000);
    expect(await ask(25)).toMatchObject({ ok: true });
  });

  test('per minute is over after 60 s of the monotonic clock, wherever the wall clock jumps', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    await reserved(session, lease, { permits: [perMinute(2)] });
    session.clock.wall -= 3_600_000;
    const ask = () => session.ledger.reserve(lease, need({ permits: [perMinute(2)] }));
    expect(await ask()).toMatchObject({ because: 'permit', retryInMs: 60_000 });
    session.clock.pass(59_000);
    expect(await ask()).toMatchObject({ because: 'permit', retryInMs: 1000 });
    session.clock.pass(1000);
    expect(await ask()).toMatchObject({ ok: true });
  });
}

function reserving(open: Open): void {
  test('takes everything or nothing', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const busy = await reserved(session, lease, { permits: [held(2)] });
    const whole = {
      costMicroUsd: 60,
      permits: [perMinute(2), held()],
      budgets: [day(100), { scope: 'config' as const, subject: 'dada' }],
    };
    expect(await answers(session, lease, [whole, { ...whole, costMicroUsd: 101 }])).toEqual(['permit', 'budget']);
    expect(await session.ledger.standings()).toEqual([]);
    await session.ledger.settle(busy, 0);
    expect(await answers(session, lease, [whole])).toEqual(['ok']);
  });

  test('is refused to who has lost the lease, and nothing of it is taken', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const asked = need({ permits: [held(2)], budgets: [day(100)] });
    expect(await codeOf(session.ledger.reserve({ ...lease, token: 9 }, asked))).toBe('LEASE_LOST');
    await session.queue.release(lease);
    expect(await codeOf(session.ledger.reserve(lease, asked))).toBe('LEASE_LOST');
    expect(await session.ledger.standings()).toEqual([]);
  });

  test('is made once per attempt', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const asked = need({ budgets: [day(100)] });
    expect(await session.ledger.reserve(lease, asked)).toMatchObject({ ok: true });
    expect(await codeOf(session.ledger.reserve(lease, asked))).toBe('STATE_CONFLICT');
    expect(await session.ledger.standings()).toMatchObject([{ reservedMicroUsd: 10 }]);
  });

  test('of many at once spends no more than there is', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const [lease, theirs] = [await holder(session), await holder(other, 'b')];
    const asked = Array.from({ length: 20 }, (_, index) => {
      const needed = need({ costMicroUsd: 10, budgets: [day(95)] });
      return index % 2 === 0 ? session.ledger.reserve(lease, needed) : other.ledger.reserve(theirs, needed);
    });
    expect((await Promise.all(asked)).filter(({ ok }) => ok)).toHaveLength(9);
  });
}

function recovering(open: Open): void {
  test("of an earlier holder is found by the run's next one, which settles it", async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const asked = need({ costMicroUsd: 60, permits: [held(2)], budgets: [day(100)] });
    const { path, attempt } = asked;
    await session.ledger.reserve(lease, asked);
    expect(await session.ledger.left(lease)).toEqual([]);
    await session.queue.release(lease);
    await using second = await fixture.open();
    const [next] = await second.queue.claim(await register(second, 'b'), { atMost: 1, only: lease.runId });
    if (next === undefined) throw new Error('the run cannot be claimed');
    const [left] = await second.ledger.left(next);
    expect(left).toMatchObject({ path, attempt, costMicroUsd: 60 });
    expect(await second.ledger.standings()).toMatchObject([{ spentMicroUsd: 0, reservedMicroUsd: 60 }]);
    expect(await answers(second, next, [{ costMicroUsd: 0, permits: [held(2)] }])).toEqual(['ok']);
    await second.ledger.settle(left?.id ?? 0, 60);
    expect(await second.ledger.left(next)).toEqual([]);
    expect(await second.ledger.standings()).toMatchObject([{ spentMicroUsd: 60, reservedMicroUsd: 0 }]);
  });
}

function waiting(open: Open): void {
  test('that was given back wakes who waits, in this process and in others', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    await using other = await fixture.open();
    const id = await reserved(session, await holder(session), { permits: [held(2)] });
    const waits = [session.ledger.changed(60_000, never), other.ledger.changed(60_000, never)];
    await session.ledger.settle(id, 0);
    expect(await Promise.all(waits)).toEqual([undefined, undefined]);
  });

  test('that was given back in the commit that refused another wakes that one', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const lease = await holder(session);
    const id = await reserved(session, lease, { permits: [held(2)] });
    const refused = session.ledger.reserve(lease, need({ permits: [held()] }));
    const settled = session.ledger.settle(id, 0);
    expect(answerOf(await refused)).toBe('permit');
    // Whoever waits has come here through a few functions.
    for (let calls = 0; calls < 5; calls += 1) await Promise.resolve();
    await session.ledger.changed(60_000, never);
    await settled;
    expect(await answers(session, lease, [{ permits: [held()] }])).toEqual(['ok']);
  });

  test('a wait ends when a budget was set, when the time is over, and at its signal', async () => {
    await using fixture = await open();
    await using session = await fixture.open();
    const stop = new AbortController();
    const ended: string[] = [];
    const wait = async (name: string, maxMs: number, signal: AbortSignal): Promise<void> => {
      await session.ledger.changed(maxMs, signal);
      ended.push(name);
    };
    const byBudget = wait('budget', 60_000, never);
    await session.ledger.setBudget({ ...TODAY, limitMicroUsd: 1, mode: 'halt', by: 'admin' });
    await byBudget;
    const bySignal = wait('signal', 60_000, stop.signal);
    const byTime = wait('time', 500, never);
    session.clock.pass(500);
    await byTime;
    stop.abort();
    await bySignal;
    const byClosing = wait('closing', 60_000, never);
    await session.close();
    await byClosing;
    expect(ended).toEqual(['budget', 'time', 'signal', 'closing']);
  });
}
