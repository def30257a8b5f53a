import { pick, shuffle, type RandomSource } from '../../../../core/random.ts';
import { followField, ribbon, splinter, stroke, toPlace } from '../brush.ts';
import { darker, lighter, lightness, mix, NAMED } from '../colour.ts';
import { areaOf, between, distance, edges, hatch, jitter, polar, resample, type Point } from '../geometry.ts';
import type { Scene } from '../scene.ts';
import { outlineOf, type Shape, type Tone } from '../shape.ts';
import { setStage, type Placement, type Stage } from '../stage.ts';
import type { Canvas, Style } from '../style.ts';
import { area, areas, num, pathData } from '../svg.ts';
import { PALETTES, type Palette } from './expressionism-palettes.data.ts';

interface Sheet extends Canvas {
  readonly palette: Palette;
  readonly stage: Stage;
  /** Where the light comes from. */
  readonly light: Point;
  /** Whether there are so many motifs that the small ones are only outlined. */
  readonly isCrowd: boolean;
  /** How much everything writhes, 0.5 to 1.6. */
  readonly unrest: number;
}

const LIGHTS = new Set(['sun', 'moon', 'star', 'planet']);

/** Jagged strokes, leaning forms, fields of strong colour, a sky that swarms around what matters. */
export const expressionism: Style = (canvas) => {
  const stage = setStage(canvas);
  const lamp = stage.placements.find(({ motif }) => LIGHTS.has(motif.name));
  const { frame, random, scene } = canvas;
  const sheet: Sheet = {
    ...canvas,
    stage,
    isCrowd: stage.placements.length > 12,
    palette: paletteOf(scene),
    light: lamp?.centre ?? [frame.width * between(random, 0.15, 0.85), frame.height * between(random, 0.08, 0.3)],
    unrest: unrestOf(scene),
  };
  return [
    ...sky(sheet),
    ...(stage.hasSea ? sea(sheet) : ground(sheet)),
    ...stage.placements.flatMap((placement, index) => [
      ...halo(sheet, placement),
      ...figure(sheet, placement, toneColours(sheet, placement, index)),
    ]),
    ...weather(sheet),
    ...gouges(sheet),
  ];
};

function unrestOf({ mood, weather }: Scene): number {
  const base = { wild: 1.35, plain: 1, glad: 0.95, sad: 0.75, calm: 0.6 }[mood];
  return weather.includes('storm') ? base + 0.25 : base;
}

function paletteOf(scene: Scene): Palette {
  const palette = PALETTES[scene.hour];
  const gloom = scene.weather.includes('storm')
    ? 0.34
    : scene.mood === 'sad' || scene.weather.includes('rain')
      ? 0.18
      : 0;
  if (gloom === 0) return palette;
  // Light breaks through only in the innermost ring.
  return { ...palette, sky: palette.sky.map((colour, ring) => (ring === 0 ? colour : darker(colour, gloom))) };
}

/** Directions of the sky's strokes: rings around the light and the hero, and a wavering wind elsewhere. */
function skyField({ light, stage, unrest }: Sheet): (point: Point) => number {
  const { centre, size } = stage.hero;
  return (point) => {
    const around = (middle: Point, reach: number): Point => {
      const angle = Math.atan2(point[1] - middle[1], point[0] - middle[0]) + Math.PI / 2;
      const pull = Math.exp(-distance(point, middle) / reach);
      return [Math.cos(angle) * pull, Math.sin(angle) * pull];
    };
    const nearLight = around(light, 260);
    const nearHero = around(centre, size * 0.6);
    const wind = Math.sin(point[0] / 170 + point[1] / 90) * 0.7 * unrest + 0.12;
    const x = nearLight[0] * 1.5 - nearHero[0] * 0.9 + Math.cos(wind) * 0.42;
    const y = nearLight[1] * 1.5 - nearHero[1] * 0.9 + Math.sin(wind) * 0.42;
    return Math.atan2(y, x);
  };
}

function sky(sheet: Sheet): readonly string[] {
  const { frame, random, palette, light, stage, unrest } = sheet;
  const field = skyField(sheet);
  const bottom = stage.horizon + 40;
  const layers = new Map<string, (readonly Point[])[]>();
  const gap = 31 * Math.sqrt((frame.width * frame.height) / 1e6);
  for (let y = -20; y < bottom; y += gap) {
    for (let x = -40; x < frame.width + 20; x += gap * 1.25) {
      const start: Point = [x + between(random, -16, 16), y + between(random, -14, 14)];
      const band = distance(start, light) / (stage.horizon * 0.2) + between(random, -0.55, 0.55) * unrest;
      const base = palette.sky[Math.min(palette.sky.length - 1, Math.max(0, Math.floor(band)))] ?? palette.ink;
      const colour = pick(random, [base, base, lighter(base, 0.16), darker(base, 0.22)]);
      const spine = followField(start, field, [4, between(random, 15, 30) * (gap / 31)]);
      const list = layers.get(colour) ?? [];
      list.push(ribbon(random, spine, between(random, 13, 27) * (gap / 31)));
      layers.set(colour, list);
    }
  }
  const ground = palette.sky.at(-2) ?? palette.ink;
  return [
    area(
      [
        [0, 0],
        [frame.width, 0],
        [frame.width, frame.height],
        [0, frame.height],
      ],
      ground,
    ),
    ...shuffle(random, [...layers]).map(([colour, polygons]) => areas(polygons, colour)),
  ];
}

/** Slanting fields that run towards a point on the horizon. */
function ground({ frame, random, palette, stage, unrest }: Sheet): readonly string[] {
  const vanishing: Point = [frame.width * between(random, 0.3, 0.7), stage.horizon];
  const ridge = Array.from({ length: 9 }, (_, index): Point => [
    (index / 8) * (frame.width + 80) - 40,
    stage.horizon + between(random, -46, 30) * unrest,
  ]);
  const base = palette.ground[0];
  const parts = [
    area([...ridge, [frame.width + 40, frame.height], [-40, frame.height]], darker(base, 0.2)),
    areas(
      edges(ridge, false).map((edge) => stroke(random, edge, 17)),
      palette.ink,
    ),
  ];
  const fields = 9;
  for (let index = 0; index < fields; index++) {
    const left = (index / fields) * 3 - 1 + between(random, -0.06, 0.06);
    const right = left + (3 / fields) * between(random, 0.8, 1.15);
    const field: Point[] = [
      [vanishing[0] - 20, stage.horizon + 34],
      [frame.width * right, frame.height + 30],
      [frame.width * left, frame.height + 30],
    ];
    const colour = pick(random, palette.ground);
    const angle = Math.atan2(frame.height - stage.horizon, frame.width * (left + right) * 0.5 - vanishing[0]);
    const hatching = hatch(field, 17, angle + between(random, -0.5, 0.5));
    parts.push(
      area(jitter(random, field, 8), colour),
      areas(
        hatching.filter(() => random() < 0.6).map((piece) => stroke(random, shortened(random, piece), 9)),
        pick(random, [lighter(colour, 0.3), darker(colour, 0.45)]),
      ),
      areas(
        edges(field, true)
          .slice(0, 1)
          .map((edge) => stroke(random, edge, 8)),
        palette.ink,
      ),
    );
  }
  return parts;
}

function sea({ frame, random, palette, stage, unrest }: Sheet): readonly string[] {
  const parts = [
    area(
      [
        [0, stage.horizon],
        [frame.width, stage.horizon],
        [frame.width, frame.height],
        [0, frame.height],
      ],
      palette.sea[0],
    ),
  ];
  const layers = new Map<string, (readonly Point[])[]>();
  const coarse = Math.sqrt((frame.width * frame.height) / 1e6);
  for (let y = stage.horizon; y < frame.height + 30; y += 15 * coarse) {
    const near = (y - stage.horizon) / (frame.height - stage.horizon);
    const length = (22 + near * 62) * coarse;
    for (let x = between(random, -120, 0); x < frame.width + 60; x += length * 1.5) {
      const colour = pick(random, palette.sea);
      const lift = between(random, 0.3, 1) * (5 + near * 34) * unrest;
      const crest: Point[] = [
        [x, y],
        [x + length * 0.55, y - lift * 0.5],
        [x + length, y - lift],
        [x + length * 1.25, y - lift * 0.2],
        [x + length * 1.9, y + 3],
      ];
      const list = layers.get(colour) ?? [];
      list.push(ribbon(random, crest, (9 + near * 19) * coarse));
      layers.set(colour, list);
    }
  }
  parts.push(...[...layers].map(([colour, polygons]) => areas(polygons, colour)));
  const glints = Array.from({ length: 26 }, () => {
    const y = between(random, stage.horizon + 6, frame.height);
    const x = between(random, 0, frame.width);
    return stroke(
      random,
      [
        [x, y],
        [x + between(random, 24, 80), y - between(random, 2, 18)],
      ],
      6,
    );
  });
  return [...parts, areas(glints, lighter(palette.light, 0.2))];
}

/** Colours that no thing has by nature, laid over its own. */
const STRANGE = ['#c8324f', '#1f9a86', '#f2b632', '#3b4fb5'] as const;

type ToneColours = Readonly<Record<Tone, string>>;

function toneColours({ random, palette, scene, stage }: Sheet, placement: Placement, index: number): ToneColours {
  const named = scene.colours.flatMap((name) => NAMED[name]?.[0] ?? []);
  const mixed = shuffle(random, palette.things);
  const isHero = placement.motif === stage.hero.motif;
  const wanted = named[isHero ? 0 : 1 + (index % 3)];
  const own = mixed.filter((colour) => colour !== wanted);
  const isLamp = LIGHTS.has(placement.motif.name);
  return {
    main: wanted ?? (isLamp ? lighter(palette.light, 0.1) : (own[0] ?? palette.light)),
    second: own[1] ?? palette.light,
    accent: own[2] ?? palette.light,
    dark: palette.ink,
    light: palette.light,
  };
}

/** Strokes that swarm around a motif and lift it off the ground. */
function halo({ random, palette, unrest }: Sheet, { centre, size, motif }: Placement): readonly string[] {
  if (motif.role === 'ground' || motif.role === 'water') return [];
  const strokes = Array.from({ length: Math.round(size / 13) }, (_, index) => {
    const angle = (index / (size / 13)) * Math.PI * 2 + between(random, -0.1, 0.1);
    const from = polar(centre, angle, size * between(random, 0.47, 0.58));
    return stroke(
      random,
      [from, polar(from, angle + 0.5 * unrest, Math.min(size, 620) * between(random, 0.08, 0.2))],
      Math.min(13, size * 0.026),
    );
  });
  const split = Math.floor(strokes.length / 2);
  const mixed = shuffle(random, strokes);
  return [areas(mixed.slice(0, split), palette.light), areas(mixed.slice(split), palette.ink)];
}

function figure(sheet: Sheet, placement: Placement, colours: ToneColours): readonly string[] {
  const bend = distortion(sheet, placement);
  return placement.motif.shapes.flatMap((shape) =>
    part(sheet, shape, { placement, bend, colour: colours[shape.tone] }),
  );
}

/** Leans and buckles the motif, the same way for all of its parts so that they stay together. */
function distortion({ random, unrest }: Sheet, placement: Placement): (point: Point) => Point {
  const place = toPlace(placement);
  const lean = between(random, -0.22, 0.22) * unrest;
  const [swing, phase] = [between(random, 2, 4.5) * unrest, between(random, 0, 6)];
  return ([x, y]) =>
    place([x + (60 - y) * lean + Math.sin(y / 17 + phase) * swing, y + Math.sin(x / 21 + phase) * swing * 0.7]);
}

interface Drawing {
  readonly placement: Placement;
  readonly bend: (point: Point) => Point;
  readonly colour: string;
}

function part(
  { random, palette, light, isCrowd }: Sheet,
  shape: Shape,
  { placement, bend, colour }: Drawing,
): readonly string[] {
  const scale = placement.size / 100;
  const outline = angular(random, shape).map(bend);
  const filled = area(outline, colour);
  if (areaOf(outline) < 90 * scale * scale) return [filled];
  if (isCrowd && placement.size < 260) {
    return [
      `<path d="${pathData(outline)}" fill="${colour}" stroke="${palette.ink}" stroke-width="${num(scale * 2)}"/>`,
    ];
  }
  const spacing = Math.min(17, Math.max(5, scale * 2.7));
  const towards = Math.atan2(light[1] - placement.centre[1], light[0] - placement.centre[0]);
  const isDark = lightness(colour) < 0.2;
  const shade = hatch(outline, spacing, towards + Math.PI / 2 + between(random, -0.35, 0.35));
  const pieces = shade.flatMap((piece) => dashes(random, piece).map((dash) => stroke(random, dash, spacing * 0.66)));
  const groups = [0, 1, 2].map((group) => pieces.filter((_, index) => index % 3 === group));
  const strange = pick(random, STRANGE);
  const contour = edges(outline, true).map((edge) =>
    stroke(random, edge, Math.max(4, scale * between(random, 1.2, 2.4))),
  );
  return [
    filled,
    areas(groups[0] ?? [], isDark ? lighter(colour, 0.12) : darker(colour, 0.42)),
    areas(groups[1] ?? [], lighter(colour, isDark ? 0.22 : 0.36)),
    areas(groups[2] ?? [], mix(colour, strange, isDark ? 0.3 : 0.5)),
    areas(contour, palette.ink),
  ];
}

/** A line of hatching in strokes of the length of a brush's turn. */
function dashes(random: RandomSource, piece: readonly [Point, Point]): readonly (readonly [Point, Point])[] {
  const count = Math.max(1, Math.round(distance(...piece) / 95));
  return Array.from({ length: count }, (_, index) => {
    const at = (share: number): Point => [
      piece[0][0] + (piece[1][0] - piece[0][0]) * share,
      piece[0][1] + (piece[1][1] - piece[0][1]) * share,
    ];
    return shortened(random, [at(index / count), at((index + 1) / count)]);
  });
}

/** A hatching stroke that starts and ends somewhere within its line. */
function shortened(random: RandomSource, [from, to]: readonly [Point, Point]): readonly [Point, Point] {
  const at = (share: number): Point => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  const start = random() * 0.35;
  return [at(start), at(start + between(random, 0.4, 0.65))];
}

/** Curves become a few hard edges, straight edges lose their straightness. */
function angular(random: RandomSource, shape: Shape): readonly Point[] {
  const outline = outlineOf(shape);
  if (shape.kind === 'area') return jitter(random, resample(outline, true, 34), 1.3);
  if (shape.kind === 'line') return jitter(random, outline, 0.5);
  const reach = shape.kind === 'oval' ? Math.max(shape.rx, shape.ry) : shape.radius;
  return jitter(
    random,
    outline.filter((_, index) => reach < 7 || index % 3 === 0 || index === outline.length - 1),
    reach * 0.05,
  );
}

function weather(sheet: Sheet): readonly string[] {
  const { scene, random, frame, palette } = sheet;
  const parts: string[] = [];
  if (scene.weather.includes('rain') || scene.weather.includes('storm')) {
    const drops = Array.from({ length: 150 }, () => {
      const x = between(random, -60, frame.width + 120);
      const y = between(random, -80, frame.height);
      const length = between(random, 50, 150);
      return stroke(
        random,
        [
          [x, y],
          [x - length * 0.34, y + length],
        ],
        between(random, 3, 6.5),
      );
    });
    parts.push(
      areas(drops.slice(0, 95), lighter(palette.sky[2] ?? palette.light, 0.45)),
      areas(drops.slice(95), palette.ink),
    );
  }
  if (scene.weather.includes('storm')) parts.push(...lightning(sheet));
  if (scene.weather.includes('snow')) {
    const flakes = Array.from({ length: 120 }, () =>
      splinter(random, [between(random, 0, frame.width), between(random, 0, frame.height)], between(random, 5, 15)),
    );
    parts.push(areas(flakes, '#fbfaf2'));
  }
  return parts;
}

function lightning({ random, frame, stage, palette }: Sheet): readonly string[] {
  const left: Point[] = [];
  const right: Point[] = [];
  let x =
    frame.width * (stage.hero.centre[0] > frame.width / 2 ? between(random, 0.12, 0.3) : between(random, 0.7, 0.88));
  for (let step = 0; step <= 7; step++) {
    const y = (step / 7) * stage.horizon;
    x += (step % 2 === 0 ? -1 : 1) * between(random, 20, 78);
    const width = 20 * (1 - step / 7.5);
    left.push([x - width, y]);
    right.push([x + width, y + 8]);
  }
  const bolt = [...left, ...right.toReversed()];
  const glow = bolt.map(([px, py], index): Point => [px + (index < left.length ? -12 : 12), py]);
  return [area(glow, palette.ink), area(bolt, lighter(palette.light, 0.4))];
}

/** Marks of the knife along the edges of the block. */
function gouges({ frame, random, palette }: Sheet): readonly string[] {
  const bites: (readonly Point[])[] = [];
  const sides: readonly (readonly [Point, Point, number])[] = [
    [[0, 0], [frame.width, 0], Math.PI / 2],
    [[frame.width, 0], [frame.width, frame.height], Math.PI],
    [[frame.width, frame.height], [0, frame.height], -Math.PI / 2],
    [[0, frame.height], [0, 0], 0],
  ];
  for (const [from, to, inward] of sides) {
    const along = Math.atan2(to[1] - from[1], to[0] - from[0]);
    for (let at = 0; at < distance(from, to); at += between(random, 12, 38)) {
      const start = polar(from, along, at);
      const tip = polar(polar(start, inward, between(random, 8, 34)), along, between(random, -22, 22));
      bites.push([polar(start, inward, -6), tip, polar(polar(start, along, between(random, 10, 26)), inward, -6)]);
    }
  }
  return [areas(bites, palette.ink)];
}
