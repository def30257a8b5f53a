import { describe, expect, test } from 'vitest';
import { done, recordingProvider, testStage } from '../../test/support/engine-fixtures.ts';
import type { Provider } from '../core/stage.ts';
import { createProviderRegistry, createStageRegistry } from './engine.ts';

function provider(id: string, told: string[], open: () => Promise<void> = async () => {}): Provider {
  return {
    id,
    location: 'local',
    offers: {},
    check: async () => ({ reachable: true, models: [], latencyMs: 0 }),
    open: async () => {
      told.push(`open ${id}`);
      await open();
    },
    close: async () => {
      told.push(`close ${id}`);
    },
  };
}

test('providers are opened on their first use, once, and closed when they were opened', async () => {
  const told: string[] = [];
  const registry = createProviderRegistry([provider('used', told), provider('unused', told)]);
  const [first, second] = await Promise.all([registry.opened('used'), registry.opened('used')]);
  expect(first).toBe(second);
  await registry[Symbol.asyncDispose]();
  expect(told).toEqual(['open used', 'close used']);
});

test('nobody gets a provider that is not there', async () => {
  expect(await createProviderRegistry([]).opened('nobody')).toBeUndefined();
});

test('a provider that could not be opened is tried again at its next use', async () => {
  const told: string[] = [];
  let tries = 0;
  const flaky = provider('flaky', told, async () => {
    if ((tries += 1) === 1) throw new Error('not yet');
  });
  const registry = createProviderRegistry([flaky]);
  await expect(registry.opened('flaky')).rejects.toThrow('not yet');
  expect(await registry.opened('flaky')).toBe(flaky);
});

test('a provider that cannot be closed keeps no other from being closed', async () => {
  const told: string[] = [];
  const stubborn = { ...provider('stubborn', told), close: () => Promise.reject(new Error('no')) };
  const registry = createProviderRegistry([stubborn, provider('other', told)]);
  await registry.opened('stubborn');
  await registry.opened('other');
  await registry[Symbol.asyncDispose]();
  expect(told).toContain('close other');
});

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
