import type { AnyStage } from '../core/stage.ts';
import { flowReview } from './flow/review.ts';
import { flowSignal } from './flow/signal.ts';
import { mediaImage } from './media/image.ts';
import { safetyInput, safetyOutput } from './safety/check.ts';
import { textInterception } from './text/interception.ts';
import { textOptimize } from './text/optimize.ts';
import { textOutput } from './text/output.ts';
import { textTranslate } from './text/translate.ts';

/** The stages that come with Stemma. */
export const STAGE_LIBRARY: readonly AnyStage[] = [
  textTranslate,
  textInterception,
  textOptimize,
  textOutput,
  mediaImage,
  safetyInput,
  safetyOutput,
  flowReview,
  flowSignal,
];
