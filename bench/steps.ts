/** Durable no-op steps per second: many runs, some at a time, each acknowledged after fsync; and beside it the raw limit. */
import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { executeRun } from '../src/engine/execute-run.ts';
import { noopSteps, openBenchEngine } from './bench-engine.ts';
import type { BenchEngine } from './bench-engine.ts';
import { median, medianMsOf } from './figures.ts';
import { assertSameRows, replayRaw } from './raw-sqlite.ts';
import { scratchFolder } from './scratch-folder.ts';
import { recordWrites } from './write-recording.ts';
import type { Write } from './write-recording.ts';

export interface Shape {
  readonly runs: number;
  readonly stepsPerRun: number;
  readonly atATime: number;
}

export interface StepsMeasured {
  readonly stemma: number;
  readonly raw: number;
  readonly bytesPerStep: number;
  readonly loopDelayMaxMs: number;
  readonly transactions: number;
}

/** The best of so many counts, for everyone: the first ones warm the engine up. */
export const ROUNDS = 5;
/** The median of so many runs, for everyone. */
export const ALONE = 50;

const never = new AbortController().signal;

/** Submits the runs and carries them to their ends, so many at a time. */
export async function work(bench: BenchEngine, { runs, atATime }: Pick<Shape, 'runs' | 'atATime'>): Promise<void> {
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { lease } = await bench.submit(bench.engine.worker.id);
      if (lease === undefined) throw new Error('The run was not claimed.');
      const end = await executeRun(bench.engine, lease, never);
      if (end.kind !== 'ended') throw new Error(`A run stopped: ${end.kind}`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
}

/** The same work once more, with every statement that it writes. */
async function record(shape: Shape, file: string): Promise<readonly Write[]> {
  using recording = recordWrites();
  {
    await using bench = await openBenchEngine({ file, steps: noopSteps(shape.stepsPerRun) });
    await work(bench, shape);
  }
  return recording.writes;
}

/** Best of several rounds, engine and raw limit by turns, so that both meet the same machine. */
export async function measureSteps(shape: Shape, parent: string): Promise<StepsMeasured> {
  using scratch = scratchFolder(parent);
  const recorded = scratch.file('recorded.db');
  const writes = await record(shape, recorded);
  const steps = shape.runs * shape.stepsPerRun;
  const best = { stemma: 0, raw: 0, bytesPerStep: 0, loopDelayMaxMs: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = scratch.file(`engine-${round}.db`);
    const { elapsedMs, loopDelayMaxMs } = await measureRound(shape, file);
    best.stemma = Math.max(best.stemma, (1000 * steps) / elapsedMs);
    best.loopDelayMaxMs = Math.max(best.loopDelayMaxMs, loopDelayMaxMs);
    best.bytesPerStep = statSync(file).size / steps;
    const raw = scratch.file(`raw-${round}.db`);
    const [replayedMs = Number.NaN] = await replayRaw([writes], raw);
    best.raw = Math.max(best.raw, (1000 * steps) / replayedMs);
    assertSameRows(recorded, raw);
  }
  return { ...best, transactions: writes.filter(({ sql }) => sql === 'commit').length };
}

async function measureRound(shape: Shape, file: string): Promise<{ elapsedMs: number; loopDelayMaxMs: number }> {
  await using bench = await openBenchEngine({ file, steps: noopSteps(shape.stepsPerRun) });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = performance.now();
  await work(bench, shape);
  const elapsedMs = performance.now() - before;
  delay.disable();
  return { elapsedMs, loopDelayMaxMs: delay.max / 1e6 };
}

/** One run alone, from its submission to its end: the median in milliseconds, and that of its raw writes. */
export async function measureRunAlone(stepsPerRun: number, parent: string): Promise<{ stemma: number; raw: number }> {
  using scratch = scratchFolder(parent);
  const parts: Write[][] = [];
  {
    using recording = recordWrites();
    await using bench = await openBenchEngine({ file: scratch.file('recorded.db'), steps: noopSteps(stepsPerRun) });
    for (let run = 0, from = 0; run < ALONE; run += 1) {
      await work(bench, { runs: 1, atATime: 1 });
      parts.push(recording.writes.slice(from));
      from = recording.writes.length;
    }
  }
  const raw = median(await replayRaw(parts, scratch.file('raw.db')));
  await using bench = await openBenchEngine({ file: scratch.file('engine.db'), steps: noopSteps(stepsPerRun) });
  return { stemma: await medianMsOf(ALONE, () => work(bench, { runs: 1, atATime: 1 })), raw };
}
