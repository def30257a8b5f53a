/** Rows of the log, in pages: no statement stays open between two of them. */
import { toHex } from '../../core/ids.ts';
import type { Sha256 } from '../../core/ids.ts';
import type { StoredBody } from '../../core/ports.ts';

/** Rows fetched at a time. */
export const PAGE = 1000;

export const EVENT_COLUMNS = 'position, seq, body, hash';

export interface EventRow {
  readonly position: number;
  readonly seq: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

export interface SeqRange {
  readonly afterSeq?: number;
  readonly limit?: number;
}

/** The rows of one chain in order; `fetch` gives the first ones after a number. */
export function* rowsOf(
  fetch: (afterSeq: number, limit: number) => readonly EventRow[],
  range: SeqRange = {},
): Generator<EventRow> {
  let { afterSeq = 0, limit: left = Number.POSITIVE_INFINITY } = range;
  while (left > 0) {
    const wanted = Math.min(PAGE, left);
    const rows = fetch(afterSeq, wanted);
    yield* rows;
    if (rows.length < wanted) return;
    left -= rows.length;
    afterSeq = rows.at(-1)?.seq ?? afterSeq;
  }
}

export const toStoredBody = ({ seq, position, body, hash }: EventRow): StoredBody => ({
  seq,
  position,
  body,
  hash: toHex(hash) as Sha256,
});
