import { describe, expect, test } from 'vitest';
import type { ArtifactId } from '../core/ids.ts';
import { RecentTexts } from './recent-texts.ts';

const [A, B, C] = ['a', 'b', 'c'] as ArtifactId[] as [ArtifactId, ArtifactId, ArtifactId];

describe('the texts used last', () => {
  test('are kept as long as there is room', () => {
    const texts = new RecentTexts(6);
    texts.keep(A, 'aaa');
    texts.keep(B, 'bbb');
    expect([texts.get(A), texts.get(B), texts.get(C)]).toEqual(['aaa', 'bbb', undefined]);
  });

  test('make room by letting go of the one that was not used for longest', () => {
    const texts = new RecentTexts(6);
    texts.keep(A, 'aaa');
    texts.keep(B, 'bbb');
    texts.get(A);
    texts.keep(C, 'c');
    expect([texts.get(A), texts.get(B), texts.get(C)]).toEqual(['aaa', undefined, 'c']);
  });

  test('count once, however often they are kept', () => {
    const texts = new RecentTexts(6);
    for (let times = 0; times < 3; times += 1) texts.keep(A, 'aaa');
    texts.keep(B, 'bbb');
    expect([texts.get(A), texts.get(B)]).toEqual(['aaa', 'bbb']);
  });

  test('do not hold one that is larger than all the room', () => {
    const texts = new RecentTexts(6);
    texts.keep(A, 'too long');
    expect(texts.get(A)).toBeUndefined();
    texts.keep(B, 'bbbbbb');
    expect(texts.get(B)).toBe('bbbbbb');
  });

  test('may be empty', () => {
    const texts = new RecentTexts(6);
    texts.keep(A, '');
    expect(texts.get(A)).toBe('');
  });
});
