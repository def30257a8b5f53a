import { describe, expect, it } from 'vitest';
import { DEFINITION_KINDS, DEFINITION_SCHEMAS } from '../definitions.ts';
import type { DefinitionKind, Definitions } from '../definitions.ts';
import { lintDefinitions } from '../lint.ts';
import type { StageCatalogue, StageShape } from '../lint.ts';

type Source = { readonly [K in DefinitionKind]?: { readonly [id: string]: object } };

const shape = (own: Partial<StageShape>): StageShape => ({
  inputs: { prompt: { kind: 'artifact', required: true }, number: { kind: 'closed', required: false } },
  settings: [],
  facts: {},
  writes: 'nothing',
  ...own,
});
const STAGES: StageCatalogue = new Map([
  ['text.write', shape({ facts: { words: 'number' }, writes: 'text', medium: 'text' })],
  ['safety.check', shape({ facts: { hits: 'number' } })],
  ['media.image', shape({ writes: 'media', medium: 'image' })],
  ['flow.review', shape({})],
]);
const BASE: Source = {
  chunks: {
    write: { stage: 'text.write' },
    check: { stage: 'safety.check' },
    'generate-image': { stage: 'media.image' },
    'generate-text': { stage: 'text.write' },
  },
  outputs: {
    image: { name: 'Picture', medium: 'image', fallback: ['a/b'], vramMb: 9 },
    text: { name: 'Text', medium: 'text' },
  },
};

function lint(source: Source): readonly string[] {
  const kinds = DEFINITION_KINDS.map((kind) => {
    const resolved = Object.entries({ ...BASE[kind], ...source[kind] }).map(([id, value]) => {
      const definition = DEFINITION_SCHEMAS[kind].parse(value);
      return [id, { kind, id, definition, origin: 'admin', digest: '', text: '' }];
    });
    return [kind, new Map(resolved as [])];
  });
  return lintDefinitions(Object.fromEntries(kinds) as Definitions, STAGES).map(
    ({ kind, id, path, message, suggestion }) =>
      `${kind}/${id} ${path.join('.')}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}
const pipelines = (all: { readonly [id: string]: readonly object[] }, more: object = {}): Source => ({
  pipelines: Object.fromEntries(Object.entries(all).map(([id, steps]) => [id, { title: id, steps, ...more }])),
});
const steps = (...list: readonly object[]): readonly string[] =>
  lint(pipelines({ own: list })).map((told) => told.replace('pipelines/own steps.', ''));
const use = (id: string, more: object = {}): object => ({ id, use: 'write', ...more });

describe('needs', () => {
  it('may name any step of the list', () => {
    expect(
      steps(
        use('last', { needs: ['left', 'right'], with: { number: 'steps.right.facts.words' } }),
        use('left', { needs: [] }),
        use('right', { needs: [] }),
        use('behind'),
      ),
    ).toEqual([]);
  });

  it.each<[string, readonly object[], readonly string[]]>([
    [
      'of a step that is not there',
      [use('one'), use('two', { needs: ['oen'] })],
      ['1.needs.0: there is no step "oen" in this list (Did you mean "one"?)'],
    ],
    [
      'of a step of another list',
      [{ id: 'loop', repeat: { times: 2 }, steps: [use('in')] }, use('two', { needs: ['in'] })],
      ['1.needs.0: there is no step "in" in this list (Known: loop.)'],
    ],
    [
      'of itself',
      [use('one', { needs: ['one'] })],
      ['0.needs.0: the step "one" cannot need itself (Take it out of `needs`.)'],
    ],
    [
      'in a circle',
      [use('one', { needs: ['three'] }), use('two', { needs: ['one'] }), use('three', { needs: ['two'] })],
      [
        '0.needs: the steps need each other in a circle: one → three → two → one (A step without `needs` needs the one above it; `needs: []` needs none.)',
      ],
    ],
    [
      'in a circle with the order of the list',
      [use('one', { needs: ['two'] }), use('two')],
      [
        '0.needs: the steps need each other in a circle: one → two → one (A step without `needs` needs the one above it; `needs: []` needs none.)',
      ],
    ],
  ])('%s', (_name, list, expected) => {
    expect(steps(...list)).toEqual(expected);
  });

  it('say what may be read: what runs at the same time, or later, may not', () => {
    const reads = (id: string): object => ({ with: { number: `steps.${id}.facts.words` } });
    expect(steps(use('one'), use('two', { needs: [], ...reads('one') }))).toEqual([
      '1.with.number: steps.one.facts.words cannot be read here: "one" may run at the same time (Add it to `needs`.)',
    ]);
    expect(steps(use('one', reads('two')), use('two'))).toEqual([
      '0.with.number: steps.two.facts.words cannot be read here: "two" comes later or stands inside another step',
    ]);
    const round = { id: 'round', needs: [], repeat: { times: 2 }, steps: [use('in', reads('one'))] };
    expect(steps(use('one'), round)).toEqual([
      '1.steps.0.with.number: steps.one.facts.words cannot be read here: "one" may run at the same time (Add it to `needs`.)',
    ]);
  });

  it('say what there is for previous.text', () => {
    const none = { input: { text: 0 } };
    const first = use('one', { with: { prompt: 'config.context' } });
    expect(lint(pipelines({ own: [first, use('two', { needs: ['one'] })] }, none))).toEqual([]);
    expect(lint(pipelines({ own: [first, use('two', { needs: [] })] }, none))).toEqual([
      'pipelines/own steps.1.use: nothing gives the input "prompt" of the chunk "write" (Add it to `with`, such as `prompt: input.text`.)',
    ]);
  });
});

describe('a pipeline inside another', () => {
  const inner = [use('in', { when: 'parameters.mode == "soft"' }), { id: 'look', use: 'check' }];
  const outer = (more: object = {}, own: readonly object[] = inner): readonly string[] =>
    lint(pipelines({ outer: [{ id: 'part', pipeline: 'inner', ...more }, use('after')], inner: own }));

  it('may be given a text, and offers its own', () => {
    expect(outer({ with: { text: 'config.context' } })).toEqual([]);
    const read = use('after', { with: { prompt: 'steps.part.text' } });
    expect(lint(pipelines({ outer: [{ id: 'part', pipeline: 'inner' }, read], inner }))).toEqual([]);
    const silent = pipelines({ outer: [{ id: 'part', pipeline: 'inner' }, read], inner: [{ id: 'a', use: 'check' }] });
    expect(lint(silent)).toEqual([
      'pipelines/outer steps.1.with.prompt: the step "part" writes no text (previous.text passes over steps that write none.)',
    ]);
  });

  it.each<[object, string]>([
    [{ pipeline: 'iner' }, 'pipeline: there is no pipeline "iner" (Did you mean "inner"?)'],
    [{ with: { txt: 'input.text' } }, 'with.txt: the pipeline "inner" takes no input "txt" (Did you mean "text"?)'],
    [{ with: { text: 'parameters.x' } }, 'with.text: "text" takes one text; parameters.x is none'],
    [{ with: { text: 'steps.gone.text' } }, 'with.text: there is no step "gone" before this one'],
  ])('%j', (more, expected) => {
    expect(outer(more)).toEqual([`pipelines/outer steps.0.${expected}`]);
  });

  it('has to be given what it takes', () => {
    const both = (texts: unknown, first: object = {}): readonly string[] =>
      lint({
        pipelines: {
          outer: { title: 'x', input: { text: 0 }, steps: [{ id: 'part', pipeline: 'inner', ...first }] },
          inner: { title: 'x', input: { text: texts }, steps: [use('in', { with: { prompt: 'config.context' } })] },
        },
      });
    expect(both(1)).toEqual([
      'pipelines/outer steps.0.pipeline: nothing gives the input "text" of the pipeline "inner" (Add it to `with`, such as `text: config.context`.)',
    ]);
    expect(both({ min: 0, max: 1 })).toEqual([]);
    expect(both(1, { with: { text: 'config.context' } })).toEqual([]);
    expect(both(2)).toEqual([
      'pipelines/outer steps.0.pipeline: the pipeline "inner" takes 2 texts; inside another it is given one',
    ]);
    expect(both(0, { with: { text: 'config.context' } })).toEqual([
      'pipelines/outer steps.0.with.text: the pipeline "inner" takes no input "text"',
    ]);
  });

  it('cannot lead back to itself', () => {
    const part = (pipeline: string): object => ({ id: 'part', pipeline });
    const circle = {
      a: [part('b')],
      b: [use('x'), { id: 'l', repeat: { times: 2 }, steps: [part('c')] }],
      c: [part('a')],
    };
    expect(lint(pipelines({ ...circle, d: [part('a')], e: [use('x'), part('f')], f: [use('x')] }))).toEqual([
      'pipelines/c steps.0.pipeline: pipelines use each other in a circle: c → a → b → c (Take one of them out.)',
      'pipelines/b steps.1.steps.0.pipeline: pipelines use each other in a circle: b → c → a → b (Take one of them out.)',
      'pipelines/a steps.0.pipeline: pipelines use each other in a circle: a → b → c → a (Take one of them out.)',
      'pipelines/d steps.0.pipeline: depends on the pipeline "a", which did not load (Correct that one first.)',
    ]);
    expect(lint(pipelines({ self: [part('self')] }))).toEqual([
      'pipelines/self steps.0.pipeline: pipelines use each other in a circle: self → self (Take one of them out.)',
    ]);
    const twice = {
      g: [part('h'), { id: 'more', pipeline: 'h' }],
      h: [part('i'), { id: 'more', pipeline: 'i' }],
      i: [use('x')],
    };
    expect(lint(pipelines(twice))).toEqual([]);
  });

  it('needs of a config what it needs by itself', () => {
    const config = (own: object): readonly string[] =>
      lint({
        ...pipelines({ outer: [{ id: 'part', pipeline: 'inner' }], inner: [...inner, LOOP] }),
        configs: { own: { name: 'Own', pipeline: 'outer', ...own } },
      });
    expect(config({ parameters: { mode: 'soft' }, outputs: ['text'] })).toEqual([]);
    expect(config({})).toEqual([
      'configs/own parameters: the step "part.in" of the pipeline "outer" reads parameters.mode, which has no value: add it',
    ]);
    expect(config({ parameters: { mode: 3 } })).toEqual([
      'configs/own parameters: in the condition of the step "part.in" of the pipeline "outer": A number is compared with a string; they are never equal.',
    ]);
  });
});

const LOOP = { id: 'each', forEach: 'outputs', steps: [{ id: 'make', use: 'output.chunk' }] };

describe('loops', () => {
  const each = (forEach: number | string, inner: object = {}): object => ({
    id: 'each',
    forEach,
    steps: [use('in', inner)],
  });
  const NUMBERED = { with: { number: 'iteration' }, when: 'iteration > 1' };

  it('run over outputs, a number, a parameter, a fact or the count of the inputs', () => {
    const all = [5, 'parameters.count', 'input.text', 'steps.first.facts.words'];
    for (const forEach of all) expect(steps(use('first'), each(forEach, NUMBERED))).toEqual([]);
    expect(steps({ id: 'look', use: 'check' }, each('steps.look.text'))).toEqual([
      '1.forEach: the step "look" writes no text (previous.text passes over steps that write none.)',
    ]);
    const asked = { id: 'ask', review: 'Go on?' };
    expect(steps(asked, each('steps.ask.facts.expired'))).toEqual([
      '1.forEach: `forEach` takes outputs or a number; steps.ask.facts.expired is neither (Write `forEach: outputs`.)',
    ]);
  });

  it('need a number of the config where they read one', () => {
    const config = { own: { name: 'Own', pipeline: 'own', parameters: { count: 'many' } } };
    expect(lint({ ...pipelines({ own: [each('parameters.count')] }), configs: config })).toEqual([
      'configs/own parameters.count: the step "each" of the pipeline "own" needs a number in parameters.count, not "many"',
    ]);
  });

  it('that count say which iteration it is', () => {
    const COUNTS = '`iteration` counts inside `repeat` and inside a `forEach` over a number';
    expect(steps(use('a', { repeat: { until: 'iteration == 3' }, with: { number: 'iteration' } }))).toEqual([]);
    expect(steps({ id: 'r', repeat: { times: 2 }, steps: [use('a', NUMBERED)] })).toEqual([]);
    expect(steps(use('a', { with: { number: 'iteration' } }))).toEqual([`0.with.number: ${COUNTS}`]);
    expect(steps(use('a', { when: 'iteration == 1', repeat: { times: 2 } }))).toEqual([`0.when: ${COUNTS}`]);
    expect(steps({ id: 'r', repeat: { times: 2 }, steps: [each('outputs', NUMBERED)] })).toEqual([
      `0.steps.0.steps.0.when: ${COUNTS}`,
      `0.steps.0.steps.0.with.number: ${COUNTS}`,
    ]);
  });

  it('with a condition offer how many rounds there were and whether it was met', () => {
    const loop = use('a', { repeat: { until: 'steps.a.facts.words > 3' } });
    const round = { id: 'r', repeat: { until: 'steps.a.facts.words > 3' }, steps: [use('a')] };
    expect(steps(loop, use('b', { when: 'steps.a.facts.met or steps.a.facts.rounds > 2' }))).toEqual([]);
    expect(steps(round, use('b', { when: 'steps.r.facts.met or steps.r.facts.rounds > 2' }))).toEqual([]);
    expect(steps(use('a', { repeat: { times: 2 } }), use('b', { when: 'steps.a.facts.met' }))).toEqual([
      '1.when: the step "a" reports no fact "met" (Known: words.)',
    ]);
  });
});

describe('questions and signals', () => {
  it('offer what was chosen, and the text that came', () => {
    const ask = { id: 'ask', review: 'Go on?' };
    const scan = { id: 'scan', waitFor: 'scan.done' };
    const when = 'steps.ask.facts.choice == "approve" and not steps.scan.facts.expired';
    expect(steps(ask, scan, use('a', { when, with: { prompt: 'steps.scan.text' } }))).toEqual([]);
    expect(steps(ask, use('a', { with: { prompt: 'steps.ask.text' } }))[0]).toContain('writes no text');
    expect(lint(pipelines({ own: [scan, use('a')] }, { input: { text: 0 } }))).toEqual([]);
  });

  it('are no chunks', () => {
    expect(lint({ chunks: { own: { stage: 'flow.review' } } })).toEqual([
      'chunks/own stage: "flow.review" is no stage for a chunk; steps of a pipeline run it by themselves (Write `review:` or `waitFor:` in the pipeline.)',
    ]);
  });
});

describe('outputs of a config', () => {
  const config = (list: readonly object[], outputs: readonly string[]): readonly string[] =>
    lint({ ...pipelines({ own: list }), configs: { own: { name: 'Own', pipeline: 'own', outputs } } });
  const pictures = (more: object = {}, loop: object = {}): object => ({
    ...LOOP,
    ...loop,
    steps: [{ id: 'make', use: 'generate-image', ...more }],
  });

  it('need a loop that makes them', () => {
    expect(config([use('a')], ['text'])).toEqual([
      'configs/own outputs: nothing in the pipeline "own" makes outputs (Leave `outputs` out, or choose a pipeline with `forEach: outputs`.)',
    ]);
    expect(config([use('a')], [])).toEqual([]);
  });

  it('have the medium that the loop makes of each', () => {
    expect(config([pictures()], ['image', 'text', 'gone'])).toEqual([
      'configs/own outputs.2: there is no output config "gone" (Known: image, text.)',
      'configs/own outputs.1: the step "make" of the pipeline "own" makes image for every output, but "text" is text (Write `use: output.chunk` in the pipeline, or choose an output of that medium.)',
    ]);
    const inner = pipelines({ own: [{ id: 'part', pipeline: 'inner' }], inner: [pictures()] });
    expect(lint({ ...inner, configs: { own: { name: 'Own', pipeline: 'own', outputs: ['text'] } } })[0]).toContain(
      'the step "part.make"',
    );
  });

  it('may be picked by a condition, on the step or around it', () => {
    const when = 'output.medium == "image"';
    expect(config([pictures({ when })], ['image', 'text'])).toEqual([]);
    const around = { id: 'once', repeat: { times: 1 }, when, steps: [{ id: 'make', use: 'generate-image' }] };
    expect(config([{ ...LOOP, steps: [around] }], ['text'])).toEqual([]);
    expect(config([{ id: 'first', use: 'generate-image' }, LOOP], ['text'])).toEqual([]);
  });

  it('have no field that is a list to be read', () => {
    expect(steps({ ...LOOP, steps: [use('a', { when: 'output.vramMb > 3 and output.fallback == "x"' })] })).toEqual([
      expect.stringContaining('an output config has no field "fallback"'),
    ]);
  });
});
