import { pick, type RandomSource } from '../../../../core/random.ts';
import { element } from '../svg.ts';

/** Colours by their part in the order; `swap` gives the same order in its counter-colours. */
export interface Primaries {
  readonly red: string;
  readonly yellow: string;
  readonly blue: string;
  readonly ink: string;
  readonly paper: string;
}

/** One module of the grid in a box of 100 × 100, turned by quarter turns. */
export type Tile = (colours: readonly [string, string]) => readonly string[];

const path = (d: string, fill: string): string => `<path d="${d}" fill="${fill}"/>`;

const TILES: readonly [Tile, ...Tile[]] = [
  ([first]) => [path('M0 0H100A100 100 0 0 1 0 100z', first)],
  ([first, second]) => [path('M0 0H100A100 100 0 0 1 0 100z', first), path('M0 0H50A50 50 0 0 1 0 50z', second)],
  ([first]) => [path('M0 50A50 50 0 0 1 100 50z', first)],
  ([first, second]) => [path('M0 50A50 50 0 0 1 100 50z', first), path('M0 100A50 50 0 0 1 100 100z', second)],
  ([first]) => [path('M0 0L100 100H0z', first)],
  ([first, second]) => [path('M0 0L100 100H0z', first), path('M0 0H100V100z', second)],
  ([first, second]) => [
    element('rect', { width: 100, height: 100, fill: first }),
    element('circle', { cx: 50, cy: 50, r: 32, fill: second }),
  ],
  ([first]) => [0, 1, 2, 3].map((bar) => element('rect', { x: 0, y: bar * 25, width: 100, height: 12.5, fill: first })),
  ([first, second]) => [
    element('circle', { cx: 50, cy: 50, r: 50, fill: first }),
    path('M50 0A50 50 0 0 1 50 100z', second),
  ],
  ([first, second]) =>
    [96, 72, 48, 24].map((r, at) => path(`M0 0H${r}A${r} ${r} 0 0 1 0 ${r}z`, at % 2 === 0 ? first : second)),
  ([first]) => [25, 75].flatMap((x) => [25, 75].map((y) => element('circle', { cx: x, cy: y, r: 13, fill: first }))),
  ([first, second]) => [path('M50 0L100 100H0z', first), element('circle', { cx: 50, cy: 66, r: 17, fill: second })],
  ([first]) => [element('rect', { width: 100, height: 100, fill: first })],
];

/** A few kinds of modules for one picture, so that they make a rhythm. */
export function chooseTiles(random: RandomSource, count: number): readonly [Tile, ...Tile[]] {
  const rest = Array.from({ length: count - 1 }, () => pick(random, TILES));
  return [pick(random, TILES), ...rest];
}
