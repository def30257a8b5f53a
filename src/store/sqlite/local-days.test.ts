import { describe, expect, test } from 'vitest';
import { localDays } from './local-days.ts';

describe('local days', () => {
  test('begin at midnight of the zone, in winter and in summer', () => {
    const dayOf = localDays('Europe/Berlin');
    expect(dayOf(Date.parse('2026-01-31T22:59:59.999Z'))).toBe('2026-01-31');
    expect(dayOf(Date.parse('2026-01-31T23:00:00.000Z'))).toBe('2026-02-01');
    expect(dayOf(Date.parse('2026-06-30T21:59:59.999Z'))).toBe('2026-06-30');
    expect(dayOf(Date.parse('2026-06-30T22:00:00.000Z'))).toBe('2026-07-01');
  });

  test('begin where the offset is no whole hour', () => {
    const dayOf = localDays('Asia/Kathmandu');
    expect(dayOf(Date.parse('2026-01-31T18:14:59.999Z'))).toBe('2026-01-31');
    expect(dayOf(Date.parse('2026-01-31T18:15:00.000Z'))).toBe('2026-02-01');
  });

  test("are the system's without a zone", () => {
    const noon = new Date(2026, 2, 1, 12).getTime();
    expect(localDays()(noon)).toBe('2026-03-01');
  });
});
