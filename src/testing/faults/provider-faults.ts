import { inParallel, resultOf } from '../kit-result.ts';
import type { KitResult } from '../kit-result.ts';
import type { Tried } from '../process/kit-bench.ts';
import { MANNERS } from '../script/definitions.ts';
import type { Manner } from '../script/definitions.ts';
import { faultsInTrouble } from './trouble.ts';

/** What comes of a run whose provider behaves so. */
const ENDS: { readonly [M in Manner]: 'succeeded' | 'failed' } = {
  good: 'succeeded',
  hang: 'failed',
  late: 'failed',
  twice: 'succeeded',
  garbage: 'failed',
  half: 'failed',
  throw: 'failed',
};

/** Providers that hang, answer late, twice, garbage or half: every run ends, and what nobody waits for any more does not count. */
export function rudeProviders(tried: Tried): Promise<readonly KitResult[]> {
  return inParallel(MANNERS, MANNERS.length, (manner) =>
    resultOf(`a provider of the manner ${manner}`, () =>
      faultsInTrouble(tried, { runs: [{ pipeline: 'call', manner }], end: ENDS[manner] }),
    ),
  );
}
