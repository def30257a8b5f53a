import { describe, expect, it } from 'vitest';
import type { StepDefinition } from '../core/definitions.ts';
import type { StepPath } from '../core/ids.ts';
import { orderOf, stepAt } from './step-order.ts';

const STUDIO: readonly StepDefinition[] = [
  { id: 'check' },
  { id: 'translate' },
  { id: 'interception', use: 'x', repeat: { max: 50 } },
  { id: 'round', repeat: { max: 50 }, steps: [{ id: 'rewrite' }, { id: 'judge' }] },
  { id: 'outputs', forEach: 'outputs', steps: [{ id: 'optimize' }, { id: 'generate' }, { id: 'inspect' }] },
  {
    id: 'inlined',
    pipeline: 'other',
    steps: [{ id: 'one' }, { id: 'two', repeat: { max: 3 }, steps: [{ id: 'deep' }] }],
  },
  { id: 'last' },
];

const GRAPH: readonly StepDefinition[] = [
  { id: 'joined', needs: ['left', 'right'] },
  { id: 'root', needs: [] },
  { id: 'left', needs: ['root'] },
  { id: 'right', needs: ['root'] },
  { id: 'apart', needs: [] },
  { id: 'behind' },
];

const order = (step: string, from: string, steps = STUDIO): string | undefined =>
  orderOf(step as StepPath, from as StepPath, steps);

describe('a step stands to another', () => {
  it.each([
    ['translate', 'translate', 'from'],
    ['check', 'translate', undefined],
    ['interception[1]', 'translate', 'after from'],
    ['last', 'translate', 'after from'],
    ['outputs[2].generate', 'translate', 'after from'],
  ])('in one list by its order: %s, from %s', (step, from, expected) => {
    expect(order(step, from)).toBe(expected);
  });

  it.each([
    ['interception[2]', 'interception[3]', undefined],
    ['interception[3]', 'interception[3]', 'from'],
    ['interception[10]', 'interception[3]', 'after from'],
    ['round[2].judge', 'round[2].rewrite', 'after from'],
    ['round[1].judge', 'round[2].rewrite', undefined],
    ['round[3].rewrite', 'round[2].judge', 'after from'],
    ['round[2].rewrite', 'round[2].judge', undefined],
    ['round', 'round[2].judge', undefined],
    ['outputs[1].optimize', 'round[2].judge', 'after from'],
  ])('in a loop by its round: %s, from %s', (step, from, expected) => {
    expect(order(step, from)).toBe(expected);
  });

  it.each([
    ['outputs[1].generate', 'outputs[2].generate', undefined],
    ['outputs[3].generate', 'outputs[2].generate', undefined],
    ['outputs[2].optimize', 'outputs[2].generate', undefined],
    ['outputs[2].inspect', 'outputs[2].generate', 'after from'],
    ['last', 'outputs[2].generate', 'after from'],
    ['interception[1]', 'outputs[2].generate', undefined],
  ])('beside other outputs on its own: %s, from %s', (step, from, expected) => {
    expect(order(step, from)).toBe(expected);
  });

  it.each([
    ['outputs[2].optimize', 'outputs[2]', 'from'],
    ['outputs[1].optimize', 'outputs[2]', undefined],
    ['outputs[1].optimize', 'outputs', 'from'],
    ['interception[2]', 'interception', 'from'],
    ['outputs', 'outputs[2].generate', undefined],
    ['outputs[2]', 'outputs[2].generate', undefined],
  ])('inside of the container that is named: %s, from %s', (step, from, expected) => {
    expect(order(step, from)).toBe(expected);
  });

  it.each([
    ['left', 'root', 'after from'],
    ['joined', 'left', 'after from'],
    ['right', 'left', undefined],
    ['root', 'left', undefined],
    ['apart', 'root', undefined],
    ['behind', 'apart', 'after from'],
    ['behind', 'root', undefined],
    ['joined', 'root', 'after from'],
  ])('in a graph through what it needs: %s, from %s', (step, from, expected) => {
    expect(order(step, from, GRAPH)).toBe(expected);
  });

  it.each([
    ['inlined.one', 'inlined.two', undefined],
    ['inlined.two', 'inlined.one', 'after from'],
    ['last', 'inlined.one', 'after from'],
  ])('in another pipeline that is used: %s, from %s', (step, from, expected) => {
    expect(order(step, from)).toBe(expected);
  });

  it('nowhere when one of them is not there', () => {
    expect(order('check', 'nowhere')).toBeUndefined();
    expect(order('nowhere', 'check')).toBeUndefined();
    expect(order('check.inner', 'check.other')).toBeUndefined();
  });
});

describe('a path leads', () => {
  const at = (path: string) => stepAt(path as StepPath, STUDIO);

  it.each([
    ['check', 'check', undefined],
    ['outputs', 'outputs', undefined],
    ['outputs[2]', 'outputs', 2],
    ['outputs[2].generate', 'generate', 2],
    ['inlined.two', 'two', undefined],
  ])('to its step, and tells the output: %s', (path, id, output) => {
    expect(at(path)).toMatchObject({ step: { id } });
    expect(at(path)?.output).toBe(output);
  });

  it.each([
    ['inlined.one', 'inlined'],
    ['inlined.two[2].deep', 'inlined'],
    ['inlined', undefined],
    ['outputs[2].generate', undefined],
  ])('and tells the pipeline it stands in: %s', (path, inside) => {
    expect(at(path)?.inside?.path).toBe(inside);
  });

  it.each(['nowhere', 'check[1]', 'outputs[1].nothing', 'check.inner', 'inlined[1].one'])('nowhere: %s', (path) => {
    expect(at(path)).toBeUndefined();
  });
});
