import { degrees, polar } from './geometry.ts';
import type { Shape, Tone } from './shape.ts';
import { element, num, pathData } from './svg.ts';

/** A part drawn with true circles and straight lines, in its own box of 100 × 100. */
export function shapeSvg(shape: Shape, fill: string): string {
  switch (shape.kind) {
    case 'oval':
      return element('ellipse', { cx: shape.centre[0], cy: shape.centre[1], rx: shape.rx, ry: shape.ry, fill });
    case 'area':
      return `<path d="${pathData(shape.points)}" fill="${fill}"/>`;
    case 'wedge':
      return `<path d="${wedgeData(shape)}" fill="${fill}"/>`;
    case 'line':
      return element('path', {
        d: pathData(shape.points, false),
        fill: 'none',
        stroke: fill,
        'stroke-width': shape.width,
      });
    default:
      return shape satisfies never;
  }
}

function wedgeData({ centre, radius, from, to }: Extract<Shape, { kind: 'wedge' }>): string {
  const start = polar(centre, degrees(from), radius);
  const end = polar(centre, degrees(to), radius);
  const isLarge = to - from > 180 ? 1 : 0;
  const hub = to - from === 180 ? '' : `L${num(centre[0])} ${num(centre[1])}`;
  return `M${num(start[0])} ${num(start[1])}A${num(radius)} ${num(radius)} 0 ${isLarge} 1 ${num(end[0])} ${num(end[1])}${hub}z`;
}

/** All parts of a motif, each in the colour of its tone. */
export function motifSvg(shapes: readonly Shape[], colours: Readonly<Record<Tone, string>>): readonly string[] {
  return shapes.map((shape) => shapeSvg(shape, colours[shape.tone]));
}
