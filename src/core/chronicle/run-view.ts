import { blockingVerdict, foldRun } from '../apply.ts';
import type { RunFold } from '../apply.ts';
import { StemmaError } from '../errors.ts';
import { traceIdOf } from '../ids.ts';
import type { Blocked, Cost, RunView } from '../shapes.ts';
import { stageOfItem } from './items.ts';
import { placeOf } from './place.ts';
import { captureOf, iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

/** The run itself. @throws {StemmaError} STORE_CORRUPT for a list of events without a beginning */
export function runView(source: ChronicleSource, cost: Cost): RunView {
  const { events } = source;
  const [first] = events;
  if (first?.type !== 'run.created') throw new StemmaError('STORE_CORRUPT', 'The run has no first event.');
  const fold = foldRun(events);
  const { data, runId } = first;
  const started = events.find(({ type }) => type === 'run.started');
  const ended = events.findLast((event) => event.type === 'run.ended');
  const from = started?.at ?? first.at;
  return {
    runId,
    traceId: traceIdOf(runId),
    state: fold.state ?? 'pending',
    config: data.config,
    configName: source.configName,
    pipeline: data.pipeline,
    profile: data.profile,
    safety: data.level,
    lang: data.lang,
    seed: data.seed,
    priority: data.priority,
    labels: source.labels,
    room: null,
    parent: data.parent ?? null,
    createdAt: iso(first.at),
    startedAt: started === undefined ? null : iso(started.at),
    endedAt: ended === undefined ? null : iso(ended.at),
    durationMs: ended === undefined ? null : ended.at - from,
    costMicroUsd: cost.microUsd,
    problems: ended?.data.problems ?? [],
    blocked: fold.state === 'blocked' ? blockedView(fold, source) : null,
    error: captureOf(ended?.data.fault, source),
    content: 'present',
    stemmaVersion: data.stemma,
  };
}

/** Heading, what was stopped, why, what protects whom, what one could try: friendly to the level's age. */
function blockedView(fold: RunFold, source: ChronicleSource): Blocked | null {
  const verdict = blockingVerdict(fold);
  if (verdict === undefined) return null;
  const event = source.events.findLast((one) => one.type === 'safety.verdict' && one.data.decision === 'block');
  const place = placeOf(event?.stepPath, source.pipeline);
  const text = (part: string): string => source.message(`safety.${verdict.check}.${verdict.level}.${part}`, {});
  const type = source.artifacts.find(({ id }) => id === verdict.subject)?.type ?? 'input';
  return {
    stage: stageOfItem(type, place),
    code: 'SAFETY_BLOCKED',
    check: verdict.check,
    heading: text('heading'),
    message: text('message'),
    why: text('why'),
    protection: text('protection'),
    suggestion: text('suggestion'),
    terms: source.terms,
  };
}
