/** Stages whose effects can be counted from outside. Every execution has a mark of its own, which is its result as well. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Instant } from '../../core/ids.ts';
import { artifactInput, defineStage } from '../../core/stage.ts';
import type { AnyStage, ArtifactRef, Outcome, StageContext } from '../../core/stage.ts';
import { kitClock } from '../system.ts';
import { leaveEffect } from './effects.ts';

export interface ScriptPlaces {
  /** Gets a line per execution. */
  readonly effects: string;
  /** What stages remember from one attempt to the next lies in it. */
  readonly memory: string;
  /** How long an execution takes. */
  readonly pauseMs: number;
}

const NAP_MS = 60;
const none = z.object({});
type NoFacts = z.infer<typeof none>;
const input = z.object({ prompt: artifactInput });

export function scriptStages(places: ScriptPlaces): readonly AnyStage[] {
  return [effectStage(places), flakyStage(places), napStage(places), askStage()];
}

const effectStage = (places: ScriptPlaces): AnyStage =>
  defineStage({
    ...shared('kit.effect', 'Leave an effect'),
    async run({ prompt }, _settings, context) {
      return { state: 'done', facts: {}, artifacts: [await act(places, context, prompt)] };
    },
  });

/** Fails the first time it is tried at a place. */
const flakyStage = (places: ScriptPlaces): AnyStage =>
  defineStage({
    ...shared('kit.flaky', 'Fail once'),
    async run({ prompt }, _settings, context) {
      const written = await act(places, context, prompt);
      const file = memoryOf(places, context);
      if (existsSync(file)) return { state: 'done', facts: {}, artifacts: [written] };
      writeFileSync(file, '');
      return { state: 'failed', fault: { code: 'PROVIDER_UNREACHABLE', type: 'Scripted', facts: {} } };
    },
  });

/** Waits for a time that it keeps in mind. */
const napStage = (places: ScriptPlaces): AnyStage =>
  defineStage({
    ...shared('kit.nap', 'Sleep a little'),
    async run({ prompt }, _settings, context): Promise<Outcome<NoFacts>> {
      const written = await act(places, context, prompt);
      const until = untilOf(memoryOf(places, context), context.now);
      if (until <= context.now) return { state: 'done', facts: {}, artifacts: [written] };
      return { state: 'waiting', wait: { for: 'time', until } };
    },
  });

const askStage = (): AnyStage =>
  defineStage({
    ...shared('kit.ask', 'Ask a provider'),
    calls: 'text.generate',
    async run({ prompt }, _settings, context): Promise<Outcome<NoFacts>> {
      const text = await context.cleared(prompt);
      const answer = await context.call({ parts: [{ name: 'prompt', text }] });
      if (!answer.ok) return { state: 'failed', fault: answer.fault };
      const written = await context.write({ type: 'answer', body: answer.value.text, sources: [prompt.id] });
      return { state: 'done', facts: {}, artifacts: [written] };
    },
  });

const shared = (type: string, title: string) =>
  ({ type, version: 1, title, input, settings: none, facts: none, writes: 'text' }) as const;

/** The effect first: whoever dies afterwards has had it. */
async function act(
  { effects, pauseMs }: ScriptPlaces,
  context: StageContext,
  prompt: ArtifactRef,
): Promise<ArtifactRef> {
  const mark = leaveEffect(effects, context.stepKey);
  if (pauseMs > 0) await kitClock.sleep(pauseMs, context.signal);
  return context.write({ type: 'mark', body: mark, sources: [prompt.id] });
}

const memoryOf = ({ memory }: ScriptPlaces, { stepKey }: StageContext): string =>
  join(memory, stepKey.replaceAll(/[^\w.-]/g, '_'));

function untilOf(file: string, now: Instant): Instant {
  if (existsSync(file)) return Number(readFileSync(file, 'utf8')) as Instant;
  const until = (now + NAP_MS) as Instant;
  writeFileSync(file, String(until));
  return until;
}
