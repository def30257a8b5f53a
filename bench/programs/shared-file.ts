/** One of several processes that work on one database file at the same time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { noopSteps, openBenchEngine } from '../bench-engine.ts';
import { taskOf, tell } from '../program.ts';
import { work } from '../steps.ts';
import type { Shape } from '../steps.ts';

export type SharedFileTask = Shape & { readonly file: string };
export interface SharedFileFigures {
  readonly loopDelayMaxMs: number;
  readonly elapsedMs: number;
}

const { file, ...shape } = taskOf<SharedFileTask>();
await using bench = await openBenchEngine({ file, steps: noopSteps(shape.stepsPerRun) });
// what a process does for the first time takes longer, on its own account
await work(bench, { runs: shape.atATime, atATime: shape.atATime });
const begin = new Promise((resolve) => process.once('message', resolve));
await tell({ ready: true });
await begin;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const before = performance.now();
await work(bench, shape);
const elapsedMs = performance.now() - before;
delay.disable();
await tell({ loopDelayMaxMs: delay.max / 1e6, elapsedMs } satisfies SharedFileFigures);
