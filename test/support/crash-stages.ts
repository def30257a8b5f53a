/** Stages whose effects can be counted from outside. Every execution has a mark of its own, which is its result as well. */
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Instant } from '../../src/core/ids.ts';
import { artifactInput, defineStage } from '../../src/core/stage.ts';
import type { AnyStage, StageContext } from '../../src/core/stage.ts';

export interface CrashStagePlaces {
  /** Gets a line `<runId>:<stepPath> <mark>` per execution, fsynced before the stage goes on. */
  readonly effects: string;
  /** While it is not there, `crash.slow` waits. */
  readonly gate: string;
}

const LOOK_EVERY_MS = 5;
const AN_HOUR_MS = 3_600_000;
const none = z.object({});

export function crashStages({ effects, gate }: CrashStagePlaces): readonly AnyStage[] {
  return [appendStage(effects), slowStage(effects, gate), laterStage()];
}

const appendStage = (effects: string): AnyStage =>
  defineStage({
    type: 'crash.append',
    version: 1,
    title: { en: 'Leave an effect' },
    input: z.object({ prompt: artifactInput }),
    settings: none,
    facts: none,
    writes: 'text',
    async run({ prompt }, _settings, context) {
      const body = leaveEffect(effects, context);
      const written = await context.write({ type: 'link', body, sources: [prompt.id] });
      return { state: 'done', facts: {}, artifacts: [written] };
    },
  });

/** Writes one file before the gate and one after it, so that whoever is cut off there leaves files that nobody names. */
const slowStage = (effects: string, gate: string): AnyStage =>
  defineStage({
    type: 'crash.slow',
    version: 1,
    title: { en: 'Wait at the gate' },
    input: z.object({ prompt: artifactInput }),
    settings: none,
    facts: none,
    writes: 'text',
    async run({ prompt }, _settings, context) {
      const mark = leaveEffect(effects, context);
      await context.write({ type: 'sketch', body: `Before the gate: ${mark}`, work: true });
      while (!existsSync(gate)) await pause(LOOK_EVERY_MS, undefined, { signal: context.signal });
      const written = await context.write({ type: 'link', body: mark, sources: [prompt.id] });
      return { state: 'done', facts: {}, artifacts: [written] };
    },
  });

const laterStage = (): AnyStage =>
  defineStage({
    type: 'crash.later',
    version: 1,
    title: { en: 'Come back in an hour' },
    input: z.object({ prompt: artifactInput }),
    settings: none,
    facts: none,
    writes: 'nothing',
    run: ({ prompt: _prompt }, _settings, { now }) =>
      Promise.resolve({ state: 'waiting', wait: { for: 'time', until: (now + AN_HOUR_MS) as Instant } }),
  });

/** One line in one write: whole or not there, whoever dies. */
function leaveEffect(effects: string, { stepKey }: StageContext): string {
  const mark = randomUUID();
  const file = openSync(effects, 'a');
  try {
    writeSync(file, `${stepKey} ${mark}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return mark;
}
