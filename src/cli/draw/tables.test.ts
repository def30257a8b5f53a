import { describe, expect, it } from 'vitest';
import { RUN, ToldRun } from '../../../test/support/told-run.ts';
import type { ListedRun } from '../../app/list-runs.ts';
import { chronicleOf } from '../../core/chronicle.ts';
import type { Sha256 } from '../../core/ids.ts';
import { widthOf } from './layout.ts';
import { createStyle } from './style.ts';
import {
  drawConfigsTable,
  drawFindings,
  drawProblems,
  drawRun,
  drawRunsTable,
  drawStageInfo,
  drawStagesTable,
} from './tables.ts';

const options = { style: createStyle({ colour: false, unicode: true }), width: 100, language: 'en' };

const row: ListedRun = {
  runId: RUN,
  state: 'succeeded',
  config: 'dada',
  configName: 'Dada',
  pipeline: 'text-to-media',
  profile: 'offline',
  safety: 'youth',
  createdAt: '2026-03-02T09:00:00.000Z',
  endedAt: null,
  durationMs: 812,
  outputs: ['image'],
  costMicroUsd: 0,
  parent: null,
  labels: {},
};

describe('the table of runs', () => {
  it('has whole ids, aligned columns and no column for what no run has', () => {
    const [head = '', first = ''] = drawRunsTable([row, { ...row, config: '灯台', durationMs: null }], options).split(
      '\n',
    );
    expect(first).toContain(RUN);
    expect(head.indexOf('State')).toBe(first.indexOf('succeeded'));
    expect(head).not.toContain('Cost');
  });

  it('tells no run at all from none that fits', () => {
    expect(drawRunsTable([], { ...options, isWhole: true })).toContain('stemma run dada');
    expect(drawRunsTable([], { ...options, isWhole: false })).toBe('No run fits.\n');
  });

  it('stays inside the terminal, wide letters too', () => {
    const wide = {
      ...row,
      config: '灯台'.repeat(30),
      outputs: ['image', 'text', 'offline-image'],
      costMicroUsd: 1_500_000,
    };
    for (const line of drawRunsTable([wide], options).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(100);
    expect(drawRunsTable([{ ...row, costMicroUsd: 1_500_000 }], { ...options, width: 120 })).toContain('$1.5');
  });

  it('says how to begin when there is no run', () => {
    expect(drawRunsTable([], { ...options, language: 'de' })).toContain('stemma run dada');
  });
});

describe('other tables', () => {
  it('list configs with the age they are for', () => {
    const config = {
      id: 'dada',
      name: 'Dada',
      description: 'A sentence is cut up and laid down anew.',
      category: 'art',
      pipeline: 'text-to-media',
      outputs: ['image'],
      difficulty: null,
      minAge: 8,
      origin: 'shipped' as const,
      digest: '' as Sha256,
    };
    expect(drawConfigsTable([config], options)).toMatch(/dada +Dada +image +from 8 +A sentence/u);
    expect(drawConfigsTable([], options)).toContain('stemma configs validate');
  });

  it('list stages, and tell everything about one', () => {
    const stage = {
      type: 'media.image',
      version: 1,
      title: 'Picture',
      description: 'Makes a picture.',
      inputs: [
        { name: 'prompt', kind: 'artifact', required: true },
        { name: 'task', kind: 'artifact', required: false },
      ],
      settings: ['width'],
      facts: { images: 'number' },
      writes: 'media',
      calls: null,
    };
    expect(drawStagesTable([stage], options)).toMatch(/media\.image +media +Makes a picture\./u);
    expect(drawStageInfo(stage, options)).toContain('reads     prompt (artifact), task (artifact, optional)');
    expect(drawStageInfo(stage, options)).toContain('calls     none');
  });

  it('say for every finding by mark and word whether it is well', () => {
    const text = drawFindings(
      [
        { check: 'database', ok: true, detail: 'schema 2' },
        { check: 'provider local', ok: false, detail: 'does not answer' },
      ],
      options,
    );
    expect(text).toContain('✓ well       database        schema 2');
    expect(text).toContain('× look here  provider local  does not answer');
    expect(text).toContain('1 thing needs a look.');
  });

  it('write problems so that editors can jump to them, with what to do on the next line', () => {
    const problem = { kind: 'configs', id: 'a', path: ['steps', 0], message: 'is not known' } as const;
    const placed = { ...problem, file: 'a.yaml', line: 3, column: 5, suggestion: 'Did you mean "dada"?' };
    expect(drawProblems([placed, { ...problem, file: 'b.yaml', path: [] }], options)).toBe(
      'a.yaml:3:5 is not known (steps.0)\n  Did you mean "dada"?\nb.yaml is not known\n\n2 problems\n',
    );
  });
});

describe('one run', () => {
  const told = new ToldRun()
    .begin()
    .step('translate', 'text.translate', { usage: { costMicroUsd: null }, makes: [{ type: 'translation', text: 'A' }] })
    .skip('interception', 'condition')
    .finish('succeeded');

  it('is told with its facts, steps and files', () => {
    const text = drawRun(chronicleOf(told.source()), options);
    expect(text).toContain(`run       ${RUN}`);
    expect(text).toMatch(/translate +done +40 ms +text\.translate/u);
    expect(text).toMatch(/interception +left out/u);
    expect(text).toContain('02_translation.txt');
  });

  it('says of a run that goes on how far it is and how long it still takes', () => {
    const open = new ToldRun().begin().step('check', 'x.y');
    const shown = (typicalMs?: () => number, language = 'en'): string =>
      drawRun(chronicleOf(open.source(typicalMs && { typicalMs })), { ...options, language });
    expect(shown(() => 1150)).toContain('1 of 6 steps, 16 %, about 6 s to go');
    expect(shown(() => 1)).toContain('about 1 s to go');
    expect(shown(() => 30_000, 'de')).toContain('noch etwa 2 min 30 s');
    const unknown = new ToldRun().begin();
    expect(drawRun(chronicleOf(unknown.source()), options)).toMatch(/0 of 6 steps, 0 %$/mu);
  });

  it('has a place in the queue while it waits for a worker', () => {
    const chronicle = chronicleOf(new ToldRun().source());
    const drawn = (estimateMs: number | null, language = 'en'): string =>
      drawRun(chronicle, { ...options, language }, { position: 3, estimateMs });
    expect(drawn(null)).toMatch(/^queue +place 3$/mu);
    expect(drawn(12_000)).toMatch(/^queue +place 3, about 12 s to go$/mu);
    expect(drawn(12_000, 'de')).toMatch(/^Warteschlange +Platz 3, noch etwa 12 s$/mu);
    expect(drawRun(chronicle, options)).not.toMatch(/^queue/mu);
  });

  it('has no sum where a call had no price', () => {
    expect(drawRun(chronicleOf(told.source()), options)).toContain('cost      1 call without a known price');
  });
});
