import { describe, expect, it } from 'vitest';
import { carryOut, gatedStudio, openTestApp, QUICK } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import type { RunId, WorkerId } from '../core/ids.ts';
import { commandRun } from './command-run.ts';
import type { App } from './context.ts';
import { startRun } from './start-run.ts';
import { asWorker, work } from './work.ts';

const GATED = { config: 'gated', text: 'A cat' };
const COMMANDS = ['cancel', 'pause', 'resume'] as const;
const { signal } = new AbortController();

const stateOf = async (app: App, runId: RunId): Promise<string | undefined> => (await app.store.log.head(runId))?.state;

async function receivedBy(app: App, runId: RunId): Promise<string[]> {
  const received: string[] = [];
  for await (const { type, data } of app.store.log.read(runId))
    if (type === 'command.received') received.push(`${data.command} by ${data.by}`);
  return received;
}

/** Another worker that never answers by itself. */
async function registerOther(app: TestApp) {
  const other = { ...app.engine.worker, id: app.ids.workerId() };
  await app.store.queue.register(other);
  return other;
}

/** The same app where looking for other workers takes no time, and this happens meanwhile. */
const lookingAt = (app: TestApp, meanwhile: () => Promise<void>): App => ({
  ...app,
  clock: { ...app.clock, sleep: meanwhile },
});

/** Raises the worker's counter again and again, as its own thread would. */
function beating(app: TestApp, worker: WorkerId): Disposable {
  const timer = setInterval(() => void app.beat(worker), 50);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

describe('a command to a run that nobody holds', () => {
  it('cancels it', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const done = await commandRun(
      app,
      { runId: runId.replaceAll('-', ''), command: { type: 'cancel', by: 'admin' } },
      { signal },
    );
    expect(done).toEqual({ runId, command: 'cancel', state: 'canceled', last: { kind: 'ended' } });
    expect(await receivedBy(app, runId)).toEqual(['cancel by admin']);
  });

  it('pauses it, and gives it back', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const done = await commandRun(app, { runId, command: { type: 'pause', by: 'teacher' } }, { signal });
    expect(done).toMatchObject({ state: 'paused', last: { kind: 'paused' } });
    expect((await app.store.log.head(runId))?.holder).toBeUndefined();
    expect(await receivedBy(app, runId)).toEqual(['pause by teacher']);
    expect((await app.store.queue.workers()).every(({ stopped }) => stopped)).toBe(true);
  });

  it('resumes it and carries it on to its end', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    const done = await commandRun(app, { runId, command: { type: 'resume', by: 'admin' } }, { signal });
    expect(done).toMatchObject({ state: 'succeeded', last: { kind: 'ended' } });
  });

  it('is left to a worker when a resumed run is not to be carried on', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    const done = await commandRun(app, { runId, command: { type: 'resume', by: 'admin' } }, { signal, carryOn: false });
    expect(done).toMatchObject({ state: 'paused', last: undefined });
    await asWorker(app, () => work(app, { once: true, signal }));
    expect(await stateOf(app, runId)).toBe('succeeded');
  });

  it('cancels it while it is paused', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    expect(await commandRun(app, { runId, command: { type: 'cancel', by: 'admin' } }, { signal })).toMatchObject({
      state: 'canceled',
    });
  });

  it('leaves it paused when it is paused again', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    expect(await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal })).toMatchObject({
      state: 'paused',
    });
  });

  it('does not wait for other workers when it cancels or pauses', async () => {
    await using app = await openTestApp();
    await registerOther(app);
    const patient = lookingAt(app, () => Promise.reject(new Error('it waited')));
    for (const command of ['pause', 'cancel'] as const) {
      const { runId } = await startRun(app, QUICK);
      expect((await commandRun(patient, { runId, command: { type: command, by: 'admin' } }, { signal })).state).toBe(
        `${command}${command === 'pause' ? 'd' : 'ed'}`,
      );
    }
  });
});

describe('a command while other workers are there', () => {
  it('is in the mailbox of the run that another one holds, and nothing more', async () => {
    await using app = await openTestApp();
    const other = await registerOther(app);
    using _alive = beating(app, other.id);
    for (const command of ['cancel', 'pause'] as const) {
      const { runId, lease } = await startRun(app, QUICK, other.id);
      const done = await commandRun(app, { runId, command: { type: command, by: 'admin' } }, { signal });
      expect(done).toEqual({ runId, command, state: 'pending', last: undefined });
      if (lease === undefined) throw new Error('nobody holds the run');
      for await (const mail of app.store.queue.inbox(lease, signal)) {
        expect(mail).toMatchObject({ type: command, by: 'admin' });
        break;
      }
    }
  });

  it('leaves a resumed run to one that is seen to live', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    const other = await registerOther(app);
    const busy = lookingAt(app, () => app.beat(other.id));
    expect(await commandRun(busy, { runId, command: { type: 'resume', by: 'admin' } }, { signal })).toMatchObject({
      state: 'paused',
      last: undefined,
    });
  });

  it('carries a resumed run on when the others do not move', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    await registerOther(app);
    const quiet = lookingAt(app, async () => {});
    expect((await commandRun(quiet, { runId, command: { type: 'resume', by: 'admin' } }, { signal })).state).toBe(
      'succeeded',
    );
  });

  it('looks at none that takes no runs', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    const other = await registerOther(app);
    await app.store.queue.setMode(other.id, 'paused', 'admin');
    const impatient = lookingAt(app, () => Promise.reject(new Error('it waited')));
    expect((await commandRun(impatient, { runId, command: { type: 'resume', by: 'admin' } }, { signal })).state).toBe(
      'succeeded',
    );
  });

  it('looks at none that has stopped', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    const other = await registerOther(app);
    await app.store.queue.retire(other.id);
    const impatient = lookingAt(app, () => Promise.reject(new Error('it waited')));
    expect((await commandRun(impatient, { runId, command: { type: 'resume', by: 'admin' } }, { signal })).state).toBe(
      'succeeded',
    );
  });
});

describe('a command to a run that is being worked on', () => {
  it('pauses it after the running step, and resuming carries out the rest once', async () => {
    const studio = gatedStudio();
    await using app = await openTestApp(studio.options);
    const { runId } = await startRun(app, GATED);
    const working = asWorker(app, () => work(app, { only: runId, signal }));
    await studio.reached;
    await commandRun(app, { runId, command: { type: 'pause', by: 'admin' } }, { signal });
    studio.open();
    expect((await working).last).toEqual({ kind: 'paused' });
    expect(await stateOf(app, runId)).toBe('paused');
    expect((await commandRun(app, { runId, command: { type: 'resume', by: 'admin' } }, { signal })).state).toBe(
      'succeeded',
    );
    const started: (string | undefined)[] = [];
    for await (const event of app.store.log.read(runId))
      if (event.type === 'attempt.started') started.push(event.stepPath);
    expect(started).toEqual(['first', 'second']);
  });

  it('cancels it and stops the running step', async () => {
    const studio = gatedStudio();
    await using app = await openTestApp(studio.options);
    const { runId } = await startRun(app, GATED);
    const working = asWorker(app, () => work(app, { only: runId, signal }));
    await studio.reached;
    await commandRun(app, { runId, command: { type: 'cancel', by: 'admin' } }, { signal });
    expect((await working).last).toEqual({ kind: 'ended' });
    expect(await stateOf(app, runId)).toBe('canceled');
  });
});

describe('a command that cannot be', () => {
  it.each(COMMANDS)('%s of a run that has ended is a conflict', async (command) => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    await expect(commandRun(app, { runId, command: { type: command, by: 'admin' } }, { signal })).rejects.toMatchObject(
      { code: 'STATE_CONFLICT' },
    );
    expect(await stateOf(app, runId)).toBe('succeeded');
  });

  it.each(COMMANDS)('%s of a run that is not there is not found', async (command) => {
    await using app = await openTestApp();
    for (const runId of ['abc', '01997a3c-5b7e-7d2a-9c41-0a8f6e2d4b10'])
      await expect(
        commandRun(app, { runId, command: { type: command, by: 'admin' } }, { signal }),
      ).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
