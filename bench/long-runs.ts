/** What must not grow: the cost of a step with the steps before it, and the time to take up what a crash left. */
import { runWorker } from '../src/engine/worker.ts';
import { executeRun } from '../src/engine/execute-run.ts';
import { noopSteps, openBenchEngine, scratchFolder } from './bench-engine.ts';
import { median } from './steps.ts';

const WINDOW = 200;

/** The median cost of a step around the `late`-th, divided by that around the first ones. */
export async function measureLongRun(late: number, parent: string): Promise<number> {
  using scratch = scratchFolder(parent);
  const at: number[] = [];
  const steps = [{ id: 'loop', use: 'noop', repeat: { times: late + WINDOW, max: 10_000 } }];
  const body = (): void => void at.push(performance.now());
  await using bench = await openBenchEngine({ file: scratch.file('long.db'), steps, body });
  // the first run warms the code up, so that the second shows what the number of steps costs
  for (const times of [[], at]) {
    times.length = 0;
    at.length = 0;
    const { lease } = await bench.submit(bench.engine.worker.id);
    if (lease !== undefined) await executeRun(bench.engine, lease, new AbortController().signal);
  }
  const costs = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  return median(costs.slice(late - WINDOW / 2, late + WINDOW / 2)) / median(costs.slice(10, 10 + WINDOW));
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
