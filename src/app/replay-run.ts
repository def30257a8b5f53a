import { StemmaError } from '../core/errors.ts';
import { parseArtifactId } from '../core/ids.ts';
import type { RunId, StepPath, WorkerId } from '../core/ids.ts';
import type { Facts } from '../core/json.ts';
import { runRequestSchema } from '../core/request.ts';
import type { Fault } from '../core/schema.ts';
import type { RunState } from '../core/states.ts';
import type { ArtifactDraft } from '../core/stage.ts';
import { VERDICT_DIFFERS } from '../engine/gateway.ts';
import type { App } from './context.ts';
import { endedRun, presentRun } from './ended-run.ts';
import { exactDiff } from './exact-diff.ts';
import type { ExactDiff } from './exact-diff.ts';
import { submitRun } from './start-run.ts';
import type { ReadyRun, StartedRun } from './start-run.ts';

/**
 * Starts a replay: a new run with the definitions, texts and seed of one that has ended, whose every call is answered
 * from that run's record. No provider is asked or needs to be there, and it costs nothing.
 *
 * @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED · STATE_CONFLICT while the run goes on · STORE_FULL · STORE_BUSY
 */
export async function replayRun(app: App, id: string, claimFor?: WorkerId): Promise<StartedRun> {
  const runId = await endedRun(app, id);
  return submitRun(app, await prepareReplay(app, runId), claimFor);
}

async function prepareReplay({ store: { log, files } }: App, runId: RunId): Promise<ReadyRun> {
  for await (const first of log.read(runId, { limit: 1 })) {
    if (first.type !== 'run.created') break;
    const { config, pipeline, profile, definitions } = first.data;
    const set = await log.definitionSet(definitions);
    if (set === undefined) throw new StemmaError('STORE_CORRUPT', `The definitions of run ${runId} are missing.`);
    const rows = new Map((await log.artifacts(runId)).map((row) => [row.id, row]));
    const given: ArtifactDraft[] = [];
    for (const artifact of first.data.given) {
      const type = rows.get(artifact.id)?.type;
      if (type === undefined) throw new StemmaError('STORE_CORRUPT', `What was given to run ${runId} is missing.`);
      const body = new TextDecoder().decode(await files.read(artifact.id));
      given.push({ type, body, work: parseArtifactId(artifact.id)?.work ?? false });
    }
    const asked = given.find(({ type }) => type === 'request')?.body;
    const request = runRequestSchema.parse(JSON.parse(String(asked)));
    return { request, used: { config, pipeline, profile }, set, given, replayOf: runId };
  }
  throw new StemmaError('STORE_CORRUPT', `Run ${runId} has no first event.`);
}

/** Where the replay's own lists decide otherwise than was recorded; the record was followed. */
export interface DifferentVerdict {
  readonly stepPath: StepPath | null;
  /** `type` of what was judged, `recorded` and `now`: the decisions. */
  readonly facts: Facts;
}

export interface ReplayResult {
  readonly runId: RunId;
  readonly replayOf: RunId;
  readonly state: RunState;
  /** Why it has not come through; `facts.path` and `facts.because` tell what the record lacks. */
  readonly fault: Fault | null;
  /** The recorded run on the left, the replay on the right. */
  readonly exact: ExactDiff;
  readonly verdicts: readonly DifferentVerdict[];
}

/** What a replay has shown. @throws {StemmaError} RUN_NOT_FOUND · CONTENT_DELETED · INPUT_INVALID when the run is no replay */
export async function replayResult(app: App, id: string): Promise<ReplayResult> {
  const { runId, state } = await presentRun(app, id);
  const verdicts: DifferentVerdict[] = [];
  let replayOf: RunId | undefined;
  let fault: Fault | null = null;
  for await (const { type, data, stepPath = null } of app.store.log.read(runId)) {
    if (type === 'run.created') replayOf = data.replayOf;
    if (type === 'run.ended') fault = data.fault ?? null;
    if (type === 'note' && data.kind === VERDICT_DIFFERS) verdicts.push({ stepPath, facts: data.facts });
  }
  if (replayOf === undefined) throw new StemmaError('INPUT_INVALID', `Run ${runId} is no replay.`);
  return { runId, replayOf, state, fault, exact: await exactDiff(app, replayOf, runId), verdicts };
}
