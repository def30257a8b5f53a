import { createRandom, pick, type RandomSource } from '../../../core/random.ts';
import { between, degrees, polar, wholeBetween, type Point } from './geometry.ts';
import { hashText } from './hash.ts';
import type { Shape, Tone } from './shape.ts';

const TONES = ['main', 'second', 'accent', 'dark', 'light'] as const satisfies readonly [Tone, ...Tone[]];

/**
 * An invented sign for a word that names nothing drawable: the same word always gives the same sign.
 * A stem, one storey for every two letters or so, and a crown; long words grow tall signs.
 */
export function signOf(word: string): readonly Shape[] {
  const random = createRandom(hashText(word));
  const storeys = Math.min(5, 2 + Math.floor(word.length / 3));
  const height = 90 / storeys;
  const shapes: Shape[] = [
    {
      kind: 'line',
      tone: 'dark',
      width: 4,
      points: [
        [50, 4],
        [50, 97],
      ],
    },
  ];
  for (let storey = 0; storey < storeys; storey++) {
    const y = 95 - height * (storey + 0.5);
    shapes.push(...storeyShapes(random, [50, y], height));
  }
  return shapes;
}

function storeyShapes(random: RandomSource, centre: Point, height: number): readonly Shape[] {
  const reach = height * between(random, 0.45, 0.62);
  const tone = pick(random, TONES);
  const inner = pick(random, TONES);
  const draw = pick(random, [halves, ring, spike, slab, fan]);
  return draw({ random, centre, reach, tone, inner });
}

interface Storey {
  readonly random: RandomSource;
  readonly centre: Point;
  readonly reach: number;
  readonly tone: Tone;
  readonly inner: Tone;
}

function halves({ centre, reach, tone, inner, random }: Storey): readonly Shape[] {
  const turn = wholeBetween(random, 0, 3) * 90;
  const [x, y] = centre;
  const shift = reach * pick(random, [0, 0.5, -0.5]);
  return [
    { kind: 'wedge', tone, centre: [x - shift, y], radius: reach * 1.1, from: turn, to: turn + 180 },
    { kind: 'wedge', tone: inner, centre: [x + shift, y], radius: reach * 1.1, from: turn + 180, to: turn + 360 },
  ];
}

function ring({ centre, reach, tone, inner }: Storey): readonly Shape[] {
  return [
    { kind: 'oval', tone, centre, rx: reach * 1.1, ry: reach * 1.1 },
    { kind: 'oval', tone: inner, centre, rx: reach * 0.6, ry: reach * 0.6 },
    { kind: 'oval', tone, centre, rx: reach * 0.2, ry: reach * 0.2 },
  ];
}

function spike({ centre, reach, tone, inner, random }: Storey): readonly Shape[] {
  const side = pick(random, [-1, 1]);
  const [x, y] = centre;
  return [
    {
      kind: 'area',
      tone,
      points: [
        [x, y - reach],
        [x + side * reach * 2.4, y],
        [x, y + reach],
      ],
    },
    {
      kind: 'area',
      tone: inner,
      points: [
        [x, y - reach * 0.6],
        [x - side * reach * 1.6, y],
        [x, y + reach * 0.6],
      ],
    },
  ];
}

function slab({ centre, reach, tone, inner, random }: Storey): readonly Shape[] {
  const [x, y] = centre;
  const wide = reach * between(random, 1, 2.2);
  const shift = reach * pick(random, [0, 0.7, -0.7]);
  return [
    {
      kind: 'area',
      tone,
      points: [
        [x - wide + shift, y - reach * 0.7],
        [x + wide + shift, y - reach * 0.7],
        [x + wide + shift, y + reach * 0.7],
        [x - wide + shift, y + reach * 0.7],
      ],
    },
    { kind: 'oval', tone: inner, centre: [x + shift, y], rx: reach * 0.4, ry: reach * 0.4 },
  ];
}

function fan({ centre, reach, tone, inner, random }: Storey): readonly Shape[] {
  const start = wholeBetween(random, 0, 7) * 45;
  return [0, 1, 2, 3, 4].map((blade) => ({
    kind: 'area' as const,
    tone: blade % 2 === 0 ? tone : inner,
    points: [
      centre,
      polar(centre, degrees(start + blade * 36), reach * 1.7),
      polar(centre, degrees(start + blade * 36 + 24), reach * 1.7),
    ],
  }));
}
