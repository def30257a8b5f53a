import { defineStage } from '../../core/stage.ts';
import { promptInput, rewrite, rewriteFacts, rewriteSettings } from './rewrite.ts';

/** Rewrites a text by the task and the context of a config: the heart of the studio. */
export const textInterception = defineStage({
  type: 'text.interception',
  version: 1,
  title: { en: 'Interception', de: 'Umschreiben' },
  description: {
    en: 'Rewrites the text by task and context.',
    de: 'Schreibt den Text nach Aufgabe und Kontext um.',
  },
  input: promptInput,
  settings: rewriteSettings,
  facts: rewriteFacts,
  writes: 'text',
  calls: 'text.generate',
  run: (input, settings, context) => rewrite('interception', { input, settings }, context),
});
