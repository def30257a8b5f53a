import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../../test/support/source-files.ts';
import { ToldRun } from '../../../test/support/told-run.ts';
import { triesOf } from './attempts.ts';
import { itemsOf } from './items.ts';

/** The list of the specification, `output_*` written out. */
const TYPES = [
  'run_start',
  'input',
  'input_image',
  'translation',
  'safety_input',
  'blocked',
  'interception_step',
  'interception',
  'optimized_prompt',
  'safety_output',
  'output_text',
  'output_image',
  'output_speech',
  'output_music',
  'output_video',
  'output_code',
  'safety_media',
  'review',
  'error',
  'run_end',
];
/** Told by an event of their own; all others are types of artifacts. */
const OWN_EVENTS = new Set(['run_start', 'blocked', 'run_end']);
/** Told at the stage of the step. */
const OF_THEIR_STEP = new Set(['error', 'review']);

const [guide] = sourceFiles('docs/guides/item-types.md');
const rows = [...(guide?.text ?? '').matchAll(/^\| `(\w+)` *\|(.*)\|$/gm)].map(([, type = '', rest = '']) => {
  const [stage = '', what = '', from = '', today = ''] = rest.split('|').map((cell) => cell.trim());
  return { type, stage, what, from, today };
});
const artifacts = rows.filter(({ type }) => !OWN_EVENTS.has(type));

/** Everything outside of the core that could write an artifact. */
const writers = sourceFiles('src/{app,engine,packs,providers,stages}/**/*.ts').filter(
  ({ path }) => !path.endsWith('.test.ts'),
);
const isNamed = (text: string): boolean => writers.some((file) => file.text.includes(text));
/** An intermediate round gets its type from that of the last one. */
const isWritten = (type: string): boolean =>
  type.endsWith('_step') ? isNamed('_step`') && isWritten(type.replace(/_step$/, '')) : isNamed(`'${type}'`);

describe('the guide to the items', () => {
  it('explains every type of the specification and no other, in its order', () => {
    expect(rows.map(({ type }) => type)).toEqual(TYPES);
  });

  it.each(rows)('says of $type what it is and where its text comes from', ({ what, from, today }) => {
    expect(what.length).toBeGreaterThan(10);
    expect(from).not.toBe('');
    expect(['yes', 'with its providers', 'later']).toContain(today);
  });

  it.each(artifacts)('says of $type whether something writes it today', ({ type, today }) => {
    expect(writers.length).toBeGreaterThan(20);
    expect(isWritten(type)).toBe(today === 'yes');
  });

  it.each(artifacts.filter(({ type }) => !OF_THEIR_STEP.has(type)))(
    'names the stage that the chronicle gives $type',
    (row) => {
      const work = row.type === 'interception_step';
      const told = new ToldRun({}, []).begin().step('check', 'x.y', { makes: [{ type: row.type, text: 'x', work }] });
      expect(journey(told)).toContainEqual({ type: row.type, stage: Number(row.stage) });
    },
  );

  it('marks a type without artifact as told exactly when the chronicle tells it', () => {
    const fault = { code: 'SAFETY_BLOCKED', type: 'Verdict', facts: {} };
    const told = new ToldRun().begin().step('check', 'safety.input', { state: 'blocked', fault }).finish('blocked');
    const types = journey(told).map(({ type }) => type);
    const marked = rows.filter(({ type, today }) => OWN_EVENTS.has(type) && today === 'yes');
    expect(marked.map(({ type }) => type)).toEqual(types.filter((type) => type !== 'input'));
  });

  it('names the stages of what a run starts and ends with', () => {
    const told = journey(new ToldRun({}, []).finish('canceled'));
    const named = rows.filter(({ type }) => type.startsWith('run_'));
    expect(named.map(({ type, stage }) => ({ type, stage: Number(stage) }))).toEqual(told);
  });

  it('leaves out no type of the studio that something writes', () => {
    const studio = /'((?:input|interception|output|safety|optimized)_[a-z]+|translation)'/g;
    const written = new Set(writers.flatMap(({ text }) => [...text.matchAll(studio)].map((match) => match[1])));
    expect(written.size).toBeGreaterThan(5);
    expect([...written].filter((type) => !TYPES.includes(type ?? ''))).toEqual([]);
  });
});

function journey(told: ToldRun): { type: string; stage: number }[] {
  const source = told.source();
  return itemsOf(source, triesOf(source)).map(({ type, stage }) => ({ type, stage }));
}
