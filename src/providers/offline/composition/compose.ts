import { createRandom } from '../../../core/random.ts';
import { hashText } from './hash.ts';
import { readScene } from './scene.ts';
import type { Style } from './style.ts';
import { bauhaus } from './styles/bauhaus.ts';
import { dada } from './styles/dada.ts';
import { expressionism } from './styles/expressionism.ts';
import { element } from './svg.ts';

/** What a picture is composed from. The same request always gives the same picture, byte for byte. */
export interface CompositionRequest {
  /** German or English words are read; any other text becomes signs made of its words. */
  readonly text: string;
  /** One of `STYLES`. */
  readonly style: string;
  /** A whole number from 0 to 2^53 − 1. */
  readonly seed: number;
  /** In pixels, 16 to 4096. */
  readonly width: number;
  readonly height: number;
}

const DRAWN: Readonly<Record<string, Style>> = { bauhaus, dada, expressionism };

/** The names of the styles that `compose` can draw. */
export const STYLES: readonly string[] = Object.keys(DRAWN);

/**
 * A picture of a text as SVG: words become motifs, colours, numbers, hour and weather, the style says how they look.
 *
 * Nothing is learned or fetched; it is a procedure with a fixed list of words and forms. Pictures of the same
 * proportions are the same at every size. Text in it uses the family "Noto Sans" only.
 *
 * @throws {RangeError} when the style is unknown or the size is out of bounds
 * @example
 * compose({ text: 'Drei Vögel', style: 'bauhaus', seed: 7, width: 512, height: 512 }).startsWith('<svg') // => true
 */
export function compose(request: CompositionRequest): string {
  const { text, style, seed, width, height } = request;
  const draw = Object.hasOwn(DRAWN, style) ? DRAWN[style] : undefined;
  if (draw === undefined) {
    throw new RangeError(`"${style}" is no known style: choose one of ${STYLES.join(', ')}`);
  }
  assertSide('width', width);
  assertSide('height', height);
  const scale = 1000 / Math.min(width, height);
  const frame = { width: width * scale, height: height * scale };
  const random = createRandom(hashText(`${style}\n${seed}\n${text}`));
  const children = draw({ scene: readScene(text), frame, random });
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${Math.round(frame.width * 100) / 100} ${Math.round(frame.height * 100) / 100}`,
    preserveAspectRatio: 'xMidYMid slice',
  };
  return element('svg', attributes, children);
}

function assertSide(name: string, pixels: number): void {
  if (!Number.isInteger(pixels) || pixels < 16 || pixels > 4096) {
    throw new RangeError(`${name} is ${pixels}: expected a whole number of pixels from 16 to 4096`);
  }
}
