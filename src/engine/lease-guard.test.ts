import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { Lease, RunLog } from '../core/ports.ts';
import {
  attemptStarted,
  codeOf,
  collect,
  memoryFixture,
  register,
  startedRun,
} from '../../test/support/store-fixtures.ts';
import type { Session, StoreFixture } from '../../test/support/store-fixtures.ts';
import { settle } from '../../test/support/test-clock.ts';
import { LeaseGuard } from './lease-guard.ts';

interface Guarded {
  readonly session: Session;
  readonly lease: Lease;
  readonly guard: LeaseGuard;
  readonly log: RunLog;
  /** What was told of the lease. */
  readonly lost: StemmaError[];
  /** How often the queue was asked. */
  readonly asked: () => number;
}

async function guarded(fixture: StoreFixture): Promise<Guarded> {
  const session = await fixture.open();
  const lease = await startedRun(session, await register(session, 'a'));
  const { clock, queue } = session;
  let asked = 0;
  const holds = queue.holds.bind(queue);
  queue.holds = (one) => {
    asked += 1;
    return holds(one);
  };
  const guard = new LeaseGuard({ clock, queue });
  const lost: StemmaError[] = [];
  guard.watch(lease, (error) => lost.push(error));
  return { session, lease, guard, log: guard.guard(session.log), lost, asked: () => asked };
}

/** Another worker takes the run over while this one stands still. */
async function takeOver(fixture: StoreFixture, { session }: Guarded): Promise<void> {
  const other = await fixture.open();
  const own = await register(other, 'b');
  other.clock.pass(5000);
  await other.queue.claim(own, { atMost: 1 });
  session.clock.monotonic += 5000;
}

const drafts = [attemptStarted('one')];

describe('after a gap in its own monotonic clock a worker', () => {
  test('appends nothing to a run that others have taken over, and says that it is lost', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    const appended: unknown[] = [];
    const append = at.session.log.append.bind(at.session.log);
    at.session.log.append = (...given) => {
      appended.push(given);
      return append(...given);
    };
    await takeOver(fixture, at);
    expect(await codeOf(at.log.append(at.lease, { drafts }))).toBe('LEASE_LOST');
    expect(at.lost.map(({ code }) => code)).toEqual(['LEASE_LOST']);
    expect(await codeOf(at.log.append(at.lease, { drafts }))).toBe('LEASE_LOST');
    expect(appended).toEqual([]);
  });

  test('goes on with a run that is still its own, and asks once', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    at.session.clock.monotonic += 5000;
    await Promise.all([at.log.append(at.lease, { drafts }), at.log.append(at.lease, { drafts: [] })]);
    expect(await collect(at.log.read(at.lease.runId))).toHaveLength(3);
    expect([at.lost, at.asked()]).toEqual([[], 1]);
  });

  test('is told by its ticking that a run is lost, though it appends nothing', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    const over = new AbortController();
    const ticking = at.guard.tick(over.signal);
    await takeOver(fixture, at);
    at.session.clock.pass(0);
    await settle();
    expect(at.lost).toHaveLength(1);
    over.abort();
    await ticking;
  });

  test('appends nothing while the store does not say whose the run is', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    const { queue } = at.session;
    const holds = queue.holds.bind(queue);
    queue.holds = () => Promise.reject(new StemmaError('STORE_BUSY', 'locked'));
    at.session.clock.monotonic += 5000;
    expect(await codeOf(at.log.append(at.lease, { drafts }))).toBe('STORE_BUSY');
    queue.holds = holds;
    expect(await codeOf(at.log.append(at.lease, { drafts }))).toBe('stored');
    expect(at.asked()).toBe(1);
  });
});

describe('as long as its ticks come in time a worker', () => {
  test('asks for nothing, whatever the wall clock says', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    const over = new AbortController();
    const ticking = at.guard.tick(over.signal);
    for (let second = 0; second < 10; second += 1) {
      at.session.clock.pass(second === 5 ? 3900 : 1000);
      at.session.clock.wall += second % 2 === 0 ? 7_200_000 : -14_400_000;
      await settle(2);
      await at.log.append(at.lease, { drafts: [] });
    }
    expect(at.asked()).toBe(0);
    over.abort();
    await ticking;
  });

  test('appends nothing to a run that it has left', async () => {
    await using fixture = await memoryFixture();
    const at = await guarded(fixture);
    at.guard.leave(at.lease);
    expect(await codeOf(at.log.append(at.lease, { drafts }))).toBe('LEASE_LOST');
  });
});
