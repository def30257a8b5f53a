/** What must not grow: the cost of a step with the steps before it, and the time to take up what a crash left. */
import { runWorker } from '../src/engine/worker.ts';
import { executeRun } from '../src/engine/execute-run.ts';
import { noopSteps, openBenchEngine } from './bench-engine.ts';
import type { BenchEngine } from './bench-engine.ts';
import { median } from './figures.ts';
import { scratchFolder } from './scratch-folder.ts';

const WINDOW = 200;

/** The median cost of a step around the `late`-th, divided by that around the first ones: the median of three runs. */
export async function measureLongRun(late: number, parent: string): Promise<number> {
  using scratch = scratchFolder(parent);
  const at: number[] = [];
  const steps = [{ id: 'loop', use: 'noop', repeat: { times: late + WINDOW, max: 10_000 } }];
  const body = (): void => void at.push(performance.now());
  await using bench = await openBenchEngine({ file: scratch.file('long.db'), steps, body });
  const ratios: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    at.length = 0;
    await carryOut(bench);
    const costs = costsOf(at);
    const [first, last] = [costs.slice(10, 10 + WINDOW), costs.slice(late - WINDOW / 2, late + WINDOW / 2)];
    ratios.push(median(last) / median(first));
  }
  // the first run has only warmed the code up
  return median(ratios.slice(1));
}

async function carryOut(bench: BenchEngine): Promise<void> {
  const { lease } = await bench.submit(bench.engine.worker.id);
  if (lease === undefined) throw new Error('The run was not claimed.');
  const end = await executeRun(bench.engine, lease, new AbortController().signal);
  if (end.kind !== 'ended') throw new Error(`The run stopped: ${end.kind}`);
}

/** Between the beginning of a step and that of the next. */
const costsOf = (at: readonly number[]): number[] => at.slice(1).map((time, index) => time - (at[index] ?? 0));

export interface HugeRun {
  readonly steps: number;
  readonly elapsedMs: number;
  /** The median cost of a step near the end, divided by that near the beginning. */
  readonly endOverBeginning: number;
}

/** One run of so many steps, a multiple of 10. */
export async function measureHugeRun(steps: number, parent: string): Promise<HugeRun> {
  using scratch = scratchFolder(parent);
  const at: number[] = [];
  const inner = { id: 'inner', use: 'noop', repeat: { times: steps / 10, max: 10_000 } };
  const outer = [{ id: 'outer', repeat: { times: 10 }, steps: [inner] }];
  await using bench = await openBenchEngine({
    file: scratch.file('huge.db'),
    steps: outer,
    body: () => void at.push(performance.now()),
  });
  const before = performance.now();
  await carryOut(bench);
  const elapsedMs = performance.now() - before;
  if (at.length !== steps) throw new Error(`The run made ${at.length} steps instead of ${steps}.`);
  const costs = costsOf(at);
  const [beginning, end] = [costs.slice(steps / 100, steps / 50), costs.slice(-steps / 100)];
  return { steps, elapsedMs, endOverBeginning: median(end) / median(beginning) };
}

/** Milliseconds from the start of a worker until so many runs, each left in the middle of a step, have ended. */
export async function measureRecovery(runs: number, parent: string): Promise<number> {
  using scratch = scratchFolder(parent);
  const file = scratch.file('recovery.db');
  const dying = await openBenchEngine({ file, steps: noopSteps(1), body: () => new Promise(() => {}) });
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let left = runs;
  const append = dying.engine.log.append.bind(dying.engine.log);
  dying.engine.log.append = async (...given) => {
    const stored = await append(...given);
    if ((left -= 1) === 0) resolve();
    return stored;
  };
  for (let run = 0; run < runs; run += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, runs - run) }, async () => {
        const { lease } = await dying.submit(dying.engine.worker.id);
        if (lease !== undefined) void executeRun(dying.engine, lease, new AbortController().signal).catch(() => {});
      }),
    );
  await begun;
  await dying[Symbol.asyncDispose]();
  await using next = await openBenchEngine({ file, steps: noopSteps(1), files: dying.files });
  const before = performance.now();
  await runWorker(next.engine, { slots: 100, once: true, signal: new AbortController().signal });
  return performance.now() - before;
}
