/** The unit came from a leetspeak sign. */
export const LEET = 1;
/** The unit stands for three or more equal letters. */
export const STRETCHED = 2;
/** The unit was written apart from its neighbours, as in "h e i l". */
export const SPACED = 4;
/** The unit was written ä, ö or ü. */
export const UMLAUT = 8;
/** A gap stood before the unit; in views without gaps. */
export const PARTED = 16;

/**
 * One form of a text as UTF-16 units; unit `i` stands for the stretch `starts[i]` to `ends[i]` (exclusive) of the original.
 * `marks[i]` is the sum of LEET, STRETCHED, SPACED, UMLAUT and PARTED.
 */
export interface View {
  readonly codes: Uint16Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly marks: Uint8Array;
}

/** One unit with its stretch of the original. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly mark: number;
}

/** Collects the units of a view; grows as needed. */
export interface Track {
  push(code: number, unit: Unit): void;
  /** A copy of one unit of another view, under another code when one is given. */
  copy(from: View, at: number, code?: number): void;
  /** The last unit also stands for what reaches to `end`. */
  extend(end: number, mark: number): void;
  lastCode(): number | undefined;
  finish(): View;
}

export function createTrack(capacity: number): Track {
  let view = emptyView(Math.max(16, capacity));
  let length = 0;
  const room = (): number => {
    if (length === view.codes.length) view = resized(view, length * 2);
    return length++;
  };
  const push = (code: number, unit: Unit): void => {
    const at = room();
    view.codes[at] = code;
    view.starts[at] = unit.start;
    view.ends[at] = unit.end;
    view.marks[at] = unit.mark;
  };
  return {
    push,
    copy(from, at, code) {
      const to = room();
      view.codes[to] = code ?? from.codes[at] ?? 0;
      view.starts[to] = from.starts[at] ?? 0;
      view.ends[to] = from.ends[at] ?? 0;
      view.marks[to] = from.marks[at] ?? 0;
    },
    extend(end, mark) {
      view.ends[length - 1] = end;
      view.marks[length - 1] = (view.marks[length - 1] ?? 0) | mark;
    },
    lastCode: () => (length === 0 ? undefined : view.codes[length - 1]),
    finish: () => resized(view, length),
  };
}

/** The units of a view as a string. */
export function viewText(view: View): string {
  const parts: string[] = [];
  for (let at = 0; at < view.codes.length; at += 8192) {
    parts.push(String.fromCharCode(...view.codes.subarray(at, at + 8192)));
  }
  return parts.join('');
}

function emptyView(size: number): View {
  return {
    codes: new Uint16Array(size),
    starts: new Uint32Array(size),
    ends: new Uint32Array(size),
    marks: new Uint8Array(size),
  };
}

function resized(view: View, size: number): View {
  if (size <= view.codes.length) {
    return {
      codes: view.codes.subarray(0, size),
      starts: view.starts.subarray(0, size),
      ends: view.ends.subarray(0, size),
      marks: view.marks.subarray(0, size),
    };
  }
  const next = emptyView(size);
  next.codes.set(view.codes);
  next.starts.set(view.starts);
  next.ends.set(view.ends);
  next.marks.set(view.marks);
  return next;
}
