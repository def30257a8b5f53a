/** Stages and a provider for tests of the engine. */
import { z } from 'zod';
import { artifactInput, closedFact, defineStage } from '../../src/core/stage.ts';
import type { AnyStage, Capability, Outcome, Provider, Stage, StageContext } from '../../src/core/stage.ts';

export const textInput = z.object({
  prompt: artifactInput.optional(),
  task: artifactInput.optional(),
  context: artifactInput.optional(),
  extra: artifactInput.optional(),
  number: z.number().optional(),
  word: z.string().optional(),
});
export type TextInput = z.infer<typeof textInput>;

/** A stage out of its body; it may do and read everything. */
export function testStage(
  type: string,
  body: (
    input: TextInput,
    context: StageContext,
    settings: Readonly<Record<string, unknown>>,
  ) => Promise<Outcome> | Outcome,
  options: { readonly calls?: Capability; readonly writes?: Stage['writes']; readonly version?: number } = {},
): AnyStage {
  return defineStage({
    type,
    version: options.version ?? 1,
    title: type,
    input: textInput,
    settings: z.object({ tone: z.string().optional() }),
    facts: z.object({}).catchall(closedFact),
    writes: options.writes ?? 'text',
    ...(options.calls === undefined ? {} : { calls: options.calls }),
    run: async (input: TextInput, settings: Readonly<Record<string, unknown>>, context: StageContext) =>
      body(input, context, settings),
  });
}

/** Ends a stage well with the text it wrote. */
export async function wrote(
  context: StageContext,
  body: string,
  facts: Readonly<Record<string, number | string | boolean>> = {},
): Promise<Outcome> {
  return { state: 'done', facts, artifacts: [await context.write({ type: 'text', body })] };
}
export const done = (facts: Readonly<Record<string, number | string | boolean>> = {}): Outcome => ({
  state: 'done',
  facts,
  artifacts: [],
});
export const failed = (code: string, more: { readonly retryAfterMs?: number } = {}): Outcome => ({
  state: 'failed',
  fault: { code, type: 'Test', facts: {}, ...more },
});

/** A provider that keeps every text it is asked with. */
export function recordingProvider(
  answer: (request: string, context: { signal: AbortSignal; call: number }) => Promise<string> | string = (text) =>
    `${text}!`,
): Provider & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    id: 'recorder',
    location: 'local',
    offers: {
      'text.generate': {
        models: ['m'],
        limits: {},
        estimate: () => ({ costMicroUsd: 0 }),
        async call({ parts }, { signal }) {
          const text = parts.map((part) => part.text.text).join(' | ');
          seen.push(text);
          const value = { text: await answer(text, { signal, call: seen.length }) };
          return { ok: true, value, model: 'm', usage: { costMicroUsd: 0 } };
        },
      },
    },
    check: async () => ({ reachable: true, models: ['m'], latencyMs: 0 }),
  };
}

/** A stage that sends its task, context and prompt through the funnel and writes the answer. */
export const askStage = testStage(
  'test.ask',
  async ({ task, context, prompt }, engine) => {
    const parts = [];
    for (const [name, artifact] of Object.entries({ task, context, prompt }))
      if (artifact !== undefined) parts.push({ name, text: await engine.cleared(artifact) });
    const result = await engine.call({ parts });
    if (!result.ok) return { state: 'failed', fault: result.fault };
    return wrote(engine, 'text' in result.value ? result.value.text : '');
  },
  { calls: 'text.generate' },
);
