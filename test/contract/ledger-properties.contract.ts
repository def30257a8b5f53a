import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepPath } from '../../src/core/ids.ts';
import type { BudgetRef, Lease, Reservation } from '../../src/core/ports.ts';
import { HandClock, register, startedRun } from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

const LIMIT = 100;
const BUDGET: BudgetRef = { scope: 'room', subject: 'r1', rule: { limitMicroUsd: LIMIT, mode: 'ask' } };
const PLACES = 3;
const DEAD_AFTER_MS = 4000;

type Act =
  | { readonly do: 'reserve'; readonly by: 'a' | 'b'; readonly cost: number; readonly approved: boolean }
  | { readonly do: 'settle'; readonly which: number; readonly cost: number | null }
  | { readonly do: 'die' };

const actSequences: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('reserve' as const),
        by: fc.constantFrom('a' as const, 'b' as const),
        cost: fc.nat(60),
        approved: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(20),
        cost: fc.option(fc.nat(80), { freq: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'die' as const }) },
  ),
  { maxLength: 24 },
);

interface Open {
  readonly id: number;
  readonly cost: number;
  readonly by: 'a' | 'b';
}

/** Two workers and what must be true of their money, kept beside the ledger. */
class Model {
  readonly #a: Session;
  readonly #b: Session;
  readonly #clock: HandClock;
  readonly #leases: Record<'a' | 'b', Lease>;
  #open: Open[] = [];
  #spent = 0;
  /** By how much the limit may be exceeded: what was approved, and what cost more than estimated. */
  #excess = 0;
  #attempt = 0;
  #isAlive = true;
  /** What was not as it must be. */
  readonly faults: string[] = [];

  private constructor(sessions: { a: Session; b: Session }, leases: Record<'a' | 'b', Lease>, clock: HandClock) {
    this.#a = sessions.a;
    this.#b = sessions.b;
    this.#leases = leases;
    this.#clock = clock;
  }

  static async open(fixture: StoreFixture): Promise<Model> {
    const clock = new HandClock();
    const [a, b] = [await fixture.open({ clock }), await fixture.open({ clock })];
    const leases = { a: await startedRun(a, await register(a, 'a')), b: await startedRun(b, await register(b, 'b')) };
    return new Model({ a, b }, leases, clock);
  }

  async act(act: Act): Promise<void> {
    if (act.do === 'die') await this.#die();
    else if (act.do === 'settle') await this.#settle(act);
    else if (act.by === 'b' || this.#isAlive) await this.#reserve(act);
    await this.#compareStanding();
  }

  /** Everything is settled by who holds the runs then, and nothing stays reserved. */
  async finish(): Promise<void> {
    await this.#die();
    const [lease] = await this.#b.queue.claim(this.#leases.b.worker, { atMost: 1, only: this.#leases.a.runId });
    if (lease === undefined) throw new Error('the run of the dead worker cannot be claimed');
    const left = await this.#b.ledger.left(lease);
    const ofDead = this.#open.filter(({ by }) => by === 'a');
    const listed = left.map(({ id, costMicroUsd }) => `${id}: ${costMicroUsd}`);
    this.#compare('left behind', listed.join(), ofDead.map(({ id, cost }) => `${id}: ${cost}`).join());
    while (this.#open.length > 0) await this.#settle({ which: 0, cost: this.#open[0]?.cost ?? 0 });
    await this.#compareStanding();
  }

  get #reserved(): number {
    return this.#open.reduce((sum, { cost }) => sum + cost, 0);
  }

  async #reserve({ by, cost, approved }: Extract<Act, { do: 'reserve' }>): Promise<void> {
    const held = this.#open.filter((open) => open.by === 'b' || this.#isAlive).length;
    const isOver = !approved && cost > 0 && this.#spent + this.#reserved + cost > LIMIT;
    const expected = isOver ? 'budget' : held >= PLACES ? 'permit' : 'ok';
    const reservation = await this.#ask(by, { cost, approved });
    this.#compare(`reserve ${cost}`, reservation.ok ? 'ok' : reservation.because, expected);
    if (!reservation.ok) return;
    this.#open.push({ id: reservation.id, cost, by });
    if (approved) this.#excess += cost;
  }

  #ask(by: 'a' | 'b', { cost, approved }: { cost: number; approved: boolean }): Promise<Reservation> {
    this.#attempt += 1;
    const permits = [{ name: 'room:r1', amount: 1, limit: PLACES, kind: 'held' as const }];
    const what = { path: 's1' as StepPath, attempt: this.#attempt, permits, budgets: [BUDGET], costMicroUsd: cost };
    return (by === 'a' ? this.#a : this.#b).ledger.reserve(this.#leases[by], { ...what, approved });
  }

  async #settle({ which, cost }: { which: number; cost: number | null }): Promise<void> {
    const open = this.#open[which % Math.max(1, this.#open.length)];
    if (open === undefined) return;
    const by = open.by === 'a' && this.#isAlive ? this.#a : this.#b;
    await by.ledger.settle(open.id, cost);
    this.#open = this.#open.filter(({ id }) => id !== open.id);
    this.#spent += cost ?? 0;
    this.#excess += Math.max(0, (cost ?? 0) - open.cost);
  }

  /** Worker a is gone without a word, and b has watched for long enough to know. */
  async #die(): Promise<void> {
    if (!this.#isAlive) return;
    await this.#a.close();
    const looking = await this.#ask('b', { cost: 0, approved: true });
    if (looking.ok) await this.#b.ledger.settle(looking.id, 0);
    this.#clock.pass(DEAD_AFTER_MS);
    this.#isAlive = false;
  }

  async #compareStanding(): Promise<void> {
    const [standing] = await this.#b.ledger.standings();
    const { spentMicroUsd = 0, reservedMicroUsd = 0 } = standing ?? {};
    this.#compare('spent', spentMicroUsd, this.#spent);
    this.#compare('reserved', reservedMicroUsd, this.#reserved);
    if (spentMicroUsd + reservedMicroUsd > LIMIT + this.#excess)
      this.faults.push(`${spentMicroUsd} + ${reservedMicroUsd} are over the limit, of which ${this.#excess} may be`);
  }

  #compare(what: string, found: string | number, expected: string | number): void {
    if (found !== expected) this.faults.push(`${what}: ${found} instead of ${expected}`);
  }
}

/** What holds of every Ledger, in whatever order two workers ask, settle and die. */
export function ledgerPropertiesContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`Ledger, any order: ${name}`, () => {
    test('no more is spent than the limit, but for what was approved or cost more; what was reserved is settled or listed', async () => {
      const property = fc.asyncProperty(actSequences, async (acts) => {
        await using fixture = await openFixture();
        const model = await Model.open(fixture);
        for (const act of acts) await model.act(act);
        await model.finish();
        expect(model.faults).toEqual([]);
      });
      await fc.assert(property, { numRuns: 25 });
    });
  });
}
