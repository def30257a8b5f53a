import { expect, test } from 'vitest';
import { instantOf, isRunId } from '../../core/ids.ts';
import { workerIdSchema } from '../../core/schema.ts';
import { systemIds } from './ids.ts';

test('a run id is a UUIDv7 that carries the time it was made', () => {
  const before = Date.now();
  const id = systemIds.runId();
  expect(isRunId(id)).toBe(true);
  expect(instantOf(id)).toBeGreaterThanOrEqual(before);
  expect(instantOf(id)).toBeLessThanOrEqual(Date.now());
});

test('ids do not repeat', () => {
  expect(new Set(Array.from({ length: 1000 }, () => systemIds.runId())).size).toBe(1000);
  expect(new Set(Array.from({ length: 1000 }, () => systemIds.workerId())).size).toBe(1000);
});

test('a worker id fits the events', () => {
  expect(workerIdSchema.safeParse(systemIds.workerId()).success).toBe(true);
});

test('a seed is a whole number below 2^32', () => {
  for (let count = 0; count < 100; count++) {
    const seed = systemIds.seed();
    expect(Number.isInteger(seed)).toBe(true);
    expect(seed).toBeGreaterThanOrEqual(0);
    expect(seed).toBeLessThan(2 ** 32);
  }
});
