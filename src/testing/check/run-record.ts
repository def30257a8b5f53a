import type { RunEvent } from '../../core/events.ts';
import { parseEvent } from '../../core/events.ts';
import type { ArtifactId, RunId } from '../../core/ids.ts';
import type { ArtifactRow, AttemptRow, RunHead, StoredBody } from '../../core/ports.ts';
import type { KitStore } from '../kit-store.ts';

/** What the store holds of a run, read from outside and unjudged. */
export interface RunRecord {
  readonly runId: RunId;
  readonly head: RunHead;
  readonly bodies: readonly StoredBody[];
  readonly events: readonly RunEvent[];
  readonly rows: readonly AttemptRow[];
  readonly artifacts: ReadonlyMap<ArtifactId, ArtifactRow>;
}

/** @returns undefined when the store knows no such run */
export async function readRecord({ log }: KitStore, runId: RunId): Promise<RunRecord | undefined> {
  const head = await log.head(runId);
  if (head === undefined) return undefined;
  const bodies: StoredBody[] = [];
  for await (const body of log.bodies(runId)) bodies.push(body);
  const events = bodies.map(({ body, position, hash }) =>
    parseEvent(body, { position, hash: Buffer.from(hash, 'hex') }),
  );
  const artifacts = new Map((await log.artifacts(runId)).map((row) => [row.id, row]));
  return { runId, head, bodies, events, rows: await log.attempts(runId), artifacts };
}

/** One attempt as the events tell it. */
export interface Attempt {
  readonly path: string;
  readonly attempt: number;
  readonly worker: string;
  readonly stage: string;
  /** How it ended; `running` when nobody has said. */
  readonly state: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  /** What it named first. */
  readonly result: ArtifactId | undefined;
}

/** In the order of their starts. */
export function attemptsOf(events: readonly RunEvent[]): readonly Attempt[] {
  const ends = new Map(
    events.flatMap((event) => (event.type === 'attempt.ended' ? [[nameOf(event), event] as const] : [])),
  );
  return events.flatMap((event) => {
    if (event.type !== 'attempt.started') return [];
    const { stepPath: path = '', attempt = 0, at: startedAt } = event;
    const { worker, stage } = event.data;
    const end = ends.get(nameOf(event));
    const state = end?.data.state ?? 'running';
    return [{ path, attempt, worker, stage, state, startedAt, endedAt: end?.at, result: end?.data.outputs[0]?.id }];
  });
}

const nameOf = ({ stepPath, attempt }: RunEvent): string => `attempt ${attempt} of ${stepPath}`;
