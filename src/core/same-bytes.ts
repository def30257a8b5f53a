import { parseArtifactId } from './ids.ts';
import type { ArtifactId, Sha256, StepPath } from './ids.ts';
import type { ArtifactRef } from './stage.ts';

/** As far as an artifact is compared. */
export type ComparedRow = Pick<ArtifactRef, 'id' | 'type' | 'sha256'> & { readonly stepPath?: StepPath | undefined };

/** One place where two runs do not hold the same bytes; null where one of them holds nothing. */
export interface ByteDifference {
  /** Null for what was given to the run. */
  readonly stepPath: StepPath | null;
  readonly type: string;
  /** Which one of its type at this step, from 1. */
  readonly number: number;
  readonly left: { readonly id: ArtifactId; readonly sha256: Sha256 } | null;
  readonly right: { readonly id: ArtifactId; readonly sha256: Sha256 } | null;
}

export interface SameBytes {
  /** Artifacts that are the same in both. */
  readonly same: number;
  /** The first one that is not, in the order in which the left run wrote; null when all are. */
  readonly difference: ByteDifference | null;
}

/**
 * Whether two runs hold the same artifacts by step, type and order among equals. What lies in `work/` does not count, and
 * neither do ids and the numbers in names.
 *
 * @param left - in the order they were written, as are those on the right
 */
export function sameBytes(left: readonly ComparedRow[], right: readonly ComparedRow[]): SameBytes {
  const [old, own] = [placesOf(left), placesOf(right)];
  let same = 0;
  let difference: ByteDifference | null = null;
  for (const [key, place] of new Map([...old, ...own])) {
    const [before, after] = [old.get(key)?.row ?? null, own.get(key)?.row ?? null];
    if (before?.sha256 === after?.sha256) same += 1;
    else difference ??= { ...place.at, left: named(before), right: named(after) };
  }
  return { same, difference };
}

interface Place {
  readonly at: Pick<ByteDifference, 'stepPath' | 'type' | 'number'>;
  readonly row: ComparedRow;
}

function placesOf(rows: readonly ComparedRow[]): ReadonlyMap<string, Place> {
  const counts = new Map<string, number>();
  const places = new Map<string, Place>();
  for (const row of rows) {
    if (parseArtifactId(row.id)?.work === true) continue;
    const { stepPath = null, type } = row;
    const kind = `${stepPath ?? ''} ${type}`;
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    places.set(`${kind} ${number}`, { at: { stepPath, type, number }, row });
  }
  return places;
}

const named = (row: ComparedRow | null): ByteDifference['left'] => row && { id: row.id, sha256: row.sha256 };
