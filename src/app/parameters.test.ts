import { describe, expect, it } from 'vitest';
import { openTestApp } from '../../test/support/app.ts';
import type { RunRequest } from '../core/request.ts';
import { mergeParameters } from './parameters.ts';

const CHUNK = 'stage: text.interception\nrole: intercept\ndefaults: { maxTokens: 3, procedure: unchanged }\n';
const PIPELINE =
  'title: Rounds\nsteps:\n  - { id: checkOriginal, use: safety-input }\n  - { id: turn, use: turn, repeat: { times: parameters.maxTokens } }\n';
const config = (parameters: string): string => `name: Rounds\npipeline: rounds\nparameters: ${parameters}\n`;

const MAKING = `${PIPELINE}  - { id: outputs, forEach: outputs, steps: [{ id: generate, use: output.chunk }] }\n`;

async function merge(parameters: string, wanted: RunRequest['parameters'], outputs: readonly string[] = []) {
  await using app = await openTestApp({
    definitions: {
      'chunks/turn.yaml': CHUNK,
      'pipelines/rounds.yaml': MAKING,
      'configs/rounds.yaml': config(parameters),
    },
  });
  const { definitions, problems } = await app.definitions.load();
  const found = definitions.configs.get('rounds');
  if (found === undefined) throw new Error(JSON.stringify(problems));
  return mergeParameters(app, { config: found, outputs, definitions }, wanted);
}

describe('the parameters of a run', () => {
  it('have the default of the chunk for what the pipeline reads and the config lacks, and no other default', async () => {
    expect(await merge('{}', {})).toEqual({ maxTokens: 3 });
  });

  it('have the value of the config over the default, and what was set over both', async () => {
    expect(await merge('{ maxTokens: 4 }', {})).toEqual({ maxTokens: 4 });
    expect(await merge('{ maxTokens: 4 }', { maxTokens: 6 })).toEqual({ maxTokens: 6 });
  });

  it.each([
    { own: '1', text: '12', value: 12 },
    { own: '1', text: '-0.5', value: -0.5 },
    { own: 'false', text: 'true', value: true },
    { own: 'true', text: 'false', value: false },
    { own: 'word', text: '12', value: '12' },
    { own: 'word', text: 'true', value: 'true' },
  ])('read "$text" as the config has it: $own', async ({ own, text, value }) => {
    expect(await merge(`{ temperature: ${own} }`, { temperature: text })).toEqual({ maxTokens: 3, temperature: value });
  });

  it.each([
    { own: '1', wanted: 'many', type: 'number' },
    { own: '1', wanted: ' ', type: 'number' },
    { own: '1', wanted: 'Infinity', type: 'number' },
    { own: '1', wanted: true, type: 'number' },
    { own: 'true', wanted: '1', type: 'boolean' },
    { own: 'word', wanted: 5, type: 'string' },
  ])('refuse $wanted where the config has $own', async ({ own, wanted, type }) => {
    await expect(merge(`{ temperature: ${own} }`, { temperature: wanted })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: `The parameter "temperature" must be a ${type}, not "${wanted}".`,
    });
  });

  it('name the nearest for one that nothing reads, or all that are read', async () => {
    await expect(merge('{}', { maxToken: 1 })).rejects.toMatchObject({ hint: 'Did you mean "maxTokens"?' });
    const far = merge('{ temperature: 1 }', { thoroughly: 1 });
    await expect(far).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: expect.stringMatching(/^Known: .*maxTokens.* temperature/),
    });
  });

  it('that say how often a loop runs are whole numbers from 1', async () => {
    const loop =
      'title: Own\nsteps: [{ id: many, forEach: parameters.count, steps: [{ id: write, use: intercept }] }]\n';
    const definitions = {
      'pipelines/loop.yaml': loop,
      'configs/loop.yaml': 'name: Loop\npipeline: loop\nparameters: { count: 2 }\n',
    };
    await using app = await openTestApp({ definitions });
    const loaded = await app.definitions.load();
    const config = loaded.definitions.configs.get('loop');
    if (config === undefined) throw new Error('the config is missing');
    const counted = (count: number) =>
      mergeParameters(app, { config, outputs: [], definitions: loaded.definitions }, { count });
    expect(counted(100_000)).toMatchObject({ count: 100_000 });
    for (const count of [0, 1.5, 100_001])
      expect(() => counted(count)).toThrow(`"count" must be a whole number from 1 to 100000, not ${count}.`);
  });

  it('may set what only the chunk of an output reads', async () => {
    await expect(merge('{}', { style: 'dada' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await merge('{}', { style: 'dada' }, ['image', 'nowhere'])).toEqual({ maxTokens: 3, style: 'dada' });
  });
});
