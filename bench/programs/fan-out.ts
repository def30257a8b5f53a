/** One run that fans out into many steps, for the memory that this takes. */
import { executeRun } from '../../src/engine/execute-run.ts';
import { openBenchEngine } from '../bench-engine.ts';
import { taskOf, tell } from '../program.ts';

export interface FanOutTask {
  readonly file: string;
  readonly outputs: number;
  readonly concurrency: number;
}
export interface FanOutFigures {
  readonly peakRssBytes: number;
  readonly elapsedMs: number;
}

const { file, outputs, concurrency } = taskOf<FanOutTask>();
const steps = [{ id: 'outputs', forEach: 'outputs', concurrency, steps: [{ id: 'make', use: 'noop' }] }];
let made = 0;
await using bench = await openBenchEngine({ file, steps, outputs, body: () => void (made += 1) });
const before = performance.now();
const { lease } = await bench.submit(bench.engine.worker.id);
if (lease === undefined) throw new Error('The run was not claimed.');
const end = await executeRun(bench.engine, lease, new AbortController().signal);
if (end.kind !== 'ended' || made !== outputs) throw new Error(`The run stopped after ${made} steps: ${end.kind}`);
const elapsedMs = performance.now() - before;
await tell({ peakRssBytes: process.resourceUsage().maxRSS * 1024, elapsedMs } satisfies FanOutFigures);
