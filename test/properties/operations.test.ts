import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WORKER_MODES } from '../../src/core/states.ts';
import { labDefinitions } from '../support/operation-parts.ts';
import { Story } from '../support/operation-story.ts';
import { World } from '../support/operation-world.ts';
import type { StoreKind } from '../support/operation-world.ts';
import { calmOperations, wildOperations } from '../support/operations.ts';
import type { Operation } from '../support/operations.ts';
import { collect } from '../support/store-fixtures.ts';
import { FOUND } from './found.data.ts';

/**
 * `STEMMA_PROPERTY_RUNS` has more stories told, others each time; a failure prints the seed that tells the same one
 * again. Without it they are the same ones every time.
 */
const more = process.env['STEMMA_PROPERTY_RUNS'];
const numRuns = Number(more ?? 12);
const seeded = more === undefined ? { seed: 20_261_121 } : {};
const STORES = ['sqlite', 'memory'] as const;
const definitions = labDefinitions();

beforeEach(() => {
  // a store that looks for what other processes have written does so when the world's clock ticks
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const openWorld = async (kind: StoreKind): Promise<World> => new World(kind, await definitions);

test.each(STORES)(
  'whatever is done to runs in the %s store, the rules of their states hold, and every run comes to its end',
  async (kind) => {
    const property = fc.asyncProperty(wildOperations, async (operations) => {
      await using world = await openWorld(kind);
      const story = new Story(world);
      for (const operation of operations) await story.next(operation);
      await story.end();
      expect(story.wrong).toEqual([]);
    });
    await fc.assert(property, {
      ...seeded,
      numRuns: numRuns + FOUND.length,
      examples: FOUND.map((operations) => [operations]),
    });
  },
);

/** What one store makes of the operations. */
async function resultsOf(kind: StoreKind, operations: readonly Operation[]): Promise<readonly unknown[]> {
  await using world = await openWorld(kind);
  const story = new Story(world);
  const results: unknown[] = [];
  for (const operation of operations) {
    const answer = await story.next(operation);
    results.push({ operation, answer, states: await story.states() });
  }
  return [...results, story.wrong];
}

test('the same operations lead to the same answers and states in every store', async () => {
  const property = fc.asyncProperty(calmOperations, async (operations) => {
    expect(await resultsOf('memory', operations)).toEqual(await resultsOf('sqlite', operations));
  });
  await fc.assert(property, { ...seeded, numRuns });
});

test.each(STORES)('a worker in the %s store goes from any mode to any other', async (kind) => {
  const modes = fc.array(fc.constantFrom(...WORKER_MODES), { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(modes, async (all) => {
    await using world = await openWorld(kind);
    const { app } = await world.start();
    const { queue, installation } = app.store;
    const { id } = app.engine.worker;
    await queue.register(app.engine.worker);
    for (const mode of all) {
      await queue.setMode(id, mode, 'lab');
      expect(await queue.mode(id)).toBe(mode);
    }
    const events = await collect(installation.read());
    expect(events.flatMap((event) => (event.type === 'worker.modeSet' ? [event.data.mode] : []))).toEqual(all);
  });
  await fc.assert(property, { numRuns });
});
