import type { RunEvent } from '../events.ts';
import type { ArtifactRow } from '../ports.ts';
import type { AttemptView, Item } from '../shapes.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { iso } from './source.ts';
import type { ChronicleSource } from './source.ts';

/** The studio stage of an artifact's type; what is not listed belongs to its place in the pipeline. */
const STAGE_OF_TYPE: { readonly [type: string]: number } = {
  input: 1,
  input_image: 1,
  translation: 1,
  safety_input: 1,
  task: 1,
  context: 1,
  parameters: 1,
  interception: 2,
  interception_step: 2,
  optimized_prompt: 3,
  safety_output: 3,
  safety_media: 4,
};

/** Folder `work/` holds what a machine needs to explain itself; of it only these belong to the journey. */
const JOURNEY_WORK = new Set(['interception_step', 'error']);

const MAX_TEXT = 65_536;

export function stageOfItem(type: string, place: Place): number {
  return STAGE_OF_TYPE[type] ?? (type.startsWith('output_') || place.loopIteration !== null ? 4 : 2);
}

/** The chronological journey of a run: what a person would tell about it, in order. */
export function itemsOf(source: ChronicleSource, attempts: readonly AttemptView[]): Item[] {
  const rows = new Map(source.artifacts.map((row) => [row.id, row]));
  const byKey = new Map(attempts.map((attempt) => [`${attempt.stepPath}:${attempt.attempt}`, attempt]));
  return source.events.flatMap((event): Item[] => {
    const attempt = byKey.get(`${event.stepPath}:${event.attempt}`);
    const base = itemBase(event, source, attempt);
    const named = artifactsOf(event).flatMap((id) => rows.get(id) ?? []);
    const told = named.filter(isTold).map((row) => artifactItem(row, base, source));
    return [...startItem(event, base), ...told, ...endItems(event, base)];
  });
}

type Base = Omit<Item, 'type' | 'stage'> & { readonly place: Place };

function itemBase(event: RunEvent, source: ChronicleSource, attempt: AttemptView | undefined): Base {
  const place = placeOf(event.stepPath, source.pipeline);
  const created = source.events[0];
  return {
    seq: event.seq,
    at: iso(event.at),
    stageIteration: place.stageIteration,
    loopIteration: place.loopIteration,
    stepPath: event.stepPath ?? null,
    artifactId: null,
    text: null,
    truncated: false,
    mediaType: null,
    config: created?.type === 'run.created' ? created.data.config : '',
    provider: attempt?.provider ?? null,
    model: attempt?.model ?? null,
    durationMs: attempt?.durationMs ?? null,
    place,
  };
}

function artifactsOf(event: RunEvent): readonly ArtifactRow['id'][] {
  switch (event.type) {
    case 'run.created':
      return event.data.given.map(({ id }) => id);
    case 'attempt.ended':
      return event.data.outputs.map(({ id }) => id);
    case 'safety.verdict':
      return [event.data.evidence.id];
    default:
      return [];
  }
}

const isTold = (row: ArtifactRow): boolean => !row.id.includes('/work/') || JOURNEY_WORK.has(row.type);

function artifactItem(row: ArtifactRow, { place, ...base }: Base, source: ChronicleSource): Item {
  const full = source.texts.get(row.id) ?? null;
  const text = full === null ? null : full.slice(0, MAX_TEXT);
  const truncated = full !== null && full.length > MAX_TEXT;
  const stage = stageOfItem(row.type, place);
  return { ...base, stage, type: row.type, artifactId: row.id, text, truncated, mediaType: row.mediaType };
}

function startItem(event: RunEvent, { place: _place, ...base }: Base): Item[] {
  return event.type === 'run.created' ? [{ ...base, stage: 0, type: 'run_start' }] : [];
}

function endItems(event: RunEvent, { place, ...base }: Base): Item[] {
  if (event.type === 'run.ended') return [{ ...base, stage: 5, type: 'run_end' }];
  if (event.type !== 'attempt.ended') return [];
  const stage = stageOfItem('', place);
  if (event.data.state === 'blocked') return [{ ...base, stage, type: 'blocked' }];
  const told = event.data.fault?.detail !== undefined;
  return event.data.fault === undefined || told ? [] : [{ ...base, stage, type: 'error' }];
}
