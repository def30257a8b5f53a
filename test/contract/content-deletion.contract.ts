import { describe, expect, test } from 'vitest';
import type { InstallationDraft } from '../../src/core/events.ts';
import type { RunId } from '../../src/core/ids.ts';
import {
  artifactRow,
  codeOf,
  collect,
  nextRunId,
  register,
  runEnded,
  sha,
  startedRun,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

export const receiptOf = (runId: RunId): InstallationDraft => ({
  type: 'content.deleted',
  data: { runId, hash: sha('last'), events: 3, artifacts: 1, files: 1, bytes: 12, by: 'admin' },
});

/** A run that has ended, with an artifact and a label. */
async function endedRun(session: Session, label = 'Ada'): Promise<RunId> {
  const runId = nextRunId();
  const labels = [{ key: 'person', value: label }];
  const lease = await startedRun(session, await register(session, 'a'), {
    runId,
    artifacts: [artifactRow(runId, 1)],
    labels,
  });
  await session.log.append(lease, { drafts: [runEnded] });
  return runId;
}

const receipts = async (session: Session): Promise<readonly unknown[]> =>
  (await collect(session.installation.read())).filter(({ type }) => type === 'content.deleted').map(({ data }) => data);

/** What RunLog.deleteContent does in every store. */
export function contentDeletionContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`RunLog.deleteContent: ${name}`, () => {
    test('takes the rows of artifacts away, says so in the head and in the installation log, and leaves the chain', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const [runId, other] = [await endedRun(session), await endedRun(session)];
      const before = await collect(session.log.bodies(runId));
      expect((await session.log.head(runId))?.contentDeleted).toBeUndefined();
      await session.log.deleteContent(runId, receiptOf(runId));
      expect(await session.log.artifacts(runId)).toEqual([]);
      expect(await session.log.head(runId)).toMatchObject({ state: 'succeeded', contentDeleted: true });
      expect(await collect(session.log.bodies(runId))).toEqual(before);
      expect(await receipts(session)).toEqual([receiptOf(runId).data]);
      expect(await session.log.artifacts(other)).toHaveLength(1);
    });

    test('done again changes nothing and gives no second receipt', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const runId = await endedRun(session);
      await session.log.deleteContent(runId, receiptOf(runId));
      await session.log.deleteContent(runId, receiptOf(runId));
      expect(await receipts(session)).toHaveLength(1);
    });

    test('is refused for a run that has not ended, and for one that is not there', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const { runId } = await startedRun(session, await register(session, 'a'));
      const nobody = nextRunId();
      expect(await codeOf(session.log.deleteContent(runId, receiptOf(runId)))).toBe('STATE_CONFLICT');
      expect(await codeOf(session.log.deleteContent(nobody, receiptOf(nobody)))).toBe('RUN_NOT_FOUND');
      expect(await receipts(session)).toEqual([]);
    });

    test('with a receipt that is malformed deletes nothing', async () => {
      await using fixture = await openFixture();
      await using session = await fixture.open();
      const runId = await endedRun(session);
      const wrong = { ...receiptOf(runId), data: { runId } } as unknown as InstallationDraft;
      expect(await codeOf(session.log.deleteContent(runId, wrong))).toBe('INTERNAL');
      expect(await session.log.artifacts(runId)).toHaveLength(1);
      expect((await session.log.head(runId))?.contentDeleted).toBeUndefined();
    });

    test('whose commit fails deletes nothing', async () => {
      await using fixture = await openFixture();
      let failing = false;
      const beforeCommit = (): void => {
        if (failing) throw new Error('the commit failed');
      };
      await using session = await fixture.open({ beforeCommit });
      const runId = await endedRun(session);
      failing = true;
      expect(await codeOf(session.log.deleteContent(runId, receiptOf(runId)))).toBe('INTERNAL');
      failing = false;
      expect(await session.log.artifacts(runId)).toHaveLength(1);
      await session.log.deleteContent(runId, receiptOf(runId));
      expect(await receipts(session)).toHaveLength(1);
    });
  });
}
