import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import type { Stage } from '../core/stage.ts';

const part = z.looseObject({});

/** What an outcome cannot be recorded without; the record itself says what may stand in each part. */
const outcomeSchema = z.discriminatedUnion('state', [
  z.looseObject({ state: z.literal('done'), facts: part, artifacts: z.array(part) }),
  z.looseObject({ state: z.literal('blocked'), verdict: part }),
  z.looseObject({ state: z.literal('waiting'), wait: part }),
  z.looseObject({ state: z.literal('failed'), fault: part }),
]);

/**
 * Extensions come without their types: what a stage returns is looked at once.
 *
 * @throws {StemmaError} INTERNAL for anything that is no outcome
 */
export function assertOutcome(outcome: unknown, { type }: Pick<Stage, 'type'>): void {
  const { error } = outcomeSchema.safeParse(outcome);
  if (error === undefined) return;
  const where = error.issues[0]?.path.join('.') ?? '';
  throw new StemmaError('INTERNAL', `What the stage ${type} returned is no outcome; "${where}" is missing or wrong.`, {
    hint: 'Return one of done, blocked, waiting or failed, with the parts that go with it.',
  });
}
