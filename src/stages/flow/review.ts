import { z } from 'zod';
import type { Instant } from '../../core/ids.ts';
import { localText } from '../../core/json.ts';
import { defineStage } from '../../core/stage.ts';
import type { Outcome, StageContext } from '../../core/stage.ts';

const settings = z.object({
  question: z.union([z.string(), z.record(z.string(), z.string())]),
  options: z.array(z.string()).min(1),
  expiresMs: z.int().min(1).optional(),
  /** Chosen when the time is over; without one the step fails then. */
  byDefault: z.string().optional(),
  byOther: z.boolean().optional(),
});

const facts = z.object({ choice: z.string(), expired: z.boolean() });

const REJECT = 'reject';

/** The question as an artifact, in the run's language; the run waits for the answer. */
async function ask(
  { question, options, expiresMs, byDefault, byOther }: z.infer<typeof settings>,
  context: StageContext,
): Promise<Outcome<z.infer<typeof facts>>> {
  const { language } = context;
  const asked = await context.write({ type: 'review', body: localText(question, language), language });
  const wait = {
    for: 'person' as const,
    question: asked.id,
    options,
    ...(expiresMs === undefined ? {} : { expiresAt: (context.now + expiresMs) as Instant }),
    ...(byDefault === undefined ? {} : { byDefault }),
    ...(byOther === undefined ? {} : { byOther }),
  };
  return { state: 'waiting', wait };
}

/** What a step with `review` runs. */
export const flowReview = defineStage({
  type: 'flow.review',
  version: 1,
  title: { en: 'Question to a person', de: 'Frage an einen Menschen' },
  description: {
    en: 'Waits until a person has decided. A rejection fails the step.',
    de: 'Wartet, bis ein Mensch entschieden hat. Eine Ablehnung lässt den Schritt scheitern.',
  },
  input: z.object({}),
  settings,
  facts,
  writes: 'nothing',
  async run(_input, own, context) {
    const { answer } = context;
    if (answer === undefined) return ask(own, context);
    const { choice, expired = false } = answer;
    if (choice === undefined) return { state: 'failed', fault: { code: 'WAIT_EXPIRED', type: 'Review', facts: {} } };
    if (choice === REJECT) return { state: 'failed', fault: { code: 'REVIEW_REJECTED', type: 'Review', facts: {} } };
    return { state: 'done', facts: { choice, expired }, artifacts: [] };
  },
});
