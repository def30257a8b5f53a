import { describe, expect, it } from 'vitest';
import { costOf, priceTableSchema } from './prices.ts';
import type { PriceTable } from './prices.ts';

const asOf = '2026-03-01';
const TABLE: PriceTable = {
  'lab/big': { asOf, usdPerMillionTokensIn: 0.15, usdPerMillionTokensOut: 0.6 },
  'lab/pictures': { asOf, usdPerImage: 0.04 },
  'lab/film': { asOf, usdPerSecond: 0.1, usdPerCall: 0.01 },
  'own/*': { asOf, usdPerCall: 0 },
};
const hosted = (candidate: string) => ({ candidate, location: 'hosted' as const });

describe('the cost of a call', () => {
  it('is what the provider names, whatever the table says', () => {
    expect(costOf({ costMicroUsd: 12, tokensIn: 1 }, hosted('lab/big'), TABLE)).toBe(12);
  });

  it('adds the parts of the price and is rounded up to whole micro-USD', () => {
    expect(costOf({ costMicroUsd: null, tokensIn: 3000, tokensOut: 1 }, hosted('lab/big'), TABLE)).toBe(451);
    expect(costOf({ costMicroUsd: null, tokensIn: 3000, tokensOut: 0 }, hosted('lab/big'), TABLE)).toBe(450);
    expect(costOf({ costMicroUsd: null, images: 2 }, hosted('lab/pictures'), TABLE)).toBe(80_000);
    expect(costOf({ costMicroUsd: null, seconds: 5 }, hosted('lab/film'), TABLE)).toBe(510_000);
  });

  it('is unknown when an amount that is charged for is not known', () => {
    expect(costOf({ costMicroUsd: null, tokensIn: 3000 }, hosted('lab/big'), TABLE)).toBeNull();
  });

  it('is unknown for a hosted model without a price, and nothing for a local one', () => {
    expect(costOf({ costMicroUsd: null }, hosted('lab/new'), TABLE)).toBeNull();
    expect(costOf({ costMicroUsd: null }, { candidate: 'ollama/qwen3:8b', location: 'local' }, TABLE)).toBe(0);
  });

  it('is never so much that sums are no longer exact', () => {
    expect(
      costOf({ costMicroUsd: null, images: 1e12 }, hosted('lab/dear'), { 'lab/dear': { asOf, usdPerImage: 9 } }),
    ).toBe(1e12);
  });

  it('is that of the provider for models without a price of their own', () => {
    expect(costOf({ costMicroUsd: null }, hosted('own/anything'), TABLE)).toBe(0);
  });
});

describe('a price table', () => {
  it('holds a date and at least one part of a price for each model', () => {
    expect(priceTableSchema.safeParse(TABLE).success).toBe(true);
    expect(priceTableSchema.safeParse({ 'lab/big': { asOf } }).success).toBe(false);
    expect(priceTableSchema.safeParse({ 'lab/big': { usdPerCall: 1 } }).success).toBe(false);
    expect(priceTableSchema.safeParse({ lab: { asOf, usdPerCall: 1 } }).success).toBe(false);
  });
});
