/** SQLite's write-ahead log as a file (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
const HEADER = 32;
const FRAME_HEADER = 24;
const PAGE_SIZE_AT = 8;
const COMMIT_AT = 4;
/** Inside the header of a frame, and inside its page. */
const INSIDE = [FRAME_HEADER / 2, FRAME_HEADER + 100] as const;

export interface WalFile {
  /** Where every transaction ends, in bytes from the beginning. */
  readonly commitEnds: readonly number[];
  /** At and inside every frame, and at the very end. */
  readonly cuts: readonly number[];
}

export function readWal(bytes: Buffer): WalFile {
  const frameBytes = FRAME_HEADER + bytes.readUInt32BE(PAGE_SIZE_AT);
  const commitEnds: number[] = [];
  const cuts: number[] = [];
  let at = HEADER;
  for (; at + frameBytes <= bytes.length; at += frameBytes) {
    cuts.push(at, ...INSIDE.map((inside) => at + inside), at + frameBytes - 1);
    // the size of the database after the commit; zero in every other frame of a transaction
    if (bytes.readUInt32BE(at + COMMIT_AT) !== 0) commitEnds.push(at + frameBytes);
  }
  return { commitEnds, cuts: [...cuts, at] };
}
