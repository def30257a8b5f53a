import type { Point } from './geometry.ts';

/** A number for SVG, with at most one digit after the point. */
export function num(value: number): string {
  return String(Math.round(value * 10) / 10 + 0);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for element content and attributes; characters that XML 1.0 forbids are left out. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

/** One element. Attribute values are escaped, children are taken as finished SVG. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? num(value) : escapeXml(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** Path data of a polygon or an open line, in whole and tenth units. */
export function pathData(points: readonly Point[], closed = true): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const steps: string[] = [`M${num(first[0])} ${num(first[1])}`];
  let x = Math.round(first[0] * 10);
  let y = Math.round(first[1] * 10);
  for (const [nextX, nextY] of rest) {
    const dx = Math.round(nextX * 10) - x;
    const dy = Math.round(nextY * 10) - y;
    steps.push(`l${num(dx / 10)}${dy < 0 ? '' : ' '}${num(dy / 10)}`);
    x += dx;
    y += dy;
  }
  return steps.join('') + (closed ? 'z' : '');
}

/** A filled polygon. */
export function area(points: readonly Point[], fill: string): string {
  return `<path d="${pathData(points)}" fill="${fill}"/>`;
}

/** Many polygons of one colour in one element, which keeps a picture of thousands of strokes small. */
export function areas(polygons: readonly (readonly Point[])[], fill: string): string {
  if (polygons.length === 0) return '';
  return `<path d="${polygons.map((points) => pathData(points)).join('')}" fill="${fill}"/>`;
}
