/** A flame graph as SVG: width is time, the callers stand above what they call, colour says whose code it is. */
import type { Frame } from './profile.ts';

const WIDTH = 1400;
const MARGIN = 16;
const ROW = 20;
const HEAD = 76;
const CHARACTER = 6.7;
/** Narrower than this is not drawn. */
const LEAST_WIDTH = 1.2;

/** Whose code it is, by the place of a function; the first that fits. */
const LAYERS: readonly { readonly name: string; readonly fill: string; readonly owns: (frame: Frame) => boolean }[] = [
  { name: 'engine', fill: '#f2a65a', owns: ({ place }) => place.startsWith('src/engine/') },
  { name: 'core', fill: '#f4d35e', owns: ({ place }) => place.startsWith('src/core/') },
  { name: 'store', fill: '#7fb7be', owns: ({ place }) => place.startsWith('src/store/') },
  { name: 'benchmark', fill: '#d9d2c5', owns: ({ place }) => place.startsWith('bench/') },
  { name: 'zod', fill: '#c8a2c8', owns: ({ place }) => place.startsWith('node_modules/zod') },
  { name: 'Node and SQLite', fill: '#a3c585', owns: ({ name }) => name !== '(garbage collector)' },
  { name: 'garbage collector', fill: '#e07a5f', owns: () => true },
];

export function drawFlameGraph(root: Frame, title: string): string {
  const boxes: string[] = [];
  const scale = (WIDTH - 2 * MARGIN) / root.totalUs;
  const depth = draw(root, { x: MARGIN, row: -1 });
  const height = HEAD + depth * ROW + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title"`,
    ` font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="11">`,
    `<title id="title">${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fbfaf7"/>`,
    `<text x="${MARGIN}" y="28" font-size="15" font-weight="bold" fill="#222">${escaped(title)}</text>`,
    ...legend(),
    ...boxes,
    '</svg>\n',
  ].join('\n');

  /** Draws a frame with all below it; says how many rows that takes. */
  function draw(frame: Frame, at: { x: number; row: number }): number {
    const width = frame.totalUs * scale;
    if (width < LEAST_WIDTH) return 0;
    if (at.row >= 0) boxes.push(box(frame, { ...at, width, share: frame.totalUs / root.totalUs }));
    let { x } = at;
    let deepest = 0;
    for (const child of frame.children) {
      deepest = Math.max(deepest, draw(child, { x, row: at.row + 1 }));
      x += child.totalUs * scale;
    }
    return deepest + (at.row >= 0 ? 1 : 0);
  }
}

function box(frame: Frame, at: { x: number; row: number; width: number; share: number }): string {
  const label = frame.place === '' ? frame.name : `${frame.name} ${shortPlace(frame.place)}`;
  const y = HEAD + at.row * ROW;
  const room = Math.floor((at.width - 8) / CHARACTER);
  const text = room < 3 ? '' : label.length <= room ? label : `${label.slice(0, room - 1)}…`;
  const said = text === '' ? '' : `<text x="${at.x + 4}" y="${y + 14}" fill="#222">${escaped(text)}</text>`;
  const percent = (100 * at.share).toFixed(1);
  return `<g><title>${escaped(`${frame.name} ${frame.place}`.trim())}: ${percent} %</title><rect x="${at.x.toFixed(2)}" y="${y}" width="${Math.max(0.5, at.width - 0.5).toFixed(2)}" height="${ROW - 1}" rx="2" fill="${layerOf(frame).fill}"/>${said}</g>`;
}

function layerOf(frame: Frame): (typeof LAYERS)[number] {
  const layer = LAYERS.find(({ owns }) => owns(frame));
  if (layer === undefined) throw new Error('The last layer owns every frame.');
  return layer;
}

/** The file without its folders. */
const shortPlace = (place: string): string => place.slice(place.lastIndexOf('/') + 1);

function legend(): string[] {
  let x = MARGIN;
  return LAYERS.map(({ name, fill }) => {
    const drawn = `<rect x="${x}" y="44" width="14" height="14" rx="2" fill="${fill}"/><text x="${x + 20}" y="55" fill="#444">${name}</text>`;
    x += 20 + name.length * CHARACTER + 24;
    return drawn;
  });
}

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
