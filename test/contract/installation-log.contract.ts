import { describe, expect, test } from 'vitest';
import { GENESIS, eventHash } from '../../src/core/events.ts';
import type { InstallationDraft } from '../../src/core/events.ts';
import {
  breakerClosed,
  codeOf,
  collect,
  never,
  register,
  startedRun,
  testDigest,
  worker,
} from '../support/store-fixtures.ts';
import type { Session, StoreFixture } from '../support/store-fixtures.ts';

const opened = (failures: number): InstallationDraft => ({
  type: 'breaker.opened',
  data: { candidate: 'ollama/small', worker: worker('a'), failures },
});

/** How many events there are, one after another, whose hashes recompute. */
async function wholeLinks(session: Session): Promise<number> {
  let previous: Uint8Array = GENESIS;
  let links = 0;
  for await (const { body, hash, seq } of session.installation.bodies()) {
    previous = eventHash(testDigest, previous, body);
    const said = JSON.parse(body) as { runId: unknown; seq: unknown };
    const isWhole = Buffer.from(previous).toString('hex') === hash && said.runId === null && said.seq === links + 1;
    if (!isWhole || seq !== links + 1) return links;
    links += 1;
  }
  return links;
}

/** What every InstallationLog does. The sessions of a fixture stand for processes on one store. */
export function installationLogContract(name: string, openFixture: () => Promise<StoreFixture>): void {
  describe(`InstallationLog: ${name}`, () => {
    appending(openFixture);
    reading(openFixture);
  });
}

function appending(openFixture: () => Promise<StoreFixture>): void {
  test('its events count from 1 without a gap, beside those of runs, and share their positions', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    expect(await session.installation.append([opened(5), breakerClosed])).toEqual({ seq: 2, position: 2 });
    await startedRun(session, await register(session, 'a'));
    expect(await session.installation.append([opened(1)])).toEqual({ seq: 4, position: 6 });
    const events = await collect(session.installation.read());
    expect(events.map(({ runId, seq, position, type }) => [runId, seq, position, type])).toEqual([
      [null, 1, 1, 'breaker.opened'],
      [null, 2, 2, 'breaker.closed'],
      [null, 3, 3, 'worker.started'],
      [null, 4, 6, 'breaker.opened'],
    ]);
  });

  test('every hash recomputes from the text and the hash before', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    for (const failures of [1, 2, 3]) await session.installation.append([opened(failures), breakerClosed]);
    await startedRun(session, await register(session, 'a'));
    expect(await wholeLinks(session)).toBe(7);
  });

  test('what two sessions append at once makes one chain', async () => {
    await using fixture = await openFixture();
    await using first = await fixture.open();
    await using second = await fixture.open();
    const appends = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? first : second).installation.append([opened(index + 1), breakerClosed]),
    );
    const seqs = (await Promise.all(appends)).map(({ seq }) => seq).toSorted((left, right) => left - right);
    expect(seqs).toEqual(appends.map((_, index) => 2 * (index + 1)));
    expect(await wholeLinks(first)).toBe(40);
    expect(await collect(second.installation.read())).toHaveLength(40);
  });

  test('an event that is malformed is refused with everything that was to be stored with it', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    expect(await codeOf(session.installation.append([breakerClosed, opened(0)]))).toBe('INTERNAL');
    expect(await collect(session.installation.read())).toEqual([]);
    expect(await session.installation.append([breakerClosed])).toEqual({ seq: 1, position: 1 });
  });

  test('an append of nothing says where the log ends', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    expect(await session.installation.append([])).toEqual({ seq: 0, position: 0 });
    await session.installation.append([breakerClosed]);
    expect(await session.installation.append([])).toEqual({ seq: 1, position: 1 });
  });

  test('times never decrease when the clock jumps back', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    const before = session.clock.wall;
    await session.installation.append([breakerClosed]);
    session.clock.wall -= 3_600_000;
    await session.installation.append([breakerClosed]);
    expect((await collect(session.installation.read())).map(({ at }) => at)).toEqual([before, before]);
  });

  test('when the commit fails nothing is stored, and the next append goes on', async () => {
    await using fixture = await openFixture();
    let failing = true;
    const beforeCommit = (): void => {
      if (failing) throw new Error('the commit failed');
    };
    await using session = await fixture.open({ beforeCommit });
    expect(await codeOf(session.installation.append([breakerClosed]))).toBe('INTERNAL');
    failing = false;
    expect(await session.installation.append([breakerClosed])).toEqual({ seq: 1, position: 1 });
    expect(await wholeLinks(session)).toBe(1);
  });

  test('another session goes on with the chain after the first was dropped', async () => {
    await using fixture = await openFixture();
    const first = await fixture.open();
    await first.installation.append([breakerClosed]);
    await first.close();
    await using second = await fixture.open();
    expect(await second.installation.append([opened(1)])).toEqual({ seq: 2, position: 2 });
    expect(await wholeLinks(second)).toBe(2);
  });
}

function reading(openFixture: () => Promise<StoreFixture>): void {
  test('more than two thousand events are read in order, and a range of them over pages', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await session.installation.append(Array.from({ length: 2600 }, () => breakerClosed));
    const seqs = (await collect(session.installation.read())).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 2600 }, (_, index) => index + 1));
    const range = (await collect(session.installation.read({ afterSeq: 100, limit: 2001 }))).map(({ seq }) => seq);
    expect([range.length, range[0], range.at(-1)]).toEqual([2001, 101, 2101]);
    expect(await collect(session.installation.read({ limit: 0 }))).toEqual([]);
  });

  test('a follower of it gets nothing of runs, first what is stored, then what comes, from other sessions too', async () => {
    await using fixture = await openFixture();
    await using session = await fixture.open();
    await using other = await fixture.open();
    await session.installation.append([opened(1)]);
    const all = collect(session.log.follow({ position: 0, runId: null }, never), 4);
    const later = collect(session.log.follow({ position: 1, runId: null }, never), 3);
    await startedRun(session, await register(session, 'a'));
    await other.installation.append([opened(2), breakerClosed]);
    expect((await all).map(({ runId, seq }) => [runId, seq])).toEqual([1, 2, 3, 4].map((seq) => [null, seq]));
    expect((await later).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });
}
