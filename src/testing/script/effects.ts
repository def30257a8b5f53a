/** What stages do to the world, in a file of their own, so that it can be counted from outside. */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** A line `<runId>:<stepPath> <mark>` in one write: whole or not there, whoever dies. The mark is new every time. */
export function leaveEffect(file: string, stepKey: string): string {
  const mark = randomUUID();
  appendFileSync(file, `${stepKey} ${mark}\n`);
  return mark;
}

/** Marks of every execution so far, by `<runId>:<stepPath>`. */
export function readEffects(file: string): ReadonlyMap<string, readonly string[]> {
  const effects = new Map<string, string[]>();
  if (!existsSync(file)) return effects;
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const [step = '', mark = ''] = line.split(' ');
    const marks = effects.get(step);
    if (marks === undefined) effects.set(step, [mark]);
    else marks.push(mark);
  }
  return effects;
}
