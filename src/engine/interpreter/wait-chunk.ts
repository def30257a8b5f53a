import { canonicalJson } from '../../core/canonical.ts';
import { optionsOf } from '../../core/definitions.ts';
import type { Resolved, StepDefinition } from '../../core/definitions.ts';
import { toHex } from '../../core/ids.ts';
import type { Digest, Sha256 } from '../../core/ids.ts';
import type { Json } from '../../core/json.ts';

/** The settings of a step that asks a person or waits for a signal; they stand in the step itself. */
export function waitSettings(step: StepDefinition): { readonly [name: string]: Json | undefined } | undefined {
  const { review, waitFor, expiresMs, byDefault, byOther } = step;
  if (review !== undefined) return { question: review, options: optionsOf(step), expiresMs, byDefault, byOther };
  return waitFor === undefined ? undefined : { name: waitFor, expiresMs };
}

/** The chunk that stands for such a step, so that it has attempts like any other. */
export function waitChunk(step: StepDefinition, digest: Digest): Resolved<'chunks'> {
  const stage = step.review === undefined ? 'flow.signal' : 'flow.review';
  const text = canonicalJson(waitSettings(step) ?? {});
  return {
    kind: 'chunks',
    id: stage.replace('.', '-'),
    definition: { stage, defaults: {}, output: 'text' },
    origin: 'shipped',
    digest: toHex(digest.sha256(text)) as Sha256,
    text,
  };
}
