import { z } from 'zod';
import type { Facts } from '../../core/json.ts';
import { artifactInput, closedFact, closedWord } from '../../core/stage.ts';
import type { ArtifactRef, Outcome, PromptPart, StageContext } from '../../core/stage.ts';

/** Inputs of every stage that sends a prompt in parts: task and context may be empty. */
export const promptInput = z.object({
  task: artifactInput.optional(),
  context: artifactInput.optional(),
  prompt: artifactInput,
});

export const rewriteSettings = z.object({
  /** What the offline provider does instead of a model. */
  procedure: closedWord.optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).optional(),
});

export const rewriteFacts = z.object({ characters: z.number(), words: z.number() }).catchall(closedFact);

interface RewriteInput {
  readonly task?: ArtifactRef | undefined;
  readonly context?: ArtifactRef | undefined;
  readonly prompt: ArtifactRef;
}

/** Sends the parts to the model and keeps its answer as an artifact of the given type. */
export async function rewrite(
  type: string,
  { input, settings }: { input: RewriteInput; settings: z.infer<typeof rewriteSettings> },
  context: StageContext<'text.generate'>,
): Promise<Outcome> {
  const language = input.prompt.language;
  const result = await context.call({
    parts: await clearParts(input, context),
    iteration: context.iteration,
    ...(language === undefined ? {} : { language }),
    ...(settings.procedure === undefined ? {} : { procedure: settings.procedure }),
    ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
    ...(settings.maxTokens === undefined ? {} : { maxTokens: settings.maxTokens }),
  });
  if (!result.ok) return { state: 'failed', fault: result.fault };
  const { text } = result.value;
  const spoken = result.value.language ?? language;
  const sources = [input.task, input.context, input.prompt].flatMap((part) => (part === undefined ? [] : [part.id]));
  const written = await context.write({
    type,
    body: text,
    sources,
    ...(spoken === undefined ? {} : { language: spoken }),
  });
  const facts: Facts = { characters: text.length, words: text.split(/\s+/u).filter(Boolean).length };
  return { state: 'done', facts: { ...result.value.facts, ...facts }, artifacts: [written] };
}

async function clearParts(input: RewriteInput, context: StageContext<'text.generate'>): Promise<PromptPart[]> {
  const parts: PromptPart[] = [];
  for (const [name, artifact] of Object.entries({ task: input.task, context: input.context, prompt: input.prompt }))
    if (artifact !== undefined) parts.push({ name, text: await context.cleared(artifact) });
  return parts;
}
