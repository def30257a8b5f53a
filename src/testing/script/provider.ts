import type { CallResult, Provider, ProviderCallContext } from '../../core/stage.ts';
import { kitClock } from '../system.ts';
import { MANNERS, PROVIDER } from './definitions.ts';
import type { Manner } from './definitions.ts';

type Result = CallResult<'text.generate'>;

/** Longer than an attempt is given: the answer comes while the next one is under way. */
const LATE_MS = 1500;
const ANSWER = 'a lighthouse, by and by';
const NO_COST = { costMicroUsd: null };

const answer = (text: string): Result => ({ ok: true, value: { text }, model: 'kit-1', usage: NO_COST });
/** What no type allows and the network brings all the same. */
const malformed = (value: unknown): Result => value as Result;

type Behaviour = (context: ProviderCallContext) => Promise<Result>;

/** `late` answers when nobody waits any more; `twice` goes on talking after its answer. */
const BEHAVIOURS: { readonly [M in Manner]: Behaviour } = {
  good: async () => answer(ANSWER),
  hang: () => new Promise(() => {}),
  late: async () => {
    await kitClock.sleep(LATE_MS);
    return answer('too late');
  },
  twice: (context) =>
    new Promise((resolve) => {
      resolve(answer(ANSWER));
      // oxlint-disable-next-line promise/no-multiple-resolved -- this is what is tried
      resolve(answer('once more'));
      setImmediate(() => context.progress({ done: 2, total: 1, partialText: 'and once more' }));
    }),
  garbage: async () => malformed({ ok: 'perhaps', value: [null, 7] }),
  half: async () => malformed({ ok: true, model: 'kit-1', value: {} }),
  throw: async () => {
    throw new TypeError('socket hang up');
  },
};

/** A provider whose models are manners. */
export const kitProvider: Provider = {
  id: PROVIDER,
  location: 'local',
  offers: {
    'text.generate': {
      models: MANNERS,
      limits: {},
      estimate: () => NO_COST,
      call: (_request, context) => BEHAVIOURS[context.model as Manner](context),
    },
  },
  check: async () => ({ reachable: true, models: MANNERS, latencyMs: 0 }),
};
