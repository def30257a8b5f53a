import { z } from 'zod';
import { artifactInput, defineStage } from '../../core/stage.ts';

/** Hands the text over as a result of the run. No model is asked: what was rewritten is the work. */
export const textOutput = defineStage({
  type: 'text.output',
  version: 1,
  title: { en: 'Text', de: 'Text' },
  description: { en: 'Keeps the text as a result of the run.', de: 'Hält den Text als Ergebnis des Laufs fest.' },
  input: z.object({ prompt: artifactInput }),
  settings: z.object({}),
  facts: z.object({ characters: z.number() }),
  writes: 'media',
  async run({ prompt }, _settings, context) {
    const body = await context.text(prompt);
    const language = prompt.language === undefined ? {} : { language: prompt.language };
    const written = await context.write({ type: 'output_text', body, sources: [prompt.id], ...language });
    return { state: 'done', facts: { characters: body.length }, artifacts: [written] };
  },
});
