import { defineStage } from '../../core/stage.ts';
import { promptInput, rewrite, rewriteFacts, rewriteSettings } from './rewrite.ts';

/** Makes a text fit the medium it is for: a step of its own, so that everyone can see what it changes. */
export const textOptimize = defineStage({
  type: 'text.optimize',
  version: 1,
  title: { en: 'Optimise for the medium', de: 'Für das Medium aufbereiten' },
  description: {
    en: 'Rewrites the text so that the medium can show it.',
    de: 'Schreibt den Text so um, dass das Medium ihn zeigen kann.',
  },
  input: promptInput,
  settings: rewriteSettings,
  facts: rewriteFacts,
  writes: 'text',
  calls: 'text.generate',
  run: (input, settings, context) => rewrite('optimized_prompt', { input, settings }, context),
});
