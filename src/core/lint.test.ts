import { describe, expect, it } from 'vitest';
import { DEFINITION_KINDS, DEFINITION_SCHEMAS } from './definitions.ts';
import type { DefinitionKind, Definitions, Origin } from './definitions.ts';
import { lintDefinitions } from './lint.ts';
import type { Finding, StageCatalogue, StageShape } from './lint.ts';

type Source = { readonly [K in DefinitionKind]?: { readonly [id: string]: object } };

const artifact = { kind: 'artifact', required: true } as const;
const optional = { kind: 'artifact', required: false } as const;
const shape = (own: Partial<StageShape>): StageShape => ({
  inputs: { prompt: artifact },
  settings: [],
  facts: {},
  writes: 'nothing',
  ...own,
});
const STAGES: StageCatalogue = new Map(
  Object.entries({
    'text.rewrite': shape({
      inputs: { task: optional, context: optional, prompt: artifact },
      settings: ['temperature', 'procedure'],
      facts: { words: 'number', calm: 'boolean' },
      writes: 'text',
      medium: 'text',
    }),
    'text.join': shape({
      inputs: { texts: { kind: 'artifacts', required: true }, glue: { kind: 'closed', required: true } },
      facts: { words: 'string' },
      writes: 'text',
      medium: 'text',
    }),
    'safety.check': shape({ facts: { hits: 'number' } }),
    'media.image': shape({
      settings: ['style', 'width'],
      facts: { images: 'number' },
      writes: 'media',
      medium: 'image',
    }),
    'media.file': shape({ writes: 'media' }),
    'file.read': shape({}),
  }),
);

const SOUND: Source = {
  chunks: {
    rewrite: {
      stage: 'text.rewrite',
      template: { task: 'Rewrite.', context: '{{config.context}}', prompt: '{{prompt}}' },
      defaults: { temperature: 0.7 },
    },
    titled: { stage: 'text.rewrite', template: { context: 'As {{voice}}', prompt: '{{ prompt }}' } },
    check: { stage: 'safety.check' },
    join: { stage: 'text.join' },
    'generate-image': { stage: 'media.image', defaults: { style: 'grid' } },
    'generate-text': { stage: 'text.rewrite' },
    store: { stage: 'media.file' },
    partial: { stage: 'text.rewrite', template: { task: 'Rewrite.' } },
  },
  outputs: {
    image: { name: 'Picture', medium: 'image', width: 512, optimize: true },
    text: { name: 'Text', medium: 'text' },
    sketch: { name: 'Sketch', medium: 'code', chunk: 'generate-text' },
    file: { name: 'File', medium: 'speech', chunk: 'store' },
  },
  pipelines: {
    whole: {
      title: 'Whole',
      steps: [
        { id: 'check', use: 'check', when: 'input.text > 0' },
        { id: 'rewrite', use: 'rewrite', repeat: { times: 'parameters.hands' }, retry: { retryOn: ['STEP_TIMEOUT'] } },
        {
          id: 'round',
          when: 'steps.rewrite.facts.words > 3 and parameters.deep',
          repeat: { until: 'steps.again.facts.calm or parameters.hands == 1', max: 5 },
          steps: [{ id: 'again', use: 'titled', with: { voice: 'parameters.voice', prompt: 'steps.rewrite.text' } }],
        },
        {
          id: 'outputs',
          forEach: 'outputs',
          concurrency: 2,
          steps: [
            { id: 'optimize', use: 'titled', when: 'output.optimize', with: { voice: 'output.instruction' } },
            { id: 'generate', use: 'output.chunk', repeat: { times: 'output.samplingSteps' } },
            {
              id: 'after',
              use: 'check',
              when: 'steps.generate.facts.images > 0',
              with: { prompt: 'steps.round.text' },
            },
          ],
        },
        { id: 'join', use: 'join', with: { texts: 'steps.outputs.text', glue: 'steps.check.facts.hits' } },
      ],
    },
  },
  configs: {
    dada: {
      name: 'Dada',
      pipeline: 'whole',
      outputs: ['image', 'text'],
      parameters: { hands: 3, deep: true, voice: 'a poet', style: 'collage', temperature: 1 },
    },
  },
  profiles: { offline: { name: 'Offline', roles: { safety: ['offline/lists'] } } },
};

function definitionsOf(sources: readonly Source[], origin: Origin = 'admin'): Definitions {
  const kinds = DEFINITION_KINDS.map((kind) => {
    const entries = Object.entries(Object.assign({}, ...sources.map((source) => source[kind] ?? {})) as object);
    const resolved = entries.map(([id, value]) => {
      const definition = DEFINITION_SCHEMAS[kind].parse(value);
      return [id, { kind, id, definition, origin, digest: '', text: '' }];
    });
    return [kind, new Map(resolved as [])];
  });
  return Object.fromEntries(kinds) as Definitions;
}

const lint = (...sources: readonly Source[]): readonly Finding[] =>
  lintDefinitions(definitionsOf([SOUND, ...sources]), STAGES);
const told = ({ kind, id, path, message, suggestion }: Finding): string =>
  `${kind}/${id} ${path.join('.')}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`;
const steps = (...list: readonly object[]): Source => ({ pipelines: { own: { title: 'Own', steps: list } } });

it('finds nothing in a set that fits together', () => {
  expect(lint().map(told)).toEqual([]);
});

describe('chunks', () => {
  const chunk = (own: object): Source => ({ chunks: { own } });

  it.each<[object, string]>([
    [{ stage: 'text.rewrit' }, 'stage: there is no stage "text.rewrit" (Did you mean "text.rewrite"?)'],
    [
      { stage: 'text.rewrite', template: { prmpt: 'x' } },
      'template.prmpt: the template has a part "prmpt", which the stage text.rewrite does not read (Did you mean "prompt"?)',
    ],
    [
      { stage: 'text.join', template: { glue: 'x' } },
      'template.glue: the template has a part "glue", which the stage text.join reads as a closed value or a list, never as a text',
    ],
    [
      { stage: 'text.rewrite', template: { prompt: '{{promt}}' } },
      'template.prompt: "{{promt}}" is unknown: no step gives it (Did you mean "{{prompt}}"?)',
    ],
    [
      { stage: 'text.rewrite', template: { prompt: '{{config.contex}}' } },
      'template.prompt: "{{config.contex}}" is no placeholder and no reference (Did you mean "{{config.context}}"?)',
    ],
    [
      { stage: 'text.rewrite', defaults: { temprature: 1 } },
      'defaults.temprature: "temprature" is no setting of the stage text.rewrite (Did you mean "temperature"?)',
    ],
  ])('%j', (own, expected) => {
    expect(lint(chunk(own)).map(told)).toEqual([`chunks/own ${expected}`]);
  });

  it('says what may be written when nothing is near', () => {
    const [finding] = lint(chunk({ stage: 'text.rewrite', template: { prompt: '{{a.b.c}}' } }));
    expect(finding?.suggestion).toContain('parameters.<name>');
  });

  it('may have placeholders that only its steps know', () => {
    expect(lint(chunk({ stage: 'text.rewrite', template: { prompt: '{{voice}} {{prompt}}' } }))).toEqual([]);
  });

  it('says how to list the stages when there are too many to name', () => {
    const many = new Map(Array.from({ length: 20 }, (_, index) => [`zz.s${index}`, shape({})]));
    const [finding] = lintDefinitions(definitionsOf([{ chunks: { own: { stage: 'abc.def' } } }]), many);
    expect(finding?.suggestion).toBe('`stemma stages list` shows them.');
  });

  it('of a member cannot reach files', () => {
    const source = { chunks: { own: { stage: 'file.read' } } };
    expect(lintDefinitions(definitionsOf([source]), STAGES)).toEqual([]);
    expect(lintDefinitions(definitionsOf([source], 'member'), STAGES).map((finding) => finding.message)).toEqual([
      '"file.read" reaches files, tools or services; only shipped and admin definitions may use it',
    ]);
  });
});

describe('output configs', () => {
  it.each<[object, string]>([
    [{ name: 'x', medium: 'music' }, 'medium: there is no chunk "generate-music"'],
    [{ name: 'x', medium: 'image', chunk: 'generate-imag' }, 'chunk: there is no chunk "generate-imag"'],
    [
      { name: 'x', medium: 'image', chunk: 'rewrite' },
      'chunk: the chunk "rewrite" makes text, but the medium is image',
    ],
    [{ name: 'x', medium: 'code', chunk: 'check' }, 'chunk: the chunk "check" makes nothing, but the medium is code'],
  ])('%j', (own, expected) => {
    expect(lint({ outputs: { own } }).map(told).join()).toContain(`outputs/own ${expected}`);
  });
});

describe('the steps of a pipeline', () => {
  const inner = (own: object): object => ({
    id: 'each',
    forEach: 'outputs',
    steps: [{ id: 'a', use: 'check', ...own }],
  });
  const first = { id: 'first', use: 'rewrite' };

  it.each<[string, readonly object[], string]>([
    ['an id twice', [first, first], '1.id: the step id "first" is taken (Give each step an id of its own.)'],
    [
      'an id of the list around it',
      [inner({ id: 'each' })],
      '0.steps.0.id: the step id "each" is taken (Give each step an id of its own.)',
    ],
    ['an unknown chunk', [{ id: 'a', use: 'rewrit' }], '0.use: there is no chunk "rewrit" (Did you mean "rewrite"?)'],
    [
      'a pipeline as a chunk',
      [{ id: 'a', use: 'whole' }],
      '0.use: "whole" is a pipeline, not a chunk (`use` takes the id of a chunk, or output.chunk.)',
    ],
    [
      'itself',
      [{ id: 'a', use: 'own' }],
      '0.use: a pipeline cannot use itself (`use` takes the id of a chunk, or output.chunk.)',
    ],
    [
      'output.chunk outside forEach',
      [{ id: 'a', use: 'output.chunk' }],
      '0.use: `use: output.chunk` stands only inside `forEach: outputs`',
    ],
    [
      'an unknown error code',
      [{ ...first, retry: { retryOn: ['STEP_TIMEOUT', 'STEP_TIMEOT'] } }],
      '0.retry.retryOn.1: "STEP_TIMEOT" is no error code (Did you mean "STEP_TIMEOUT"?)',
    ],
    [
      'a code like no other',
      [{ ...first, retry: { retryOn: ['X'] } }],
      '0.retry.retryOn.0: "X" is no error code (docs/errors/ lists them.)',
    ],
    [
      'a loop over a text',
      [{ ...inner({}), forEach: 'config.context' }],
      '0.forEach: `forEach` takes outputs or a number; config.context is neither (Write `forEach: outputs`.)',
    ],
    [
      'a loop over nothing known',
      [{ ...inner({}), forEach: 'output' }],
      '0.forEach: "output" is no reference (Did you mean "outputs"?)',
    ],
    [
      'a placeholder that is not given',
      [{ id: 'a', use: 'titled' }],
      '0.use: nothing gives the placeholder {{voice}} of the chunk "titled" (Add it to `with`, such as `voice: input.text`.)',
    ],
    [
      'an input that is not given',
      [{ id: 'a', use: 'join', with: { texts: 'input.text' } }],
      '0.with: nothing gives the input "glue" of the chunk "join" (Add it to `with`, such as `glue: input.text`.)',
    ],
    [
      'a template without a part for an input',
      [{ id: 'a', use: 'partial' }],
      `0.use: no part gives the input "prompt" of the chunk "partial" (Add it to the template, such as \`prompt: '{{prompt}}'\`.)`,
    ],
    [
      'an input that the template already makes',
      [{ id: 'a', use: 'titled', with: { voice: 'input.text', context: 'input.text' } }],
      '0.with.context: nothing in the chunk "titled" reads "context"',
    ],
    [
      'a key that nothing reads',
      [{ id: 'a', use: 'rewrite', with: { promt: 'input.text' } }],
      '0.with.promt: nothing in the chunk "rewrite" reads "promt" (Did you mean "prompt"?)',
    ],
    [
      'a text for a closed value',
      [{ id: 'a', use: 'join', with: { texts: 'input.text', glue: 'config.context' } }],
      '0.with.glue: "glue" takes a closed value (a number, a flag, a word); config.context is a text',
    ],
    [
      'a closed value for a text',
      [{ id: 'a', use: 'check', with: { prompt: 'parameters.x' } }],
      '0.with.prompt: "prompt" takes one text; parameters.x is a closed value',
    ],
    [
      'the outputs for a text',
      [{ id: 'a', use: 'rewrite', with: { prompt: 'outputs' } }],
      '0.with.prompt: "prompt" takes one text or a closed value; outputs is the list of output configs',
    ],
    [
      'a list for a text',
      [inner({ id: 'b', use: 'rewrite' }), { id: 'a', use: 'rewrite', with: { prompt: 'steps.each.text' } }],
      '1.with.prompt: "prompt" takes one text or a closed value; steps.each.text is a list of texts',
    ],
    ['no times and no until', [{ ...first, repeat: {} }], '0.repeat: `repeat` needs `times` or `until`'],
    [
      'more times than max',
      [{ ...first, repeat: { times: 60 } }],
      '0.repeat.times: 60 times is more than `max`, which is 50 (Raise `max`, or lower `times`.)',
    ],
    [
      'times that is a text',
      [{ ...first, repeat: { times: 'config.context' } }],
      '0.repeat.times: `times` needs a number; config.context is a text',
    ],
    [
      'times that is a flag',
      [first, { id: 'b', use: 'check', repeat: { times: 'steps.first.facts.calm' } }],
      '1.repeat.times: `times` needs a number; steps.first.facts.calm is a boolean',
    ],
    [
      'until without a fact of its own',
      [{ ...first, repeat: { until: 'parameters.x' } }],
      '0.repeat.until: `until` reads no fact of a step inside, so it never changes (Known: steps.first.facts.calm, steps.first.facts.words.)',
    ],
    [
      'until with a fact from outside',
      [first, { id: 'b', use: 'check', repeat: { until: 'steps.first.facts.calm' } }],
      '1.repeat.until: steps.first.facts.calm cannot be read here: "first" comes later or stands inside another step',
    ],
    [
      'until that cannot be read',
      [{ ...first, repeat: { until: 'steps.first.facts.words >' } }],
      '0.repeat.until: Expected a value at position 26, found the end',
    ],
  ])('%s', (_name, list, expected) => {
    expect(lint(steps(...list)).map(told)[0]).toContain(`pipelines/own steps.${expected}`);
  });

  it('may count the texts of the input and the fields of the output', () => {
    expect(lint(steps({ ...first, repeat: { times: 'input.text' } }))).toEqual([]);
  });

  it('names nothing to wait for when nothing inside has facts', () => {
    const finding = lint(steps({ id: 'a', repeat: { until: 'true' }, steps: [{ id: 'b', use: 'gone' }] })).find((one) =>
      one.path.includes('until'),
    );
    expect(finding).toMatchObject({ message: '`until` reads no fact of a step inside, so it never changes' });
    expect(finding).not.toHaveProperty('suggestion');
  });
});

describe('references', () => {
  const reading = (reference: string): readonly string[] =>
    lint(
      steps(
        { id: 'check', use: 'check' },
        { id: 'rewrite', use: 'rewrite' },
        { id: 'loop', repeat: { times: 2 }, steps: [{ id: 'inside', use: 'check' }] },
        { id: 'each', forEach: 'outputs', steps: [{ id: 'make', use: 'output.chunk' }] },
        { id: 'broken', use: 'gone' },
        { id: 'last', use: 'rewrite', with: { prompt: reference } },
        { id: 'later', use: 'rewrite' },
      ),
    )
      .filter((finding) => finding.path.includes('with'))
      .map((finding) => told(finding).replace('pipelines/own steps.5.with.prompt: ', ''));

  it.each(['input.text', 'previous.text', 'config.instruction', 'steps.rewrite.text', 'steps.check.facts.hits'])(
    '%s can be read',
    (reference) => {
      expect(reading(reference)).toEqual([]);
    },
  );

  it.each(['steps.broken.text', 'steps.broken.facts.anything'])('%s cannot be held against anything', (reference) => {
    expect(reading(reference)).toEqual([]);
  });

  it.each([
    ['input.image', 'there is no input "image" (Write input.text.)'],
    ['steps.rewrit.text', 'there is no step "rewrit" before this one (Did you mean "rewrite"?)'],
    ['steps.later.text', 'steps.later.text cannot be read here: "later" comes later or stands inside another step'],
    [
      'steps.inside.facts.hits',
      'steps.inside.facts.hits cannot be read here: "inside" comes later or stands inside another step',
    ],
    ['steps.check.text', 'the step "check" writes no text (previous.text passes over steps that write none.)'],
    ['steps.loop.text', 'the step "loop" writes no text (previous.text passes over steps that write none.)'],
    ['steps.check.facts.hit', 'the step "check" reports no fact "hit" (Did you mean "hits"?)'],
    ['steps.loop.facts.hits', '"loop" has no facts of its own; only the steps inside it do'],
    ['output.width', 'output.width exists only inside `forEach: outputs`'],
    ['config.contxt', '"config.contxt" is no reference (Did you mean "config.context"?)'],
    ['steps.rewrite.txt', '"steps.rewrite.txt" is no reference (Did you mean "steps.rewrite.text"?)'],
  ])('%s: %s', (reference, expected) => {
    expect(reading(reference)).toEqual([expected]);
  });

  it('that look like nothing are answered with what there is', () => {
    expect(reading('§')[0]).toContain('Write one of: input.text, parameters.<name>');
  });

  it('to fields of the output config are known by name', () => {
    const inside = (own: object): Source =>
      steps({ id: 'each', forEach: 'outputs', steps: [{ id: 'a', use: 'check', ...own }] });
    expect(lint(inside({ when: 'output.medum == "image"' })).map(told)).toEqual([
      'pipelines/own steps.0.steps.0.when: an output config has no field "medum" (Did you mean "medium"?)',
    ]);
    expect(lint(inside({ when: 'output.name == "x"' })).map((finding) => finding.message)).toEqual([
      'a condition reads closed values, never a text such as this field of the output config',
    ]);
    expect(lint(inside({ when: 'output.medium == "image" and output.width > 5' }))).toEqual([]);
  });

  it('need a text that was given or written', () => {
    const without = (...list: readonly object[]): readonly string[] =>
      lint({ pipelines: { own: { title: 'Own', input: { text: { min: 0, max: 0 } }, steps: list } } }).map(told);
    expect(without({ id: 'a', use: 'check' })).toEqual([
      'pipelines/own steps.0.use: nothing gives the input "prompt" of the chunk "check" (Add it to `with`, such as `prompt: input.text`.)',
    ]);
    expect(without({ id: 'a', use: 'check', with: { prompt: 'previous.text' } })[0]).toContain(
      'nothing gives previous.text: the pipeline takes no text and no step before wrote one',
    );
    expect(without({ id: 'a', use: 'check', with: { prompt: 'input.text' } })[0]).toContain(
      'the pipeline takes no text, so there is no input.text',
    );
    const writer = { id: 'a', use: 'rewrite', with: { prompt: 'config.context' } };
    expect(without(writer, { id: 'b', use: 'check' })).toEqual([]);
  });

  it('in a template are held against the place where the chunk is used', () => {
    const chunks = {
      own: { stage: 'text.rewrite', template: { context: '{{output.instruction}}', prompt: '{{prompt}}' } },
      list: { stage: 'text.rewrite', template: { context: '{{steps.each.text}}', prompt: '{{prompt}}' } },
    };
    const each = { id: 'each', forEach: 'outputs', steps: [{ id: 'a', use: 'own' }] };
    expect(lint({ chunks }, steps(each)).map(told)).toEqual([]);
    expect(lint({ chunks }, steps({ id: 'a', use: 'own' })).map(told)).toEqual([
      'pipelines/own steps.0.use: the part "context" of the chunk "own" reads {{output.instruction}}: output.instruction exists only inside `forEach: outputs`',
    ]);
    expect(lint({ chunks }, steps(each, { id: 'b', use: 'list' })).map(told)).toEqual([
      'pipelines/own steps.1.use: the part "context" of the chunk "list" reads {{steps.each.text}}: it is a list of texts',
    ]);
  });
});

describe('conditions', () => {
  it.each([
    ['steps.a.facts.hits', 'A condition must be true or false as a whole; compare the value with something'],
    ['steps.a.facts.hits == "x"', 'A number is compared with a string; they are never equal'],
    [
      'steps.a.text == "x"',
      '"steps.a.text" is a text; conditions read facts, parameters, output fields and input counts',
    ],
    ['input.images > 0', 'there is no input "images"'],
    ['steps.b.facts.hits > 0', 'steps.b.facts.hits cannot be read here: "b" comes later or stands inside another step'],
    ['steps.a.facts.hits >> 0', 'Expected a value at position 21, found >'],
  ])('%s: %s', (when, expected) => {
    const findings = lint(steps({ id: 'a', use: 'check' }, { id: 'b', use: 'check', when }));
    expect(findings.map((finding) => [finding.path.join('.'), finding.message])).toEqual([['steps.1.when', expected]]);
  });
});

it('refuses an input with more at least than at most', () => {
  const own = { title: 'Own', input: { text: { min: 3, max: 1 } }, steps: [{ id: 'a', use: 'check' }] };
  expect(lint({ pipelines: { own } }).map(told)).toEqual(['pipelines/own input.text.min: min 3 is more than max 1']);
});

describe('configs', () => {
  const config = (own: object, ...more: readonly Source[]): readonly string[] =>
    lint(...more, { configs: { own: { name: 'Own', pipeline: 'small', ...own } } }).map((finding) =>
      told(finding).replace('configs/own ', ''),
    );
  const small: Source = {
    pipelines: {
      small: {
        title: 'Small',
        steps: [
          { id: 'rewrite', use: 'rewrite', when: 'parameters.mode == "soft"', repeat: { times: 'parameters.hands' } },
          { id: 'each', forEach: 'outputs', steps: [{ id: 'generate', use: 'output.chunk' }] },
        ],
      },
      styled: {
        title: 'Styled',
        steps: [
          {
            id: 'each',
            forEach: 'outputs',
            steps: [{ id: 'a', use: 'output.chunk', when: 'parameters.style == "grid"' }],
          },
        ],
      },
      plain: { title: 'Plain', steps: [{ id: 'a', use: 'rewrite', when: 'parameters.temperature > 0' }] },
    },
  };
  const good = { hands: 2, mode: 'soft' };

  it('may bring settings of the stages of its pipeline and outputs', () => {
    expect(config({ parameters: { ...good, temperature: 1 }, outputs: ['text'] }, small)).toEqual([]);
    expect(config({ parameters: { ...good, style: 'grid' }, outputs: ['image'] }, small)).toEqual([]);
    expect(config({ parameters: { ...good, style: 'grid' } }, small)).toEqual([]);
  });

  it.each<[object, readonly string[]]>([
    [{ pipeline: 'smal' }, ['pipeline: there is no pipeline "smal" (Did you mean "small"?)']],
    [
      { parameters: good, outputs: ['image', 'imge'] },
      ['outputs.1: there is no output config "imge" (Did you mean "image"?)'],
    ],
    [
      { parameters: { mode: 'soft' } },
      ['parameters: the step "rewrite" of the pipeline "small" reads parameters.hands, which has no value: add it'],
    ],
    [
      { parameters: { ...good, hands: 'many' } },
      ['parameters.hands: the step "rewrite" of the pipeline "small" needs a number in parameters.hands, not "many"'],
    ],
    [
      { parameters: { ...good, hnads: 3 } },
      ['parameters.hnads: nothing in the pipeline "small" reads the parameter "hnads" (Did you mean "hands"?)'],
    ],
    [
      { parameters: { ...good, style: 'x' }, outputs: ['text'] },
      [
        'parameters.style: nothing in the pipeline "small" reads the parameter "style" (Known: hands, mode, procedure, temperature.)',
      ],
    ],
    [
      { parameters: { ...good, mode: 3 } },
      [
        'parameters: in the condition of the step "rewrite" of the pipeline "small": A number is compared with a string; they are never equal.',
      ],
    ],
    [
      { parameters: { ...good, mode: true } },
      [
        'parameters: in the condition of the step "rewrite" of the pipeline "small": A boolean is compared with a string; they are never equal.',
      ],
    ],
  ])('%j', (own, expected) => {
    expect(config(own, small)).toEqual(expected);
  });

  it('may leave a parameter to the defaults of the chunk that reads it', () => {
    expect(config({ pipeline: 'plain' }, small)).toEqual([]);
    expect(config({ pipeline: 'styled', outputs: ['image'] }, small)).toEqual([]);
    expect(config({ pipeline: 'styled', outputs: ['image', 'text'] }, small)).toEqual([
      'parameters: the step "a" of the pipeline "styled" reads parameters.style, which has no value: add it',
    ]);
  });

  it('cannot take an output whose chunk needs what the pipeline does not give', () => {
    const voiced: Source = {
      chunks: {
        voiced: { stage: 'text.rewrite', template: { context: '{{voice}} {{parameters.tone}}', prompt: '{{prompt}}' } },
      },
      outputs: { voiced: { name: 'Voiced', medium: 'text', chunk: 'voiced' } },
    };
    expect(config({ parameters: { ...good, tone: 'low' }, outputs: ['image', 'voiced'] }, small, voiced)).toEqual([
      'outputs.1: in the step "generate" nothing gives the placeholder {{voice}} of the chunk "voiced", which makes the output "voiced"',
    ]);
  });
});

describe('outputs that cannot be used', () => {
  const odd: Source = { outputs: { odd: { name: 'Odd', medium: 'image', chunk: 'gone' } } };

  it('leave the other checks of a config as they are', () => {
    const { parameters } = { parameters: { hands: 3, deep: true, voice: 'a poet', style: 'collage' } };
    const messages = lint(odd, { configs: { dada: { name: 'Dada', pipeline: 'whole', parameters } } }).map(told);
    expect(messages).toEqual([expect.stringContaining('outputs/odd chunk: there is no chunk "gone"')]);
    const named = lint(odd, { configs: { dada: { name: 'Dada', pipeline: 'whole', parameters, outputs: ['odd'] } } });
    expect(named.map((finding) => finding.id)).toEqual(['odd', 'dada']);
  });

  it('do not hide a parameter that a container needs', () => {
    const parameters = { hands: 3, voice: 'a poet' };
    expect(lint({ configs: { dada: { name: 'Dada', pipeline: 'whole', parameters } } }).map(told)).toEqual([
      'configs/dada parameters: the step "round" of the pipeline "whole" reads parameters.deep, which has no value: add it',
    ]);
  });
});

it('takes a fact for either type when the chunks of the outputs disagree about it', () => {
  const joined: Source = { outputs: { joined: { name: 'Joined', medium: 'text', chunk: 'join' } } };
  const inner = [
    { id: 'make', use: 'output.chunk' },
    { id: 'look', use: 'check', when: 'steps.make.facts.words == 3 or steps.make.facts.words == "three"' },
  ];
  const own = steps({ id: 'each', forEach: 'outputs', steps: inner });
  expect(lint(joined, own).map(told)).toEqual([]);
  expect(lint(own).map((finding) => finding.message)).toEqual([
    'A number is compared with a string; they are never equal',
  ]);
});

it('bears a container without steps, which no schema lets pass', () => {
  const definitions = definitionsOf([steps({ id: 'a', use: 'gone' })]);
  const own = definitions.pipelines.get('own');
  if (own === undefined) throw new Error('the pipeline is missing');
  const bare = { ...own, definition: { ...own.definition, steps: [{ id: 'a', forEach: 'outputs' }] } };
  expect(lintDefinitions({ ...definitions, pipelines: new Map([['own', bare]]) }, STAGES)).toEqual([]);
});

describe('what depends on something wrong', () => {
  it('is reported as depending on it, and nothing else is', () => {
    const wrong: Source = {
      chunks: { rewrite: { stage: 'text.nothing' } },
      outputs: { late: { name: 'Late', medium: 'text', chunk: 'rewrite' } },
      configs: { second: { name: 'Second', pipeline: 'whole', outputs: ['late'] } },
    };
    expect(lint(wrong).map((finding) => `${told(finding).split(' (')[0]}`)).toEqual([
      'chunks/rewrite stage: there is no stage "text.nothing"',
      'outputs/late chunk: depends on the chunk "rewrite", which did not load',
      'pipelines/whole steps.1.use: depends on the chunk "rewrite", which did not load',
      'configs/dada pipeline: depends on the pipeline "whole", which did not load',
      'configs/second pipeline: depends on the pipeline "whole", which did not load',
      'configs/second outputs.0: depends on the output config "late", which did not load',
    ]);
  });

  it('is told of files that could not be read', () => {
    const broken = { chunks: new Set(['gone']), outputs: new Set(['image']) };
    const definitions = definitionsOf([SOUND, steps({ id: 'a', use: 'gone' })]);
    const findings = lintDefinitions(definitions, STAGES, broken);
    expect(findings.map((finding) => `${finding.kind}/${finding.id}: ${finding.message}`)).toEqual([
      'pipelines/own: depends on the chunk "gone", which did not load',
      'configs/dada: depends on the output config "image", which did not load',
    ]);
    expect(findings[0]?.suggestion).toBe('Correct that one first.');
  });
});
