import { pick, shuffle, type RandomSource } from '../../../../core/random.ts';
import { tornEdge } from '../brush.ts';
import { between, boxCorners, edges, wholeBetween, type Point } from '../geometry.ts';
import { letteringSvg, widthOf, type Lettering } from '../lettering.ts';
import { motifSvg, shapeSvg } from '../shape-svg.ts';
import type { Shape, Tone } from '../shape.ts';
import { area, element, num } from '../svg.ts';

const INK = '#1a1816';
const EDGE = '#fbf5e6';

/** A piece of something, drawn around its own origin, and where it is glued. */
export interface Glued {
  readonly at: Point;
  /** In degrees. */
  readonly turn: number;
  readonly scale?: number;
}

export function glue({ at, turn, scale = 1 }: Glued, children: readonly string[]): string {
  const place = `translate(${num(at[0])} ${num(at[1])}) rotate(${num(turn)})`;
  return element(
    'g',
    { transform: scale === 1 ? place : `${place} scale(${Math.round(scale * 1000) / 1000})` },
    children,
  );
}

/** What papers are printed with; each is a pattern for fills, in units of the frame. */
export function patterns(): string {
  const dots = (id: string, [size, r]: readonly [number, number], fill: string): string =>
    element(
      'pattern',
      { id, width: size, height: size, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(32)' },
      [element('circle', { cx: size / 2, cy: size / 2, r, fill })],
    );
  const bars = Array.from({ length: 6 }, (_, row) =>
    element('rect', { x: 2, y: row * 9 + 2, width: [86, 90, 74, 88, 82, 46][row] ?? 80, height: 3.4, fill: '#5d574c' }),
  );
  return element('defs', {}, [
    dots('dots-fine', [2.6, 0.72], INK),
    dots('dots-coarse', [14, 4.6], INK),
    dots('dots-red', [18, 6.2], '#c22a1c'),
    element(
      'pattern',
      { id: 'rules', width: 12, height: 12, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(-38)' },
      [element('rect', { width: 12, height: 4.5, fill: INK })],
    ),
    element('pattern', { id: 'news', width: 104, height: 62, patternUnits: 'userSpaceOnUse' }, bars),
    element('pattern', { id: 'check', width: 44, height: 44, patternUnits: 'userSpaceOnUse' }, [
      element('rect', { width: 22, height: 22, fill: INK }),
      element('rect', { x: 22, y: 22, width: 22, height: 22, fill: INK }),
    ]),
  ]);
}

/** A torn piece of paper with its white fibres and a shadow. */
export function tornPaper(random: RandomSource, [width, height]: Point, fills: readonly string[]): readonly string[] {
  const skew = (): number => between(random, -0.08, 0.08);
  const corners = boxCorners({ x: -width / 2, y: -height / 2, width, height }).map(([x, y]): Point => [
    x + skew() * width,
    y + skew() * height,
  ]);
  const outline = edges(corners, true).flatMap((edge) => tornEdge(random, edge, 7));
  const fibres = outline.map(([x, y]): Point => [
    x + Math.sign(x) * between(random, 1, 7),
    y + Math.sign(y) * between(random, 1, 7),
  ]);
  return [
    element('g', { opacity: 0.26, transform: 'translate(7 9)' }, [area(fibres, '#000000')]),
    area(fibres, EDGE),
    ...fills.map((fill) => area(outline, fill)),
  ];
}

/** A word on a strip cut with scissors. */
export function wordStrip(random: RandomSource, lettering: Lettering, paper: string): readonly string[] {
  const width = widthOf(lettering) + lettering.size * 0.5;
  const height = lettering.size * between(random, 1.15, 1.4);
  const cut = (): number => between(random, -0.07, 0.07) * lettering.size;
  const corners = boxCorners({ x: -width / 2, y: -height / 2, width, height }).map(([x, y]): Point => [
    x + cut(),
    y + cut(),
  ]);
  return [
    element('g', { opacity: 0.28, transform: 'translate(4 6)' }, [area(corners, '#000000')]),
    area(corners, paper),
    element('g', { transform: `translate(${num(-width / 2 + lettering.size * 0.25)} ${num(lettering.size * 0.36)})` }, [
      letteringSvg(lettering),
    ]),
  ];
}

export interface CutOut {
  readonly shapes: readonly Shape[];
  readonly colours: Readonly<Record<Tone, string>>;
  readonly isScreened: boolean;
  /** Unique in the picture, for its clip paths. */
  readonly id: string;
  readonly isSliced: boolean;
}

/** A motif cut out of printed matter, in a box of 100 × 100 around the origin; sometimes cut through and shifted. */
export function cutOut(random: RandomSource, cut: CutOut): readonly string[] {
  const whole = cutOutLayers(cut);
  const centred = (children: readonly string[]): string => element('g', { transform: 'translate(-50 -50)' }, children);
  if (!cut.isSliced) return [centred(whole)];
  const height = between(random, 38, 62);
  const slant = between(random, -9, 9);
  const upper: Point[] = [
    [-40, -40],
    [140, -40],
    [140, height - slant],
    [-40, height + slant],
  ];
  const lower: Point[] = [
    [-40, height + slant],
    [140, height - slant],
    [140, 140],
    [-40, 140],
  ];
  const clip = (id: string, points: readonly Point[]): string => element('clipPath', { id }, [area(points, '#000000')]);
  const shift = pick(random, [-1, 1]) * between(random, 7, 13);
  return [
    element('defs', {}, [clip(`${cut.id}-a`, upper), clip(`${cut.id}-b`, lower)]),
    element('g', { transform: `translate(${num(shift)} 3) rotate(${num(shift * 0.35)})` }, [
      centred([element('g', { 'clip-path': `url(#${cut.id}-b)` }, whole)]),
    ]),
    centred([element('g', { 'clip-path': `url(#${cut.id}-a)` }, whole)]),
  ];
}

function cutOutLayers({ shapes, colours, isScreened }: CutOut): readonly string[] {
  const silhouette = (fill: string): readonly string[] => shapes.map((shape) => shapeSvg(shape, fill));
  const fat = shapes.map((shape) =>
    shape.kind === 'line' ? shapeSvg({ ...shape, width: shape.width + 5 }, EDGE) : shapeSvg(shape, EDGE),
  );
  const isPrinted = ({ tone }: Shape): boolean => isScreened && (tone === 'main' || tone === 'second');
  return [
    element('g', { opacity: 0.3, transform: 'translate(2 2.6)' }, silhouette('#000000')),
    element('g', { stroke: EDGE, 'stroke-width': 5, 'stroke-linejoin': 'round' }, fat),
    ...shapes.flatMap((shape) => [
      ...motifSvg([shape], colours),
      ...(isPrinted(shape) ? [shapeSvg(shape, 'url(#dots-fine)')] : []),
    ]),
  ];
}

export function arrow(fill: string, length: number): readonly string[] {
  const half = length / 2;
  return [
    area(
      [
        [-half, -9],
        [half - 46, -9],
        [half - 46, -34],
        [half, 0],
        [half - 46, 34],
        [half - 46, 9],
        [-half, 9],
        [-half + 16, 0],
      ],
      fill,
    ),
  ];
}

/** A ticket stub: notched ends, a perforation, a number that the seed drew. */
export function ticket(random: RandomSource, paper: string): readonly string[] {
  const number = String(wholeBetween(random, 1000, 99_999)).padStart(5, '0');
  const teeth = Array.from({ length: 7 }, (_, row): Point[] => [
    [120, -54 + row * 16],
    [128, -46 + row * 16],
    [120, -38 + row * 16],
  ]).flat();
  const outline: Point[] = [[-120, -54], ...teeth, [-120, 58]];
  return [
    element('g', { opacity: 0.26, transform: 'translate(5 7)' }, [area(outline, '#000000')]),
    area(outline, paper),
    element('rect', { x: -108, y: -42, width: 150, height: 86, fill: 'none', stroke: INK, 'stroke-width': 3 }),
    element('path', { d: 'M62 -54V58', stroke: INK, 'stroke-width': 3, 'stroke-dasharray': '3 7' }),
    element('g', { transform: 'translate(-98 20)' }, [
      letteringSvg({ text: number, size: 46, weight: 900, fill: INK }),
    ]),
    element('g', { transform: 'translate(104 40) rotate(-90)' }, [
      letteringSvg({ text: `No ${number.slice(0, 2)}`, size: 26, weight: 700, fill: '#b3261a' }),
    ]),
  ];
}

/** A rubber stamp: two rings with a letter or sign. */
export function stamp(text: string, ink: string): readonly string[] {
  const size = 78;
  const width = widthOf({ text, size, weight: 900 });
  return [
    element('circle', { r: 74, fill: 'none', stroke: ink, 'stroke-width': 8 }),
    element('circle', { r: 59, fill: 'none', stroke: ink, 'stroke-width': 3 }),
    element('g', { transform: `translate(${num(-width / 2)} ${num(size * 0.36)})` }, [
      letteringSvg({ text, size, weight: 900, fill: ink }),
    ]),
  ];
}

/** A piece of a ruler. */
export function ruler(length: number): readonly string[] {
  const ticks = Array.from({ length: Math.floor(length / 11) }, (_, at) =>
    element('rect', { x: -length / 2 + 6 + at * 11, y: -22, width: 2, height: at % 5 === 0 ? 24 : 13, fill: INK }),
  );
  return [element('rect', { x: -length / 2, y: -22, width: length, height: 44, fill: '#e0b13c' }), ...ticks];
}

/** Wheels of rings and quarters, as cut from a technical sheet. */
export function target(random: RandomSource, radius: number): readonly string[] {
  const inks = shuffle(random, ['#c22a1c', INK, '#f2e6cb', '#2f6f78']);
  return [1, 0.76, 0.5, 0.2].map((share, at) => element('circle', { r: radius * share, fill: inks[at] ?? INK }));
}
