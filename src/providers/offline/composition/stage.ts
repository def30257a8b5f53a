import { between, type Point } from './geometry.ts';
import type { Motif } from './scene.ts';
import type { Canvas } from './style.ts';

/** Where a motif stands in a picture with a horizon. */
export interface Placement {
  readonly motif: Motif;
  readonly centre: Point;
  /** Side of its box. */
  readonly size: number;
  /** In radians, clockwise. */
  readonly tilt: number;
  readonly isFlipped: boolean;
  readonly depth: number;
}

export interface Stage {
  readonly horizon: number;
  /** From back to front. */
  readonly placements: readonly Placement[];
  readonly hero: Placement;
  readonly hasSea: boolean;
}

const DEPTH: Readonly<Record<Motif['role'], number>> = { sky: 0, weather: 0, water: 1, ground: 2, figure: 4, thing: 5 };
const NOT_PLACED = new Set(['sea', 'rain', 'snow', 'storm']);

interface Setting {
  readonly canvas: Canvas;
  readonly horizon: number;
  readonly hero: Motif;
  readonly side: 1 | -1;
  readonly placed: Map<number, Placement>;
}

/**
 * Puts the motifs on a stage: what carries something below what sits on it, things in the hands of figures,
 * lights and birds in the sky, boats on the water.
 */
export function setStage(canvas: Canvas): Stage {
  const { scene, frame, random } = canvas;
  const horizon = frame.height * between(random, 0.6, 0.7);
  const shown = scene.motifs.filter(({ name }) => !NOT_PLACED.has(name));
  const hero = shown.find(({ role }) => role === 'figure') ?? shown[0] ?? scene.motifs[0];
  const setting: Setting = { canvas, horizon, hero, side: random() < 0.5 ? -1 : 1, placed: new Map() };
  if (scene.isAbstract) return signStage(setting, shown);
  const order = [...shown].sort((a, b) => rank(a, hero) - rank(b, hero));
  const placements = order.flatMap((motif) => place(setting, motif));
  const heroPlace = placements.find(({ motif }) => motif === hero) ?? spot(setting, hero, [0.5, 0.55, 0.5]);
  return {
    horizon,
    placements: placements.toSorted((a, b) => a.depth - b.depth),
    hero: heroPlace,
    hasSea: scene.motifs.some(({ role }) => role === 'water'),
  };
}

/** Signs stand in a row like people, the first one tallest. */
function signStage(setting: Setting, signs: readonly Motif[]): Stage {
  const { frame, random } = setting.canvas;
  const placements = signs.map((motif, at) => {
    const size = at === 0 ? 0.86 : between(random, 0.46, 0.66);
    const step = Math.ceil(at / 2) * (at % 2 === 0 ? -1 : 1) * setting.side;
    const reach = Math.min(0.26, 0.8 / Math.max(3, signs.length));
    const bottom = frame.height * (at === 0 ? 0.99 : between(random, 0.84, 0.96));
    return {
      ...spot(setting, motif, [0.5 + step * reach, (bottom - size * 470) / frame.height, size]),
      depth: at === 0 ? 5 : 4,
    };
  });
  const hero = placements[0] ?? spot(setting, setting.hero, [0.5, 0.5, 0.6]);
  return { horizon: setting.horizon, placements: placements.toReversed(), hero, hasSea: false };
}

/** Grounds first, because others sit on them; then the hero, because things follow it. */
function rank(motif: Motif, hero: Motif): number {
  if (motif.role === 'ground') return 0;
  return motif === hero ? 1 : 2;
}

function place(setting: Setting, motif: Motif): readonly Placement[] {
  const list = PLACERS[motif.role](setting, motif);
  const [first] = list;
  const at = setting.canvas.scene.motifs.indexOf(motif);
  if (first !== undefined) setting.placed.set(at, first);
  return list;
}

const PLACERS: Readonly<Record<Motif['role'], (setting: Setting, motif: Motif) => readonly Placement[]>> = {
  ground: placeGround,
  figure: placeFigure,
  thing: placeThing,
  sky: placeSky,
  weather: () => [],
  water: placeWater,
};

/** A placement from shares of the frame: x, y of the centre, and size by the shorter side. */
function spot(setting: Setting, motif: Motif, [x, y, size]: readonly [number, number, number]): Placement {
  const { frame, random } = setting.canvas;
  return {
    motif,
    centre: [frame.width * x, frame.height * y],
    size: size * 1000,
    tilt: between(random, -0.06, 0.06),
    isFlipped: random() < 0.5,
    depth: motif === setting.hero ? 4.5 : DEPTH[motif.role],
  };
}

function placeGround(setting: Setting, motif: Motif): readonly Placement[] {
  const { scene, frame, random } = setting.canvas;
  const carries = scene.motifs.some(({ on, role }) => on === scene.motifs.indexOf(motif) && role !== 'sky');
  const size = carries ? 0.74 : between(random, 0.5, 0.66) / Math.sqrt(Math.min(motif.count, 4));
  const bottom = carries ? frame.height * 1.02 : setting.horizon + frame.height * between(random, 0.08, 0.2);
  const isHero = motif === setting.hero;
  return Array.from({ length: motif.count }, (_, at) => {
    const spread = motif.count === 1 ? 0 : (at / (motif.count - 1) - 0.5) * 0.8;
    const centre = carries || isHero || motif.count > 1 ? 0.5 + spread : 0.5 - setting.side * between(random, 0.2, 0.3);
    const grown = isHero && motif.count === 1 ? size * 1.25 : size;
    return spot(setting, motif, [centre, (bottom - grown * 470) / frame.height, grown]);
  });
}

function placeFigure(setting: Setting, motif: Motif): readonly Placement[] {
  const { frame, random } = setting.canvas;
  const carrier = motif.on === undefined ? undefined : setting.placed.get(motif.on);
  const isHero = motif === setting.hero;
  const alone = carrier === undefined ? 0.64 : 0.42;
  const size = (isHero ? alone : alone * 0.68) / Math.min(motif.count, 5) ** 0.55;
  const bottom =
    carrier === undefined
      ? frame.height * (isHero ? 0.97 : 0.9)
      : carrier.centre[1] + (carrier.motif.perch / 100 - 0.5) * carrier.size + size * 50;
  const middle = carrier === undefined ? 0.5 + setting.side * (isHero ? 0.1 : -0.24) : carrier.centre[0] / frame.width;
  return Array.from({ length: motif.count }, (_, at) => {
    const spread = motif.count === 1 ? 0 : (at / (motif.count - 1) - 0.5) * Math.min(0.78, 0.24 * motif.count);
    const step = motif.count === 1 ? 0 : between(random, -0.06, 0.02);
    return spot(setting, motif, [
      (motif.count > 1 ? 0.5 : middle) + spread,
      (bottom - size * 470) / frame.height + step,
      size,
    ]);
  });
}

function placeThing(setting: Setting, motif: Motif): readonly Placement[] {
  const { frame, random } = setting.canvas;
  const heroAt = setting.canvas.scene.motifs.indexOf(setting.hero);
  const holder = motif === setting.hero ? undefined : setting.placed.get(heroAt);
  if (holder?.motif.role === 'figure' && motif.count === 1) {
    const reach = holder.size * 0.17;
    const [x, y] = holder.centre;
    return [
      {
        ...spot(setting, motif, [0, 0, (holder.size * 0.62) / 1000]),
        centre: [x - setting.side * reach, y + holder.size * 0.14],
        tilt: setting.side * 0.75,
      },
    ];
  }
  const isHero = motif === setting.hero;
  const size = (isHero ? 0.62 : 0.34) / Math.min(motif.count, 6) ** 0.5;
  return Array.from({ length: motif.count }, (_, at) => {
    const spread = motif.count === 1 ? 0 : (at / (motif.count - 1) - 0.5) * 0.74;
    const x = (isHero || motif.count > 1 ? 0.5 : 0.5 - setting.side * 0.3) + spread;
    const y = (isHero ? 0.55 : 0.8) - Math.min(0, 500 - frame.height) / frame.height / 20;
    return { ...spot(setting, motif, [x, y + between(random, -0.05, 0.05), size]), tilt: between(random, -0.35, 0.35) };
  });
}

function placeSky(setting: Setting, motif: Motif): readonly Placement[] {
  const { random } = setting.canvas;
  const isHero = motif === setting.hero;
  const isSmall = motif.name === 'star';
  const base = isSmall ? 0.13 : isHero ? 0.44 : 0.25;
  const size = base / Math.min(motif.count, 6) ** (isSmall ? 0 : 0.36);
  return Array.from({ length: motif.count }, (_, at) => {
    const along = (at + 0.5) / motif.count;
    const x = motif.count === 1 ? 0.5 + setting.side * -0.27 : 0.1 + along * 0.8;
    const y = (isHero ? 0.26 : 0.17) + (motif.count > 1 ? Math.sin(along * 9 + setting.side) * 0.09 : 0);
    const grown = size * between(random, 0.82, 1.18);
    return {
      ...spot(setting, motif, [x, y + between(random, -0.03, 0.03), grown]),
      tilt: between(random, -0.25, 0.25),
    };
  });
}

function placeWater(setting: Setting, motif: Motif): readonly Placement[] {
  const { frame, random } = setting.canvas;
  const isHero = motif === setting.hero;
  const size = (isHero ? 0.56 : 0.3) / Math.min(motif.count, 6) ** 0.4;
  return Array.from({ length: motif.count }, (_, at) => {
    const along = (at + 0.5) / motif.count;
    const aside = isHero || setting.hero.count > 1 ? 0.02 : 0.26;
    const x = motif.count === 1 ? 0.5 - setting.side * aside : 0.08 + along * 0.84;
    const y =
      setting.horizon / frame.height + 0.02 + (isHero ? 0 : 0.03) + between(random, 0, motif.count > 1 ? 0.16 : 0.02);
    return spot(setting, motif, [x, y, size]);
  });
}
