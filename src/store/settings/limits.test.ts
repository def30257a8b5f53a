import { describe, expect, it } from 'vitest';
import { limitsOf } from './limits.ts';
import { settingsSchema } from './settings-schema.ts';

describe('the limits of the settings', () => {
  it('are none by default, and days begin where the machine is', () => {
    expect(limitsOf(settingsSchema.parse({}))).toEqual({
      concurrency: {},
      callsPerMinute: {},
      tokensPerMinute: {},
      budgets: {},
      timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
  });

  it('are what is written there, budgets in micro-USD; a plain amount halts', () => {
    const settings = settingsSchema.parse({
      limits: { concurrency: { ollama: 1 }, roomConcurrency: 3, vramMb: 16_000 },
      budgets: { day: 5.5, room: { usd: 1, mode: 'ask' } },
      time: { zone: 'Europe/Berlin' },
    });
    expect(limitsOf(settings)).toMatchObject({
      concurrency: { ollama: 1 },
      roomConcurrency: 3,
      vramMb: 16_000,
      budgets: { day: { limitMicroUsd: 5_500_000, mode: 'halt' }, room: { limitMicroUsd: 1_000_000, mode: 'ask' } },
      timeZone: 'Europe/Berlin',
    });
  });

  it.each([
    { time: { zone: 'Middle/Earth' } },
    { budgets: { day: -1 } },
    { budgets: { day: { usd: 1, mode: 'maybe' } } },
    { limits: { concurrency: { ollama: 0 } } },
  ])('must make sense: %j', (settings) => {
    expect(settingsSchema.safeParse(settings).success).toBe(false);
  });
});
