import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['dadda', 'dada'],
  ['bauhuas', 'bauhaus'],
  ['Dada', 'dada'],
  ['stilepost', 'stille-post'],
  ['stille_post', 'stille-post'],
  ['expres', 'expressionism'],
  ['bauhaus-style', 'bauhaus'],
  ['dad', 'dada'],
])('%s is most likely %s', (word, expected) => {
  expect(nearest(word, ['dada', 'bauhaus', 'stille-post', 'expressionism'])).toBe(expected);
});

it.each(['', '-', 'zzz', 'haiku', 'x'.repeat(101)])('nothing is near to %j', (word) => {
  expect(nearest(word, ['dada', 'bauhaus', 'stille-post', 'expressionism'])).toBeUndefined();
});

it('does not guess between two that begin alike', () => {
  expect(nearest('text-to', ['text-to-media', 'text-to-text-long'])).toBeUndefined();
});

it('takes the nearest of several', () => {
  expect(nearest('generate-imag', ['generate-image', 'generate-images', 'generate-text'])).toBe('generate-image');
});

it('does not take one that is far too short for its beginning', () => {
  expect(nearest('abstract', ['ab'])).toBeUndefined();
});
