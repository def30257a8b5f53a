import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGAN, RUN, SHA, ToldRun, createdData, digest, path } from '../../test/support/told-run.ts';
import { canonicalJson } from './canonical.ts';
import { StemmaError } from './errors.ts';
import {
  GENESIS,
  assertEventData,
  assertInstallationData,
  eventBody,
  eventDataSchemas,
  eventHash,
  isKnownEvent,
  parseEvent,
  parseLogEvent,
  toWireEvent,
} from './events.ts';
import type { EventDraft, InstallationDraft, RunEvent } from './events.ts';
import { spanIdOf, toHex } from './ids.ts';
import type { Instant, WorkerId } from './ids.ts';
import type { Json } from './json.ts';

const HASH = digest.sha256('hash');
const at = BEGAN as Instant;
const begun: EventDraft = { type: 'run.started', data: {} };
const place = { position: 4, hash: HASH };

function errorOf(body: () => unknown): StemmaError {
  try {
    body();
  } catch (error) {
    if (error instanceof StemmaError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const RUN_TOLD = new ToldRun()
  .begin()
  .step('check', 'safety.input')
  .skip('translate', 'condition')
  .start('interception[1]')
  .verdict('interception[1]', {})
  .end('interception[1]', { makes: [{ type: 'interception', text: 'Ein roter Fuchs schläft.' }] })
  .finish('succeeded');

describe('the text of an event', () => {
  it('is the canonical form of what the specification lists, without what is absent', () => {
    expect(eventBody(RUN, { seq: 2, at }, begun)).toBe(
      `{"at":"2026-03-02T09:00:00.000Z","data":{},"runId":"${RUN}","seq":2,"type":"run.started","v":1}`,
    );
  });

  it('is written like every other canonical text, whatever the event', () => {
    for (const { position: _position, hash: _hash, at: when, ...event } of RUN_TOLD.events) {
      const iso = new Date(when).toISOString();
      expect(eventBody(RUN, { seq: event.seq, at: when }, event)).toBe(canonicalJson({ ...event, at: iso }));
    }
  });

  it('names step, attempt and span where there are some', () => {
    const spanId = spanIdOf(digest, RUN, { path: path('a'), attempt: 1 });
    const draft: EventDraft = { type: 'step.canceled', stepPath: path('a'), attempt: 1, spanId, data: {} };
    expect(JSON.parse(eventBody(RUN, { seq: 2, at }, draft))).toEqual({
      at: '2026-03-02T09:00:00.000Z',
      attempt: 1,
      data: {},
      runId: RUN,
      seq: 2,
      spanId,
      stepPath: 'a',
      type: 'step.canceled',
      v: 1,
    });
  });

  it('leaves absent keys of the data out', () => {
    const draft = { type: 'run.ended', data: { state: 'failed', fault: undefined } } as unknown as EventDraft;
    expect(eventBody(RUN, { seq: 2, at }, draft)).toContain('"data":{"state":"failed"}');
  });
});

describe('the chain', () => {
  it('begins with 32 zero bytes', () => {
    expect([...GENESIS]).toEqual(Array.from({ length: 32 }, () => 0));
  });

  it('hashes the previous hash as raw bytes, then the text', () => {
    const body = eventBody(RUN, { seq: 1, at }, begun);
    expect(toHex(eventHash(digest, HASH, body))).toBe(toHex(digest.sha256(HASH, body)));
  });

  it('recomputes from what is read', () => {
    expect(RUN_TOLD.events.length).toBeGreaterThan(6);
    expect(chainOf(RUN_TOLD.events)).toEqual(RUN_TOLD.events.map(({ hash }) => hash));
  });

  it('differs from the first changed event on', () => {
    fc.assert(
      fc.property(fc.nat({ max: RUN_TOLD.events.length - 1 }), (changed) => {
        const altered = RUN_TOLD.events.map((event, index) =>
          index === changed ? { ...event, at: (event.at + 1) as Instant } : event,
        );
        const agree = chainOf(altered).map((hash, index) => hash === RUN_TOLD.events[index]?.hash);
        expect(agree).toEqual(agree.map((_, index) => index < changed));
      }),
    );
  });
});

function chainOf(events: readonly RunEvent[]): string[] {
  let previous: Uint8Array = GENESIS;
  return events.map((event) => {
    const { position: _position, hash: _hash, ...body } = toWireEvent(event) as { readonly [key: string]: Json };
    previous = eventHash(digest, previous, canonicalJson(body));
    return toHex(previous);
  });
}

describe('a stored event', () => {
  it('is read as it was written, with its place and hash', () => {
    const draft: EventDraft = { type: 'run.created', data: createdData };
    expect(parseEvent(eventBody(RUN, { seq: 1, at }, draft), place)).toEqual({
      v: 1,
      runId: RUN,
      seq: 1,
      at,
      position: 4,
      hash: toHex(HASH),
      ...draft,
    });
  });

  it('is kept as it is when this version does not know its type', () => {
    const body = canonicalJson({ ...envelope, type: 'pack.thing', data: { any: [1] }, more: true });
    expect(parseEvent(body, place)).toMatchObject({ type: 'pack.thing', data: { any: [1] }, more: true });
  });

  it('has the hash and position of its row, whatever its text says', () => {
    const body = canonicalJson({ ...envelope, hash: 'x', position: 99 });
    expect(parseEvent(body, place)).toMatchObject({ hash: toHex(HASH), position: 4 });
  });

  const JUNK = [
    '',
    'null',
    '[]',
    '{"v":1',
    ...[{ v: 2 }, { v: undefined }, { runId: 'x' }, { runId: RUN.toUpperCase() }, { seq: 0 }, { seq: 1.5 }].map(change),
    ...[{ at: BEGAN }, { at: '2026-03-02T09:00:00Z' }, { at: '2026-02-30T09:00:00.000Z' }, { type: 3 }].map(change),
    ...[{ data: undefined }, { data: null }, { data: 'x' }, { stepPath: 1 }, { spanId: 1 }].map(change),
    ...[{ attempt: 0 }, { attempt: '1' }].map(change),
  ];

  it.each(JUNK)('is refused as damage when it is %s', (body) => {
    const error = errorOf(() => parseEvent(body, place));
    expect([error.code, error.facts]).toEqual(['STORE_CORRUPT', { position: 4 }]);
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.hint).toContain('stemma doctor');
  });

  it('is refused as damage when it is any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(errorOf(() => parseEvent(body, place)).code).toBe('STORE_CORRUPT');
      }),
    );
  });
});

const envelope = { v: 1, runId: RUN, seq: 2, at: '2026-03-02T09:00:00.000Z', type: 'run.started', data: {} };
function change(own: { readonly [key: string]: Json | undefined }): string {
  return canonicalJson({ v: 1, runId: RUN, seq: 2, at: '2026-03-02T09:00:00.000Z', type: 'note', data: {}, ...own });
}

describe('a draft', () => {
  it('is given back when its data has the shape of its type', () => {
    for (const draft of [begun, { type: 'run.created', data: createdData } satisfies EventDraft])
      expect(assertEventData(draft)).toBe(draft);
  });

  it('is a bug of its writer when it has not, told with every place that is wrong', () => {
    const data = { ...createdData, seed: -1, level: 'none' };
    const error = errorOf(() => assertEventData({ type: 'run.created', data } as unknown as EventDraft));
    expect(error.code).toBe('INTERNAL');
    expect(error.message).toMatch(/^The event run\.created is malformed at "level": .+; "seed": .+/);
  });

  it('may hold no more than its type names, so that no content gets into the log', () => {
    const draft = { type: 'run.started', data: { prompt: 'a red fox' } } as unknown as EventDraft;
    expect(errorOf(() => assertEventData(draft)).message).toContain('malformed at ""');
  });

  it('holds facts of 2 kB at most', () => {
    const facts = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`fact${index}`, 'x'.repeat(120)]));
    const draft: EventDraft = {
      type: 'attempt.ended',
      stepPath: path('a'),
      attempt: 1,
      data: {
        state: 'succeeded',
        facts,
        outputs: [],
        durationMs: 1,
      },
    };
    expect(errorOf(() => assertEventData(draft)).message).toContain('"facts": facts are larger than 2 kB');
  });
});

describe('the types of events', () => {
  it('are known by name and nothing else is', () => {
    for (const type of Object.keys(eventDataSchemas)) expect(isKnownEvent(type)).toBe(true);
    for (const type of ['', 'remark', 'run', 'toString', '__proto__']) expect(isKnownEvent(type)).toBe(false);
  });
});

describe('an event on its way out', () => {
  it('has an ISO time and its keys in a fixed order', () => {
    const event = RUN_TOLD.events[2];
    const wire = toWireEvent(event as RunEvent) as { readonly [key: string]: Json };
    expect(Object.keys(wire)).toEqual('v runId seq position at type stepPath attempt spanId data hash'.split(' '));
    expect(wire).toMatchObject({ v: 1, seq: 3, at: '2026-03-02T09:00:00.200Z', stepPath: 'check', attempt: 1 });
  });

  it('has no keys of a step when it is about the run', () => {
    const [first] = RUN_TOLD.events;
    const wire = JSON.parse(JSON.stringify(toWireEvent(first as RunEvent))) as object;
    expect(Object.keys(wire)).toEqual('v runId seq position at type data hash'.split(' '));
    expect(wire).toMatchObject({ data: { definitions: SHA } });
  });
});

describe('an event of the installation', () => {
  const opened: InstallationDraft = {
    type: 'breaker.opened',
    data: { candidate: 'ollama/small', worker: 'w' as WorkerId, failures: 5 },
  };

  it('belongs to no run, and its hash says so', () => {
    const body = eventBody(null, { seq: 1, at }, opened);
    expect(JSON.parse(body)).toEqual({
      v: 1,
      runId: null,
      seq: 1,
      at: new Date(at).toISOString(),
      type: 'breaker.opened',
      data: opened.data,
    });
    const event = parseLogEvent(body, place);
    expect(toWireEvent(event)).toMatchObject({ runId: null, position: 4, type: 'breaker.opened' });
  });

  it('is held against the shape of its type', () => {
    expect(assertInstallationData(opened)).toBe(opened);
    const without = { type: 'breaker.opened', data: {} } as unknown as InstallationDraft;
    expect(errorOf(() => assertInstallationData(without)).message).toContain('breaker.opened is malformed');
  });
});
