import { degrees, edges, polar, type Point } from './geometry.ts';

/** What a part is for; every style has its own colour for it. */
export type Tone = 'main' | 'second' | 'accent' | 'dark' | 'light';

/** One part of a motif, in a box of 100 × 100. Angles are in degrees, clockwise from the right. */
export type Shape =
  | { readonly kind: 'oval'; readonly tone: Tone; readonly centre: Point; readonly rx: number; readonly ry: number }
  | { readonly kind: 'area'; readonly tone: Tone; readonly points: readonly Point[] }
  | {
      readonly kind: 'wedge';
      readonly tone: Tone;
      readonly centre: Point;
      readonly radius: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'line'; readonly tone: Tone; readonly width: number; readonly points: readonly Point[] };

const TONES: Readonly<Record<string, Tone>> = { a: 'main', b: 'second', c: 'accent', d: 'dark', l: 'light' };

/**
 * A part from its short notation: tone (`a` main, `b` second, `c` accent, `d` dark, `l` light), kind, numbers.
 *
 * Kinds: `o x y r [ry]` oval, `p x y x y …` polygon, `r x y width height` rectangle,
 * `w x y r from to` sector of a disc, `l width x y x y …` line, `c width x y r from to` piece of a circle's line.
 *
 * @throws {RangeError} when the notation cannot be read
 * @example
 * parseShape('a o 50 50 20').kind // => 'oval'
 */
export function parseShape(notation: string): Shape {
  const [toneName = '', kind = '', ...rest] = notation.split(' ');
  const tone = TONES[toneName];
  const numbers = rest.map(Number);
  const read = READERS[kind];
  if (tone === undefined || read === undefined || numbers.some((value) => Number.isNaN(value))) {
    throw new RangeError(`"${notation}" is no shape: expected a tone of a b c d l, a kind of o p r w l c, and numbers`);
  }
  return read(tone, numbers);
}

const READERS: Readonly<Record<string, (tone: Tone, numbers: readonly number[]) => Shape>> = {
  o: (tone, [x = 0, y = 0, r = 0, ry = r]) => ({ kind: 'oval', tone, centre: [x, y], rx: r, ry }),
  p: (tone, numbers) => ({ kind: 'area', tone, points: pairs(numbers) }),
  r: (tone, [x = 0, y = 0, w = 0, h = 0]) => ({
    kind: 'area',
    tone,
    points: pairs([x, y, x + w, y, x + w, y + h, x, y + h]),
  }),
  w: (tone, [x = 0, y = 0, radius = 0, from = 0, to = 0]) => ({
    kind: 'wedge',
    tone,
    centre: [x, y],
    radius,
    from,
    to,
  }),
  l: (tone, [width = 0, ...numbers]) => ({ kind: 'line', tone, width, points: pairs(numbers) }),
  c: (tone, [width = 0, x = 0, y = 0, r = 0, from = 0, to = 0]) => ({
    kind: 'line',
    tone,
    width,
    points: arcPoints([x, y], r, [from, to]),
  }),
};

function pairs(numbers: readonly number[]): readonly Point[] {
  return numbers.flatMap((x, index) => (index % 2 === 0 ? [[x, numbers[index + 1] ?? 0] as const] : []));
}

function arcPoints(centre: Point, radius: number, [from, to]: Point): readonly Point[] {
  const count = Math.max(2, Math.ceil(Math.abs(to - from) / 12));
  return Array.from({ length: count + 1 }, (_, index) =>
    polar(centre, degrees(from + ((to - from) * index) / count), radius),
  );
}

/** The outline of a part as a polygon; a line becomes the band it covers. */
export function outlineOf(shape: Shape): readonly Point[] {
  switch (shape.kind) {
    case 'area':
      return shape.points;
    case 'oval':
      return arcPoints([0, 0], 1, [0, 354]).map(([x, y]) => [
        shape.centre[0] + x * shape.rx,
        shape.centre[1] + y * shape.ry,
      ]);
    case 'wedge': {
      const arc = arcPoints(shape.centre, shape.radius, [shape.from, shape.to]);
      return shape.to - shape.from === 180 ? arc : [shape.centre, ...arc];
    }
    case 'line':
      return bandOf(shape.points, shape.width);
    default:
      return shape satisfies never;
  }
}

function bandOf(points: readonly Point[], width: number): readonly Point[] {
  const pieces = edges(points, false);
  const side = (sign: number): Point[] =>
    points.map((point, index) => {
      const before = pieces[index - 1] ?? pieces[index];
      const after = pieces[index] ?? before;
      if (before === undefined || after === undefined) return point;
      const angle = meanAngle(angleOf(before), angleOf(after)) + (Math.PI / 2) * sign;
      return polar(point, angle, width / 2);
    });
  return [...side(1), ...side(-1).toReversed()];
}

function angleOf([from, to]: readonly [Point, Point]): number {
  return Math.atan2(to[1] - from[1], to[0] - from[0]);
}

function meanAngle(a: number, b: number): number {
  return Math.atan2(Math.sin(a) + Math.sin(b), Math.cos(a) + Math.cos(b));
}
