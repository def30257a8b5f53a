/** What a call has said and was told, as it is kept: enough to give the same answer again. */
import { z } from 'zod';
import { canonicalJson } from '../core/canonical.ts';
import { ERROR_CODES, StemmaError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { toHex } from '../core/ids.ts';
import type { Digest, Sha256 } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import { faultSchema, sha256Schema, usageSchema } from '../core/schema.ts';
import type { ArtifactDraft, CallResult, Capability } from '../core/stage.ts';

/** A file of a reply: its bytes are an artifact of the same attempt. */
const mediumSchema = z.looseObject({ sha256: sha256Schema, isText: z.boolean() });
const thrownSchema = z.strictObject({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  hint: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
const valueSchema = z.looseObject({ media: z.array(mediumSchema).optional() });
const asked = { provider: z.string(), capability: z.string(), request: z.json(), exchange: z.json().optional() };

const exchangeSchema = z.union([
  z.object({ ...asked, model: z.string(), usage: usageSchema, value: valueSchema }),
  z.object({ ...asked, fault: faultSchema, usage: usageSchema.optional() }),
  z.object({ ...asked, thrown: thrownSchema }),
]);
export type Exchange = z.infer<typeof exchangeSchema>;
export type ReplyMedium = z.infer<typeof mediumSchema>;

/** What was asked, of whom. */
export interface Asking {
  readonly provider: string;
  readonly capability: Capability;
  readonly request: Json;
}

/** A request as it is kept: cleared texts as texts. It holds no ids and no times. */
export const requestJson = (request: unknown): Json =>
  JSON.parse(
    JSON.stringify(request, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'verdict' in value && 'text' in value ? value.text : value,
    ),
  ) as Json;

/** What two calls have in common that are the same call. */
export const callDigest = (digest: Digest, { capability, request }: Omit<Asking, 'provider'>): Sha256 =>
  toHex(digest.sha256(canonicalJson({ capability, request }))) as Sha256;

/** The exchange as it lies in the run's `work/`; media stand in it by their digests. */
export function exchangeDraft(asking: Asking, result: CallResult<Capability>, digest: Digest): ArtifactDraft {
  const wire = result.exchange === undefined ? {} : { exchange: result.exchange };
  if (result.ok) {
    const { model, usage, value } = result;
    return draftOf({ ...asking, model, usage, value: storedValue(value, digest), ...wire });
  }
  const usage = result.usage === undefined ? {} : { usage: result.usage };
  return draftOf({ ...asking, fault: result.fault, ...usage, ...wire });
}

/** Of a call that broke off. */
export const brokenDraft = (asking: Asking, { code, message, hint, facts }: StemmaError): ArtifactDraft =>
  draftOf({ ...asking, thrown: { code, message, ...(hint === undefined ? {} : { hint }), facts } });

const draftOf = (exchange: object): ArtifactDraft => ({
  type: 'exchange',
  body: `${JSON.stringify(exchange, undefined, 2)}\n`,
  work: true,
});

function storedValue(value: object, digest: Digest): object {
  if (!('media' in value)) return value;
  const media = mediaOf(value).map(({ body, ...told }) => ({
    ...told,
    sha256: toHex(digest.sha256(body)),
    isText: typeof body === 'string',
  }));
  return { ...value, media };
}

/** The files that came with a result. */
export const mediaOf = (value: object): readonly ArtifactDraft[] =>
  'media' in value ? (value.media as readonly ArtifactDraft[]) : [];

/** @returns undefined for what cannot be answered from: a text of before exchanges were kept whole */
export function parseExchange(text: string): Exchange | undefined {
  try {
    return exchangeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The answer once more.
 *
 * @param bodyOf - the bytes of a file of the reply
 * @throws what the call threw
 */
export async function answerAgain(
  exchange: Exchange,
  bodyOf: (medium: ReplyMedium) => Promise<Uint8Array>,
): Promise<CallResult<Capability>> {
  if ('thrown' in exchange) throw thrownAgain(exchange.thrown);
  const wire = exchange.exchange === undefined ? {} : { exchange: exchange.exchange as Json };
  if ('fault' in exchange) {
    const { fault, usage } = exchange;
    return { ok: false, fault, ...(usage === undefined ? {} : { usage }), ...wire };
  }
  const { model, usage, value } = exchange;
  if (value.media === undefined) return { ok: true, model, usage, value, ...wire } as CallResult<Capability>;
  const media: ArtifactDraft[] = [];
  for (const medium of value.media) {
    const { sha256: _sha256, isText, ...told } = medium;
    const bytes = await bodyOf(medium);
    media.push({ ...told, body: isText ? new TextDecoder().decode(bytes) : bytes } as ArtifactDraft);
  }
  return { ok: true, model, usage, value: { ...value, media }, ...wire };
}

function thrownAgain({ code, message, hint, facts }: z.infer<typeof thrownSchema>): StemmaError {
  return new StemmaError(code, message, { ...(hint && { hint }), facts });
}
