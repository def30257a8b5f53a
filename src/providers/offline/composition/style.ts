import type { RandomSource } from '../../../core/random.ts';
import type { Scene } from './scene.ts';

/** The picture's plane; its shorter side is always 1000 units, whatever the size in pixels. */
interface Frame {
  readonly width: number;
  readonly height: number;
}

/** What a style draws from. All of its chance comes from `random`. */
export interface Canvas {
  readonly scene: Scene;
  readonly frame: Frame;
  readonly random: RandomSource;
}

/** Draws a scene in one style: SVG elements from back to front. */
export type Style = (canvas: Canvas) => readonly string[];
