import { describe, expect, test } from 'vitest';
import { NO_LIMITS } from '../core/limits.ts';
import { permitsFor } from './permits.ts';
import type { Demand } from './permits.ts';

const call: Demand = {
  provider: 'lab',
  candidate: 'lab/one',
  room: undefined,
  estimate: { costMicroUsd: null, tokensIn: 300, tokensOut: 200 },
  vramMb: undefined,
};

describe('the permits of a call', () => {
  test('are none where nothing is limited', () => {
    expect(permitsFor({ ...call, room: 'r1', vramMb: 8000 }, NO_LIMITS)).toEqual([]);
  });

  test('are those of its provider, its model, its room, its minute and its memory', () => {
    const limits = {
      ...NO_LIMITS,
      concurrency: { lab: 4, 'lab/one': 2, other: 1 },
      roomConcurrency: 3,
      callsPerMinute: { lab: 60 },
      tokensPerMinute: { 'lab/one': 10_000 },
      vramMb: 16_000,
    };
    expect(permitsFor({ ...call, room: 'r1', vramMb: 12_000 }, limits)).toEqual([
      { name: 'provider:lab', amount: 1, limit: 4, kind: 'held' },
      { name: 'model:lab/one', amount: 1, limit: 2, kind: 'held' },
      { name: 'room:r1', amount: 1, limit: 3, kind: 'held' },
      { name: 'key:lab:calls', amount: 1, limit: 60, kind: 'minute' },
      { name: 'key:lab/one:tokens', amount: 500, limit: 10_000, kind: 'minute' },
      { name: 'vram', amount: 12_000, limit: 16_000, kind: 'held' },
    ]);
  });

  test('never ask for more than there is, or they could not be had at all', () => {
    const limits = { ...NO_LIMITS, tokensPerMinute: { lab: 100 } };
    expect(permitsFor(call, limits)).toEqual([{ name: 'key:lab:tokens', amount: 100, limit: 100, kind: 'minute' }]);
  });
});
