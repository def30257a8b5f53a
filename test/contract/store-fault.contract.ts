import { describe, expect, test } from 'vitest';
import { GENESIS, eventHash } from '../../src/core/events.ts';
import type { StepPath } from '../../src/core/ids.ts';
import type { BudgetRef, Lease, StoredBody } from '../../src/core/ports.ts';
import {
  artifactRow,
  attemptEnded,
  breakerClosed,
  collect,
  register,
  routedAttempt,
  runEnded,
  startedRun,
  testDigest,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

const BUDGET: BudgetRef = { scope: 'room', subject: 'r1', rule: { limitMicroUsd: 100, mode: 'halt' } };

/** One write after another; each may be repeated until it is stored. */
interface Script {
  lease?: Lease;
  reservation?: number;
}

type Step = (session: Session, script: Script) => Promise<unknown>;

const leaseOf = ({ lease }: Script): Lease => {
  if (lease === undefined) throw new Error('the run was not started');
  return lease;
};

const STEPS: readonly Step[] = [
  async (session, script) => {
    script.lease = await startedRun(session, await register(session, 'a'));
  },
  async (session, script) => {
    const permits = [{ name: 'p', amount: 1, limit: 1, kind: 'held' as const }];
    const what = { path: 's1' as StepPath, attempt: 1, permits, budgets: [BUDGET], costMicroUsd: 60 };
    const reservation = await session.ledger.reserve(leaseOf(script), what);
    if (!reservation.ok) throw new Error(`refused because of ${reservation.because}`);
    script.reservation = reservation.id;
  },
  (session, script) => session.log.append(leaseOf(script), { drafts: [routedAttempt('s1', 'x/m')] }),
  (session, script) => {
    const artifacts = [artifactRow(leaseOf(script).runId, 1)];
    return session.log.append(leaseOf(script), { drafts: [attemptEnded('s1')], artifacts });
  },
  (session, script) => session.ledger.settle(script.reservation ?? 0, 40),
  (session) => session.installation.append([breakerClosed]),
  (session, script) => session.log.append(leaseOf(script), { drafts: [runEnded] }),
];

/** What is stored after the whole script, without the ids that are new each time. */
async function resultOf(session: Session, script: Script) {
  const { runId } = leaseOf(script);
  const events = await collect(session.log.read(runId));
  return {
    isRunWhole: await isWhole(session.log.bodies(runId)),
    isInstallationWhole: await isWhole(session.installation.bodies()),
    types: events.map(({ type }) => type),
    artifacts: (await session.log.artifacts(runId)).length,
    routes: await session.routes.of(['x/m']),
    standings: await session.ledger.standings(),
    closings: (await collect(session.installation.read())).filter(({ type }) => type === 'breaker.closed').length,
    state: (await session.log.head(runId))?.state,
  };
}

async function isWhole(bodies: AsyncIterable<StoredBody>): Promise<boolean> {
  let previous: Uint8Array = GENESIS;
  for await (const { body, hash } of bodies) {
    previous = eventHash(testDigest, previous, body);
    if (Buffer.from(previous).toString('hex') !== hash) return false;
  }
  return true;
}

/** Carries the script out; the n-th commit fails, and what it held is asked for again. Says how many commits there were. */
async function carryOut(fixture: StoreFixture, failingCommit: number) {
  let commits = 0;
  const beforeCommit = (): void => {
    commits += 1;
    if (commits === failingCommit) throw new Error('the commit failed');
  };
  await using session = await fixture.open({ beforeCommit });
  const script: Script = {};
  for (const step of STEPS) await step(session, script).catch(() => step(session, script));
  await using another = await fixture.open({ clock: session.clock });
  return { commits, result: await resultOf(another, script) };
}

/** What every store does when its commits fail. */
export function storeFaultContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`faults: ${name}`, () => {
    test('whichever commit fails, nothing of it is stored, and the same writes again lead to the same end', async () => {
      await using untroubled = await openFixture();
      const { commits, result } = await carryOut(untroubled, 0);
      expect(result).toMatchObject({
        isRunWhole: true,
        isInstallationWhole: true,
        types: ['run.created', 'run.started', 'attempt.started', 'attempt.ended', 'run.ended'],
        standings: [{ spentMicroUsd: 40, reservedMicroUsd: 0 }],
        closings: 1,
      });
      expect(commits).toBeGreaterThanOrEqual(STEPS.length);
      for (let failing = 1; failing <= commits; failing += 1) {
        await using fixture = await openFixture();
        expect((await carryOut(fixture, failing)).result).toEqual(result);
      }
    });
  });
}
