/** What must hold of a run after any crash, and what does not. */
import type { RunEvent } from '../../src/core/events.ts';
import type { RunId } from '../../src/core/ids.ts';
import { isUnnamedFile, verifyRun } from '../../src/app/verify-run.ts';
import { until } from './crash-bench.ts';
import type { CrashBench, CrashProcess } from './crash-bench.ts';

export interface Attempt {
  readonly path: string;
  readonly attempt: number;
  readonly worker: string;
  readonly stage: string;
  /** How it ended; `running` when nobody has said. */
  readonly state: string;
  /** The id of what it named first. */
  readonly result: string | undefined;
  readonly startedAt: number;
}

const CONVENIENCES = /^(metadata\.json|steps\.ndjson|definitions\/.*)$/;
const COUNTED = new Set(['crash.append', 'crash.slow']);

/** In the order of their starts. */
export function attemptsOf(events: readonly RunEvent[]): readonly Attempt[] {
  const ends = new Map(
    events.flatMap((event) => (event.type === 'attempt.ended' ? [[nameOf(event), event.data] as const] : [])),
  );
  return events.flatMap((event) => {
    if (event.type !== 'attempt.started') return [];
    const { stepPath: path = '', attempt = 0, at: startedAt } = event;
    const { worker, stage } = event.data;
    const end = ends.get(nameOf(event));
    return [{ path, attempt, worker, stage, state: end?.state ?? 'running', result: end?.outputs[0]?.id, startedAt }];
  });
}

const nameOf = ({ stepPath, attempt }: RunEvent): string => `${stepPath}#${attempt}`;

/** Everything that is not as guaranteed, in words; nothing for a run that came through. */
export async function faultsOf(bench: CrashBench, runId: RunId): Promise<readonly string[]> {
  const events = await bench.events(runId);
  const verified = await verifyRun(bench.app, runId);
  return [
    // a file that no event names is counted below, with those of runs that have not ended
    ...verified.problems.filter((one) => !isUnnamedFile(one)).map(({ what, problem }) => `${what} ${problem}`),
    ...eventFaults(events),
    ...attemptFaults(attemptsOf(events)),
    ...(await effectFaults(bench, runId, attemptsOf(events))),
    ...(await orphansOf(bench, runId)).map((path) => `no event names ${path}`),
  ];
}

/** Files of the run's folder that no event names. */
export async function orphansOf({ app }: CrashBench, runId: RunId): Promise<readonly string[]> {
  const named = new Set((await app.store.log.artifacts(runId)).map(({ id }) => id.slice(runId.length + 1)));
  const files = (await app.store.files.inventory(runId)).map(({ path }) => path);
  return files.filter((path) => !named.has(path) && !CONVENIENCES.test(path));
}

/** Until the worker waits at the gate: the step's effect is there, its first file too, and its attempt has no end. */
export async function untilAtGate(bench: CrashBench, runId: RunId, worker: CrashProcess): Promise<void> {
  const isThere = async (): Promise<boolean> =>
    bench.effects().has(`${runId}:hold`) && (await orphansOf(bench, runId)).some((path) => path.includes('_sketch'));
  await until('the worker waits at the gate', async () => worker.whileAlive(await isThere()));
}

/** Every event once, in one order. */
function eventFaults(events: readonly RunEvent[]): readonly string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]?.position ?? 0;
    if (event.seq !== index + 1 || event.position <= before) faults.push(`event ${event.seq} is out of its order`);
    const name = `${event.type} ${nameOf(event)}`;
    if (event.type.startsWith('attempt.') && seen.has(name)) faults.push(`${name} stands there twice`);
    seen.add(name);
  }
  return faults;
}

/** A step ends once; after an abandoned attempt comes another one, after one that succeeded none. */
function attemptFaults(attempts: readonly Attempt[]): readonly string[] {
  const faults: string[] = [];
  for (const { path, attempt, state } of attempts) {
    const next = attempts.find((other) => other.path === path && other.attempt === attempt + 1);
    const name = `attempt ${attempt} of ${path}`;
    if (state === 'running') faults.push(`${name} has no end`);
    if (state === 'abandoned' && next === undefined) faults.push(`nothing followed on the abandoned ${name}`);
    if (state === 'succeeded' && next !== undefined) faults.push(`${name} succeeded, and another one followed`);
  }
  return faults;
}

/** Counted from outside: every attempt has at most one effect, the one that succeeded exactly one. */
async function effectFaults(bench: CrashBench, runId: RunId, attempts: readonly Attempt[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const effects = bench.effects();
  const artifacts = await bench.app.store.log.artifacts(runId);
  const rows = new Map<string, (typeof artifacts)[number]>(artifacts.map((row) => [row.id, row]));
  for (const { path, state, stage, result = '' } of attempts) {
    if (state !== 'succeeded' || !COUNTED.has(stage)) continue;
    const marks = effects.get(`${runId}:${path}`) ?? [];
    const tries = attempts.filter((other) => other.path === path).length;
    if (marks.length > tries) faults.push(`${path} had ${marks.length} effects in ${tries} attempts`);
    const row = rows.get(result);
    const mark = row === undefined ? '' : Buffer.from(await bench.app.store.files.read(row.id)).toString('utf8');
    const own = marks.filter((other) => other === mark).length;
    if (own !== 1) faults.push(`the attempt of ${path} that succeeded had ${own} effects`);
  }
  return faults;
}
