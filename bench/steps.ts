/** Durable no-op steps per second: many runs, some at a time, each acknowledged after fsync; and beside it the raw limit. */
import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { executeRun } from '../src/engine/execute-run.ts';
import { noopSteps, openBenchEngine, scratchFolder } from './bench-engine.ts';
import type { BenchEngine } from './bench-engine.ts';
import { readRecording, replayRaw } from './raw-sqlite.ts';
import type { Recording } from './raw-sqlite.ts';

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

const never = new AbortController().signal;

/** Submits the runs and carries them to their ends, so many at a time. */
export async function work(bench: BenchEngine, { runs, atATime }: Shape): Promise<void> {
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

/** The same work once more, noting where each transaction ends. */
async function record(shape: Shape, file: string): Promise<Recording> {
  const commits: number[] = [];
  let reader: DatabaseSync | undefined;
  const beforeCommit = (): void => {
    // the connection sees what was committed before: the end of the transaction before this one
    const row = reader?.prepare('select max(position) as last from events').get();
    commits.push(Number(row?.['last'] ?? 0));
  };
  {
    await using bench = await openBenchEngine({ file, steps: noopSteps(shape.stepsPerRun), beforeCommit });
    reader = new DatabaseSync(file, { readOnly: true });
    await work(bench, shape);
  }
  reader.close();
  return readRecording(file, [...commits, Number.MAX_SAFE_INTEGER]);
}

/** Best of several rounds, engine and raw limit by turns, so that both meet the same machine. */
export async function measureSteps(shape: Shape, parent: string, rounds: number): Promise<StepsMeasured> {
  using scratch = scratchFolder(parent);
  const recording = await record(shape, scratch.file('recorded.db'));
  const steps = shape.runs * shape.stepsPerRun;
  let stemma = 0;
  let raw = 0;
  let bytesPerStep = 0;
  let loopDelayMaxMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const file = scratch.file(`engine-${round}.db`);
    {
      await using bench = await openBenchEngine({ file, steps: noopSteps(shape.stepsPerRun) });
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const before = performance.now();
      await work(bench, shape);
      stemma = Math.max(stemma, (steps / (performance.now() - before)) * 1000);
      delay.disable();
      loopDelayMaxMs = Math.max(loopDelayMaxMs, delay.max / 1e6);
    }
    bytesPerStep = statSync(file).size / steps;
    raw = Math.max(raw, (steps / (await replayRaw(recording, scratch.file(`raw-${round}.db`)))) * 1000);
  }
  return { stemma, raw, bytesPerStep, loopDelayMaxMs, transactions: recording.commits.length };
}

/** One run alone, from its submission to its end: the median in milliseconds, and that of its raw writes. */
export async function measureRunAlone(stepsPerRun: number, parent: string): Promise<{ stemma: number; raw: number }> {
  using scratch = scratchFolder(parent);
  const alone = { runs: 50, stepsPerRun, atATime: 1 };
  const recording = await record(alone, scratch.file('recorded.db'));
  const times: number[] = [];
  await using bench = await openBenchEngine({ file: scratch.file('engine.db'), steps: noopSteps(stepsPerRun) });
  for (let run = 0; run < alone.runs; run += 1) {
    const before = performance.now();
    await work(bench, { ...alone, runs: 1 });
    times.push(performance.now() - before);
  }
  return { stemma: median(times), raw: (await replayRaw(recording, scratch.file('raw.db'))) / alone.runs };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
