import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, recordOf } from '../../test/support/app.ts';
import type { TestApp } from '../../test/support/app.ts';
import { lab } from '../../test/support/test-providers.ts';
import type { Lab } from '../../test/support/test-providers.ts';
import { exitCodeOf, runResult } from './run-result.ts';

const PROFILE = `name: Lab
roles:
  translate: [offline/language-detection]
  intercept: [lab/m]
  optimize: [offline/procedure]
`;
const RUN = { config: 'your-own', text: 'A cat sits on the roof', outputs: ['text'], profile: 'lab', seed: 7 };

const open = (provider: Lab): Promise<TestApp> =>
  openTestApp({ providers: [provider], definitions: { 'profiles/lab.yaml': PROFILE } });

describe('a run with a budget', () => {
  const dear = (): Lab => lab({ estimate: { costMicroUsd: 20_000 }, usage: { costMicroUsd: 20_000 } });

  it('goes on within it', async () => {
    await using app = await open(dear());
    const runId = await carryOut(app, { ...RUN, budget: 0.02 });
    expect(await runResult(app, runId)).toMatchObject({ state: 'succeeded', cost: { microUsd: 20_000 } });
    expect((await recordOf(app, runId)).events[0]?.data).toMatchObject({ budgetMicroUsd: 20_000 });
  });

  it('makes no call that would go beyond it, says estimate and limit, and ends with exit code 7', async () => {
    const provider = dear();
    await using app = await open(provider);
    const result = await runResult(app, await carryOut(app, { ...RUN, budget: 0.019 }));
    expect(result).toMatchObject({
      state: 'failed',
      error: { code: 'BUDGET_EXCEEDED', facts: { limitMicroUsd: 19_000, estimateMicroUsd: 20_000, scope: 'run' } },
    });
    expect(exitCodeOf(result)).toBe(7);
    expect(provider.calls).toEqual([]);
  });

  it('waits for a person when nobody knows what a call would cost', async () => {
    const provider = lab();
    await using app = await open(provider);
    const result = await runResult(app, await carryOut(app, { ...RUN, budget: 1 }));
    expect(result.state).toBe('waiting');
    expect(exitCodeOf(result)).toBe(8);
    expect(provider.calls).toEqual([]);
  });

  it('must be an amount', async () => {
    await using app = await open(dear());
    await expect(carryOut(app, { ...RUN, budget: -1 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
