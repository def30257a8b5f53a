import type { RunEvent } from '../events.ts';
import { parseArtifactId } from '../ids.ts';
import type { ArtifactId } from '../ids.ts';
import type { ArtifactRow } from '../ports.ts';
import type { Item } from '../shapes.ts';
import { tryKey } from './attempts.ts';
import type { Try } from './attempts.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { createdOf, iso, lastBlock } from './source.ts';
import type { ChronicleSource } from './source.ts';
import { stageOfArtifact, stageOfBlock, stageOfStep } from './studio-stage.ts';

/** Folder `work/` holds what a machine needs to explain itself; of it only these belong to the journey. */
const JOURNEY_WORK = new Set(['interception_step', 'error']);

const MAX_TEXT_BYTES = 65_536;
/** A character has at most so many bytes in UTF-8, counted as JavaScript counts characters. */
const MOST_BYTES = 3;

/** The chronological journey of a run: what a person would tell about it, in order. */
export function itemsOf(source: ChronicleSource, tries: readonly Try[]): Item[] {
  const { config } = createdOf(source.events).data;
  const rows = new Map(source.artifacts.map((row) => [row.id, row]));
  const byKey = new Map(tries.map((one) => [tryKey(one.view), one]));
  return source.events.flatMap((event): Item[] => {
    const at: Here = {
      event,
      tried: byKey.get(tryKey(event)),
      place: placeOf(event.stepPath, source.pipeline),
      source,
    };
    const base = itemBase(at, config);
    const named = artifactsOf(event).flatMap((id) => rows.get(id) ?? deletedArtifact(id, source) ?? []);
    const told = named.filter(isTold).map((row) => artifactItem(row, base, at));
    return [...startItem(event, base), ...told, ...endItems(base, at, told)];
  });
}

type Base = Omit<Item, 'type' | 'stage'>;

/** An event with what it is about. */
interface Here {
  readonly event: RunEvent;
  readonly tried: Try | undefined;
  readonly place: Place;
  readonly source: ChronicleSource;
}

function itemBase({ event, tried, place }: Here, config: string): Base {
  const { provider = null, model = null, durationMs = null } = tried?.view ?? {};
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
    config,
    provider,
    model,
    durationMs,
  };
}

function artifactsOf(event: RunEvent): readonly ArtifactId[] {
  switch (event.type) {
    case 'run.created':
      return event.data.given.map(({ id }) => id);
    case 'attempt.ended':
    case 'step.reused':
      return event.data.outputs.map(({ id }) => id);
    case 'safety.verdict':
      return [event.data.evidence.id];
    default:
      return [];
  }
}

type Named = Pick<ArtifactRow, 'id' | 'type'> & { readonly mediaType: string | null };

/** The name is all that is left of it. */
function deletedArtifact(id: ArtifactId, { content }: ChronicleSource): Named | undefined {
  const name = content === 'deleted' ? parseArtifactId(id) : undefined;
  return name && { id, type: name.type, mediaType: null };
}

const isTold = (row: Named): boolean => !row.id.includes('/work/') || JOURNEY_WORK.has(row.type);

function artifactItem({ id, type, mediaType }: Named, base: Base, at: Here): Item {
  const stage = type === 'error' ? faultStage(at) : stageOfArtifact(type, at.place);
  return { ...base, stage, type, artifactId: id, mediaType, ...shown(at.source.texts.get(id)) };
}

/** A text up to its limit, cut between two characters. */
function shown(text: string | undefined): Pick<Item, 'text' | 'truncated'> {
  if (text === undefined) return { text: null, truncated: false };
  if (text.length * MOST_BYTES <= MAX_TEXT_BYTES) return { text, truncated: false };
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_TEXT_BYTES));
  return { text: text.slice(0, read), truncated: read < text.length };
}

function startItem(event: RunEvent, base: Base): Item[] {
  return event.type === 'run.created' ? [{ ...base, stage: 0, type: 'run_start' }] : [];
}

function endItems(base: Base, at: Here, told: readonly Item[]): Item[] {
  const { event } = at;
  if (event.type === 'run.ended') return [{ ...base, stage: 5, type: 'run_end' }];
  if (event.type !== 'attempt.ended') return [];
  if (event.data.state === 'blocked') return [{ ...base, stage: blockStage(at), type: 'blocked' }];
  // the thrown text has been told as an artifact, as long as there is one
  if (event.data.fault === undefined || told.some(({ type }) => type === 'error')) return [];
  return [{ ...base, stage: faultStage(at), type: 'error' }];
}

const faultStage = ({ tried, place }: Here): number => stageOfStep(tried?.stage ?? '', place);

function blockStage(at: Here): number {
  const { event, place, source } = at;
  const isOwn = (one: RunEvent): boolean => tryKey(one) === tryKey(event);
  const block = lastBlock(source.events.filter(isOwn));
  return block === undefined ? faultStage(at) : stageOfBlock(block.data, place, source.artifacts);
}
