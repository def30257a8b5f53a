import { expect, it } from 'vitest';
import { runRequestSchema } from './request.ts';
import type { RunRequest } from './request.ts';

const REQUEST: RunRequest = {
  config: 'dada',
  profile: 'offline',
  level: 'kids',
  lang: 'en',
  seed: 7,
  priority: 'normal',
  outputs: ['image'],
  parameters: {
    iterations: 2,
    calm: true,
    style: 'grid',
  },
  edited: {
    task: false,
    context: true,
  },
};

it('reads a request back as it was kept', () => {
  for (const request of [REQUEST, { ...REQUEST, procedure: 'cut-up' }])
    expect(runRequestSchema.parse(JSON.parse(JSON.stringify(request)))).toEqual(request);
});

const CHANGES: readonly (readonly [string, object])[] = [
  ['with a key that nobody knows', { text: 'A fox.' }],
  ['with a level that does not exist', { level: 'off' }],
  ['with half a seed', { seed: 0.5 }],
  ['with a negative seed', { seed: -1 }],
  ['with a priority that does not exist', { priority: 'urgent' }],
  ['with a parameter that is open', { parameters: { style: ['grid'] } }],
  ['that does not say what was edited', { edited: { task: true } }],
];
it.each(CHANGES)('refuses a request %s', (_name, change) => {
  expect(runRequestSchema.safeParse({ ...REQUEST, ...change }).success).toBe(false);
});
