import { z } from 'zod';
import { artifactInput, closedFact, closedWord, defineStage } from '../../core/stage.ts';

/** Finds out the language of a text and translates it, where a translator is there; the original is kept. */
export const textTranslate = defineStage({
  type: 'text.translate',
  version: 1,
  title: { en: 'Language and translation', de: 'Sprache und Übersetzung' },
  description: {
    en: 'Detects the language and translates to the working language where a translator is there.',
    de: 'Erkennt die Sprache und übersetzt in die Arbeitssprache, wo es einen Übersetzer gibt.',
  },
  input: z.object({ prompt: artifactInput }),
  settings: z.object({ to: closedWord.optional() }),
  facts: z.object({ from: z.string(), to: z.string(), translated: z.boolean() }).catchall(closedFact),
  writes: 'text',
  calls: 'text.translate',
  async run({ prompt }, settings, context) {
    const to = settings.to ?? context.language;
    const result = await context.call({ text: await context.cleared(prompt), to });
    if (!result.ok) return { state: 'failed', fault: result.fault };
    const { text, from, to: spoken } = result.value;
    const language = spoken === 'und' ? {} : { language: spoken };
    const written = await context.write({ type: 'translation', body: text, sources: [prompt.id], ...language });
    const facts = { ...result.value.facts, from, to: spoken, translated: from !== spoken };
    return { state: 'done', facts, artifacts: [written] };
  },
});
