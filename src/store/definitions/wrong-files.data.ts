/** Wrong documents, each with every problem it must give, as `line:column message (suggestion)`. */
export interface WrongFile {
  readonly file: string;
  readonly text: string;
  readonly problems: readonly string[];
}

export const WRONG_FILES: readonly WrongFile[] = [
  { file: 'chunks/own.yaml', text: '', problems: ['1:1 the file must be a map of keys and values, not empty'] },
  {
    file: 'chunks/own.yaml',
    text: '# nothing\n',
    problems: ['1:1 the file must be a map of keys and values, not empty'],
  },
  { file: 'chunks/own.yaml', text: '- a\n', problems: ['1:1 the file must be a map of keys and values, not a list'] },
  {
    file: 'chunks/own.yaml',
    text: 'just words\n',
    problems: ['1:1 the file must be a map of keys and values, not a text'],
  },
  { file: 'chunks/own.yaml', text: 'title: x\n', problems: ['1:1 "stage" is missing: a text'] },
  { file: 'chunks/own.yaml', text: 'stage: [1]\n', problems: ['1:8 "stage" must be a text, not a list'] },
  { file: 'chunks/own.yaml', text: 'stage: ""\n', problems: ['1:8 "stage" must have at least 1 character'] },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrite\ntemplte: { prompt: x }\n',
    problems: ['2:1 "templte" is not known here (Did you mean "template"?)'],
  },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrite\ntemplate:\n  prompt: x\n  Con text: y\n',
    problems: ['4:3 "Con text" is no name: letters and digits, starting with a lower-case letter'],
  },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrite\noutput: jsn\n',
    problems: ['2:9 "output" must be one of text'],
  },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrit\n',
    problems: ['1:8 there is no stage "text.rewrit" (Did you mean "text.rewrite"?)'],
  },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrite\ntemplate: { prompt: "{{prompt}}" }\ndefaults:\n  temprature: 1\n',
    problems: ['4:15 "temprature" is no setting of the stage text.rewrite (Did you mean "temperature"?)'],
  },
  {
    file: 'chunks/own.yaml',
    text: 'stage: text.rewrite\ndefaults:\n  temperature: { a: 1 }\n',
    problems: ['3:16 "temperature" must be a number, true, false or a text of at most 200 characters'],
  },
  {
    file: 'chunks/own.yaml',
    text: `stage: text.rewrite\ndefaults: { procedure: ${'x'.repeat(201)} }\n`,
    problems: ['2:24 "procedure" must have at most 200 characters'],
  },
  { file: 'chunks/own.yaml', text: 'stage: a\nstage: b\n', problems: ['2:1 Map keys must be unique'] },
  { file: 'chunks/own.yaml', text: 'stage: "a\n', problems: ['2:1 Missing closing "quote'] },
  {
    file: 'chunks/own.yaml',
    text: 'stage: a\n---\nstage: b\n',
    problems: ['2:1 Source contains multiple documents; please use YAML.parseAllDocuments()'],
  },
  { file: 'chunks/own.yaml', text: 'stage: !secret a\n', problems: ['1:8 Unresolved tag: !secret'] },
  {
    file: 'chunks/own.yaml',
    text: '&a {stage: x, template: *a}\n',
    problems: ['1:1 is nested too deeply, refers to itself, or repeats its anchors too often (Write the values out.)'],
  },
  {
    file: 'chunks/own.yaml',
    text: '['.repeat(20_000),
    problems: ['1:1 is nested too deeply, refers to itself, or repeats its anchors too often (Write the values out.)'],
  },
  {
    file: 'chunks/Own.yaml',
    text: 'stage: text.rewrite\n',
    problems: [
      '1:1 "Own" is no id: lower-case letters, digits and dashes, starting with a letter (The id is the name of the file without its ending; rename the file.)',
    ],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps: []\n',
    problems: ['2:8 "steps" must have at least 1 entry'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: a\n    use: rewrite\n    wen: "true"\n',
    problems: ['5:5 "wen" is not known here (Did you mean "when"?)'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: loop\n    repeat: { times: 2, maxx: 3 }\n    steps:\n      - { id: b, use: rewrite, colour: red }\n',
    problems: [
      '4:25 "maxx" is not known here (Did you mean "max"?)',
      '6:32 "colour" is not known here (Known: id, title, explains, when, needs, continueOn, retry, timeoutMs, idleTimeoutMs, use, with, repeat, forEach, concurrency, pipeline, review, options, expiresMs, byDefault, byOther, waitFor, steps.)',
    ],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: My step\n    use: rewrite\n',
    problems: ['3:9 "My step" is no step id: letters and digits, starting with a lower-case letter'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: a\n  - 5\n',
    problems: [
      '3:5 a step needs `use: <chunk>`, or `repeat` or `forEach` with `steps`, or `pipeline`, `review` or `waitFor`',
      '4:5 entry 2 must be a map of keys and values, not 5',
    ],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - { id: a, use: rewrite, repeat: { times: 1.5 } }\n  - { id: b, use: rewrite, repeat: { times: -1 } }\n',
    problems: ['3:45 "times" must be a whole number from 0 or a reference', '4:45 "times" must be at least 0'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - { id: a, use: rewrite, timeoutMs: soon, concurrency: 1000 }\n',
    problems: ['3:39 "timeoutMs" must be a number, not a text', '3:58 "concurrency" must be at most 256'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\ninput: { text: { min: 1 } }\nsteps: [{ id: a, use: rewrite }]\n',
    problems: ['2:16 "max" is missing: a number'],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: a\n    use: rewrit\n    with:\n      prompt: steps.b.text\n',
    problems: [
      '4:10 there is no chunk "rewrit" (Did you mean "rewrite"?)',
      '6:15 there is no step "b" before this one',
    ],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - id: a\n    use: rewrite\n    when: steps.a.facts.words > 2\n    repeat: { until: steps.a.facts.calm and }\n',
    problems: [
      '5:11 steps.a.facts.words cannot be read here: "a" comes later or stands inside another step',
      '6:22 Expected a value at position 23, found the end (A condition is made of references, numbers, quoted texts, true, false, == != < <= > >=, and, or, not, in [a, b] and parentheses.)',
    ],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: { deutsch: Eigen }\npipeline: plain\n',
    problems: ['1:9 "deutsch" is no language: write its code, such as de or en'],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: 5\npipeline: Plain Pipeline\ntags: { de: 1 }\n',
    problems: [
      '1:7 "name" must be a text, or one text per language such as { de: ..., en: ... }',
      '2:11 "Plain Pipeline" is no id: lower-case letters, digits and dashes, starting with a letter',
      '3:13 "de" must be a list, not 1',
    ],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: Own\npipeline: plain\nsafety: kid\ndisplay: { difficulty: 9 }\noutputs: image\n',
    problems: [
      '3:9 "safety" must be one of kids, youth, adult, research (Did you mean "kids"?)',
      '4:24 "difficulty" must be at most 5',
      '5:10 "outputs" must be a list, not a text',
    ],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: Own\npipeline: plan\noutputs: [imag]\n',
    problems: [
      '2:11 there is no pipeline "plan" (Did you mean "plain"?)',
      '3:11 there is no output config "imag" (Did you mean "image"?)',
    ],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: Own\npipeline: plain\nparameters:\n  temprature: 1\n',
    problems: ['4:15 nothing in the pipeline "plain" reads the parameter "temprature" (Did you mean "temperature"?)'],
  },
  {
    file: 'configs/own.json',
    text: '{\n\t"name": "Own",\n\t"pipeline": "plan"\n}\n',
    problems: ['3:14 there is no pipeline "plan" (Did you mean "plain"?)'],
  },
  {
    file: 'outputs/own.yaml',
    text: 'name: Own\nmedium: picture\npin: offline\n',
    problems: [
      '2:9 "medium" must be one of image, speech, music, video, code, text',
      '3:6 "offline" is no pin: write provider/model',
    ],
  },
  {
    file: 'outputs/own.yaml',
    text: 'name: Own\nmedium: music\n',
    problems: ['2:9 there is no chunk "generate-music" (Known: generate-image, rewrite, safety-input.)'],
  },
  {
    file: 'profiles/own.yaml',
    text: 'name: Own\nroles: { safety: [], image: [gpt] }\n',
    problems: ['2:18 "safety" must have at least 1 entry', '2:30 "gpt" is no model: write provider/model'],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: Own\npipelines: all\npipeline: plan\ntags: 5\noutputs: [imge]\n',
    problems: [
      '2:1 "pipelines" is not known here (Did you mean "pipeline"?)',
      '3:11 there is no pipeline "plan" (Did you mean "plain"?)',
      '4:7 "tags" must be a list of texts, or one list per language',
      '5:11 there is no output config "imge" (Did you mean "image"?)',
    ],
  },
  {
    file: 'pipelines/own.yaml',
    text: 'title: Own\nsteps:\n  - { id: a, use: rewrit, wiht: {} }\n  - { id: b, use: rewrite, needs: [zoom], with: { promt: 5 } }\n',
    problems: [
      '3:27 "wiht" is not known here (Did you mean "with"?)',
      '4:36 there is no step "zoom" in this list (Known: a.)',
      '4:58 "promt" must be a text, not 5',
    ],
  },
  {
    file: 'configs/own.yaml',
    text: 'name: Own\npipeline: plain\nparameters: { temperature: [1], other: 2 }\nparamters: { x: 1 }\n',
    problems: [
      '3:28 "temperature" must be a number, true, false or a text of at most 200 characters',
      '4:1 "paramters" is not known here (Did you mean "parameters"?)',
    ],
  },
];
