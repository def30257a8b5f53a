import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import { faultSchema, usageSchema } from '../core/schema.ts';
import type { Usage } from '../core/schema.ts';
import type { CallResult, Capability } from '../core/stage.ts';
import { draftSchema } from './draft.ts';

const text = z.string();
const media = z.looseObject({ media: z.array(draftSchema).min(1) });

/** What a result must hold to be one; a provider may add more. */
const VALUES: { readonly [C in Capability]: z.ZodType } = {
  'text.generate': z.looseObject({ text }),
  'text.translate': z.looseObject({ text, from: text, to: text }),
  'image.generate': media,
};

const resultSchema = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true), value: z.unknown(), model: text.min(1).max(200), usage: usageSchema }),
  z.looseObject({ ok: z.literal(false), fault: faultSchema, usage: usageSchema.optional() }),
]);

/**
 * What a provider answered, as it is, once it has the shape of an answer.
 *
 * @throws {StemmaError} PROVIDER_BAD_REPLY for anything else: whatever a provider says, it is no fault of Stemma's
 */
export function assertReply(capability: Capability, reply: unknown): CallResult<Capability> {
  const result = resultSchema.safeParse(reply);
  const value = result.success && result.data.ok ? VALUES[capability].safeParse(result.data.value) : result;
  if (result.success && value.success) return reply as CallResult<Capability>;
  const [issue] = value.error?.issues ?? [];
  throw badReply(`The provider's answer is none: "${issue?.path.join('.') ?? ''}" ${issue?.message ?? ''}`);
}

/** A thrown value of a provider. What it has not named by a code of the table is an answer that nobody can read. */
export const toReplyError = (thrown: unknown): StemmaError =>
  thrown instanceof StemmaError ? thrown : badReply('The provider broke off in the middle of a call.', thrown);

const badReply = (message: string, cause?: unknown): StemmaError =>
  new StemmaError('PROVIDER_BAD_REPLY', message, {
    cause,
    hint: 'Ask whoever wrote the provider; the artifact of the fault tells more.',
  });

/** What a call is expected to use; nothing is known of it when the provider cannot say. */
export function estimateOf(estimate: () => unknown): Usage {
  try {
    return usageSchema.parse(estimate());
  } catch {
    return { costMicroUsd: null };
  }
}
