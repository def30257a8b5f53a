import { describe, expect, test } from 'vitest';
import { done, recordingProvider, testStage } from '../../test/support/engine-fixtures.ts';
import { createProviderRegistry, createStageRegistry } from './engine.ts';

describe('what extensions bring', () => {
  test('is found by type and id', () => {
    const stage = testStage('test.one', async () => done());
    expect(createStageRegistry([stage]).get('test.one')).toBe(stage);
    const provider = recordingProvider();
    expect(createProviderRegistry([provider]).all.get(provider.id)).toBe(provider);
  });

  test('is refused when two bring the same stage or provider', () => {
    const twice = [testStage('test.one', async () => done()), testStage('test.one', async () => done())];
    expect(() => createStageRegistry(twice)).toThrow(expect.objectContaining({ code: 'EXTENSION_INVALID' }));
    const providers = [recordingProvider(), recordingProvider()];
    expect(() => createProviderRegistry(providers)).toThrow(expect.objectContaining({ code: 'EXTENSION_INVALID' }));
  });
});
