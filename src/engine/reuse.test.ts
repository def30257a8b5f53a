import { describe, expect, test } from 'vitest';
import { StemmaError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { ArtifactId, RunId } from '../core/ids.ts';
import type { AnyStage } from '../core/stage.ts';
import {
  attemptEnds,
  done,
  failed,
  FORBIDDEN_WORD,
  ofType,
  openTestEngine,
  path,
  stateOf,
  testStage,
  wrote,
} from '../../test/support/engine-fixtures.ts';
import type { TestEngine, TestEngineOptions, TestRun } from '../../test/support/engine-fixtures.ts';

const OUTPUTS = { outputs: { one: { name: 'One', medium: 'text' }, two: { name: 'Two', medium: 'text' } } };

/** Every stage notes where it ran; what they write follows from what they read. */
function studio(own: { readonly version?: number } = {}) {
  const effects: string[] = [];
  const rewriter = (type: string): AnyStage =>
    testStage(
      type,
      async ({ prompt, number, word }, context, settings) => {
        effects.push(context.stepPath);
        const read = prompt === undefined ? '' : await context.text(prompt);
        const closed = [number, word, settings['tone']].filter((value) => value !== undefined);
        return wrote(context, [read, type.slice(5), ...closed.map(String)].join(' '), {
          words: read.split(' ').length,
        });
      },
      { version: own.version ?? 1 },
    );
  const check = testStage(
    'test.check',
    async ({ prompt }, context) => {
      effects.push(context.stepPath);
      if (prompt !== undefined) await context.check(prompt, 'safety_input');
      return done();
    },
    { writes: 'nothing' },
  );
  const broken = testStage('test.broken', () => failed('PROVIDER_UNREACHABLE'));
  return { effects, stages: [check, rewriter('test.first'), rewriter('test.second'), broken] };
}

const STEPS = [
  { id: 'check', use: 'test-check' },
  { id: 'first', use: 'test-first' },
  { id: 'loop', use: 'test-second', repeat: { times: 'parameters.rounds', max: 9 } },
  { id: 'last', use: 'test-second', with: { number: 'parameters.number', word: 'parameters.word' } },
];

const PARAMETERS = { rounds: 3, number: 1 };

/** A branch of a run, carried out by an engine that may differ from the parent's. */
function branchOf(engine: TestEngine, parent: RunId, run: TestRun & { readonly from: string }): Promise<RunId> {
  const { from, ...others } = run;
  const created = { parent: { runId: parent, fromStep: path(from) } };
  return engine.submit({ parameters: PARAMETERS, ...others, created });
}

const reused = (events: readonly RunEvent[]): string[] =>
  ofType(events, 'step.reused').map(({ stepPath }) => `${stepPath}`);

interface Case {
  readonly effects: string[];
  readonly options: TestEngineOptions;
  readonly engine: TestEngine;
  readonly parent: RunId;
}

/** A parent that has come to its end; `effects` counts from then on. */
async function withParent(options: Partial<TestEngineOptions> = {}, run: TestRun = {}): Promise<Case> {
  const { effects, stages } = studio();
  const all = { stages, steps: STEPS, ...options };
  const engine = await openTestEngine(all);
  const parent = await engine.submit({ parameters: PARAMETERS, ...run });
  await engine.finish(parent);
  effects.length = 0;
  return { effects, options: all, engine, parent };
}

/** What the run has made, by step and type. */
async function bytesOf(engine: TestEngine, runId: RunId): Promise<string[]> {
  const rows = (await engine.artifacts(runId)).filter(({ id }) => !id.includes('/work/'));
  return rows.map(({ type, stepPath, sha256 }) => `${stepPath} ${type} ${sha256}`).toSorted();
}

async function expectNoStrays(engine: TestEngine, runId: RunId): Promise<void> {
  const named = [...(await engine.fold(runId)).artifacts].toSorted();
  const files = (await engine.inventory(runId)).map((file) => `${runId}/${file.path}`);
  expect(files.toSorted()).toEqual(named);
}

describe('a branch', () => {
  test('takes over what comes before the step it begins at, and runs that step and all after it', async () => {
    const { engine, parent, effects } = await withParent();
    await using _engine = engine;
    const events = await engine.finish(await branchOf(engine, parent, { from: 'loop[3]' }));
    expect(reused(events)).toEqual(['check', 'first', 'loop[1]', 'loop[2]']);
    expect(effects).toEqual(['loop[3]', 'last']);
    expect(stateOf(events)).toBe('succeeded');
  });

  test('has copies under names, numbers and salts of its own that name what they are copies of', async () => {
    const { engine, parent } = await withParent();
    await using _engine = engine;
    const runId = await branchOf(engine, parent, { from: 'last' });
    const event = ofType(await engine.finish(runId), 'step.reused').find(({ stepPath }) => stepPath === 'first');
    const [before, after] = await Promise.all([parent, runId].map(async (id) => engine.artifacts(id)));
    const copy = after?.find(({ id }) => id === event?.data.outputs[0]?.id);
    const source = before?.find(({ id }) => id === copy?.sources[0]);
    expect(copy?.runId).toBe(runId);
    expect(copy?.sha256).toBe(source?.sha256);
    expect(copy?.salt).not.toBe(source?.salt);
    expect(copy?.stepPath).toBe('first');
    expect(await engine.textOf({ id: copy?.id as ArtifactId })).toBe('a small cat first');
    const made = ofType(await engine.events(parent), 'attempt.ended').find(({ stepPath }) => stepPath === 'first');
    expect(event?.data.from).toEqual({ runId: parent, spanId: made?.spanId });
  });

  test('makes the same bytes as its parent, and as another branch', async () => {
    const { engine, parent } = await withParent();
    await using _engine = engine;
    const [one, two] = [
      await branchOf(engine, parent, { from: 'loop[2]' }),
      await branchOf(engine, parent, { from: 'loop[2]' }),
    ];
    await engine.finish(one);
    await engine.finish(two);
    expect(await bytesOf(engine, one)).toEqual(await bytesOf(engine, two));
    expect(await bytesOf(engine, one)).toEqual(await bytesOf(engine, parent));
  });

  test('leaves its parent as it was: rows, events and files', async () => {
    const { engine, parent } = await withParent();
    await using _engine = engine;
    const all = async () => ({
      events: await engine.events(parent),
      rows: await engine.artifacts(parent),
      files: await engine.inventory(parent),
      head: await engine.store.log.head(parent),
    });
    const before = await all();
    await engine.finish(await branchOf(engine, parent, { from: 'first' }));
    expect(await all()).toEqual(before);
  });

  test('of a branch tells where each step was really made', async () => {
    const { engine, parent, effects } = await withParent();
    await using _engine = engine;
    const child = await branchOf(engine, parent, { from: 'last' });
    await engine.finish(child);
    effects.length = 0;
    const events = await engine.finish(await branchOf(engine, child, { from: 'last' }));
    expect(effects).toEqual(['last']);
    expect(new Set(ofType(events, 'step.reused').map(({ data }) => data.from.runId))).toEqual(new Set([parent]));
  });

  test('of a run that still goes on takes over what has succeeded so far', async () => {
    const { effects, stages } = studio();
    await using engine = await openTestEngine({
      stages,
      steps: [STEPS[1], { id: 'bad', use: 'test-broken', retry: { maxAttempts: 2, baseMs: 60_000 } }].flatMap(
        (step) => step ?? [],
      ),
    });
    const parent = await engine.submit({ parameters: PARAMETERS });
    expect((await engine.session(parent)).kind).toBe('waiting');
    const events = await engine.finish(await branchOf(engine, parent, { from: 'bad' }));
    expect(reused(events)).toEqual(['first']);
    expect(effects).toEqual(['first']);
  });

  test('decides anew about steps that the parent skipped or that failed there', async () => {
    const { effects, stages } = studio();
    const steps = [
      { id: 'bad', use: 'test-broken', retry: { maxAttempts: 1 }, continueOn: ['failed'] },
      { id: 'first', use: 'test-first', when: 'parameters.number > 1' },
      { id: 'last', use: 'test-second' },
    ];
    await using engine = await openTestEngine({ stages, steps });
    const parent = await engine.submit({ parameters: PARAMETERS });
    await engine.finish(parent);
    effects.length = 0;
    const again = await branchOf(engine, parent, { from: 'last', parameters: { ...PARAMETERS, number: 2 } });
    const events = await engine.finish(again);
    expect(attemptEnds(events)).toEqual(['bad#1 failed', 'first#1 succeeded', 'last#1 succeeded']);
  });
});

describe('a step of a branch runs again, though it comes before', () => {
  const whatRuns = async (what: {
    readonly run?: Partial<TestRun>;
    readonly options?: Partial<TestEngineOptions>;
    readonly from?: string;
  }): Promise<string[]> => {
    const { engine, parent } = await withParent();
    await using _engine = engine;
    await using other = await engine.beside(what.options ?? {});
    const events = await other.finish(await branchOf(other, parent, { from: what.from ?? 'last', ...what.run }));
    return ofType(events, 'attempt.started').map(({ stepPath }) => `${stepPath}`);
  };
  const ALL = ['check', 'first', 'loop[1]', 'loop[2]', 'loop[3]', 'last'];

  test('when the text it reads has changed, and with it all that read what it made', async () => {
    expect(await whatRuns({ run: { text: 'a big cat' } })).toEqual(ALL);
  });

  test('when a parameter that it reads has changed, and no other step', async () => {
    const run = { parameters: { ...PARAMETERS, number: 2 } };
    expect(await whatRuns({ run, from: 'nowhere' })).toEqual(['last']);
  });

  test('when there are more rounds of a loop, and only those', async () => {
    const run = { parameters: { ...PARAMETERS, rounds: 5 } };
    expect(await whatRuns({ run })).toEqual(['loop[4]', 'loop[5]', 'last']);
  });

  test('not for fewer rounds: the last one that is left is the result', async () => {
    expect(await whatRuns({ run: { parameters: { ...PARAMETERS, rounds: 2 } } })).toEqual(['last']);
  });

  test('when a setting of its stage has changed', async () => {
    const run = { parameters: { ...PARAMETERS, tone: 'loud' } };
    expect(await whatRuns({ run, from: 'nowhere' })).toEqual(ALL);
  });

  test('when the definition of its chunk has changed', async () => {
    const chunks = { 'test-first': { stage: 'test.first', title: 'another title' } };
    expect(await whatRuns({ options: { definitions: { chunks } } })).toEqual(['first', 'last']);
  });

  test('when what it is given has been wired otherwise', async () => {
    const steps = STEPS.map((step) => (step.id === 'last' ? { ...step, with: { number: 'parameters.rounds' } } : step));
    expect(await whatRuns({ options: { steps }, from: 'nowhere' })).toEqual(['last']);
  });

  test('when its stage has another major version', async () => {
    const { stages } = studio({ version: 2 });
    expect(await whatRuns({ options: { stages } })).toEqual(ALL.slice(1));
  });

  test('not for another seed: the step that is named says from where it counts', async () => {
    expect(await whatRuns({ run: { seed: 8 } })).toEqual(['last']);
  });

  test('when its bytes have been altered', async () => {
    const { engine, parent, effects } = await withParent();
    await using _engine = engine;
    const row = (await engine.artifacts(parent)).find(({ stepPath }) => stepPath === 'first');
    const { files } = engine.engine;
    const copy: typeof files.copy = async (from, runId, draft) => {
      const file = await files.copy(from, runId, draft);
      if (from === row?.id) engine.altered.set(file.id, new TextEncoder().encode('altered'));
      return file;
    };
    Object.assign(engine.engine, { files: { ...files, copy } });
    const runId = await branchOf(engine, parent, { from: 'last' });
    await engine.finish(runId);
    expect(effects).toEqual(['first', 'last']);
    await expectNoStrays(engine, runId);
  });

  test('when the definitions of the parent can no longer be read', async () => {
    const { engine, parent } = await withParent();
    await using _engine = engine;
    const created = ofType(await engine.events(parent), 'run.created')[0]?.data;
    await using other = await engine.beside({ definitions: OUTPUTS });
    const { restore } = other.engine.definitions;
    const invalid = new StemmaError('DEFINITION_INVALID', 'a key that is no longer known');
    const definitions: typeof other.engine.definitions = {
      restore: (set) => (set.digest === created?.definitions ? Promise.reject(invalid) : restore(set)),
    };
    Object.assign(other.engine, { definitions });
    const events = await other.finish(await branchOf(other, parent, { from: 'last' }));
    expect(reused(events)).toEqual([]);
    expect(stateOf(events)).toBe('succeeded');
  });

  test('when what is handed into a pipeline that it stands in has changed', async () => {
    const steps = [
      { id: 'first', use: 'test-first' },
      {
        id: 'other',
        pipeline: 'other',
        with: { text: 'steps.first.text', much: 'parameters.number', words: 'steps.first.facts.words' },
      },
      { id: 'last', use: 'test-second' },
    ];
    const inner = [
      { id: 'reads', use: 'test-second', with: { number: 'input.much' } },
      { id: 'apart', use: 'test-second', with: { number: 'input.words' } },
    ];
    const pipelines = { other: { title: 'Other', steps: inner } };
    const { engine, parent, effects } = await withParent({ steps, definitions: { pipelines } });
    await using _engine = engine;
    await engine.finish(await branchOf(engine, parent, { from: 'last' }));
    expect(effects).toEqual(['last']);
    effects.length = 0;
    const parameters = { ...PARAMETERS, number: 2 };
    await engine.finish(await branchOf(engine, parent, { from: 'last', parameters }));
    expect(effects).toEqual(['other.reads', 'other.apart', 'last']);
  });

  test('when the content of the parent is gone', async () => {
    const { engine, parent, effects } = await withParent();
    await using _engine = engine;
    const runId = await branchOf(engine, parent, { from: 'last' });
    await engine.engine.files.delete(parent);
    await engine.finish(runId);
    expect(effects).toEqual(['check', 'first', 'loop[1]', 'loop[2]', 'loop[3]', 'last']);
  });
});

describe('outputs of a branch', () => {
  const options = {
    steps: [
      { id: 'first', use: 'test-first' },
      {
        id: 'outputs',
        forEach: 'outputs',
        steps: [
          { id: 'ready', use: 'test-first' },
          { id: 'generate', use: 'output.chunk' },
        ],
      },
      { id: 'after', use: 'test-second' },
    ],
    definitions: { ...OUTPUTS, chunks: { 'generate-text': { stage: 'test.second' } } },
  };

  test('are independent: one is made again, the other stays', async () => {
    const { engine, parent, effects } = await withParent(options, { outputs: ['one', 'two'] });
    await using _engine = engine;
    await engine.finish(await branchOf(engine, parent, { from: 'outputs[2].generate', outputs: ['one', 'two'] }));
    expect(effects).toEqual(['outputs[2].generate', 'after']);
  });

  test('of another id at the same place are made again', async () => {
    const { engine, parent, effects } = await withParent(options, { outputs: ['one', 'two'] });
    await using _engine = engine;
    await engine.finish(await branchOf(engine, parent, { from: 'after', outputs: ['one', 'one', 'two'] }));
    expect(effects.toSorted()).toEqual([
      'after',
      'outputs[2].generate',
      'outputs[2].ready',
      'outputs[3].generate',
      'outputs[3].ready',
    ]);
  });
});

describe('at a stricter level', () => {
  test('checks run again, and everything else is judged anew and taken over when it passes', async () => {
    const { engine, parent, effects } = await withParent({}, { level: 'adult' });
    await using _engine = engine;
    const runId = await branchOf(engine, parent, { from: 'last', level: 'kids' });
    const events = await engine.finish(runId);
    expect(effects).toEqual(['check', 'last']);
    const judged = ofType(events, 'safety.verdict').filter(({ stepPath }) => stepPath === 'loop[2]');
    expect(judged.map(({ data }) => `${data.level} ${data.decision}`)).toEqual(['kids pass']);
  });

  test('what does not pass blocks its step, and is not kept', async () => {
    const { engine, parent, effects } = await withParent({}, { level: 'research', text: `a ${FORBIDDEN_WORD} cat` });
    await using _engine = engine;
    expect(stateOf(await engine.events(parent))).toBe('succeeded');
    const runId = await branchOf(engine, parent, { from: 'last', level: 'kids', text: `a ${FORBIDDEN_WORD} cat` });
    const events = await engine.finish(runId);
    expect(attemptEnds(events)).toContain('first#1 blocked');
    expect(stateOf(events)).toBe('blocked');
    expect(effects).toEqual(['check']);
    const files = (await engine.inventory(runId)).map((file) => file.path);
    expect(files.filter((file) => file.includes('_text'))).toEqual([]);
  });
});

describe('a power cut in the middle', () => {
  test('of taking over goes on with the same decisions, and leaves no copy behind', async () => {
    const { engine, parent, effects } = await withParent();
    const runId = await branchOf(engine, parent, { from: 'last' });
    engine.log.refuse = ({ drafts }) => {
      if (drafts.some(({ type, stepPath }) => type === 'step.reused' && stepPath === 'loop[2]')) engine.die();
      return undefined;
    };
    expect((await engine.session(runId)).kind).toBe('broken');
    await using next = await engine.crash();
    const events = await next.finish(runId);
    expect(reused(events)).toEqual(['check', 'first', 'loop[1]', 'loop[2]', 'loop[3]']);
    expect(effects).toEqual(['last']);
    await expectNoStrays(next, runId);
  });

  test('before anything was recorded leaves no copy behind either', async () => {
    const { engine, parent } = await withParent();
    const runId = await branchOf(engine, parent, { from: 'last' });
    engine.log.refuse = ({ drafts }) => {
      if (drafts.some(({ type }) => type === 'step.reused')) engine.die();
      return undefined;
    };
    expect((await engine.session(runId)).kind).toBe('broken');
    await using next = await engine.crash();
    await next.finish(runId);
    await expectNoStrays(next, runId);
  });
});
