import { describe, expect, it } from 'vitest';
import { artifactId } from './ids.ts';
import type { RunId, Sha256, StepPath } from './ids.ts';
import { sameBytes } from './same-bytes.ts';
import type { ComparedRow } from './same-bytes.ts';

const RUN = '01990000-0000-7000-8000-000000000001' as RunId;
let number = 0;
/** Prompts lie in `work/`. */
const row = (stepPath: string | undefined, type: string, bytes: string): ComparedRow => ({
  id: artifactId({ runId: RUN, work: type === 'prompt', number: (number += 1), type, extension: 'txt' }),
  type,
  sha256: bytes.repeat(64) as Sha256,
  ...(stepPath === undefined ? {} : { stepPath: stepPath as StepPath }),
});

describe('two runs hold the same bytes', () => {
  it('when step, type and bytes agree, whatever the names and the work folder', () => {
    const left = [row(undefined, 'input', 'a'), row('one', 'text', 'b'), row('one', 'prompt', 'c')];
    const right = [row('one', 'text', 'b'), row(undefined, 'input', 'a')];
    expect(sameBytes(left, right)).toEqual({ same: 2, difference: null });
  });

  it('only if several of one type come in the same order', () => {
    const left = [row('one', 'text', 'a'), row('one', 'text', 'b')];
    const right = [row('one', 'text', 'b'), row('one', 'text', 'a')];
    expect(sameBytes(left, right)).toMatchObject({ same: 0, difference: { stepPath: 'one', type: 'text', number: 1 } });
  });

  it('not when one of them holds more', () => {
    const more = row('two', 'text', 'b');
    const both = row('one', 'text', 'a');
    const { id, sha256 } = more;
    expect(sameBytes([both], [row('one', 'text', 'a'), more])).toEqual({
      same: 1,
      difference: { stepPath: 'two', type: 'text', number: 1, left: null, right: { id, sha256 } },
    });
    expect(sameBytes([both, more], [row('one', 'text', 'a')]).difference).toMatchObject({ left: { id }, right: null });
  });

  it('and what was given differs at no step', () => {
    const { difference } = sameBytes([row(undefined, 'input', 'a')], [row(undefined, 'input', 'b')]);
    expect(difference).toMatchObject({ stepPath: null, type: 'input' });
  });
});
