import { describe, expect, test } from 'vitest';
import { TestClock, settle } from '../../test/support/test-clock.ts';
import { AttemptTime } from './attempt-time.ts';

const open = (limits: { timeoutMs?: number; idleTimeoutMs?: number }) => {
  const clock = new TestClock();
  const run = new AbortController();
  const time = new AttemptTime({ clock, signal: run.signal }, limits);
  const pass = async (ms: number): Promise<boolean> => {
    clock.advance(ms);
    await settle(2);
    return time.signal.aborted;
  };
  return { clock, run, time, pass };
};

describe("an attempt's time", () => {
  test('is over after its limit, not before', async () => {
    const { time, pass } = open({ timeoutMs: 1000 });
    expect(await pass(999)).toBe(false);
    expect(await pass(1)).toBe(true);
    expect(time.signal.reason).toMatchObject({ code: 'STEP_TIMEOUT', facts: { timeoutMs: 1000 } });
  });

  test('is over when nothing was heard of it for too long', async () => {
    const { time, pass } = open({ idleTimeoutMs: 1000 });
    await pass(900);
    time.progressed();
    expect(await pass(900)).toBe(false);
    time.progressed();
    expect(await pass(999)).toBe(false);
    expect(await pass(1)).toBe(true);
    expect(time.signal.reason).toMatchObject({ code: 'STEP_TIMEOUT', facts: { idle: 1000 } });
  });

  test('stands still while it waits in the queue', async () => {
    const { time, pass } = open({ timeoutMs: 1000, idleTimeoutMs: 800 });
    await pass(400);
    const free = Promise.withResolvers<void>();
    const waiting = time.queued(() => free.promise);
    expect(await pass(60_000)).toBe(false);
    free.resolve();
    await waiting;
    expect(time.queuedMs).toBe(60_000);
    expect(await pass(399)).toBe(false);
    expect(await pass(1)).toBe(true);
    expect(time.signal.reason).toMatchObject({ facts: { idle: 800 } });
  });

  test('ends with the run, for the same reason', () => {
    const { run, time } = open({});
    run.abort(new Error('canceled'));
    expect(time.signal.reason).toMatchObject({ message: 'canceled' });
  });

  test('leaves nothing behind', async () => {
    const { run, time, pass } = open({ timeoutMs: 1000 });
    time[Symbol.dispose]();
    expect(await pass(5000)).toBe(false);
    run.abort();
    expect(time.signal.aborted).toBe(false);
  });
});
