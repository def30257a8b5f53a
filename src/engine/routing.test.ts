import { describe, expect, test } from 'vitest';
import type { OutputDefinition, ProfileDefinition } from '../core/definitions.ts';
import type { Capability, Provider } from '../core/stage.ts';
import { chooseRoute } from './routing.ts';
import type { Need } from './routing.ts';

function provider(id: string, offers: { readonly [C in Capability]?: readonly string[] }): readonly [string, Provider] {
  const offer = (models: readonly string[]) => ({
    models,
    limits: {},
    estimate: () => ({ costMicroUsd: 0 }),
    call: () => new Promise<never>(() => {}),
  });
  const all = Object.fromEntries(Object.entries(offers).map(([capability, models]) => [capability, offer(models)]));
  return [
    id,
    { id, location: 'local', offers: all, check: async () => ({ reachable: true, models: [], latencyMs: 0 }) },
  ];
}

const providers = new Map([
  provider('writer', { 'text.generate': ['small', 'family/large'] }),
  provider('painter', { 'image.generate': ['oil'] }),
]);
const profile = (any: readonly string[]): ProfileDefinition => ({ name: 'Test', roles: { any } });
const need = (any: readonly string[], more: Partial<Need> = {}): Need => ({
  capability: 'text.generate',
  role: 'any',
  profile: profile(any),
  output: undefined,
  ...more,
});
const pinned: OutputDefinition = { name: 'x', medium: 'image', optimize: false, pin: 'painter/oil' };

describe('the route of an attempt', () => {
  test('is the first candidate that offers the capability with that model, and says why not the others', () => {
    const candidates = ['nobody/x', 'painter/oil', 'writer/huge', 'writer/family/large', 'writer/small'];
    expect(chooseRoute(need(candidates), providers)).toMatchObject({
      model: 'family/large',
      recorded: {
        chosen: 'writer/family/large',
        candidates,
        ruledOut: {
          'nobody/x': 'unknown provider',
          'painter/oil': 'does not offer this',
          'writer/huge': 'has no such model',
        },
      },
    });
  });

  test('is the one that an output pins, for media only', () => {
    const image = need(['writer/small'], { capability: 'image.generate', output: pinned });
    expect(chooseRoute(image, providers)).toMatchObject({ recorded: { chosen: 'painter/oil' } });
    expect(chooseRoute(need(['writer/small'], { output: pinned }), providers)).toMatchObject({ model: 'small' });
  });

  test.each([
    ['no candidate fits', need(['nobody/x'])],
    ['the profile does not know the role', need([], { role: 'other' })],
    ['the chunk has no role', need(['writer/small'], { role: undefined })],
  ])('does not exist when %s', (_why, what) => {
    expect(chooseRoute(what, providers)).toMatchObject({ code: 'NO_CANDIDATE', type: 'Routing' });
  });
});
