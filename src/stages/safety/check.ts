import { z } from 'zod';
import { artifactInput, defineStage } from '../../core/stage.ts';
import type { ArtifactRef, Outcome, StageContext } from '../../core/stage.ts';

const facts = z.object({ decision: z.string(), check: z.string(), level: z.string() });

/** Shows the gateway's decision as a step. Leaving the step out of a pipeline removes nothing. */
async function show(
  prompt: ArtifactRef,
  evidenceType: string,
  context: StageContext,
): Promise<Outcome<z.infer<typeof facts>>> {
  const { verdict, evidence } = await context.check(prompt, evidenceType);
  if (verdict.decision === 'block') return { state: 'blocked', verdict };
  const { decision, check, level } = verdict;
  return { state: 'done', facts: { decision, check, level }, artifacts: [evidence] };
}

const parts = {
  version: 1,
  input: z.object({ prompt: artifactInput }),
  settings: z.object({}),
  facts,
  writes: 'nothing',
} as const;

export const safetyInput = defineStage({
  ...parts,
  type: 'safety.input',
  title: { en: 'Safety of the input', de: 'Prüfung der Eingabe' },
  description: { en: 'Shows what the gateway says about the input.', de: 'Zeigt, was das Tor zur Eingabe sagt.' },
  run: ({ prompt }, _settings, context) => show(prompt, 'safety_input', context),
});

export const safetyOutput = defineStage({
  ...parts,
  type: 'safety.output',
  title: { en: 'Safety before the medium', de: 'Prüfung vor dem Medium' },
  description: {
    en: 'Shows what the gateway says about the text that goes to the medium.',
    de: 'Zeigt, was das Tor zu dem Text sagt, der an das Medium geht.',
  },
  run: ({ prompt }, _settings, context) => show(prompt, 'safety_output', context),
});
