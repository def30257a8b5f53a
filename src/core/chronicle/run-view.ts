import { foldRun, runStateOf } from '../apply.ts';
import type { RunEvent } from '../events.ts';
import { traceIdOf } from '../ids.ts';
import type { Blocked, Cost, RunView } from '../shapes.ts';
import { placeOf } from './place.ts';
import { captureOf, createdOf, iso, lastBlock } from './source.ts';
import type { ChronicleSource } from './source.ts';
import { stageOfBlock } from './studio-stage.ts';

/** The run itself. @throws {StemmaError} STORE_CORRUPT for a list of events without a beginning */
export function runView(source: ChronicleSource, cost: Cost): RunView {
  const { data, runId } = createdOf(source.events);
  const fold = foldRun(source.events);
  const state = runStateOf(fold);
  return {
    runId,
    traceId: traceIdOf(runId),
    state,
    config: data.config,
    configName: source.configName,
    pipeline: data.pipeline,
    profile: data.profile,
    safety: data.level,
    lang: data.lang,
    seed: data.seed,
    priority: data.priority,
    labels: source.labels,
    room: data.room ?? null,
    parent: data.parent ?? null,
    ...times(source.events),
    costMicroUsd: cost.microUsd,
    problems: fold.ended?.problems ?? [],
    moreProblems: fold.ended?.moreProblems ?? 0,
    blocked: state === 'blocked' ? blockedView(source) : null,
    error: captureOf(fold.ended?.fault, source),
    waitingFor: state === 'waiting' ? waitOf(source.events) : null,
    content: source.content,
    stemmaVersion: data.stemma,
  };
}

const waitOf = (events: readonly RunEvent[]): RunView['waitingFor'] =>
  events.reduce<RunView['waitingFor']>((last, event) => (event.type === 'run.waiting' ? event.data.for : last), null);

/** A run that was paused before its start begins with `run.resumed`. */
const isStart = ({ type }: RunEvent): boolean => type === 'run.started' || type === 'run.resumed';

function times(events: readonly RunEvent[]): Pick<RunView, 'createdAt' | 'startedAt' | 'endedAt' | 'durationMs'> {
  const created = createdOf(events);
  const started = events.find(isStart);
  const ended = events.findLast(({ type }) => type === 'run.ended');
  return {
    createdAt: iso(created.at),
    startedAt: started === undefined ? null : iso(started.at),
    endedAt: ended === undefined ? null : iso(ended.at),
    durationMs: ended === undefined ? null : ended.at - (started ?? created).at,
  };
}

/** Heading, what was stopped, why, what protects whom, what one could try: friendly to the level's age. */
function blockedView(source: ChronicleSource): Blocked | null {
  const block = lastBlock(source.events);
  if (block === undefined) return null;
  const { check, level } = block.data;
  const text = (part: string): string => source.message(`safety.${check}.${level}.${part}`, {});
  return {
    stage: stageOfBlock(block.data, placeOf(block.stepPath, source.pipeline), source.artifacts),
    code: 'SAFETY_BLOCKED',
    check,
    heading: text('heading'),
    message: text('message'),
    why: text('why'),
    protection: text('protection'),
    suggestion: text('suggestion'),
    terms: source.terms,
  };
}
