import { z } from 'zod';
import { StemmaError } from '../core/errors.ts';
import { artifactIdSchema } from '../core/schema.ts';
import type { ArtifactDraft } from '../core/stage.ts';

const pixels = z.int().min(1).optional();

/** What can be kept as an artifact. Extensions come without their types, and what no store takes would stop the run for ever. */
export const draftSchema = z.looseObject({
  type: z.string().min(1),
  body: z.union([z.string(), z.instanceof(Uint8Array)]),
  sources: z.array(artifactIdSchema).optional(),
  work: z.boolean().optional(),
  language: z.string().max(35).optional(),
  width: pixels,
  height: pixels,
});

/** @throws {StemmaError} INPUT_INVALID */
export function assertDraft(draft: ArtifactDraft): void {
  const { error } = draftSchema.safeParse(draft);
  if (error === undefined) return;
  const [issue] = error.issues;
  throw new StemmaError(
    'INPUT_INVALID',
    `This is no artifact: "${issue?.path.join('.') ?? ''}" ${issue?.message ?? ''}`,
  );
}
