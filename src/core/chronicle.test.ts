import { describe, expect, it } from 'vitest';
import { RUN, ToldRun } from '../../test/support/told-run.ts';
import { artifactView, chronicleOf } from './chronicle.ts';
import type { ChronicleSource } from './chronicle.ts';
import type { Instant } from './ids.ts';
import type { Fault } from './schema.ts';
import { chronicleSchema } from './shapes.ts';
import type { Chronicle } from './shapes.ts';

/** Every chronicle of these tests has the published shape. */
function read(told: ToldRun, own: Partial<ChronicleSource> = {}): Chronicle {
  const chronicle = chronicleOf(told.source(own));
  expect(chronicleSchema.parse(chronicle)).toEqual(chronicle);
  return chronicle;
}

const typesOf = ({ items }: Chronicle): string[] => items.map(({ stage, type }) => `${stage} ${type}`);
const statesOf = ({ steps }: Chronicle): string[] => steps.map(({ path, state }) => `${path} ${state}`);

const UNREACHABLE: Fault = { code: 'PROVIDER_UNREACHABLE', type: 'StemmaError', facts: { provider: 'local' } };
const SERVED = { provider: 'offline', model: 'composition', usage: { tokensIn: 5, tokensOut: 7, costMicroUsd: 11 } };

const opening = (own: ConstructorParameters<typeof ToldRun>[0] = {}): ToldRun =>
  new ToldRun(own)
    .begin()
    .start('check', { stage: 'safety.input' })
    .verdict('check', {}, { type: 'safety_input', text: '{}' })
    .end('check')
    .step('translate', 'text.translate', { makes: [{ type: 'translation', text: 'A red fox sleeps.' }] });

const output = (told: ToldRun, index: number): ToldRun =>
  told
    .skip(`outputs[${index}].optimize`, 'condition')
    .start(`outputs[${index}].check`, { stage: 'safety.output' })
    .verdict(`outputs[${index}].check`, {}, { type: 'safety_output', text: '{}' })
    .end(`outputs[${index}].check`)
    .step(`outputs[${index}].generate`, 'media.image', {
      ...SERVED,
      makes: [
        { type: 'output_image', row: { width: 640, height: 480 } },
        { type: 'exchange', text: '{}', work: true },
      ],
    });

describe('a plain run with one picture', () => {
  const told = output(
    opening().step('interception[1]', 'text.interception', {
      ...SERVED,
      makes: [{ type: 'interception', text: 'fox fox' }],
    }),
    1,
  ).finish('succeeded');
  const chronicle = read(told, { labels: { class: '5b' } });

  it('tells the journey in order, with the studio stages, and nothing of the work folder', () => {
    expect(typesOf(chronicle)).toEqual([
      '0 run_start',
      '1 input',
      '1 safety_input',
      '1 translation',
      '2 interception',
      '3 safety_output',
      '4 output_image',
      '5 run_end',
    ]);
  });

  it('has texts of texts, none of pictures, and who served', () => {
    expect(chronicle.items.find(({ type }) => type === 'interception')).toMatchObject({
      text: 'fox fox',
      mediaType: 'text/plain',
      provider: 'offline',
      model: 'composition',
      durationMs: 40,
      stepPath: 'interception[1]',
      stageIteration: 1,
      loopIteration: null,
      config: 'dada',
      truncated: false,
    });
    expect(chronicle.items.find(({ type }) => type === 'output_image')).toMatchObject({
      text: null,
      mediaType: 'image/png',
      loopIteration: 1,
      stageIteration: null,
      artifactId: `${RUN}/06_output_image.png`,
    });
    expect(chronicle.items[0]).toMatchObject({ text: null, artifactId: null, provider: null, stepPath: null });
  });

  it('has the run with its times, cost and labels', () => {
    expect(chronicle.run).toMatchObject({
      runId: RUN,
      state: 'succeeded',
      configName: 'Dada',
      labels: { class: '5b' },
      parent: null,
      createdAt: '2026-03-02T09:00:00.000Z',
      startedAt: '2026-03-02T09:00:00.100Z',
      durationMs: 1400,
      costMicroUsd: 22,
      problems: [],
      moreProblems: 0,
      blocked: null,
      error: null,
    });
    expect(chronicle.run.traceId).toBe(RUN.replaceAll('-', ''));
    expect(chronicle.cost).toEqual({ microUsd: 22, tokensIn: 10, tokensOut: 14, unpriced: 0 });
  });

  it('has ended at 100 percent, the skipped step with its reason', () => {
    expect(chronicle.progress).toEqual({
      total: 6,
      done: 6,
      failed: 0,
      running: 0,
      percent: 100,
      elapsedMs: 1500,
      remainingMs: 0,
      current: null,
    });
    expect(chronicle.steps.find(({ state }) => state === 'skipped')).toMatchObject({
      path: 'outputs[1].optimize',
      skippedBecause: 'condition',
      attempts: 0,
      stage: null,
    });
  });

  it('lists every artifact, of the work folder too, with its sides where it has some', () => {
    expect(chronicle.artifacts.map(({ type, width }) => [type, width])).toEqual([
      ['input', null],
      ['safety_input', null],
      ['translation', null],
      ['interception', null],
      ['safety_output', null],
      ['output_image', 640],
      ['exchange', null],
    ]);
  });
});

describe('eight hands', () => {
  const told = new ToldRun({}, [{ type: 'input', text: 'A red fox sleeps.' }]).begin();
  for (const hand of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const makes = [
      hand < 8 ? { type: 'interception_step', text: `${hand}`, work: true } : { type: 'interception', text: '8' },
    ];
    told.step(`interception[${hand}]`, 'text.interception', { makes });
  }
  const chronicle = read(told.finish('succeeded'));
  const hands = chronicle.items.filter(({ stage }) => stage === 2);

  it('are each an item with its round and text; only the last one is the interception', () => {
    expect(hands.map(({ stageIteration, text }) => `${stageIteration} ${text}`)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((hand) => `${hand} ${hand}`),
    );
    expect(hands.map(({ type }) => type)).toEqual([...Array(7).fill('interception_step'), 'interception']);
    expect(hands.map(({ loopIteration }) => loopIteration)).toEqual(Array(8).fill(null));
  });
});

describe('two outputs of which one failed', () => {
  const told = output(opening({ outputs: ['image', 'poster'] }).step('interception[1]', 'text.interception'), 1)
    .step('outputs[2].check', 'safety.output')
    .step('outputs[2].generate', 'media.image', { state: 'failed', fault: UNREACHABLE });
  const problems = [{ stepPath: 'outputs[2]' as never, state: 'failed', code: 'PROVIDER_UNREACHABLE' }];
  const chronicle = read(told.finish('succeeded', { problems }));

  it('is a run that succeeded, with the other as its problem', () => {
    expect([chronicle.run.state, chronicle.run.problems]).toEqual(['succeeded', problems]);
    expect(chronicle.progress).toMatchObject({ done: 7, failed: 1, percent: 100 });
  });

  it('has each item in its round of the loop', () => {
    expect(chronicle.items.filter(({ stage }) => stage === 4).map((item) => [item.type, item.loopIteration])).toEqual([
      ['output_image', 1],
      ['error', 2],
    ]);
  });
});

describe('a run that was blocked at its input', () => {
  const told = new ToldRun()
    .begin()
    .start('check', { stage: 'safety.input' })
    .verdict('check', { check: 'self-harm', decision: 'block', class: 'hard' }, { type: 'safety_input', text: '{}' })
    .end('check', {
      state: 'blocked',
      fault: { code: 'SAFETY_BLOCKED', type: 'Verdict', facts: { check: 'self-harm' } },
    })
    .skip('translate', 'dependency')
    .skip('interception', 'dependency')
    .skip('outputs', 'dependency')
    .finish('blocked', { fault: { code: 'SAFETY_BLOCKED', type: 'Verdict', facts: {} } });
  const chronicle = read(told, { terms: ['a term'] });

  it('says so in the words of the catalogue, for the check, the level and the part', () => {
    const { blocked } = chronicle.run;
    const { stage, code, check, terms, ...texts } = blocked ?? { stage: -1, code: '', check: '', terms: [] };
    expect({ stage, code, check, terms }).toEqual({
      stage: 1,
      code: 'SAFETY_BLOCKED',
      check: 'self-harm',
      terms: ['a term'],
    });
    const parts = ['heading', 'message', 'why', 'protection', 'suggestion'];
    expect(texts).toEqual(Object.fromEntries(parts.map((part) => [part, `safety.self-harm.kids.${part} {}`])));
  });

  it('tells it in the journey at the same stage, once, and not as an error too', () => {
    expect(typesOf(chronicle)).toEqual(['0 run_start', '1 input', '1 safety_input', '1 blocked', '5 run_end']);
  });

  it('shows every step after it as skipped', () => {
    expect(statesOf(chronicle)).toEqual([
      'check blocked',
      'translate skipped',
      'interception skipped',
      'outputs skipped',
    ]);
    expect(chronicle.steps.at(-1)?.skippedBecause).toBe('dependency');
  });
});

describe('a retry', () => {
  const failed = opening().step('interception[1]', 'text.interception', {
    state: 'failed',
    fault: UNREACHABLE,
    retryAt: 9 as Instant,
    usage: { costMicroUsd: null },
  });
  const waiting = read(failed);

  it('is shown as retrying until it begins, without an end', () => {
    expect(waiting.steps.at(-1)).toMatchObject({ state: 'retrying', attempts: 1, endedAt: null });
    expect(waiting.run).toMatchObject({ state: 'running', endedAt: null, durationMs: null });
    expect(waiting.cost.unpriced).toBe(1);
  });

  it('names the attempt before by its span, and keeps the error of the first', () => {
    failed.start('interception[1]', {}, 2);
    expect(read(failed).steps.at(-1)).toMatchObject({ state: 'running', attempts: 2 });
    failed.end('interception[1]', { ...SERVED, facts: { words: 2 } }, 2).finish('succeeded');
    const { attempts, steps, items } = read(failed);
    const [first, second] = attempts.filter(({ stepPath }) => stepPath === 'interception[1]');
    expect(first).toMatchObject({ attempt: 1, retryOf: null, state: 'failed' });
    expect(second).toMatchObject({ attempt: 2, retryOf: first?.spanId, state: 'succeeded', error: null });
    expect(first?.error).toEqual({
      code: 'PROVIDER_UNREACHABLE',
      type: 'StemmaError',
      retryable: true,
      retryAfterMs: null,
      stackHash: null,
      detail: null,
      facts: { provider: 'local' },
      message: 'error.PROVIDER_UNREACHABLE.title {"provider":"local"}',
    });
    expect(steps.at(-1)).toMatchObject({
      state: 'succeeded',
      attempts: 2,
      facts: { words: 2 },
      startedAt: first?.startedAt,
      endedAt: second?.endedAt,
    });
    expect(items.filter(({ type }) => type === 'error')).toHaveLength(1);
  });
});

describe('an abandoned attempt', () => {
  it('is ready to be taken up by the next holder, and costs what it cost', () => {
    const told = opening().start('interception[1]').end('interception[1]', { state: 'abandoned', durationMs: 0 });
    const chronicle = read(told);
    expect(chronicle.steps.at(-1)).toMatchObject({ state: 'ready', endedAt: null });
    expect(typesOf(chronicle).at(-1)).toBe('1 translation');
    told.start('interception[1]', {}, 2).end('interception[1]', {}, 2).finish('succeeded');
    expect(read(told).attempts.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'abandoned', 'succeeded']);
  });
});

describe('a run that goes on', () => {
  const told = opening({ outputs: ['image', 'poster'] }).start('interception[1]');

  it('says how far it is and what runs', () => {
    expect(read(told).progress).toEqual({
      total: 9,
      done: 2,
      failed: 0,
      running: 1,
      percent: 22,
      current: 'interception[1]',
      elapsedMs: 800,
      remainingMs: 1500,
    });
  });

  it('has no end and an open attempt', () => {
    const chronicle = read(told);
    expect(chronicle.run).toMatchObject({ state: 'running', endedAt: null, durationMs: null });
    expect(chronicle.attempts.at(-1)).toMatchObject({
      state: 'running',
      endedAt: null,
      durationMs: null,
      provider: null,
      outputs: [],
      priced: 'yes',
      route: null,
    });
  });
});

describe('a run whose content is gone', () => {
  it('tells the journey without texts when only the texts are gone', () => {
    const told = opening().step('interception[1]', 'text.interception', {
      makes: [{ type: 'interception', text: 'fox' }],
    });
    const chronicle = read(told, { texts: new Map() });
    expect(chronicle.items.filter(({ artifactId }) => artifactId !== null)).toHaveLength(4);
    expect(chronicle.items.map(({ text, truncated }) => [text, truncated])).toEqual(
      Array.from({ length: 5 }, () => [null, false]),
    );
  });

  it('tells what happened when the rows are gone too', () => {
    const told = opening().step('interception[1]', 'text.interception', {
      state: 'failed',
      fault: {
        ...UNREACHABLE,
        detail: `${RUN}/work/09_error.txt` as never,
      },
      makes: [
        {
          type: 'error',
          text: 'at x',
          work: true,
        },
      ],
    });
    expect(typesOf(read(told)).at(-1)).toBe('2 error');
    expect(typesOf(read(told, { artifacts: [] }))).toEqual(['0 run_start', '2 error']);
  });
});

describe('a canceled run', () => {
  it('leaves no step open: what waited or was to be tried again is canceled with it', () => {
    const told = opening({ outputs: ['a', 'b'] })
      .step('outputs[1].generate', 'media.image', { state: 'failed', fault: UNREACHABLE, retryAt: 9 as Instant })
      .step('outputs[2].generate', 'media.image', { state: 'suspended', retryAt: 9 as Instant })
      .step('outputs[2].check', 'safety.output', { state: 'canceled' })
      .say({ type: 'step.canceled', stepPath: 'outputs[3].check' as never, data: {} });
    expect(statesOf(read(told)).slice(2, 4)).toEqual(['outputs[1].generate retrying', 'outputs[2].generate waiting']);
    const chronicle = read(told.finish('canceled'));
    expect(statesOf(chronicle).slice(2)).toEqual([
      'outputs[1].generate canceled',
      'outputs[2].generate canceled',
      'outputs[2].check canceled',
      'outputs[3].check canceled',
    ]);
    expect(chronicle.steps.filter(({ endedAt }) => endedAt === null)).toEqual([]);
    expect(chronicle.progress).toMatchObject({ running: 0, done: 2, failed: 4, total: 6 });
    expect(chronicle.run).toMatchObject({ state: 'canceled', error: null });
  });
});

describe('a run without a beginning', () => {
  it('is damage of the store', () => {
    const source = new ToldRun().source();
    expect(() => chronicleOf({ ...source, events: [] })).toThrow('The run has no first event.');
    const events = new ToldRun().begin().events.slice(1);
    expect(() => chronicleOf({ ...source, events })).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  });
});

describe('an artifact for others', () => {
  it('has null for everything its row does not say', () => {
    const [row] = new ToldRun().artifacts;
    expect(row && artifactView(row)).toEqual({
      ...row,
      stepPath: null,
      spanId: null,
      language: null,
      width: null,
      height: null,
    });
  });

  it('has what its row says, and nothing beyond its shape', () => {
    const told = opening().step('interception[1]', 'text.interception', {
      makes: [{ type: 'interception', text: 'x', row: { language: 'de', width: 1, height: 2, spanId: 's' as never } }],
    });
    expect(read(told).artifacts.at(-1)).toMatchObject({
      language: 'de',
      width: 1,
      height: 2,
      spanId: 's',
      stepPath: 'interception[1]',
    });
  });
});
