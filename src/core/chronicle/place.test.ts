import { describe, expect, it } from 'vitest';
import { STUDIO, path } from '../../../test/support/told-run.ts';
import { pipelineSchema } from '../definitions.ts';
import { placeOf } from './place.ts';

const NESTED = pipelineSchema.parse({
  title: 'Nested',
  steps: [
    { id: 'round', repeat: { times: 3 }, steps: [{ id: 'hand', use: 'whisper', repeat: { times: 2 } }] },
    { id: 'outputs', forEach: 'outputs', steps: [{ id: 'polish', use: 'rewrite', repeat: { times: 2 } }] },
    { id: 'many', forEach: 3, steps: [{ id: 'one', use: 'rewrite' }] },
  ],
});
const NOWHERE = { loopIteration: null, stageIteration: null, step: undefined };

describe('a place in a pipeline', () => {
  it('is nowhere for what is about no step, or about a step that the pipeline does not know', () => {
    for (const text of ['gone', 'gone[2].generate', 'translate.inner', 'a]b[', '[1]'])
      expect(placeOf(path(text), STUDIO)).toEqual(NOWHERE);
    expect(placeOf(undefined, STUDIO)).toEqual(NOWHERE);
  });

  it('has the definition of the step', () => {
    expect(placeOf(path('translate'), STUDIO)).toEqual({ ...NOWHERE, step: STUDIO.steps[1] });
  });

  it('counts rounds of a recursion and outputs of a loop apart', () => {
    expect(placeOf(path('interception[12]'), STUDIO)).toMatchObject({ stageIteration: 12, loopIteration: null });
    const inside = placeOf(path('outputs[2].generate'), STUDIO);
    expect(inside).toMatchObject({ stageIteration: null, loopIteration: 2, step: { id: 'generate' } });
  });

  it('has the innermost round of nested recursions', () => {
    expect(placeOf(path('round[2].hand[1]'), NESTED)).toMatchObject({ stageIteration: 1, step: { id: 'hand' } });
    expect(placeOf(path('round[2].hand'), NESTED)).toMatchObject({ stageIteration: 2 });
  });

  it('counts neither for a loop over a number', () => {
    expect(placeOf(path('many[3].one'), NESTED)).toEqual({ ...NOWHERE, step: { id: 'one', use: 'rewrite' } });
  });

  it('counts no rounds of a recursion inside of an output', () => {
    expect(placeOf(path('outputs[1].polish[2]'), NESTED)).toMatchObject({ stageIteration: null, loopIteration: 1 });
  });
});
