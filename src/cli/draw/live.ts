import { createLogUpdate } from 'log-update';
import type { Chronicle, StepView } from '../../core/shapes.ts';
import { cleanLine } from './clean.ts';
import type { DrawOptions } from './style.ts';
import { drawTree } from './tree.ts';
import { phrasesOf } from './words.ts';

/** A terminal, or something that lines can be written to. */
export type LiveStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Time, passed in so that tests need none. */
export interface LiveClock {
  now(): number;
  /** Calls back once after so many milliseconds. @returns how to call it off */
  later(ms: number, call: () => void): () => void;
}

export interface LiveOptions extends DrawOptions {
  readonly stream: LiveStream;
  /** A step's title for a person. */
  readonly title: (path: string) => string;
  readonly clock?: LiveClock;
}

export interface LiveView {
  /** Draws the run as it is now, at most ten times a second; the last state is never lost. */
  show(chronicle: Chronicle): void;
  /** Leaves the last drawing where it is and gives the terminal back. */
  done(): void;
}

const BETWEEN_MS = 100;
/** Lines below the drawing that stay free: log-update ends with an empty one. */
const SPARE_LINES = 1;
const FEWEST_LINES = 4;

/** On a terminal the tree, redrawn in place; elsewhere one line for every step that ended. */
export const openLiveView = (options: LiveOptions): LiveView =>
  options.stream.isTTY === true ? openTree(options) : openLines(options);

const machineClock: LiveClock = {
  now: () => performance.now(),
  later(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * The cursor is hidden by log-update while the tree is drawn, on a terminal at stderr; it comes back with `done()`, and
 * when the process ends in any other way.
 */
function openTree(options: LiveOptions): LiveView {
  const { stream, clock = machineClock } = options;
  const update = createLogUpdate(stream, { defaultWidth: options.width });
  let latest: Chronicle | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let callOff: (() => void) | undefined;
  const draw = (): void => {
    callOff?.();
    callOff = undefined;
    if (latest === undefined) return;
    drawnAt = clock.now();
    update(fitting(latest, options));
    latest = undefined;
  };
  return {
    show(chronicle) {
      latest = chronicle;
      const waitMs = drawnAt + BETWEEN_MS - clock.now();
      if (waitMs <= 0) draw();
      else callOff ??= clock.later(waitMs, draw);
    },
    done() {
      draw();
      update.done();
    },
  };
}

/** The end of the tree, where it happens, when all of it does not fit. */
function fitting(chronicle: Chronicle, options: LiveOptions): string {
  const { columns = 0, rows = 24 } = options.stream;
  // some terminals say 0 for "not known"; the last column stays free, because a full line breaks on others
  const width = columns === 0 ? options.width : Math.min(options.width, Math.max(1, columns - 1));
  const lines = drawTree(chronicle, { ...options, width })
    .trimEnd()
    .split('\n');
  const room = Math.max(FEWEST_LINES, rows - SPARE_LINES);
  if (lines.length <= room) return lines.join('\n');
  return [options.style.dim(options.style.marks.ellipsis), ...lines.slice(1 - room)].join('\n');
}

const ENDED: ReadonlySet<StepView['state']> = new Set(['succeeded', 'blocked', 'failed', 'skipped', 'canceled']);

function openLines({ stream, title, style, language }: LiveOptions): LiveView {
  const { words, duration } = phrasesOf(language);
  const told = new Set<string>();
  let state: Chronicle['run']['state'] | undefined;
  const say = (text: string): void => void stream.write(`${cleanLine(text)}\n`);
  return {
    show({ run, steps }) {
      for (const step of steps.filter(({ path, state }) => ENDED.has(state) && !told.has(path))) {
        told.add(step.path);
        const time = step.durationMs === null ? '' : ` ${style.marks.dot} ${duration(step.durationMs)}`;
        say(`${step.path} ${style.marks.dot} ${title(step.path)}: ${words.stepState[step.state]}${time}`);
      }
      if (run.state !== state && run.state !== 'running' && run.state !== 'pending')
        say(`${run.configName}: ${words.runState[run.state]}`);
      state = run.state;
    },
    done() {},
  };
}
