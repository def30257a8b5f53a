import type { RandomSource } from '../../../core/random.ts';

/** x to the right, y downwards. */
export type Point = readonly [number, number];

/** A rectangle by its upper left corner and its size. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const degrees = (angle: number): number => (angle * Math.PI) / 180;

/** A random number from `low` up to `high`. */
export function between(random: RandomSource, low: number, high: number): number {
  return low + random() * (high - low);
}

/** A random whole number from `low` to `high`, both included. */
export function wholeBetween(random: RandomSource, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** The point at `distance` from `from` in the direction `angle` (radians, clockwise from the right). */
export function polar(from: Point, angle: number, distance: number): Point {
  return [from[0] + Math.cos(angle) * distance, from[1] + Math.sin(angle) * distance];
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

export function rotate(point: Point, angle: number): Point {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return [point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos];
}

export function boxCorners({ x, y, width, height }: Box): readonly Point[] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** The smallest box around the points; an empty list gives an empty box. */
export function boundsOf(points: readonly Point[]): Box {
  if (points.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function areaOf(points: readonly Point[]): number {
  let sum = 0;
  for (const [from, to] of edges(points, true)) sum += from[0] * to[1] - to[0] * from[1];
  return Math.abs(sum) / 2;
}

/** The edges of a line, with the one back to the start when it is closed. */
export function edges(points: readonly Point[], closed: boolean): readonly (readonly [Point, Point])[] {
  const result: (readonly [Point, Point])[] = [];
  for (const [index, from] of points.entries()) {
    const to = points[index + 1] ?? (closed ? points[0] : undefined);
    if (to !== undefined) result.push([from, to]);
  }
  return result;
}

/** The same outline with extra points, so that no edge is longer than `step`. */
export function resample(points: readonly Point[], closed: boolean, step: number): readonly Point[] {
  const result: Point[] = [];
  for (const [from, to] of edges(points, closed)) {
    const parts = Math.max(1, Math.ceil(distance(from, to) / step));
    for (let part = 0; part < parts; part++) {
      const share = part / parts;
      result.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
    }
  }
  const last = points.at(-1);
  if (!closed && last !== undefined) result.push(last);
  return result;
}

/** Every point moved by chance, at most `reach` in each direction. */
export function jitter(random: RandomSource, points: readonly Point[], reach: number): readonly Point[] {
  return points.map(([x, y]) => [x + between(random, -reach, reach), y + between(random, -reach, reach)]);
}

/**
 * The pieces of parallel lines that lie inside a polygon (even-odd rule).
 *
 * @param spacing - distance of the lines
 * @param angle - their direction in radians
 */
export function hatch(points: readonly Point[], spacing: number, angle: number): readonly (readonly [Point, Point])[] {
  const turned = points.map((point) => rotate(point, -angle));
  const box = boundsOf(turned);
  const pieces: (readonly [Point, Point])[] = [];
  for (let y = box.y + spacing / 2; y < box.y + box.height; y += spacing) {
    const crossings = crossingsAt(turned, y);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const [from, to] = [crossings[index] ?? 0, crossings[index + 1] ?? 0];
      pieces.push([rotate([from, y], angle), rotate([to, y], angle)]);
    }
  }
  return pieces;
}

function crossingsAt(points: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  for (const [from, to] of edges(points, true)) {
    if (from[1] <= y === to[1] <= y) continue;
    crossings.push(from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0]));
  }
  return crossings.sort((a, b) => a - b);
}
