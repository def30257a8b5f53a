import { z } from 'zod';
import type { Instant } from '../../core/ids.ts';
import { defineStage } from '../../core/stage.ts';
import type { ArtifactRef, StageContext } from '../../core/stage.ts';

/** A text that came with the signal becomes one of the step; what is no text stays where it is. */
async function take(body: ArtifactRef | undefined, context: StageContext): Promise<readonly ArtifactRef[]> {
  if (body === undefined || !body.mediaType.startsWith('text/')) return [];
  return [await context.write({ type: 'signal', body: await context.text(body), sources: [body.id] })];
}

/** What a step with `waitFor` runs. */
export const flowSignal = defineStage({
  type: 'flow.signal',
  version: 1,
  title: { en: 'Signal from outside', de: 'Signal von außen' },
  description: {
    en: 'Waits for a signal; a text that comes with it goes on.',
    de: 'Wartet auf ein Signal; ein Text, der mit ihm kommt, geht weiter.',
  },
  input: z.object({}),
  settings: z.object({ name: z.string(), expiresMs: z.int().min(1).optional() }),
  facts: z.object({ expired: z.boolean() }),
  writes: 'nothing',
  async run(_input, { name, expiresMs }, context) {
    const { answer } = context;
    if (answer === undefined) {
      const until = expiresMs === undefined ? {} : { expiresAt: (context.now + expiresMs) as Instant };
      return { state: 'waiting', wait: { for: 'signal', name, ...until } };
    }
    if (answer.expired === true) return { state: 'failed', fault: { code: 'WAIT_EXPIRED', type: 'Signal', facts: {} } };
    return { state: 'done', facts: { expired: false }, artifacts: await take(answer.artifact, context) };
  },
});
