import type { Definitions } from '../../core/definitions.ts';
import { StemmaError } from '../../core/errors.ts';
import type { EventData } from '../../core/events.ts';
import type { Sha256 } from '../../core/ids.ts';
import { runRequestSchema } from '../../core/request.ts';
import type { ArtifactRef } from '../../core/stage.ts';
import type { AttemptPlace } from '../attempt.ts';
import type { Engine } from '../engine.ts';
import { Gateway } from '../gateway.ts';
import { RunArtifacts } from '../run-artifacts.ts';
import type { RunSession } from '../run-session.ts';
import { readParent } from '../parent-record.ts';
import { openReplay } from '../replay.ts';
import { ReplayVerdicts } from '../replay-verdicts.ts';
import { createReuse } from '../reuse.ts';
import { definitionOf } from './plan.ts';
import type { RunPlan, StepReuse } from './plan.ts';

/**
 * Everything the interpreter needs, from the run's own record: definitions as they were, and what was given.
 *
 * @throws {StemmaError} STAGE_CHANGED · STORE_CORRUPT · DEFINITION_INVALID · LEASE_LOST
 */
export async function openPlan(place: AttemptPlace): Promise<RunPlan> {
  const { engine, session, artifacts } = place;
  const { runId } = session.lease;
  const { created } = session.fold;
  if (created === undefined) throw new StemmaError('STORE_CORRUPT', `Run ${runId} has no first event.`);
  assertStages(engine, session);
  const definitions = await restoreDefinitions(engine, created.definitions);
  const given = new Map<string, ArtifactRef>();
  for (const { id } of created.given) given.set(artifacts.row(id).type, artifacts.ref(id));
  const request = given.get('request');
  if (request === undefined) throw new StemmaError('STORE_CORRUPT', `The request of run ${runId} is missing.`);
  const replay = created.replayOf === undefined ? undefined : await openReplay(place, created.replayOf);
  const reuse = replay === undefined ? await openReuse(engine, created) : replay.reuse;
  const recorded = replay && new ReplayVerdicts(engine.files, replay.origin);
  return {
    ...place,
    ...(replay === undefined ? {} : { replay }),
    ...(reuse === undefined ? {} : { reuse }),
    definitions,
    pipeline: definitionOf(definitions, 'pipelines', created.pipeline).definition,
    profile: definitionOf(definitions, 'profiles', created.profile).definition,
    request: runRequestSchema.parse(JSON.parse(await artifacts.text(request.id))),
    given,
    gateway: new Gateway(place, created.level, recorded),
  };
}

async function openReuse(engine: Engine, { parent }: EventData['run.created']): Promise<StepReuse | undefined> {
  if (parent === undefined) return undefined;
  const record = await readParent(engine, parent.runId, (digest) => restoreDefinitions(engine, digest));
  return record && createReuse({ parent: record, from: parent.fromStep });
}

/** The run's artifacts, for its holder; what attempts that were cut short have left behind is gone before the first is made. */
export async function openArtifacts(engine: Engine, session: RunSession): Promise<RunArtifacts> {
  const { fold, lease } = session;
  const onBroken = (error: StemmaError): void => session.break(error);
  const parts = { files: engine.files, digest: engine.digest, runId: lease.runId, onBroken };
  const artifacts = new RunArtifacts(parts, fold, await engine.log.artifacts(lease.runId));
  // a branch, and a replay of one, copies files before the first event of a step names them
  const { parent, replayOf } = fold.created ?? {};
  const isNew = fold.steps.size === 0 && fold.verdicts.length === 0 && parent === undefined && replayOf === undefined;
  if (!isNew) await clearStrays({ engine, session, artifacts });
  return artifacts;
}

/**
 * Removes files that no event names, of attempts that were cut short. Only the holder may: to one that was taken over
 * while its process stood still, everything the next holder has made since looks like a stray.
 *
 * @throws {StemmaError} LEASE_LOST
 */
export async function clearStrays({ engine, session, artifacts }: AttemptPlace): Promise<void> {
  const { lease, fold } = session;
  await artifacts.sweep(fold.artifacts, () => engine.queue.holds(lease));
  if (!(await engine.queue.holds(lease)))
    throw new StemmaError('LEASE_LOST', `The lease of run ${lease.runId} with token ${lease.token} no longer counts.`);
}

/** @throws {StemmaError} STAGE_CHANGED when the run has used a stage that is now another one */
function assertStages({ stages }: Engine, { fold }: RunSession): void {
  for (const [type, before] of fold.stageVersions) {
    const now = stages.get(type)?.version;
    if (now === before) continue;
    throw new StemmaError('STAGE_CHANGED', `The run began with ${type} ${before}; now it is ${now ?? 'gone'}.`, {
      facts: { stage: type, before, now: now ?? null },
      hint: 'Branch the run to go on with the stage as it is now.',
    });
  }
}

const MOST_SETS = 64;
/** Sets are named by their content, so what was restored once holds for every run made with it. */
const restored = new WeakMap<Engine['definitions'], Map<Sha256, Promise<Definitions>>>();

function restoreDefinitions(engine: Engine, digest: Sha256): Promise<Definitions> {
  const known = restored.get(engine.definitions) ?? new Map<Sha256, Promise<Definitions>>();
  restored.set(engine.definitions, known);
  const found = known.get(digest) ?? readDefinitions(engine, digest);
  known.delete(digest);
  known.set(digest, found); // the one used last stands last
  found.catch(() => known.delete(digest));
  const [oldest] = known.keys();
  if (known.size > MOST_SETS && oldest !== undefined) known.delete(oldest);
  return found;
}

async function readDefinitions(engine: Engine, digest: Sha256): Promise<Definitions> {
  const set = await engine.log.definitionSet(digest);
  if (set === undefined) throw new StemmaError('STORE_CORRUPT', `The definitions ${digest} of a run are missing.`);
  return engine.definitions.restore(set);
}
