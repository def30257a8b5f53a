import { describe, expect, it } from 'vitest';
import { chunkSchema, outputSchema } from './definitions.ts';
import { settingsOf } from './settings.ts';

const chunk = chunkSchema.parse({ stage: 'media.image', defaults: { width: 1, height: 1, style: 'chunk', depth: 1 } });
const output = outputSchema.parse({ name: 'Wide', medium: 'image', width: 640 });
const shape = { width: 0, height: 0, style: 0, procedure: 0, unset: 0 };

describe('the settings of a stage', () => {
  it('come from procedure, chunk, config, output and person, the later going before the earlier', () => {
    const request = { procedure: 'cut-up', parameters: { style: 'config', width: 320, height: 320 } };
    expect(settingsOf({ chunk, request, output: undefined }, shape)).toEqual({
      procedure: 'cut-up',
      width: 320,
      height: 320,
      style: 'config',
    });
    expect(settingsOf({ chunk, request, output }, shape)).toMatchObject({ width: 640, height: 320 });
    expect(settingsOf({ chunk, request: { ...request, set: ['width'] }, output }, shape)).toMatchObject({ width: 320 });
  });

  it('leave out what the stage does not know and what has no value', () => {
    const found = settingsOf({ chunk, request: { parameters: {}, set: ['height', 'style', 'never'] }, output }, shape);
    expect(found).toEqual({ width: 640, height: 1, style: 'chunk' });
  });
});
