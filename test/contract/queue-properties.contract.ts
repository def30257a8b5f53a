import {
  assert,
  asyncProperty,
  array,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  string,
  uint8Array,
} from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instant, RunId, StepPath, WorkerId } from '../../src/core/ids.ts';
import type { Command, Lease } from '../../src/core/ports.ts';
import { HandClock, codeOf, collect, never, register, startedRun, submission } from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

/** What holds for every WorkQueue whatever happens in whatever order. */
export function queuePropertiesContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`WorkQueue, properties: ${name}`, () => {
    sharing(openFixture);
    holding(openFixture);
    carryingMail(openFixture);
  });
}

const RUNS = 25;

/** Who waits, who was served, and how far each share is ahead of each other while both wait. */
class Tally {
  readonly waiting = new Map<string, Set<RunId>>();
  readonly #ahead = new Map<string, number>();

  join(share: string, run: RunId): void {
    this.waiting.set(share, (this.waiting.get(share) ?? new Set()).add(run));
  }

  /** @returns by how many runs the share is ahead of the one that is furthest behind */
  serve(run: RunId): number {
    const share = [...this.waiting].find(([, runs]) => runs.has(run))?.[0];
    if (share === undefined) throw new Error(`${run} was not waiting`);
    const others = [...this.waiting.keys()].filter((other) => other !== share && this.#waits(other));
    for (const other of others) {
      this.#ahead.set(`${share} ${other}`, this.#lead(share, other) + 1);
      this.#ahead.set(`${other} ${share}`, this.#lead(other, share) - 1);
    }
    this.waiting.get(share)?.delete(run);
    const most = Math.max(0, ...others.map((other) => this.#lead(share, other)));
    if (!this.#waits(share)) this.#forget(share);
    return most;
  }

  /** Whoever waits for nothing is ahead of nobody. */
  #forget(share: string): void {
    for (const pair of this.#ahead.keys()) if (pair.split(' ').includes(share)) this.#ahead.delete(pair);
  }

  #waits(share: string): boolean {
    return (this.waiting.get(share)?.size ?? 0) > 0;
  }

  #lead(share: string, other: string): number {
    return this.#ahead.get(`${share} ${other}`) ?? 0;
  }
}

const shares = constantFrom('a', 'b', 'c', 'd');

function sharing(openFixture: () => Promise<StoreFixture>): void {
  test('among shares that all wait, none gets more than one run ahead of another', async () => {
    const property = asyncProperty(array(shares, { minLength: 1, maxLength: 30 }), nat(3), async (submitted, batch) => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const holder = await register(session, 'a');
      const tally = new Tally();
      for (const share of submitted) tally.join(share, await submitTo(session, share));
      let served = 0;
      for (;;) {
        const leases = await session.queue.claim(holder, { atMost: batch + 1 });
        if (leases.length === 0) break;
        for (const { runId } of leases) expect(tally.serve(runId)).toBeLessThanOrEqual(1);
        served += leases.length;
      }
      expect(served).toBe(submitted.length);
    });
    await assert(property, { numRuns: RUNS });
  });

  test('shares that come and go get the same rounds: whoever waits is passed by no share twice in a round', async () => {
    const step = oneof(record({ share: shares }), record({ claim: integer({ min: 1, max: 4 }) }));
    const property = asyncProperty(array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const holder = await register(session, 'a');
      const tally = new Tally();
      for (const one of steps) {
        if ('share' in one) tally.join(one.share, await submitTo(session, one.share));
        else
          for (const { runId } of await session.queue.claim(holder, { atMost: one.claim }))
            expect(tally.serve(runId)).toBeLessThanOrEqual(2);
      }
    });
    await assert(property, { numRuns: RUNS });
  });

  test('nothing starves: a low run comes before every critical one that is submitted half an hour after it', async () => {
    const minute = record({ minutes: integer({ min: 1, max: 10 }), critical: array(shares, { maxLength: 3 }) });
    const property = asyncProperty(array(minute, { minLength: 4, maxLength: 20 }), async (flood) => {
      await using fixture = await openFixture();
      const clock = new HandClock();
      await using session = await fixture.open({ clock });
      const holder = await register(session, 'a');
      const low = submission({ share: 'patient', priority: 'low' });
      await session.queue.submit(low);
      const due = clock.wall + 30 * 60_000;
      const later: RunId[] = [];
      for (const { minutes, critical } of flood) {
        clock.pass(minutes * 60_000);
        for (const share of critical) {
          const run = await submitTo(session, share, 'critical');
          if (clock.wall >= due) later.push(run);
        }
        const [first] = await session.queue.claim(holder, { atMost: 1 });
        if (first?.runId === low.runId) return;
        expect(later).not.toContain(first?.runId);
      }
    });
    await assert(property, { numRuns: RUNS });
  });
}

async function submitTo(session: Session, share: string, priority: 'normal' | 'critical' = 'normal'): Promise<RunId> {
  const run = submission({ share, priority });
  await session.queue.submit(run);
  return run.runId;
}

/** One process: it stands still when it is stopped, and does not know of it. */
interface Process {
  readonly session: Session;
  readonly worker: WorkerId;
  stopped: boolean;
}

const who = nat(3);
const happening = oneof(
  { weight: 6, arbitrary: record({ do: constantFrom('claim' as const), who, count: integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: record({ do: constantFrom('release' as const), who, nth: nat(5) }) },
  {
    weight: 2,
    arbitrary: record({
      do: constantFrom('park' as const),
      who,
      nth: nat(5),
      until: constantFrom('paused' as const, 'time' as const, 'command' as const),
    }),
  },
  { weight: 2, arbitrary: record({ do: constantFrom('stop' as const, 'goOn' as const), who }) },
  { weight: 5, arbitrary: record({ do: constantFrom('pass' as const), seconds: integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: record({ do: constantFrom('jump' as const), hours: integer({ min: -30, max: 30 }) }) },
  { weight: 2, arbitrary: record({ do: constantFrom('send' as const), nth: nat(9) }) },
  { weight: 1, arbitrary: record({ do: constantFrom('submit' as const) }) },
);
type Happening = typeof happening extends Arbitrary<infer T> ? T : never;

/** Four processes on one store, and beside it what must be true of it. */
class World {
  readonly processes: Process[] = [];
  /** What should be true and is not. */
  readonly wrong: string[] = [];
  readonly #runs: RunId[] = [];
  /** Who holds a run by right. */
  readonly #holders = new Map<RunId, Lease>();
  readonly #given: Lease[] = [];

  static async open(fixture: StoreFixture): Promise<World> {
    const world = new World();
    for (const name of ['a', 'b', 'c', 'd']) {
      const session = await fixture.open();
      world.processes.push({ session, worker: await register(session, name), stopped: false });
    }
    for (let run = 0; run < 4; run += 1) await world.submit();
    return world;
  }

  async act(what: Happening): Promise<void> {
    switch (what.do) {
      case 'claim':
        return this.#claim(this.#process(what.who), what.count);
      case 'release':
      case 'park':
        return this.#giveBack(this.#process(what.who), what);
      case 'stop':
      case 'goOn':
        this.#process(what.who).stopped = what.do === 'stop';
        return;
      case 'pass':
        return this.#pass(what.seconds);
      case 'jump':
        for (const { session } of this.processes) session.clock.wall += what.hours * 3_600_000;
        return;
      case 'send':
        return this.#send(what.nth);
      case 'submit':
        return this.submit();
    }
  }

  async submit(): Promise<void> {
    const run = submission();
    await this.#process(0).session.queue.submit(run);
    this.#runs.push(run.runId);
  }

  /** No run has two holders. */
  async checkHolders(): Promise<void> {
    const { queue } = this.#process(0).session;
    for (const lease of this.#given)
      this.#claimTrue((await queue.holds(lease)) === this.#isHeldBy(lease), `whether ${nameOf(lease)} counts`);
  }

  /** Who has lost a run can write nothing to it. */
  async checkAppends(): Promise<void> {
    for (const lease of this.#given) {
      const writer = this.processes.find(({ worker }) => worker === lease.worker);
      const answer = writer && (await codeOf(writer.session.log.append(lease, { drafts: [] })));
      this.#claimTrue(answer === (this.#isHeldBy(lease) ? 'stored' : 'LEASE_LOST'), `an append of ${nameOf(lease)}`);
    }
  }

  #claimTrue(isTrue: boolean, what: string): void {
    if (!isTrue) this.wrong.push(what);
  }

  #isHeldBy(lease: Lease): boolean {
    return this.#holders.get(lease.runId) === lease;
  }

  #process(index: number): Process {
    const process = this.processes[index];
    if (process === undefined) throw new Error(`there is no process ${index}`);
    return process;
  }

  async #claim(claimer: Process, atMost: number): Promise<void> {
    if (claimer.stopped) return;
    for (const lease of await claimer.session.queue.claim(claimer.worker, { atMost })) {
      const before = this.#holders.get(lease.runId);
      const isFree = before === undefined || this.#process(this.#indexOf(before.worker)).stopped;
      this.#claimTrue(isFree, `${nameOf(lease)} was taken from a worker that lives`);
      const earlier = this.#given.filter(({ runId }) => runId === lease.runId);
      this.#claimTrue(
        earlier.every(({ token }) => token < lease.token),
        `the token of ${nameOf(lease)} grows`,
      );
      this.#holders.set(lease.runId, lease);
      this.#given.push(lease);
    }
  }

  #indexOf(worker: WorkerId): number {
    return this.processes.findIndex((process) => process.worker === worker);
  }

  async #giveBack(by: Process, what: Extract<Happening, { do: 'release' | 'park' }>): Promise<void> {
    const leases = this.#given.filter(({ worker }) => worker === by.worker);
    const lease = leases[what.nth % Math.max(1, leases.length)];
    if (by.stopped || lease === undefined) return;
    const isHolder = this.#isHeldBy(lease);
    const { queue, clock } = by.session;
    if (what.do === 'release') await queue.release(lease);
    else {
      const untils = { paused: 'paused', time: { until: (clock.wall + 5000) as Instant }, command: {} } as const;
      const answer = await codeOf(queue.park(lease, untils[what.until]));
      this.#claimTrue(answer === (isHolder ? 'stored' : 'LEASE_LOST'), `parking ${nameOf(lease)}`);
    }
    if (isHolder) this.#holders.delete(lease.runId);
  }

  /** Second by second: who goes on beats, and looks at the others. */
  async #pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      for (const { session, worker, stopped } of this.processes) if (!stopped) await session.beat(worker);
      for (const { session } of this.processes) session.clock.pass(1000);
      for (const { session, worker, stopped } of this.processes) if (!stopped) await session.queue.survey(worker);
    }
  }

  async #send(nth: number): Promise<void> {
    const run = this.#runs[nth % this.#runs.length];
    if (run !== undefined) await this.#process(1).session.queue.send(run, { type: 'resume', by: 'test' });
  }
}

const nameOf = ({ runId, token }: Lease): string => `${runId}#${token}`;

function holding(openFixture: () => Promise<StoreFixture>): void {
  test('whatever four workers do, a run has one holder, and whoever has lost it can append nothing', async () => {
    const property = asyncProperty(array(happening, { minLength: 5, maxLength: 60 }), async (happenings) => {
      await using fixture = await openFixture();
      const world = await World.open(fixture);
      for (const one of happenings) {
        await world.act(one);
        await world.checkHolders();
      }
      await world.checkAppends();
      expect(world.wrong).toEqual([]);
    });
    await assert(property, { numRuns: RUNS });
  });
}

function carryingMail(openFixture: () => Promise<StoreFixture>): void {
  const word = string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const text = string({ unit: 'binary', maxLength: 200 });
  const by = constantFrom('admin');
  const command = oneof(
    record({ type: constantFrom('cancel' as const, 'pause' as const, 'resume' as const), by }),
    record(
      {
        type: constantFrom('decide' as const),
        by,
        stepPath: constantFrom('review' as StepPath),
        choice: word,
        note: text,
      },
      { requiredKeys: ['type', 'by', 'stepPath', 'choice'] },
    ),
    record(
      { type: constantFrom('signal' as const), by, name: word, body: oneof(text, uint8Array({ maxLength: 200 })) },
      { requiredKeys: ['type', 'by', 'name'] },
    ),
  );

  test('every command arrives as it was sent, texts as texts and bytes as bytes, in the order of sending', async () => {
    const property = asyncProperty(array(command, { minLength: 1, maxLength: 8 }), async (sent: readonly Command[]) => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const lease = await startedRun(session, await register(session, 'a'));
      for (const one of sent) await session.queue.send(lease.runId, one);
      const received = await collect(session.queue.inbox(lease, never), sent.length);
      expect(received.map(({ id: _id, ...rest }) => rest)).toEqual(sent.map((one) => ({ ...one }))); // records have no prototype
      await session.log.append(lease, { drafts: [], handled: received.map(({ id }) => id) });
      await session.queue.park(lease, {});
      expect(await session.queue.claim(lease.worker, { atMost: 1 })).toEqual([]);
    });
    await assert(property, { numRuns: RUNS });
  });

  test('bytes that the sender changes afterwards arrive as they were', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const lease = await startedRun(session, await register(session, 'a'));
    const body = new Uint8Array([1, 2, 3]);
    await session.queue.send(lease.runId, { type: 'signal', by: 'admin', name: 'filled-in', body });
    body[0] = 9;
    const [received] = await collect(session.queue.inbox(lease, never), 1);
    expect(received).toMatchObject({ body: new Uint8Array([1, 2, 3]) });
  });
}
