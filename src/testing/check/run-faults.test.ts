import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryKitStore } from '../../../test/support/memory-kit-store.ts';
import type { RunEvent } from '../../core/events.ts';
import type { ArtifactId, StepPath } from '../../core/ids.ts';
import type { StoredBody } from '../../core/ports.ts';
import { openKitSession, placesIn, submitRun } from '../kit-session.ts';
import type { KitSession, Stored } from '../kit-session.ts';
import { readEffects } from '../script/effects.ts';
import { kitIds, openKitSigner } from '../system.ts';
import { untilAllEnded } from '../until-all-ended.ts';
import { attemptFaults, endFaults } from './attempt-faults.ts';
import { chainFaults, signatureFaults } from './chain-faults.ts';
import { artifactFaults, effectFaults } from './content-faults.ts';
import { attemptsOf, readRecord } from './run-record.ts';
import type { RunRecord } from './run-record.ts';
import { toldFaults } from './told-faults.ts';

interface Sound extends AsyncDisposable {
  readonly session: KitSession;
  readonly record: RunRecord;
  readonly effects: ReadonlyMap<string, readonly string[]>;
  readonly told: readonly Stored[];
  readonly folder: string;
}

/** A script that nothing has happened to. */
async function soundRun(): Promise<Sound> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-checks-'));
  mkdirSync(placesIn(folder).memory);
  const told: Stored[] = [];
  const session = await openKitSession(memoryKitStore(), { folder, onStored: (stored) => told.push(stored) });
  await session.engine.queue.register(session.engine.worker);
  const runId = kitIds.runId();
  await submitRun(session, { runId });
  await untilAllEnded(session);
  const record = await readRecord(session.store, runId);
  if (record === undefined) throw new Error('The run is gone.');
  const dispose = async (): Promise<void> => {
    await session[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  const effects = readEffects(placesIn(folder).effects);
  return { session, record, effects, told, folder, [Symbol.asyncDispose]: dispose };
}

const stepKey = ({ record }: Sound, path: string): string => `${record.runId}:${path}`;
const withoutEvent = (record: RunRecord, isIt: (event: RunEvent) => boolean): RunRecord => ({
  ...record,
  events: record.events.filter((event) => !isIt(event)),
});

describe('a sound run', () => {
  test('has no faults, and every kind of step in it', async () => {
    await using sound = await soundRun();
    const { record, session, effects, told, folder } = sound;
    expect(chainFaults(record)).toEqual([]);
    expect(signatureFaults(record, openKitSigner(placesIn(folder).key))).toEqual([]);
    expect(endFaults(record, 'succeeded')).toEqual([]);
    expect(attemptFaults(record)).toEqual([]);
    expect(await artifactFaults(session.store, record)).toEqual([]);
    expect(await effectFaults(session.store, record, effects)).toEqual([]);
    expect(toldFaults(record, told)).toEqual([]);
    const states = new Set(attemptsOf(record.events).map(({ state }) => state));
    expect(states).toEqual(new Set(['succeeded', 'failed', 'suspended']));
    expect(attemptsOf(record.events).map(({ path }) => path)).toContain('outputs[3].make');
  });

  test('that is not in the store is not found', async () => {
    await using sound = await soundRun();
    expect(await readRecord(sound.session.store, kitIds.runId())).toBeUndefined();
  });
});

describe('the chain', () => {
  const altered = async (
    change: (bodies: readonly StoredBody[]) => readonly StoredBody[],
  ): Promise<readonly string[]> => {
    await using sound = await soundRun();
    return chainFaults({ ...sound.record, bodies: change(sound.record.bodies) });
  };

  test('names a text that was changed, and one that is not canonical', async () => {
    const faults = await altered((bodies) =>
      bodies.map((one) => (one.seq === 3 ? { ...one, body: one.body.replace('"seq":3', '"seq": 3') } : one)),
    );
    expect(faults).toContain('event 3 is not what its hash was made of');
    expect(faults).toContain('event 3 is not in canonical form');
    expect(faults).toContain('the head does not have the hash of the last event');
  });

  test('names an event that is missing', async () => {
    const faults = await altered((bodies) => bodies.filter(({ seq }) => seq !== 3));
    expect(faults).toContain('event 4 is out of its order');
    expect(faults.some((fault) => fault.startsWith('the head stands at'))).toBe(true);
  });

  test('wants its end signed by the key of the installation', async () => {
    await using sound = await soundRun();
    const { record, folder } = sound;
    const { signature: _signature, ...unsigned } = record.head;
    const other = openKitSigner(join(folder, 'another.pem'));
    expect(signatureFaults({ ...record, head: unsigned }, other)).toEqual(['the end is not signed']);
    expect(signatureFaults(record, other)).toEqual(['the signature of the end is invalid']);
    expect(signatureFaults(record, { ...other, verify: () => 'unknownKey' })).toHaveLength(1);
  });
});

describe('the end', () => {
  test('is due once, at the end, and as expected', async () => {
    await using sound = await soundRun();
    const { record } = sound;
    const open = withoutEvent(record, ({ type }) => type === 'run.ended');
    expect(endFaults(open, 'succeeded')).toEqual(['has ended 0 times (succeeded)']);
    expect(endFaults(record, 'failed')).toEqual(['ended as succeeded instead of failed']);
    const last = record.events.at(-1);
    const first = record.events.slice(0, 1);
    expect(endFaults({ ...record, events: [...(last ? [last] : []), ...first] }, 'succeeded')).toEqual([
      'has events after its end',
    ]);
    const head = { ...record.head, state: 'running' as const };
    expect(endFaults({ ...record, head }, 'succeeded')).toEqual(['ended as succeeded, and its head says running']);
  });

  test('is quarantine only for a step that was abandoned three times', async () => {
    await using sound = await soundRun();
    const quarantined = (abandoned: number): readonly string[] => {
      const events = sound.record.events.map((event): RunEvent => {
        if (event.type === 'run.ended') return { ...event, data: { state: 'quarantined' } };
        if (event.type !== 'attempt.ended' || !event.stepPath?.startsWith('link')) return event;
        return {
          ...event,
          stepPath: 'link' as StepPath,
          attempt: event.seq,
          data: { ...event.data, state: 'abandoned' },
        };
      });
      const ends = events
        .filter(({ type, stepPath }) => type === 'attempt.ended' && stepPath === 'link')
        .slice(0, abandoned);
      const starts = ends.map((end) => ({
        ...end,
        type: 'attempt.started',
        data: { worker: 'w', stage: 'kit.effect' },
      }));
      const all = [...(starts as unknown as RunEvent[]), ...ends, ...events.slice(-1)];
      return endFaults(
        { ...sound.record, events: all, head: { ...sound.record.head, state: 'quarantined' } },
        'succeeded',
      );
    };
    expect(quarantined(3)).toEqual([]);
    expect(quarantined(2)).toEqual(['ended as quarantined instead of succeeded']);
  });
});

describe('attempts', () => {
  test('count up without gaps, have an end and a row, and nothing follows on success', async () => {
    await using sound = await soundRun();
    const { record } = sound;
    const endless = withoutEvent(record, ({ type, stepPath }) => type === 'attempt.ended' && stepPath === 'first');
    expect(attemptFaults(endless)).toContain('attempt 1 of first has no end');
    const gap = withoutEvent(
      record,
      ({ type, stepPath, attempt }) => type.startsWith('attempt') && stepPath === 'flaky' && attempt === 1,
    );
    expect(attemptFaults(gap)).toContain('attempt 2 of flaky is out of its order');
    expect(attemptFaults(gap).some((fault) => fault.includes('an impossible story'))).toBe(true);
    const again = record.events
      .filter(({ stepPath }) => stepPath === 'first')
      .map((event) => ({ ...event, attempt: 2 }));
    const repeated = { ...record, events: [...record.events, ...again] };
    expect(attemptFaults(repeated)).toContain('attempt 2 of first followed on success');
    expect(attemptFaults(repeated)).toContain('attempt 2 of first succeeded has no row');
    expect(attemptFaults({ ...record, events: [] })).toContain('attempt 1 of first succeeded has a row and no events');
  });
});

describe('content', () => {
  test('that is gone or changed is named', async () => {
    await using sound = await soundRun();
    const { record, session } = sound;
    const [first, second] = [...record.artifacts.values()];
    const { files } = session.store;
    const read = async (id: ArtifactId): Promise<Uint8Array> => {
      if (id === first?.id) throw new Error('gone');
      return id === second?.id ? new Uint8Array([7]) : files.read(id);
    };
    const store = { ...session.store, files: Object.assign(Object.create(files), { read }) };
    expect(await artifactFaults(store, record)).toEqual([
      `${first?.id} is named and not there`,
      `${second?.id} has changed`,
    ]);
    const faults = await artifactFaults(session.store, { ...record, artifacts: new Map() });
    expect(faults).toContain(`${first?.id} has no row`);
  });

  test('of an effect that is missing, too many, twice or nobody’s is named', async () => {
    await using sound = await soundRun();
    const faultsWith = (path: string, marks: readonly string[]): Promise<readonly string[]> =>
      effectFaults(sound.session.store, sound.record, new Map([...sound.effects, [stepKey(sound, path), marks]]));
    const own = sound.effects.get(stepKey(sound, 'first')) ?? [];
    expect(await faultsWith('first', [])).toEqual(['attempt 1 of first succeeded without its effect']);
    expect(await faultsWith('first', [...own, 'another'])).toEqual(['first had 2 effects in 1 attempts']);
    expect(await faultsWith('first', [...own, ...own])).toContain('first has an effect that stands there twice');
    expect(await faultsWith('secret', ['x'])).toEqual([`${stepKey(sound, 'secret')} had an effect and no attempt`]);
    const empty = { ...sound.session.store.files, read: () => Promise.reject(new Error('gone')) };
    const blind = { ...sound.session.store, files: empty };
    expect(await effectFaults(blind, sound.record, sound.effects)).toContain(
      'attempt 1 of flaky failed without its effect',
    );
  });
});

describe('what was acknowledged', () => {
  test('must be in the record, where it was told, once, and in the order of the tokens', async () => {
    await using sound = await soundRun();
    const { record, told } = sound;
    const [one] = told;
    if (one === undefined) throw new Error('Nothing was told.');
    const last = record.events.length;
    expect(toldFaults(record, [{ ...one, seq: last + 1, events: 1 }])).toEqual([
      `${one.type} was acknowledged as event ${last + 1} and is not in the record`,
    ]);
    expect(toldFaults(record, [{ ...one, position: 1 }])).toHaveLength(1);
    expect(toldFaults(record, [one, one])).toEqual([
      `event ${one.seq - one.events + 1} was acknowledged twice: the first of them was lost`,
    ]);
    const reversed = told.map((stored, index) => ({ ...stored, token: told.length - index }));
    expect(toldFaults(record, reversed)).toHaveLength(told.length - 1);
  });
});
