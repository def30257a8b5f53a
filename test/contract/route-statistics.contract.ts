import { describe, expect, test } from 'vitest';
import { attemptEnded, attemptStarted, register, routedAttempt, startedRun } from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

const NOTHING = { running: 0, succeeded: 0, failed: 0, medianMs: null, lastAt: null };

async function recordOf(session: Session, candidate: string) {
  return (await session.routes.of([candidate])).get(candidate);
}

/** What every RouteStatistics does. */
export function routeStatisticsContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`RouteStatistics: ${name}`, () => {
    test('a candidate without attempts has an empty record, and steps without a route count nowhere', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const lease = await startedRun(session, await register(session, 'a'));
      await session.log.append(lease, { drafts: [attemptStarted('s1'), attemptEnded('s1')] });
      expect(await session.routes.of(['x/m', 'y/m'])).toEqual(
        new Map([
          ['x/m', NOTHING],
          ['y/m', NOTHING],
        ]),
      );
    });

    test('a record tells what runs, how the last attempts ended, how long they took, and when the last began', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      await using other = await fixture.open({ clock: session.clock });
      const lease = await startedRun(session, await register(session, 'a'));
      const ends = [
        ['succeeded', 100],
        ['succeeded', 300],
        ['failed', 5],
        ['timedOut', 5],
        ['blocked', 5],
        ['canceled', 5],
        ['abandoned', 5],
      ] as const;
      for (const [index, [state, tookMs]] of ends.entries()) {
        await session.log.append(lease, { drafts: [routedAttempt(`s${index}`, 'x/m')] });
        session.clock.pass(tookMs);
        await session.log.append(lease, { drafts: [attemptEnded(`s${index}`, state)] });
      }
      const lastAt = session.clock.wall;
      await session.log.append(lease, { drafts: [routedAttempt('t1', 'x/m'), routedAttempt('t2', 'y/m')] });
      const expected = { running: 1, succeeded: 2, failed: 2, medianMs: 200, lastAt };
      expect(await recordOf(other, 'x/m')).toEqual(expected);
      expect(await recordOf(other, 'y/m')).toEqual({ ...NOTHING, running: 1, lastAt });
    });

    test('only the last 50 attempts that have ended count', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const lease = await startedRun(session, await register(session, 'a'));
      for (let index = 0; index < 60; index += 1) {
        session.clock.pass(1);
        const state = index < 20 ? 'failed' : 'succeeded';
        await session.log.append(lease, {
          drafts: [routedAttempt(`s${index}`, 'x/m'), attemptEnded(`s${index}`, state)],
        });
      }
      expect(await recordOf(session, 'x/m')).toMatchObject({ succeeded: 40, failed: 10 });
    });
  });
}
