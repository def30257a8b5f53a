import { pick, shuffle } from '../../../../core/random.ts';
import { lightness, NAMED } from '../colour.ts';
import { between, degrees, polar, wholeBetween, type Point } from '../geometry.ts';
import type { Motif, Scene } from '../scene.ts';
import { motifSvg } from '../shape-svg.ts';
import type { Tone } from '../shape.ts';
import type { Canvas, Style } from '../style.ts';
import { element, pathData } from '../svg.ts';
import { chooseTiles, type Primaries, type Tile } from './bauhaus-tiles.ts';

const DAY: Primaries = { red: '#d42a1e', yellow: '#f2b50c', blue: '#1d4b9c', ink: '#161412', paper: '#f2e8d5' };

/** Modules on the shorter side. */
const MODULES = 8;
const MARGIN = 44;

interface Block {
  readonly motif: Motif;
  readonly column: number;
  readonly row: number;
  readonly side: number;
}

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly module: number;
  readonly left: number;
  readonly top: number;
  readonly taken: Set<string>;
}

interface Plan extends Canvas {
  readonly grid: Grid;
  readonly blocks: readonly Block[];
  readonly tiles: readonly PlacedTile[];
  readonly axis: Axis;
}

interface PlacedTile {
  readonly tile: Tile;
  readonly column: number;
  readonly row: number;
  readonly side: number;
  readonly turn: number;
  readonly inks: readonly [keyof Primaries, keyof Primaries];
}

interface Axis {
  readonly angle: number;
  readonly centre: Point;
  readonly kind: 'band' | 'half' | 'disc';
  readonly breadth: number;
}

/** A strict grid of circles, squares and triangles in primary colours, crossed by an axis where colours change sides. */
export const bauhaus: Style = (canvas) => {
  const grid = gridFor(canvas);
  const blocks = placeBlocks(canvas, grid);
  const plan: Plan = {
    ...canvas,
    grid,
    blocks,
    tiles: placeTiles(canvas, grid),
    axis: chooseAxis(canvas, grid, blocks),
  };
  const primaries = primariesFor(canvas.scene);
  const isNight = canvas.scene.hour === 'night';
  const [plain, changed] = isNight ? [swapped(primaries), primaries] : [primaries, swapped(primaries)];
  return [
    element('defs', {}, [element('clipPath', { id: 'axis' }, [axisShape(plan)])]),
    ...layer(plan, plain),
    element('g', { 'clip-path': 'url(#axis)' }, layer(plan, changed)),
    ...lines(plan, plain),
  ];
};

function swapped({ red, yellow, blue, ink, paper }: Primaries): Primaries {
  return { red: yellow, yellow: red, blue: lightness(blue) < 0.45 ? '#6fa3dc' : '#1d4b9c', ink: paper, paper: ink };
}

/** A colour that the text names takes the place of the primary it is nearest to. */
function primariesFor({ colours }: Scene): Primaries {
  const places: Readonly<Record<string, keyof Primaries>> = {
    red: 'red',
    pink: 'red',
    orange: 'red',
    brown: 'red',
    yellow: 'yellow',
    green: 'blue',
    violet: 'blue',
    blue: 'blue',
    grey: 'blue',
  };
  const changes = colours.flatMap((name) => {
    const [place, hex] = [places[name], NAMED[name]?.[0]];
    return place === undefined || hex === undefined ? [] : [[place, hex] as const];
  });
  return { ...DAY, ...Object.fromEntries(changes) };
}

function gridFor({ frame }: Canvas): Grid {
  const module = (1000 - 2 * MARGIN) / MODULES;
  const columns = Math.floor((frame.width - 2 * MARGIN + 1) / module);
  const rows = Math.floor((frame.height - 2 * MARGIN + 1) / module);
  return {
    columns,
    rows,
    module,
    left: (frame.width - columns * module) / 2,
    top: (frame.height - rows * module) / 2,
    taken: new Set(),
  };
}

const cell = (column: number, row: number): string => `${column},${row}`;

function isFree(grid: Grid, { column, row, side }: Omit<Block, 'motif'>): boolean {
  if (column < 0 || row < 0 || column + side > grid.columns || row + side > grid.rows) return false;
  return cellsOf({ column, row, side }).every((at) => !grid.taken.has(at));
}

function cellsOf({ column, row, side }: Omit<Block, 'motif'>): readonly string[] {
  return Array.from({ length: side * side }, (_, at) => cell(column + (at % side), row + Math.floor(at / side)));
}

function placeBlocks(canvas: Canvas, grid: Grid): readonly Block[] {
  const { scene } = canvas;
  const hero = scene.motifs.find(({ role }) => role === 'figure') ?? scene.motifs[0];
  const order = [hero, ...scene.motifs.filter((motif) => motif !== hero)];
  const blocks: Block[] = [];
  for (const motif of order) {
    const side = sideOf(motif, motif === hero, order.length);
    for (let at = 0; at < motif.count; at++) {
      const carrier = blocks.find((block) => scene.motifs.indexOf(block.motif) === motif.on);
      const carried = blocks.find((block) => block.motif.on === scene.motifs.indexOf(motif));
      const wanted = { side, at, above: carrier, below: at === 0 ? carried : undefined };
      const spot = findSpot(canvas, grid, wanted);
      if (spot === undefined) break;
      for (const taken of cellsOf(spot)) grid.taken.add(taken);
      blocks.push({ ...spot, motif });
    }
  }
  return blocks;
}

function sideOf(motif: Motif, isHero: boolean, kinds: number): number {
  if (motif.count > 6) return 1;
  if (motif.count > 3) return 2;
  if (motif.count > 1) return isHero ? 3 : 2;
  if (isHero) return kinds > 3 ? 4 : 5;
  return kinds > 4 ? 2 : 3;
}

interface Wanted {
  readonly side: number;
  readonly at: number;
  readonly above: Block | undefined;
  readonly below: Block | undefined;
}

/** Beside its partner when there is one, on a staircase when there are several, else where there is room. */
function findSpot({ random, scene }: Canvas, grid: Grid, wanted: Wanted): Omit<Block, 'motif'> | undefined {
  // What sits on something is set at the very top, so that there is room for the other below it.
  const lowest = scene.motifs.some(({ on }) => on !== undefined) ? 0 : 1;
  for (let side = wanted.side; side >= 1; side--) {
    const tries: Omit<Block, 'motif'>[] = [];
    if (wanted.below !== undefined) {
      const { column, row, side: partner } = wanted.below;
      tries.push({ column: column + Math.floor((partner - side) / 2), row: row + partner, side });
    }
    if (wanted.above !== undefined) {
      tries.push({ column: wanted.above.column, row: wanted.above.row - side, side });
    }
    const rising = Math.max(0, grid.rows - (wanted.at + 1) * side);
    if (wanted.at > 0)
      tries.push({ column: wanted.at * side, row: rising, side }, { column: wanted.at * side, row: 0, side });
    for (let guess = 0; guess < 60; guess++) {
      const column = wholeBetween(random, 0, grid.columns - side);
      const row =
        side >= 4
          ? wholeBetween(random, 0, Math.min(lowest, grid.rows - side))
          : wholeBetween(random, 0, grid.rows - side);
      tries.push({ column, row, side });
    }
    const spot = tries.find((at) => isFree(grid, at));
    if (spot !== undefined) return spot;
  }
  return undefined;
}

/** Fills part of what is left; the rest stays empty, which holds the picture together. */
function placeTiles({ random, scene }: Canvas, grid: Grid): readonly PlacedTile[] {
  const tiles = chooseTiles(random, 4);
  const inks = shuffle(random, ['red', 'yellow', 'blue', 'ink'] as const);
  const density = { wild: 0.72, glad: 0.66, plain: 0.56, calm: 0.36, sad: 0.4 }[scene.mood];
  const drift = wholeBetween(random, 1, 3);
  const result: PlacedTile[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const side = random() < 0.22 && isFree(grid, { column, row, side: 2 }) ? 2 : 1;
      if (!isFree(grid, { column, row, side }) || random() > density) continue;
      const step = column + row * drift;
      for (const taken of cellsOf({ column, row, side })) grid.taken.add(taken);
      result.push({
        tile: tiles[step % tiles.length] ?? tiles[0],
        column,
        row,
        side,
        turn: ((step % 4) + wholeBetween(random, 0, 1)) * 90,
        inks: [inks[step % 4] ?? 'ink', inks[(step + 1) % 4] ?? 'red'],
      });
    }
  }
  return result;
}

function boxOf(grid: Grid, { column, row, side }: Omit<Block, 'motif'>): { x: number; y: number; size: number } {
  return { x: grid.left + column * grid.module, y: grid.top + row * grid.module, size: side * grid.module };
}

function chooseAxis({ random, frame }: Canvas, grid: Grid, [first]: readonly Block[]): Axis {
  const box = boxOf(grid, first ?? { column: 2, row: 2, side: 4 });
  const kind = pick<Axis['kind']>(random, ['band', 'half', 'disc', 'band']);
  const angle = pick(random, [-45, -30, 45, 30, -60]);
  const off = kind === 'disc' ? box.size * 0.5 : box.size * between(random, 0.28, 0.42);
  const heart: Point = [box.x + box.size / 2, box.y + box.size / 2];
  const centre = polar(heart, degrees(angle + 90), heart[1] > frame.height / 2 ? -off : off);
  return { angle, centre, kind, breadth: grid.module * (kind === 'disc' ? 2.6 : between(random, 0.9, 1.5)) };
}

function axisShape({ axis }: Plan): string {
  const { centre, angle, breadth, kind } = axis;
  if (kind === 'disc') return element('circle', { cx: centre[0], cy: centre[1], r: breadth });
  const far = 4000;
  const along = degrees(angle);
  const [from, to] = [polar(centre, along, -far), polar(centre, along, far)];
  const across = along + Math.PI / 2;
  const [near, wide] = kind === 'half' ? [0, far] : [-breadth / 2, breadth / 2];
  const corners = [
    polar(from, across, near),
    polar(to, across, near),
    polar(to, across, wide),
    polar(from, across, wide),
  ];
  return element('path', { d: pathData(corners) });
}

/** Everything on the grid in one set of colours. */
function layer({ frame, grid, tiles, blocks, scene }: Plan, colours: Primaries): readonly string[] {
  return [
    element('rect', { width: frame.width, height: frame.height, fill: colours.paper }),
    ...tiles.map(({ tile, turn, inks, ...at }) => {
      const { x, y, size } = boxOf(grid, at);
      const transform = `translate(${x} ${y}) scale(${size / 100}) rotate(${turn} 50 50)`;
      return element('g', { transform }, tile([colours[inks[0]], colours[inks[1]]]));
    }),
    ...blocks.flatMap((block, index) => blockSvg(grid, block, { colours, scene, index })),
  ];
}

const GROUNDS = ['disc', 'square', 'half', 'quarter'] as const;

interface Look {
  readonly colours: Primaries;
  readonly scene: Scene;
  readonly index: number;
}

/** The colours of a motif and of the plain form behind it, so that each stands out from the other. */
type Scheme = readonly [keyof Primaries, Readonly<Record<Tone, keyof Primaries>>];

const SCHEMES: readonly [Scheme, ...Scheme[]] = [
  ['yellow', { main: 'ink', second: 'blue', accent: 'red', dark: 'ink', light: 'paper' }],
  ['red', { main: 'paper', second: 'blue', accent: 'yellow', dark: 'ink', light: 'yellow' }],
  ['blue', { main: 'yellow', second: 'red', accent: 'red', dark: 'ink', light: 'paper' }],
  ['yellow', { main: 'blue', second: 'ink', accent: 'red', dark: 'ink', light: 'paper' }],
  ['red', { main: 'ink', second: 'blue', accent: 'yellow', dark: 'ink', light: 'paper' }],
];

function blockSvg(grid: Grid, block: Block, { colours, scene, index }: Look): readonly string[] {
  const { x, y, size } = boxOf(grid, block);
  const kindAt = scene.motifs.indexOf(block.motif);
  const [ground, tones] = SCHEMES[(kindAt * 2 + index + block.motif.name.length) % SCHEMES.length] ?? SCHEMES[0];
  // A motif in the colour of the paper needs a ground that reaches into every corner.
  const forms = tones.main === 'paper' ? (['square'] as const) : GROUNDS;
  const form = forms[(index + block.column + block.motif.name.length) % forms.length] ?? 'disc';
  const painted: Record<Tone, string> = {
    main: colours[tones.main],
    second: colours[tones.second],
    accent: colours[tones.accent],
    dark: colours[tones.dark],
    light: colours[tones.light],
  };
  const inset = size * 0.1;
  return [
    element('g', { transform: `translate(${x} ${y}) scale(${size / 100})` }, [groundForm(form, colours[ground])]),
    element(
      'g',
      { transform: `translate(${x + inset} ${y + inset}) scale(${(size - 2 * inset) / 100})` },
      motifSvg(block.motif.shapes, painted),
    ),
  ];
}

function groundForm(form: (typeof GROUNDS)[number], fill: string): string {
  switch (form) {
    case 'disc':
      return element('circle', { cx: 50, cy: 50, r: 50, fill });
    case 'square':
      return element('rect', { width: 100, height: 100, fill });
    case 'half':
      return element('path', { d: 'M0 100V50A50 50 0 0 1 100 50V100z', fill });
    case 'quarter':
      return element('path', { d: 'M0 0H0A100 100 0 0 1 100 100H0z', fill });
    default:
      return form satisfies never;
  }
}

/** Thin parallels along the axis and a small disc, as a counterweight. */
function lines({ axis, random, grid }: Plan, colours: Primaries): readonly string[] {
  const along = degrees(axis.angle);
  const across = along + Math.PI / 2;
  const side = random() < 0.5 ? -1 : 1;
  const start = axis.kind === 'disc' ? axis.breadth : axis.kind === 'band' ? axis.breadth / 2 : 0;
  const parts: string[] = [];
  for (let index = 0; index < 3; index++) {
    const middle = polar(axis.centre, across, side * (start + grid.module * (0.16 + index * 0.13)));
    const reach = grid.module * between(random, 2.2, 5.5);
    parts.push(
      element('path', {
        d: pathData([polar(middle, along, -reach), polar(middle, along, reach * between(random, 0.7, 1.2))], false),
        stroke: index === 1 ? colours.red : colours.ink,
        'stroke-width': 5 - index,
        fill: 'none',
      }),
    );
  }
  const end = polar(axis.centre, along, side * grid.module * between(random, 2.6, 3.6));
  return [...parts, element('circle', { cx: end[0], cy: end[1], r: grid.module * 0.24, fill: colours.red })];
}
