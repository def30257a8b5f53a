import { expect, test } from 'vitest';
import { areaOf, boundsOf, boxCorners, hatch, resample } from './geometry.ts';
import { mix } from './colour.ts';
import { escapeXml, pathData } from './svg.ts';

const SQUARE = boxCorners({ x: 0, y: 0, width: 10, height: 10 });

test('hatching stays inside the outline', () => {
  const pieces = hatch(SQUARE, 2, 0);
  expect(pieces).toHaveLength(5);
  for (const [from, to] of pieces) expect([from[0], to[0]].toSorted((a, b) => a - b)).toEqual([0, 10]);
});

test('hatching of a hollow outline has gaps', () => {
  const horseshoe = [
    [0, 0],
    [10, 0],
    [10, 10],
    [7, 10],
    [7, 3],
    [3, 3],
    [3, 10],
    [0, 10],
  ] as const;
  expect(hatch(horseshoe, 10, 0)).toEqual([
    [
      [0, 5],
      [3, 5],
    ],
    [
      [7, 5],
      [10, 5],
    ],
  ]);
});

test('measures of a square', () => {
  expect(areaOf(SQUARE)).toBe(100);
  expect(boundsOf(SQUARE)).toEqual({ x: 0, y: 0, width: 10, height: 10 });
  expect(boundsOf([])).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  expect(resample(SQUARE, true, 5)).toHaveLength(8);
  expect(resample(SQUARE, false, 5)).toHaveLength(7);
});

test('rounding does not add up along a path', () => {
  const line = Array.from({ length: 1000 }, (_, at) => [at * 0.04, 0] as const);
  const steps = [...pathData(line, false).matchAll(/l(-?[\d.]+)/g)].map(([, step]) => Number(step));
  expect(steps.reduce((sum, step) => sum + step, 0)).toBeCloseTo(40, 5);
});

test('colours mix by channel', () => {
  expect(mix('#000000', '#ff8000', 0.5)).toBe('#804000');
});

test('text is safe in elements and attributes', () => {
  expect(escapeXml(`<a b="c" d='e'>&\u0000\u000b\ud800`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd');
});
