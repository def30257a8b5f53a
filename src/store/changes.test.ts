import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Changes } from './changes.ts';

const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether the promise is settled once all that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await vi.advanceTimersByTimeAsync(0);
  return settled;
}

test('a change of the topic wakes at once, one of another topic does not', async () => {
  const changes = new Changes();
  const waiting = changes.next('log', never);
  changes.publish(['queue']);
  expect(await isSettled(waiting)).toBe(false);
  changes.publish(['log']);
  expect(await isSettled(waiting)).toBe(true);
});

test('the signal ends the wait, and a signal that is aborted already does not wait at all', async () => {
  const changes = new Changes();
  const stop = new AbortController();
  const waiting = changes.next('log', stop.signal);
  stop.abort();
  expect(await isSettled(waiting)).toBe(true);
  expect(await isSettled(changes.next('log', stop.signal))).toBe(true);
});

test('a change by another process wakes within 50 ms, whatever the topic', async () => {
  let written = false;
  const changes = new Changes(() => written);
  await Promise.all([changes.next('log', never), vi.advanceTimersByTimeAsync(50)]);
  const waiting = changes.next('log', never);
  expect(await isSettled(waiting)).toBe(false);
  written = true;
  await vi.advanceTimersByTimeAsync(50);
  expect(await isSettled(waiting)).toBe(true);
});

test('what another process wrote just before the watch began is not missed', async () => {
  const changes = new Changes(() => false);
  const waiting = changes.next('log', never);
  await vi.advanceTimersByTimeAsync(50);
  expect(await isSettled(waiting)).toBe(true);
});

test('nobody is asked while nobody waits', async () => {
  const asked = vi.fn(() => false);
  const changes = new Changes(asked);
  const stop = new AbortController();
  void changes.next('log', stop.signal);
  await vi.advanceTimersByTimeAsync(100);
  stop.abort();
  await vi.advanceTimersByTimeAsync(100);
  const calls = asked.mock.calls.length;
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.mock.calls.length).toBe(calls);
  expect(vi.getTimerCount()).toBe(0);
});

test('a store that cannot say whether it was written wakes its readers, who meet the error themselves', async () => {
  let broken = false;
  const changes = new Changes(() => {
    if (broken) throw new Error('the database is gone');
    return false;
  });
  await Promise.all([changes.next('log', never), vi.advanceTimersByTimeAsync(50)]);
  const waiting = changes.next('log', never);
  broken = true;
  await vi.advanceTimersByTimeAsync(50);
  expect(await isSettled(waiting)).toBe(true);
});
