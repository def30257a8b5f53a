/** What calls cost: a dated table, and never a guess. */
import { z } from 'zod';
import { MOST_OF_A_CALL } from './schema.ts';
import type { DeepReadonly, Usage } from './schema.ts';

const usd = z.number().min(0).optional();

/** The parts add up. A part whose amount is not known leaves the whole cost unknown. */
const priceSchema = z
  .strictObject({
    /** The day it was read at the service. */
    asOf: z.iso.date(),
    usdPerMillionTokensIn: usd,
    usdPerMillionTokensOut: usd,
    usdPerImage: usd,
    usdPerSecond: usd,
    usdPerCall: usd,
  })
  .refine(({ asOf: _asOf, ...parts }) => Object.keys(parts).length > 0, 'names no price');
/** By `provider/model`, or `provider/*` for all models of a provider that have no price of their own. */
export const priceTableSchema = z.record(
  z.string().regex(/^[^/]+\/.+$/, 'is no model: write provider/model'),
  priceSchema,
);
export type PriceTable = DeepReadonly<z.infer<typeof priceTableSchema>>;

/** Who is called. */
export interface Priced {
  /** `provider/model`. */
  readonly candidate: string;
  readonly location: 'local' | 'hosted';
}

/**
 * What a usage costs in micro-USD, rounded up: what the provider itself names, else by the table; a local model that is
 * not in the table is free. Null when there is no price for it.
 *
 * @example
 * const table = { 'lab/big': { asOf: '2026-03-01', usdPerMillionTokensIn: 2, usdPerMillionTokensOut: 8 } };
 * const usage = { tokensIn: 1000, tokensOut: 500, costMicroUsd: null };
 * costOf(usage, { candidate: 'lab/big', location: 'hosted' }, table) // => 6000
 */
export function costOf(usage: Usage, { candidate, location }: Priced, table: PriceTable): number | null {
  if (usage.costMicroUsd !== null) return usage.costMicroUsd;
  const price = table[candidate] ?? table[`${candidate.slice(0, candidate.indexOf('/'))}/*`];
  if (price === undefined) return location === 'local' ? 0 : null;
  const parts: readonly (readonly [usd: number | undefined, amount: number | undefined])[] = [
    [price.usdPerMillionTokensIn, perMillion(usage.tokensIn)],
    [price.usdPerMillionTokensOut, perMillion(usage.tokensOut)],
    [price.usdPerImage, usage.images],
    [price.usdPerSecond, usage.seconds],
    [price.usdPerCall, 1],
  ];
  let sum = 0;
  for (const [each, amount] of parts) {
    if (each === undefined) continue;
    if (amount === undefined) return null;
    sum += each * amount;
  }
  // what a binary fraction leaves behind the sixth digit is no money
  return Math.min(Math.ceil(Number((sum * 1e6).toFixed(6))), MOST_OF_A_CALL);
}

const perMillion = (tokens: number | undefined): number | undefined =>
  tokens === undefined ? undefined : tokens / 1e6;
