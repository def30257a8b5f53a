import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';

test('the wall clock gives whole milliseconds of today', () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(Number.isInteger(now)).toBe(true);
  expect(now).toBeGreaterThanOrEqual(before);
});

test('the monotonic clock never goes back', () => {
  const first = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
});

test('a sleep ends after its time', async () => {
  const start = systemClock.monotonicMs();
  await systemClock.sleep(5);
  expect(systemClock.monotonicMs() - start).toBeGreaterThanOrEqual(4);
});

test('a sleep rejects with the reason of the signal that comes first', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const sleeping = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});

test('a sleep under a signal that has come already does not begin', async () => {
  const reason = { said: 'stop' };
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a sleep of months does not end at once', async () => {
  const controller = new AbortController();
  const sleeping = systemClock.sleep(2 ** 40, controller.signal);
  const first = await Promise.race([sleeping.then(() => 'woke'), systemClock.sleep(10).then(() => 'asleep')]);
  controller.abort(new Error('done'));
  await expect(sleeping).rejects.toThrow('done');
  expect(first).toBe('asleep');
});
