import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { carryOut, openTestApp, QUICK, recordOf, withMethods } from '../../test/support/app.ts';
import { RUN_MOVES } from '../core/states.ts';
import type { RunState } from '../core/states.ts';
import { exitCodeOf, runResult } from './run-result.ts';
import type { RunResult } from './run-result.ts';
import { startRun } from './start-run.ts';

const HUGE = 'name: Huge\nmedium: image\nwidth: 4096\nheight: 4096\n';

const failure = (code: string): RunResult['error'] => ({
  code,
  type: 'Test',
  message: 'It did not work.',
  stackHash: null,
  retryable: false,
  retryAfterMs: null,
  facts: {},
  detail: null,
});
const ended = (state: RunState, code?: string): Pick<RunResult, 'state' | 'error' | 'outputs'> => ({
  state,
  error: code === undefined ? null : failure(code),
  outputs: [],
});

describe('the exit code of a run', () => {
  const codes = {
    pending: 8,
    running: 8,
    waiting: 8,
    paused: 8,
    blocked: 1,
    succeeded: 0,
    failed: 1,
    canceled: 1,
    quarantined: 1,
  };

  it.each(Object.entries(RUN_MOVES))('that is %s and brings no error', (name) => {
    const state = name as RunState;
    expect(exitCodeOf(ended(state))).toBe(codes[state]);
    if (state !== 'succeeded') expect(exitCodeOf(ended(state), { strict: true })).toBe(codes[state]);
  });

  it.each([
    { state: 'blocked', code: 'SAFETY_BLOCKED', exit: 3 },
    { state: 'failed', code: 'INPUT_INVALID', exit: 2 },
    { state: 'failed', code: 'PROVIDER_TIMEOUT', exit: 6 },
    { state: 'failed', code: 'BUDGET_EXCEEDED', exit: 7 },
    { state: 'failed', code: 'INTERNAL', exit: 70 },
    { state: 'failed', code: 'ACME_OWN_CODE', exit: 1 },
    { state: 'quarantined', code: 'INTERNAL', exit: 1 },
    { state: 'canceled', code: 'PROVIDER_TIMEOUT', exit: 1 },
    { state: 'succeeded', code: 'PROVIDER_TIMEOUT', exit: 0 },
  ] as const)('that is $state with $code is $exit', ({ state, code, exit }) => {
    expect(exitCodeOf(ended(state, code))).toBe(exit);
  });

  it('is 1 with --strict only when an output of a run that succeeded did not', () => {
    const output = (state: 'succeeded' | 'failed') => ({ index: 1, config: 'text', state, artifacts: [] });
    const mixed = { ...ended('succeeded'), outputs: [output('succeeded'), output('failed')] };
    expect([exitCodeOf(mixed), exitCodeOf(mixed, { strict: true })]).toEqual([0, 1]);
    const whole = { ...mixed, outputs: [output('succeeded')] };
    expect([exitCodeOf(whole, {}), exitCodeOf(whole, { strict: true })]).toEqual([0, 0]);
    const unfinished = { ...ended('paused'), outputs: [output('succeeded')] };
    expect(exitCodeOf(unfinished, { strict: true })).toBe(8);
  });
});

describe('the result of a run', () => {
  it('has the text of the last hand and each output with its artifacts, where they lie', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app, { ...QUICK, outputs: ['text', 'text'] });
    const result = await runResult(app, runId);
    expect(result).toMatchObject({
      runId,
      traceId: runId.replaceAll('-', ''),
      state: 'succeeded',
      config: 'your-own',
      pipeline: 'text-to-media',
      profile: 'offline',
      safety: 'youth',
      text: QUICK.text,
      blocked: null,
      error: null,
      cost: { microUsd: 0 },
    });
    expect(result.outputs.map(({ index, config, state }) => [index, config, state])).toEqual([
      [1, 'text', 'succeeded'],
      [2, 'text', 'succeeded'],
    ]);
    const artifacts = result.outputs.flatMap((output) => output.artifacts);
    expect(artifacts.map(({ type }) => type)).toEqual(['output_text', 'output_text']);
    expect(new Set(artifacts.map(({ id }) => id)).size).toBe(2);
    for (const artifact of artifacts) {
      expect(existsSync(artifact.path ?? '')).toBe(true);
      expect(artifact).not.toHaveProperty('width');
    }
  });

  it('has the sides of a picture', async () => {
    const small = 'name: Small\nmedium: image\nwidth: 256\nheight: 320\n';
    await using app = await openTestApp({ definitions: { 'outputs/small.yaml': small } });
    const { outputs } = await runResult(app, await carryOut(app, { ...QUICK, outputs: ['small'] }));
    expect(outputs[0]?.artifacts[0]).toMatchObject({
      type: 'output_image',
      mediaType: 'image/png',
      width: 256,
      height: 320,
    });
  });

  it('has the text before the outputs, also when an output rewrites it once more', async () => {
    const pipeline = `title: Twice
steps:
  - { id: interception, use: intercept }
  - { id: outputs, forEach: outputs, steps: [{ id: again, use: intercept }, { id: generate, use: output.chunk }] }
`;
    const config = 'name: Twice\npipeline: twice\nprocedure: cut-up\n';
    await using app = await openTestApp({
      definitions: { 'pipelines/twice.yaml': pipeline, 'configs/twice.yaml': config },
    });
    const runId = await carryOut(app, { ...QUICK, config: 'twice' });
    const { items } = (await recordOf(app, runId)).chronicle;
    const [first, again] = items.filter(({ type }) => type === 'interception');
    expect(again).toMatchObject({ stage: 2, loopIteration: 1 });
    expect(again?.text).not.toBe(first?.text);
    expect((await runResult(app, runId)).text).toBe(first?.text);
  });

  it('has the state of each output where one failed and the run succeeded', async () => {
    await using app = await openTestApp({ definitions: { 'outputs/huge.yaml': HUGE } });
    const result = await runResult(app, await carryOut(app, { ...QUICK, outputs: ['huge', 'text'] }));
    expect(result.state).toBe('succeeded');
    expect(result.outputs.map(({ state, artifacts }) => [state, artifacts.length])).toEqual([
      ['failed', 0],
      ['succeeded', 1],
    ]);
    expect([exitCodeOf(result), exitCodeOf(result, { strict: true })]).toEqual([0, 1]);
  });

  it('has the error of a run that failed', async () => {
    await using app = await openTestApp({ definitions: { 'outputs/huge.yaml': HUGE } });
    const result = await runResult(app, await carryOut(app, { ...QUICK, outputs: ['huge'] }));
    expect(result).toMatchObject({ state: 'failed', error: { code: 'INPUT_INVALID' } });
    expect(exitCodeOf(result)).toBe(2);
  });

  it('has no text and no outputs when the input was blocked, and says why', async () => {
    await using app = await openTestApp();
    const result = await runResult(app, await carryOut(app, { ...QUICK, text: 'Sieg Heil' }));
    expect(result).toMatchObject({ state: 'blocked', text: null, blocked: { code: 'SAFETY_BLOCKED', stage: 1 } });
    expect(result.outputs).toEqual([{ index: 1, config: 'text', state: 'skipped', artifacts: [] }]);
    expect(exitCodeOf(result)).toBe(3);
  });

  it('has pending outputs before anyone has worked on it', async () => {
    await using app = await openTestApp();
    const { runId } = await startRun(app, QUICK);
    const result = await runResult(app, runId);
    expect(result).toMatchObject({ state: 'pending', text: null, durationMs: null, outputs: [{ state: 'pending' }] });
    expect(exitCodeOf(result)).toBe(8);
  });

  it('has no paths where the files have none', async () => {
    await using app = await openTestApp();
    const runId = await carryOut(app);
    const files = withMethods(app.store.files, { locate: () => undefined });
    const { outputs } = await runResult({ ...app, store: { ...app.store, files } }, runId);
    expect(outputs[0]?.artifacts[0]?.path).toBeNull();
  });
});
