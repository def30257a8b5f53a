import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { path, RUN, SHA, ToldRun } from '../../../test/support/told-run.ts';
import type { ChronicleSource } from '../chronicle.ts';
import type { ArtifactId } from '../ids.ts';
import type { Fault } from '../schema.ts';
import { itemSchema } from '../shapes.ts';
import type { Item } from '../shapes.ts';
import { triesOf } from './attempts.ts';
import { itemsOf } from './items.ts';

function itemsIn(told: ToldRun, own: Partial<ChronicleSource> = {}): Item[] {
  const source = told.source(own);
  const items = itemsOf(source, triesOf(source));
  expect(items.map((item) => itemSchema.parse(item))).toEqual(items);
  return items;
}
const BYTES = 65_536;
const inputItem = (text: string): Item | undefined => itemsIn(new ToldRun({}, [{ type: 'input', text }]))[1];
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

describe('the text of an item', () => {
  it.each(['', 'x'.repeat(BYTES), 'ä'.repeat(BYTES / 2), '🦊'.repeat(BYTES / 4)])(
    'is whole up to 64 kB (case %#)',
    (text) => {
      expect(inputItem(text)).toMatchObject({ text, truncated: false });
    },
  );

  it.each([`${'x'.repeat(BYTES)}y`, `${'x'.repeat(BYTES - 1)}ä`, `${'x'.repeat(BYTES - 2)}🦊fox`])(
    'is cut above that, and never through a character (case %#)',
    (text) => {
      expect(inputItem(text)).toMatchObject({ text: text.replace(/(y|ä|🦊.*)$/u, ''), truncated: true });
    },
  );

  it('is a beginning of the text, well formed, of 64 kB at most, and cut only when it must be', () => {
    const long = fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 70_000 }))
      .map(([unit, times]) => unit.repeat(times));
    fc.assert(
      fc.property(long, (text) => {
        const item = inputItem(text);
        const shown = item?.text ?? '';
        expect(text.startsWith(shown) && shown.isWellFormed() && bytesOf(shown) <= BYTES).toBe(true);
        expect(item?.truncated).toBe(bytesOf(text) > BYTES);
        if (item?.truncated) expect(bytesOf(shown)).toBeGreaterThan(BYTES - 4);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what belongs to the journey', () => {
  it('is everything outside of the work folder, and of that only steps of the recursion and errors', () => {
    const work = ['request', 'task', 'prompt', 'gateway', 'exchange', 'interception_step', 'error'];
    const told = new ToldRun({}, [
      { type: 'input', text: 'x' },
      ...work.map((type) => ({ type, text: type, work: true })),
      { type: 'notes', text: 'own' },
    ]);
    expect(itemsIn(told).map(({ type }) => type)).toEqual([
      'run_start',
      'input',
      'interception_step',
      'error',
      'notes',
    ]);
  });

  it('leaves out an artifact whose row is gone', () => {
    expect(itemsIn(new ToldRun(), { artifacts: [] }).map(({ type }) => type)).toEqual(['run_start']);
  });

  it('is nothing of moves, commands and starts', () => {
    const told = new ToldRun()
      .begin()
      .say({ type: 'command.received', data: { command: 'pause', by: 'teacher' } })
      .say({ type: 'run.paused', data: {} })
      .say({ type: 'run.resumed', data: {} })
      .start('interception[1]');
    expect(itemsIn(told).map(({ type }) => type)).toEqual(['run_start', 'input']);
  });
});

const TIMEOUT: Fault = { code: 'STEP_TIMEOUT', type: 'StemmaError', facts: {} };
const DETAIL = `${RUN}/work/01_error.txt` as ArtifactId;
const error = { type: 'error', text: 'Error: at x', work: true };
const faults = (told: ToldRun, own: Partial<ChronicleSource> = {}): unknown[] =>
  itemsIn(told, own)
    .filter(({ type }) => type === 'error' || type === 'blocked')
    .map(({ stage, type, text }) => [stage, type, text]);

describe('a fault', () => {
  it('is told once: by its artifact when there is one, else by itself', () => {
    const plain = new ToldRun()
      .begin()
      .step('interception[1]', 'text.interception', { state: 'timedOut', fault: TIMEOUT });
    expect(faults(plain)).toEqual([[2, 'error', null]]);
    const end = { state: 'failed' as const, fault: { ...TIMEOUT, detail: DETAIL }, makes: [error] };
    const thrown = new ToldRun().begin().step('interception[1]', 'text.interception', end);
    expect(faults(thrown)).toEqual([[2, 'error', 'Error: at x']]);
    expect(faults(thrown, { artifacts: [] })).toEqual([[2, 'error', null]]);
  });

  it('is none when an attempt ended without one', () => {
    const told = new ToldRun().begin();
    for (const state of ['canceled', 'abandoned', 'suspended'] as const) told.step(state, 'text.output', { state });
    expect(faults(told)).toEqual([]);
  });

  it.each([
    ['check', 'safety.input', 1],
    ['translate', 'text.translate', 1],
    ['interception[1]', 'text.interception', 2],
    ['gone', 'pack.stage', 2],
    ['outputs[1].optimize', 'text.optimize', 3],
    ['outputs[1].check', 'safety.output', 3],
    ['outputs[1].generate', 'media.image', 4],
    ['outputs[1].generate', 'text.output', 4],
  ])('of %s with the stage %s belongs to studio stage %i, however it is told', (step, stage, expected) => {
    for (const makes of [[], [error]]) {
      const told = new ToldRun().begin().step(step, stage, { state: 'failed', fault: TIMEOUT, makes });
      expect(faults(told)).toEqual([[expected, 'error', makes[0]?.text ?? null]]);
    }
  });

  it('of an attempt whose start is missing belongs to its place', () => {
    expect(faults(new ToldRun().end('translate', { state: 'failed', fault: TIMEOUT }))).toEqual([[2, 'error', null]]);
  });
});

describe('a block', () => {
  const GIVEN = [
    { type: 'input', text: 'x' },
    { type: 'context', text: 'y', work: true },
    { type: 'interception', text: 'z' },
    { type: 'output_image' },
  ];
  const blocked = (step: string, subject: number | undefined, decision: 'block' | 'warn' = 'block'): ToldRun => {
    const told = new ToldRun({}, GIVEN).begin().start(step);
    const id = subject === undefined ? (`${RUN}/99_gone.txt` as ArtifactId) : told.artifacts[subject]?.id;
    return told
      .verdict(step, { decision, ...(id === undefined ? {} : { subject: id }) })
      .end(step, { state: 'blocked' });
  };

  it.each([
    ['the input', 'check', 0, 1],
    ['the edited context, before the rewriting', 'interception[1]', 1, 1],
    ['a rewritten text, before the next round', 'interception[2]', 2, 2],
    ['a rewritten text, before an output', 'outputs[1].check', 2, 3],
    ['the input itself, before an output', 'outputs[1].generate', 0, 3],
    ['a picture', 'outputs[1].generate', 3, 4],
    ['an artifact that is gone', 'check', undefined, 1],
    ['an artifact that is gone, before an output', 'outputs[1].check', undefined, 3],
  ])('of %s, at %s, belongs to the stage of what was stopped', (...[, step, subject, stage]) => {
    expect(faults(blocked(step, subject))).toEqual([[stage, 'blocked', null]]);
  });

  it('without a verdict of its own attempt belongs to its step', () => {
    expect(faults(blocked('interception[1]', 0, 'warn'))).toEqual([[2, 'blocked', null]]);
    const told = blocked('interception[1]', 0);
    expect(faults(told.step('outputs[1].generate', 'media.image', { state: 'blocked' })).at(-1)).toEqual([
      4,
      'blocked',
      null,
    ]);
  });
});

describe('what a branch has taken over', () => {
  it('belongs to its journey, with no provider of its own', () => {
    const told = new ToldRun().begin();
    const output = told.artifact({ type: 'interception', text: 'x' }, path('interception[1]'));
    const from = { runId: RUN, spanId: '0123456789abcdef' };
    const made = { stage: 'text.interception', stageVersion: 1, definition: SHA, inputs: [], facts: {} };
    told.say({ type: 'step.reused', stepPath: path('interception[1]'), data: { from, ...made, outputs: [output] } });
    const item = { type: 'interception', stage: 2, text: 'x', provider: null, model: null, durationMs: null };
    expect(itemsIn(told).at(-1)).toMatchObject(item);
  });
});

describe('a deleted run', () => {
  it('tells its journey by the names of what there was, without a text', () => {
    const told = new ToldRun()
      .begin()
      .step('translate', 'text.translate', { makes: [{ type: 'translation', text: 'y' }] });
    const items = itemsIn(told, { content: 'deleted', artifacts: [], texts: new Map() });
    expect(items.map(({ type, text, mediaType }) => [type, text, mediaType])).toEqual([
      ['run_start', null, null],
      ['input', null, null],
      ['translation', null, null],
    ]);
  });

  it('passes over what has no name of an artifact', () => {
    const given = [{ id: 'no name' as ArtifactId, commitment: SHA }];
    expect(itemsIn(new ToldRun({ given }, []), { content: 'deleted' }).map(({ type }) => type)).toEqual(['run_start']);
  });
});
