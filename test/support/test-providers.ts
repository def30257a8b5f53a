/** Providers for tests of routes, permits and budgets: they answer as they are told. */
import type { Provider, ProviderCallContext } from '../../src/core/stage.ts';
import type { Fault, Usage } from '../../src/core/schema.ts';

export interface LabOptions {
  readonly id?: string;
  readonly location?: Provider['location'];
  /** What each call is expected to use. */
  readonly estimate?: Usage;
  /** What a successful call says it used. */
  readonly usage?: Usage;
  /** The answer to a call, counted from 1; absent: `call 1`, `call 2` … */
  readonly answer?: (call: number, context: ProviderCallContext) => unknown;
}

const UNKNOWN: Usage = { costMicroUsd: null };

export type Lab = Provider & { readonly calls: string[] };

/** A hosted provider of texts that keeps the steps it was called for. */
export function lab(options: LabOptions = {}): Lab {
  const { id = 'lab', location = 'hosted', estimate = UNKNOWN, usage = UNKNOWN, answer } = options;
  const calls: string[] = [];
  return {
    calls,
    id,
    location,
    offers: {
      'text.generate': {
        models: ['m'],
        limits: {},
        estimate: () => estimate,
        async call(_request, context) {
          calls.push(context.stepKey);
          const call = calls.length;
          const said = await answer?.(call, context);
          return (said ?? replied(`call ${call}`, usage)) as ReturnType<typeof replied>;
        },
      },
    },
    check: async () => ({ reachable: true, models: ['m'], latencyMs: 0 }),
  };
}

export const replied = (text: string, usage: Usage = UNKNOWN) => ({
  ok: true as const,
  value: { text },
  model: 'm',
  usage,
});

export const faulty = (code: string, more: Partial<Fault> = {}) => ({
  ok: false as const,
  fault: { code, type: 'Lab', facts: {}, ...more },
});
