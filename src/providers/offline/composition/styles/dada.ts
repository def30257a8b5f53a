import { pick, shuffle } from '../../../../core/random.ts';
import { NAMED } from '../colour.ts';
import { between, degrees, type Point } from '../geometry.ts';
import { firstLetter, letteringSvg, recased, widthOf, type Lettering } from '../lettering.ts';
import type { Hour, Motif } from '../scene.ts';
import type { Tone } from '../shape.ts';
import type { Canvas, Style } from '../style.ts';
import { element } from '../svg.ts';
import { arrow, cutOut, glue, patterns, ruler, stamp, target, ticket, tornPaper, wordStrip } from './dada-scraps.ts';

const INK = '#1a1816';
const RED = '#c22a1c';
const CREAM = '#f3e8cd';

const TABLES: Readonly<Record<Hour, string>> = { night: '#2b2d33', dusk: '#b9895a', dawn: '#d8b7a4', day: '#dccba6' };

const PAPERS = [
  '#e8dabb',
  '#c79a5e',
  '#d98b7b',
  '#3f7d84',
  '#dba92c',
  '#a9a496',
  '#23211f',
  '#f3e8cd',
  '#7f99a3',
  '#c22a1c',
] as const;

type Colours = Readonly<Record<Tone, string>>;

const GREYS: Colours = { main: '#d6cfbf', second: '#8d887d', accent: RED, dark: INK, light: '#fbf6e7' };
const SPOTS: readonly [Colours, ...Colours[]] = [
  { main: RED, second: '#e8dabb', accent: '#2f6f78', dark: INK, light: '#fbf6e7' },
  { main: '#2f6f78', second: '#e0b13c', accent: RED, dark: INK, light: '#fbf6e7' },
  { main: '#e0b13c', second: '#d98b7b', accent: INK, dark: INK, light: '#fbf6e7' },
  { main: INK, second: '#8d887d', accent: RED, dark: '#4a4640', light: '#fbf6e7' },
];

/** Torn papers, cut-outs at sizes that do not belong together, and the text's own words in mixed type. */
export const dada: Style = (canvas) => {
  const { scene, frame } = canvas;
  const hero = scene.motifs.find(({ role }) => role === 'figure') ?? scene.motifs[0];
  const others = scene.motifs.filter((motif) => motif !== hero);
  const words = shuffle(canvas.random, scene.words).slice(0, 9);
  return [
    patterns(),
    element('rect', { width: frame.width, height: frame.height, fill: TABLES[scene.hour] }),
    ...papers(canvas),
    ...bigLetter(canvas, words),
    ...oddments(canvas),
    ...others.flatMap((motif, at) =>
      cutOuts(canvas, motif, { first: at + 1, share: at / Math.max(1, others.length), isHero: false }),
    ),
    ...cutOuts(canvas, hero, { first: 0, share: 0, isHero: true }),
    ...strips(canvas, words),
    ...lastScraps(canvas, words),
  ];
};

/** From shares of the frame, −1 to 1 from its middle. */
function spot({ frame }: Canvas, [x, y]: Point): Point {
  return [frame.width * (0.5 + x / 2), frame.height * (0.5 + y / 2)];
}

function papers(canvas: Canvas): readonly string[] {
  const { random, frame } = canvas;
  const [across, down] = [frame.width / 1000, frame.height / 1000];
  const colours = shuffle(random, PAPERS);
  const prints = shuffle(random, [
    'url(#news)',
    'url(#dots-coarse)',
    'url(#rules)',
    'url(#news)',
    'url(#check)',
    'url(#dots-red)',
  ]);
  const places: readonly Point[] = [
    [-0.55, -0.5],
    [0.55, 0.5],
    [0.6, -0.55],
    [-0.6, 0.55],
    [0, 0.1],
    [0.25, -0.2],
    [-0.2, 0.75],
  ];
  return places.map(([x, y], at) => {
    const colour = colours[at] ?? CREAM;
    const isDark = colour === '#23211f';
    const print = at % 2 === 0 && !isDark ? [prints[at] ?? 'url(#news)'] : [];
    const narrow = at > 4 ? 0.5 : 1;
    const size: Point = [between(random, 420, 700) * narrow * across, between(random, 380, 640) * down];
    const place = spot(canvas, [x + between(random, -0.15, 0.15), y + between(random, -0.15, 0.15)]);
    return glue({ at: place, turn: between(random, -24, 24) }, tornPaper(random, size, [colour, ...print]));
  });
}

/** One letter of the text, as large as a door. */
function bigLetter(canvas: Canvas, words: readonly string[]): readonly string[] {
  const { random, frame } = canvas;
  const letters = words.slice(0, 2).map(firstLetter);
  return letters.map((letter, at) => {
    const size = at === 0 ? between(random, 620, 820) : between(random, 260, 380);
    const text = at === 0 ? letter.toUpperCase() : letter.toLowerCase();
    const width = widthOf({ text, size, weight: 900 });
    const side = (at === 0 ? -1 : 1) * (random() < 0.5 ? 1 : -1);
    const x = frame.width * (0.5 + side * between(random, 0.18, 0.3)) - width / 2;
    const y = frame.height * (at === 0 ? between(random, 0.6, 0.8) : between(random, 0.35, 0.95));
    const fill = pick(random, at === 0 ? [INK, RED, '#23373b'] : [RED, CREAM, INK]);
    const lettering = letteringSvg({ text, size, weight: 900, fill });
    return glue({ at: [x, y], turn: between(random, -16, 16) }, [
      element('g', { stroke: fill === CREAM ? INK : CREAM, 'stroke-width': 12, 'stroke-linejoin': 'round' }, [
        lettering,
      ]),
      lettering,
    ]);
  });
}

function oddments(canvas: Canvas): readonly string[] {
  const { random } = canvas;
  const round = spot(canvas, [between(random, -0.7, 0.7), between(random, -0.75, -0.2)]);
  const bar = spot(canvas, [between(random, -0.4, 0.4), between(random, 0.5, 0.85)]);
  return [
    glue({ at: round, turn: 0 }, target(random, between(random, 90, 170))),
    glue({ at: bar, turn: between(random, -70, 70) }, ruler(between(random, 360, 620))),
  ];
}

interface Turn {
  readonly first: number;
  readonly share: number;
  readonly isHero: boolean;
}

function cutOuts(canvas: Canvas, motif: Motif, { first, share, isHero }: Turn): readonly string[] {
  const { random } = canvas;
  const start = between(random, 0, 360);
  return Array.from({ length: motif.count }, (_, at) => {
    const shrink = 1 / Math.min(motif.count, 6) ** 0.45;
    const size =
      (isHero ? between(random, 560, 660) : between(random, 230, 390)) *
      shrink *
      (at === 0 ? 1.1 : between(random, 0.6, 1));
    const angle = degrees(
      isHero
        ? start + (at * 360) / motif.count
        : 200 + share * 300 + at * (260 / motif.count) + between(random, -20, 20),
    );
    const reach = isHero ? (motif.count === 1 ? 0.1 : 0.5) : between(random, 0.56, 0.72);
    const place = spot(canvas, [Math.cos(angle) * reach, Math.sin(angle) * reach * 0.95]);
    const colours = coloursFor(canvas, { first: first + at, share, isHero });
    const children = cutOut(random, {
      shapes: motif.shapes,
      colours,
      isScreened: colours.main !== INK,
      id: `cut-${first}-${at}`,
      isSliced: isHero ? at === 0 && random() < 0.6 : random() < 0.3,
    });
    return glue({ at: place, turn: between(random, -19, 19), scale: size / 100 }, children);
  });
}

function coloursFor({ scene, random }: Canvas, { first, isHero }: Turn): Colours {
  const named = NAMED[scene.colours[isHero ? 0 : 1] ?? '']?.[0];
  const print = (first + (isHero ? 1 : 0)) % 2 === 0 ? GREYS : pick(random, SPOTS);
  return named === undefined ? print : { ...print, main: named };
}

function strips(canvas: Canvas, words: readonly string[]): readonly string[] {
  const { random } = canvas;
  const start = between(random, 0, 360);
  return words.map((word, at) => {
    const text = recased(random, word.slice(0, 18));
    const weight = pick<Lettering['weight']>(random, [400, 700, 900]);
    const wanted = at < 2 ? between(random, 78, 120) : between(random, 26, 68);
    const size = Math.min(wanted, (wanted * 620) / Math.max(620, widthOf({ text, size: wanted, weight })));
    const [paper, fill] = pick(random, [
      [CREAM, INK],
      [CREAM, INK],
      [INK, CREAM],
      [RED, CREAM],
      ['#e0b13c', INK],
      ['#fbf6e7', RED],
    ] as const);
    const isUpright = random() < 0.16;
    const half = widthOf({ text, size, weight }) / 1000;
    const angle = degrees(start + at * 137.5);
    const room = Math.max(0.2, 0.86 - half);
    const place = spot(canvas, [
      Math.cos(angle) * (isUpright ? 0.86 : room),
      Math.sin(angle) * (isUpright ? room : 0.84),
    ]);
    const isItalic = weight === 400 && random() < 0.5;
    return glue(
      { at: place, turn: isUpright ? 90 + between(random, -8, 8) : between(random, -17, 17) },
      wordStrip(random, { text, size, weight, isItalic, fill }, paper),
    );
  });
}

function lastScraps(canvas: Canvas, words: readonly string[]): readonly string[] {
  const { random, scene } = canvas;
  const sign =
    scene.motifs[0].count > 1 ? String(scene.motifs[0].count) : firstLetter(words.at(-1) ?? '?').toUpperCase();
  const corner = pick<Point>(random, [
    [-0.68, 0.72],
    [0.68, 0.74],
    [0.68, -0.74],
    [-0.68, -0.74],
  ]);
  const opposite: Point = [-corner[0] * 0.9, corner[1] * 0.6];
  const from = spot(canvas, [between(random, -0.5, 0.5), between(random, -0.6, 0.6)]);
  return [
    glue(
      { at: spot(canvas, corner), turn: between(random, -28, 28) },
      ticket(random, pick(random, ['#e9c9a0', '#cfd8cf', '#e6a99b'])),
    ),
    glue({ at: spot(canvas, opposite), turn: between(random, -30, 30) }, stamp(sign, pick(random, [RED, '#2b3f77']))),
    glue({ at: from, turn: between(random, 0, 360) }, arrow(pick(random, [INK, RED]), between(random, 170, 300))),
  ];
}
