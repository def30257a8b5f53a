import { z } from 'zod';
import { artifactInput, closedFact, closedWord, defineStage } from '../../core/stage.ts';

/** Makes a picture from a text. */
export const mediaImage = defineStage({
  type: 'media.image',
  version: 1,
  title: { en: 'Picture', de: 'Bild' },
  description: { en: 'Makes a picture from the text.', de: 'Macht aus dem Text ein Bild.' },
  input: z.object({ prompt: artifactInput }),
  settings: z.object({
    width: z.int().min(64).max(4096).default(1024),
    height: z.int().min(64).max(4096).default(1024),
    /** A style of the offline composition. */
    style: closedWord.optional(),
  }),
  facts: z.object({ images: z.number() }).catchall(closedFact),
  writes: 'media',
  calls: 'image.generate',
  async run({ prompt }, { width, height, style }, context) {
    const text = await context.cleared(prompt);
    const result = await context.call({ prompt: text, width, height, ...(style === undefined ? {} : { style }) });
    if (!result.ok) return { state: 'failed', fault: result.fault };
    const artifacts = [];
    for (const draft of result.value.media)
      artifacts.push(await context.write({ ...draft, type: 'output_image', sources: [prompt.id] }));
    return { state: 'done', facts: { ...result.value.facts, images: artifacts.length }, artifacts };
  },
});
