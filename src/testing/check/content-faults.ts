import type { RunEvent } from '../../core/events.ts';
import { toHex } from '../../core/ids.ts';
import type { Committed } from '../../core/schema.ts';
import type { KitStore } from '../kit-store.ts';
import { kitDigest } from '../system.ts';
import { attemptsOf } from './run-record.ts';
import type { Attempt, RunRecord } from './run-record.ts';

/** Stages whose every execution leaves a mark. */
const MARKED: ReadonlySet<string> = new Set(['kit.effect', 'kit.flaky', 'kit.nap']);

/** Every artifact that an event names is there, and holds the bytes that it held then. */
export async function artifactFaults(
  { files }: KitStore,
  { events, artifacts }: RunRecord,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { id, commitment } of events.flatMap((event) => committedIn(event))) {
    const row = artifacts.get(id);
    const bytes = await files.read(id).catch(() => undefined);
    if (row === undefined) faults.push(`${id} has no row`);
    if (bytes === undefined) faults.push(`${id} is named and not there`);
    if (row === undefined || bytes === undefined) continue;
    const salted = kitDigest.sha256(Buffer.from(row.salt, 'hex'), bytes);
    if (toHex(kitDigest.sha256(bytes)) !== row.sha256 || toHex(salted) !== commitment) faults.push(`${id} has changed`);
  }
  return faults;
}

function committedIn(event: RunEvent): readonly Committed[] {
  if (event.type === 'run.created') return event.data.given;
  if (event.type === 'attempt.ended') return event.data.outputs;
  return event.type === 'safety.verdict' ? [event.data.evidence] : [];
}

/**
 * Counted from outside: an attempt that succeeded or failed has had its effect exactly once, any other at most once,
 * and no step had more effects than attempts: nothing ran that is not recorded, and nothing after success.
 */
export async function effectFaults(
  { files }: KitStore,
  { runId, events }: RunRecord,
  effects: ReadonlyMap<string, readonly string[]>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const steps = Map.groupBy(
    attemptsOf(events).filter(({ stage }) => MARKED.has(stage)),
    ({ path }) => path,
  );
  for (const [path, attempts] of steps) {
    const marks = effects.get(`${runId}:${path}`) ?? [];
    if (marks.length > attempts.length)
      faults.push(`${path} had ${marks.length} effects in ${attempts.length} attempts`);
    if (new Set(marks).size !== marks.length) faults.push(`${path} has an effect that stands there twice`);
    for (const attempt of attempts) {
      const mark = await markOf(files, attempt);
      if (mark === undefined ? mustHaveMark(attempt) : !marks.includes(mark))
        faults.push(`attempt ${attempt.attempt} of ${path} ${attempt.state} without its effect`);
    }
  }
  const executed = [...effects.keys()].filter((step) => step.startsWith(`${runId}:`));
  const unknown = executed.filter((step) => !steps.has(step.slice(runId.length + 1)));
  return [...faults, ...unknown.map((step) => `${step} had an effect and no attempt`)];
}

const mustHaveMark = ({ state }: Attempt): boolean => state === 'succeeded' || state === 'failed';

async function markOf(files: KitStore['files'], { result }: Attempt): Promise<string | undefined> {
  if (result === undefined) return undefined;
  const bytes = await files.read(result).catch(() => undefined);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
