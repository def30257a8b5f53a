import type { RandomSource } from '../../../core/random.ts';
import { between, degrees, distance, polar, rotate, type Point } from './geometry.ts';
import type { Placement } from './stage.ts';

/** A straight stroke that swells in the middle and frays at both ends. */
export function stroke(random: RandomSource, [from, to]: readonly [Point, Point], width: number): readonly Point[] {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const across = angle + Math.PI / 2;
  const at = (share: number): Point => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  const half = (): number => (width / 2) * between(random, 0.7, 1.2);
  return [
    polar(from, across, half() * 0.4),
    polar(at(between(random, 0.2, 0.4)), across, half()),
    polar(at(between(random, 0.6, 0.85)), across, half() * 0.9),
    polar(to, angle, width * 0.4),
    polar(at(between(random, 0.6, 0.8)), across, -half()),
    polar(at(between(random, 0.15, 0.35)), across, -half() * 0.9),
  ];
}

/** A bent stroke along a line of points. */
export function ribbon(random: RandomSource, spine: readonly Point[], width: number): readonly Point[] {
  const left: Point[] = [];
  const right: Point[] = [];
  for (const [index, point] of spine.entries()) {
    const before = spine[Math.max(0, index - 1)] ?? point;
    const after = spine[Math.min(spine.length - 1, index + 1)] ?? point;
    const across = Math.atan2(after[1] - before[1], after[0] - before[0]) + Math.PI / 2;
    const swell = Math.sin(((index + 0.6) / (spine.length + 0.2)) * Math.PI) * between(random, 0.75, 1.15);
    left.push(polar(point, across, (width / 2) * swell));
    right.push(polar(point, across, (-width / 2) * swell));
  }
  return [...left, ...right.toReversed()];
}

/** Follows a field of directions from a point. */
export function followField(start: Point, field: (point: Point) => number, [steps, step]: Point): readonly Point[] {
  const spine: Point[] = [start];
  let at = start;
  for (let index = 0; index < steps; index++) {
    at = polar(at, field(at), step);
    spine.push(at);
  }
  return spine;
}

/** From a motif's box of 100 × 100 to its place in the picture. */
export function toPlace({ centre, size, tilt, isFlipped }: Placement): (point: Point) => Point {
  return ([x, y]) => {
    const local: Point = [((isFlipped ? 100 - x : x) / 100 - 0.5) * size, (y / 100 - 0.5) * size];
    const [dx, dy] = rotate(local, tilt);
    return [centre[0] + dx, centre[1] + dy];
  };
}

/** A star-shaped splinter with uneven points. */
export function splinter(random: RandomSource, centre: Point, radius: number): readonly Point[] {
  const points = 5 + Math.floor(random() * 4);
  return Array.from({ length: points * 2 }, (_, index) =>
    polar(
      centre,
      degrees((index * 180) / points + between(random, -8, 8)),
      index % 2 === 0 ? radius * between(random, 0.7, 1.2) : radius * 0.35,
    ),
  );
}

/** A torn or cut edge between two points: small steps off the line, none at the ends. */
export function tornEdge(random: RandomSource, [from, to]: readonly [Point, Point], reach: number): readonly Point[] {
  const count = Math.max(2, Math.round(distance(from, to) / 16));
  const across = Math.atan2(to[1] - from[1], to[0] - from[0]) + Math.PI / 2;
  let off = 0;
  return Array.from({ length: count }, (_, index) => {
    const share = index / count;
    off = index === 0 ? 0 : off * 0.7 + between(random, -reach, reach) * 0.6;
    return polar([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share], across, off);
  });
}
