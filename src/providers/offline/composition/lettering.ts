import { between } from './geometry.ts';
import type { RandomSource } from '../../../core/random.ts';
import { element, escapeXml } from './svg.ts';

export interface Lettering {
  readonly text: string;
  /** Height of the type in units of the frame. */
  readonly size: number;
  readonly weight: 400 | 700 | 900;
  readonly isItalic?: boolean;
  readonly fill: string;
}

const NARROW = new Set("iljtfrI.,:;!'|()1");
const WIDE = new Set('mwMWÖOQGÄ@%');

/** About how wide a text will be: close enough for a scrap of paper behind it. */
export function widthOf({ text, size, weight }: Pick<Lettering, 'text' | 'size' | 'weight'>): number {
  let ems = 0;
  for (const sign of text) {
    const upper = sign !== sign.toLowerCase() || /\d/.test(sign);
    ems += NARROW.has(sign) ? 0.36 : WIDE.has(sign) ? 0.88 : upper ? 0.69 : 0.59;
  }
  return ems * size * (weight === 900 ? 1.1 : weight === 700 ? 1.04 : 1);
}

/** A line of text that starts at the origin, on its base line. */
export function letteringSvg({ text, size, weight, isItalic, fill }: Lettering): string {
  const attributes = {
    'font-family': 'Noto Sans',
    'font-size': size,
    'font-weight': String(weight),
    ...(isItalic === true ? { 'font-style': 'italic' } : {}),
    fill,
  };
  return element('text', attributes, [escapeXml(text)]);
}

/** Upper case, lower case or as written. */
export function recased(random: RandomSource, word: string): string {
  const choice = between(random, 0, 3);
  if (choice < 1) return word.toUpperCase();
  return choice < 1.7 ? word.toLowerCase() : word;
}

/** The first letter as a reader sees it, with its accents. */
export function firstLetter(word: string): string {
  return /^\P{M}\p{M}*/u.exec(word)?.[0] ?? '?';
}
