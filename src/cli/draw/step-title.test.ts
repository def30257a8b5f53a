import { describe, expect, it } from 'vitest';
import { pipelineSchema } from '../../core/definitions.ts';
import { stepTitle } from './step-title.ts';

const pipeline = pipelineSchema.parse({
  title: 'Many',
  steps: [
    { id: 'scan', waitFor: 'scan.done' },
    { id: 'variants', forEach: 3, steps: [{ id: 'write', use: 'intercept', title: { en: 'Write', de: 'Schreiben' } }] },
    { id: 'outputs', forEach: 'outputs', steps: [{ id: 'make', use: 'output.chunk' }] },
  ],
});

describe('the title of a step', () => {
  it.each([
    ['scan', 'scan (scan.done)'],
    ['variants', 'variants'],
    ['variants[2].write', 'Schreiben (variants[2])'],
    ['outputs[2].make', 'make'],
    ['gone[1]', 'gone[1]'],
  ])('%s is %s', (path, title) => {
    expect(stepTitle(path, pipeline, 'de')).toBe(title);
  });
});
