import { StemmaError } from '../../core/errors.ts';
import { createRandom, pick } from '../../core/random.ts';
import type { CallResult, Offer, Provider } from '../../core/stage.ts';
import { compose, STYLES } from './composition/compose.ts';
import { detectLanguage } from './language.ts';
import { applyProcedure, PROCEDURES } from './procedures/index.ts';
import { openRenderer } from './render/renderer.ts';
import type { Renderer } from './render/renderer.ts';

const FREE = { costMicroUsd: 0 } as const;
const DEFAULT_PROCEDURE = 'cut-up';
const COMPOSITION = 'composition';
const COMPOSITION_VERSION = 1;

/**
 * The offline provider: honest procedures, named as such in the record. No key, no network, no download; the same
 * seed gives the same bytes. What it cannot do (translate, follow rules of one's own) it says instead of pretending.
 */
export function createOfflineProvider(): Provider {
  let renderer: Renderer | undefined;
  return {
    id: 'offline',
    location: 'local',
    offers: {
      'text.generate': procedures,
      'text.translate': languageDetection,
      'image.generate': compositions(() => (renderer ??= openRenderer())),
    },
    check: async () => ({ reachable: true, models: ['procedure', 'language-detection', COMPOSITION], latencyMs: 0 }),
    close: async () => {
      await renderer?.close();
      renderer = undefined;
    },
  };
}

/** What was asked for is a person's word and stays out of the fault. */
const missing = (what: string, known: readonly string[]): CallResult<never> => ({
  ok: false,
  fault: { code: 'MODEL_MISSING', type: 'Offline', facts: { what, known: known.join(',') } },
});

const procedures: Offer<'text.generate'> = {
  models: ['procedure'],
  limits: { languages: ['de', 'en'] },
  estimate: () => FREE,
  async call(request, { seed }) {
    const id = request.procedure ?? DEFAULT_PROCEDURE;
    if (!Object.hasOwn(PROCEDURES, id)) return missing('procedure', Object.keys(PROCEDURES));
    const prompt = request.parts.filter(({ name }) => name === 'prompt').map(({ text }) => text.text);
    const text = prompt.join('\n\n');
    const language = request.language ?? (await detectLanguage(text)) ?? 'und';
    const hand = request.iteration === undefined ? {} : { hand: request.iteration };
    const result = applyProcedure(id, { text, language, random: createRandom(seed), ...hand });
    const spoken = language === 'und' ? {} : { language };
    return { ok: true, value: { text: result.text, facts: result.facts, ...spoken }, model: result.model, usage: FREE };
  },
};

const languageDetection: Offer<'text.translate'> = {
  models: ['language-detection'],
  limits: { translates: false },
  estimate: () => FREE,
  async call({ text }) {
    const from = (await detectLanguage(text.text)) ?? 'und';
    const value = { text: text.text, from, to: from, facts: { offline: true } };
    return { ok: true, value, model: 'procedure/language-detection@1', usage: FREE };
  },
};

function compositions(renderer: () => Renderer): Offer<'image.generate'> {
  return {
    models: [COMPOSITION],
    limits: { minSide: 256, maxSide: 2048, styles: STYLES },
    estimate: () => ({ ...FREE, images: 1 }),
    async call({ prompt, width, height, style: wanted }, { seed, signal }) {
      const style = wanted ?? pick(createRandom(seed), STYLES as [string, ...string[]]);
      if (!STYLES.includes(style)) return missing('style', STYLES);
      assertSides(width, height);
      const svg = compose({ text: prompt.text, style, seed, width, height });
      const body = await renderer().render(svg, signal);
      const media = [{ type: 'output_image', body, width, height }];
      const model = `${COMPOSITION}/${style}@${COMPOSITION_VERSION}`;
      return { ok: true, value: { media, facts: { style } }, model, usage: { ...FREE, images: 1 } };
    },
  };
}

function assertSides(width: number, height: number): void {
  const fits = [width, height].every((side) => side >= 256 && side <= 2048);
  if (!fits)
    throw new StemmaError('INPUT_INVALID', `A picture of ${width} × ${height} cannot be drawn offline.`, {
      facts: { width, height },
      hint: 'Choose a width and a height from 256 to 2048 pixels.',
    });
}
