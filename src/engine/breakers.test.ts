import { describe, expect, test } from 'vitest';
import { TestClock, settle } from '../../test/support/test-clock.ts';
import type { InstallationDraft } from '../core/events.ts';
import type { WorkerId } from '../core/ids.ts';
import { Breakers, healthOf } from './breakers.ts';
import type { Health } from './breakers.ts';

const ONE = 'lab/one';

function open(): {
  breakers: Breakers;
  clock: TestClock;
  told: InstallationDraft[];
  call: (health: Health) => Promise<void>;
} {
  const clock = new TestClock();
  const told: InstallationDraft[] = [];
  const append = async (drafts: readonly InstallationDraft[]): Promise<{ seq: number; position: number }> => {
    told.push(...drafts);
    return { seq: 1, position: 1 };
  };
  const breakers = new Breakers({ clock, worker: 'worker-1' as WorkerId, installation: { append } });
  const call = async (health: Health): Promise<void> => {
    breakers.enter(ONE)?.end(health);
    await settle(2);
  };
  return { breakers, clock, told, call };
}

async function opened(): Promise<ReturnType<typeof open>> {
  const all = open();
  for (let failure = 0; failure < 5; failure += 1) await all.call('down');
  return all;
}

describe('a breaker', () => {
  test('opens after five failures in a row and lets nobody pass for a minute', async () => {
    const { breakers, clock, told } = await opened();
    expect(breakers.barOf(ONE)).toEqual({ reason: 'breaker open', until: clock.now() + 60_000 });
    expect(breakers.enter(ONE)).toBeUndefined();
    expect(told).toEqual([{ type: 'breaker.opened', data: { candidate: ONE, worker: 'worker-1', failures: 5 } }]);
    clock.advance(59_999);
    expect(breakers.barOf(ONE)?.reason).toBe('breaker open');
    clock.advance(1);
    expect(breakers.barOf(ONE)).toBeUndefined();
  });

  test('counts anew after a success, and passes over what says nothing about the service', async () => {
    const { breakers, call } = open();
    for (const health of ['down', 'down', 'down', 'down', 'up', 'down', 'down', 'silent', 'down', 'down'] as const)
      await call(health);
    expect(breakers.barOf(ONE)).toBeUndefined();
    await call('down');
    expect(breakers.barOf(ONE)?.reason).toBe('breaker open');
  });

  test('says in whole milliseconds when it half-opens, also where the clock is finer', async () => {
    const { breakers, clock } = await opened();
    clock.advance(0.25);
    expect(Number.isInteger((breakers.barOf(ONE)?.until ?? 0) - clock.now())).toBe(true);
  });

  test('is one for each candidate', async () => {
    const { breakers } = await opened();
    expect(breakers.barOf('lab/two')).toBeUndefined();
    expect(breakers.enter('lab/two')).toBeDefined();
  });

  test('half-opens for exactly one probe; others see that it is under way', async () => {
    const { breakers, clock, told } = await opened();
    clock.advance(60_000);
    const probe = breakers.enter(ONE);
    expect(probe).toBeDefined();
    expect(breakers.enter(ONE)).toBeUndefined();
    expect(breakers.barOf(ONE)).toEqual({ reason: 'probe under way', until: clock.now() + 5000 });
    clock.advance(20_000);
    expect(breakers.barOf(ONE)).toEqual({ reason: 'probe under way', until: clock.now() + 20_000 });
    probe?.end('up');
    await settle(2);
    expect(breakers.barOf(ONE)).toBeUndefined();
    expect(told.map(({ type }) => type)).toEqual(['breaker.opened', 'breaker.halfOpened', 'breaker.closed']);
  });

  test.each(['down', 'silent'] as const)('opens again for a minute when its probe ends %s', async (health) => {
    const { breakers, clock, call, told } = await opened();
    clock.advance(60_000);
    await call(health);
    expect(breakers.barOf(ONE)).toEqual({ reason: 'breaker open', until: clock.now() + 60_000 });
    expect(told.at(-1)).toEqual({
      type: 'breaker.opened',
      data: { candidate: ONE, worker: 'worker-1', failures: 6 },
    });
    clock.advance(60_000);
    await call('up');
    expect(breakers.barOf(ONE)).toBeUndefined();
  });

  test('does not wait for ever for a probe that hangs; its late end changes nothing', async () => {
    const { breakers, clock } = await opened();
    clock.advance(60_000);
    const probe = breakers.enter(ONE);
    clock.advance(120_000);
    await settle(2);
    expect(breakers.barOf(ONE)?.reason).toBe('breaker open');
    probe?.end('up');
    await settle(2);
    expect(breakers.barOf(ONE)?.reason).toBe('breaker open');
  });

  test('does not care that the log cannot be written', async () => {
    const append = (): Promise<never> => Promise.reject(new Error('full'));
    const breakers = new Breakers({ clock: new TestClock(), worker: 'w' as WorkerId, installation: { append } });
    for (let failure = 0; failure < 5; failure += 1) {
      breakers.enter(ONE)?.end('down');
      await settle(2);
    }
    expect(breakers.barOf(ONE)?.reason).toBe('breaker open');
  });
});

test.each([
  ['PROVIDER_UNREACHABLE', 'down'],
  ['PROVIDER_TIMEOUT', 'down'],
  ['PROVIDER_BAD_REPLY', 'down'],
  ['STEP_TIMEOUT', 'down'],
  ['PROVIDER_RATE_LIMITED', 'silent'],
  ['PROVIDER_REFUSED', 'silent'],
  ['INTERNAL', 'silent'],
])('%s says that the service is %s', (code, health) => {
  expect(healthOf(code)).toBe(health);
});
