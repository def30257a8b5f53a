import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK } from '../../test/support/app.ts';
import type { Json } from '../core/json.ts';
import type { App } from './context.ts';
import { readEvents } from './read-events.ts';
import { startRun } from './start-run.ts';
import { asWorker, work } from './work.ts';

const forever = (): AbortSignal => new AbortController().signal;

async function collect(app: App, id: string, follow = false): Promise<Json[]> {
  const events: Json[] = [];
  for await (const event of readEvents(app, id, { follow, signal: forever() })) events.push(event);
  return events;
}

describe('the events of a run', () => {
  it('come in order, each once, as programs read them', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const events = await collect(app, runId.replaceAll('-', ''));
    const head = await app.store.log.head(runId);
    expect(events).toHaveLength(head?.seq ?? 0);
    expect(events[0]).toMatchObject({ v: 1, runId, seq: 1, type: 'run.created', at: expect.stringMatching(/Z$/) });
    expect(events.at(-1)).toMatchObject({ seq: head?.seq, type: 'run.ended', hash: head?.hash });
  });

  it('end where the run stands when nobody follows', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    expect(await collect(app, runId)).toMatchObject([{ type: 'run.created' }]);
  });

  it('are followed until the run has ended', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const followed = collect(app, runId, true);
    await asWorker(app, () => work(app, { only: runId, signal: forever() }));
    const events = await followed;
    expect(events).toEqual(await collect(app, runId));
    expect(events.at(-1)).toMatchObject({ type: 'run.ended' });
  });

  it('are those of this run only', async () => {
    await using app = await openTestApp();
    const other = await carryOut(app);
    const runId = await carryOut(app);
    const events = JSON.stringify(await collect(app, runId, true));
    expect(events).not.toContain(other);
  });

  it('are followed until the signal', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const leave = new AbortController();
    const events = readEvents(app, runId, { follow: true, signal: leave.signal })[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: 'run.created' });
    const next = events.next();
    leave.abort();
    expect((await next).done).toBe(true);
  });

  it('are not there for a run that is not there, followed or not', async () => {
    await using app = await openTestApp();
    for (const follow of [false, true])
      await expect(collect(app, '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10', follow)).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
      });
  });
});
