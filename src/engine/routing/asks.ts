import { z } from 'zod';
import type { Usage } from '../../core/schema.ts';

/** What a request will ask for, as far as it is known before there is one. */
export interface Asks {
  /** Of the texts it reads. */
  readonly inputBytes: number;
  /** ISO 639-1 of the text. */
  readonly language: string | undefined;
  /** Of what it reads besides texts. */
  readonly mediaTypes: readonly string[];
  readonly maxTokens: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly seconds: number | undefined;
}

const BYTES_PER_TOKEN = 4;

/** A rough usage: good enough to tell a cheap model from a dear one. */
export function expectedUsage({ inputBytes, maxTokens, seconds }: Asks): Usage {
  const tokensIn = Math.ceil(inputBytes / BYTES_PER_TOKEN);
  const film = seconds === undefined ? {} : { seconds };
  return { tokensIn, tokensOut: maxTokens ?? tokensIn, images: 1, ...film, costMicroUsd: null };
}

/** The limits that Stemma reads; an offer may declare others. */
const limitsSchema = z.looseObject({
  languages: z.array(z.string()).optional().catch(undefined),
  maxTokens: z.number().optional().catch(undefined),
  minSide: z.number().optional().catch(undefined),
  maxSide: z.number().optional().catch(undefined),
  mediaTypes: z.array(z.string()).optional().catch(undefined),
});

/** Why a request does not fit what an offer declares; what is not declared, or not known of the request, fits. */
export function misfitOf(limits: unknown, asks: Asks): string | undefined {
  const { data } = limitsSchema.safeParse(limits);
  if (data === undefined) return undefined;
  const { languages, maxTokens = Infinity, minSide = 0, maxSide = Infinity, mediaTypes } = data;
  const { language } = asks;
  if (language !== undefined && languages !== undefined && !languages.includes(language)) return 'another language';
  if ((asks.maxTokens ?? 0) > maxTokens) return 'fewer tokens';
  const sides = [asks.width, asks.height].filter((side) => side !== undefined);
  if (sides.some((side) => side < minSide || side > maxSide)) return 'another size';
  const fits = asks.mediaTypes.every((type) => mediaTypes === undefined || mediaTypes.includes(type));
  return fits ? undefined : 'another kind of file';
}
