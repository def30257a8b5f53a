import { describe, expect, it } from 'vitest';
import type { Place } from './place.ts';
import { stageOfArtifact, stageOfStep } from './studio-stage.ts';

const ALONE: Place = { loopIteration: null, stageIteration: null, step: undefined };
const INSIDE: Place = { ...ALONE, loopIteration: 1 };

/** One line per studio stage. */
const KNOWN = [
  [1, 'input input_image translation safety_input task context parameters'],
  [2, 'interception interception_step'],
  [3, 'optimized_prompt safety_output'],
  [4, 'safety_media output_text output_image output_anything'],
] as const;

describe('the studio stage of an artifact', () => {
  it.each(KNOWN)('is %i, wherever they stand, for %s', (stage, types) => {
    for (const type of types.split(' '))
      expect([type, stageOfArtifact(type, ALONE), stageOfArtifact(type, INSIDE)]).toEqual([type, stage, stage]);
  });

  it('is that of its place for every other type', () => {
    for (const type of ['notes', 'output', 'constructor', ''])
      expect([stageOfArtifact(type, ALONE), stageOfArtifact(type, INSIDE)]).toEqual([2, 4]);
  });
});

describe('the studio stage of a step', () => {
  it('is what its stage type says, else that of its place', () => {
    for (const [type, stage] of [
      ['safety.input', 1],
      ['text.translate', 1],
      ['text.optimize', 3],
      ['safety.output', 3],
    ] as const)
      expect([stageOfStep(type, ALONE), stageOfStep(type, INSIDE)]).toEqual([stage, stage]);
    expect([stageOfStep('pack.own', ALONE), stageOfStep('toString', INSIDE)]).toEqual([2, 4]);
  });
});
