import { describe, expect, it } from 'vitest';
import { lastOf, needsOf } from './step-graph.ts';

const steps = [
  { id: 'a' },
  { id: 'b' },
  { id: 'c', needs: [] },
  { id: 'd', needs: ['a', 'e'] },
  { id: 'e', needs: [] },
];

describe('a list of steps', () => {
  it('runs in order where nothing else is said', () => {
    expect(steps.map((_step, index) => needsOf(steps, index))).toEqual([[], ['a'], [], ['a', 'e'], []]);
    expect(needsOf([], 0)).toEqual([]);
  });

  it('comes to what no other step needs', () => {
    expect(lastOf(steps)).toEqual(['b', 'c', 'd']);
    expect(lastOf(steps.slice(0, 2))).toEqual(['b']);
  });
});
