/** What is measured in processes of their own. */
import { existsSync } from 'node:fs';
import { median } from './figures.ts';
import { runProgram, startProgram } from './program.ts';
import type { FanOutAppFigures, FanOutAppTask } from './programs/fan-out-app.ts';
import type { FanOutFigures, FanOutTask } from './programs/fan-out.ts';
import type { MainJobFigures, MainJobTask } from './programs/main-job.ts';
import type { SharedFileFigures, SharedFileTask } from './programs/shared-file.ts';
import { scratchFolder } from './scratch-folder.ts';
import type { Shape } from './steps.ts';

const MAIN = new URL('../dist/main.js', import.meta.url);

/** Other things that the machine does make an event loop stand too: what counts is the median of so many turns. */
const TURNS = 3;

/** The longest time that the event loop stood in one job of the command line; undefined when nothing is built. */
export async function measureMainJob(parent: string): Promise<MainJobFigures | undefined> {
  if (!existsSync(MAIN)) return undefined;
  const turns: MainJobFigures[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    using scratch = scratchFolder(parent);
    const task: MainJobTask = { folder: scratch.path, main: MAIN.href };
    turns.push(await runProgram<MainJobFigures>('./programs/main-job.ts', task));
  }
  return { jobMs: median(turns.map(({ jobMs }) => jobMs)), startMs: median(turns.map(({ startMs }) => startMs)) };
}

export interface SharedFileMeasured {
  readonly stepsPerSecond: number;
  readonly loopDelayMaxMs: number;
}

/** So many processes on one database file, each with the whole shape, all beginning at the same moment. */
export async function measureSharedFile(processes: number, shape: Shape, parent: string): Promise<SharedFileMeasured> {
  const turns: SharedFileMeasured[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) turns.push(await shareFile(processes, shape, parent));
  return {
    stepsPerSecond: median(turns.map(({ stepsPerSecond }) => stepsPerSecond)),
    loopDelayMaxMs: median(turns.map(({ loopDelayMaxMs }) => loopDelayMaxMs)),
  };
}

async function shareFile(processes: number, shape: Shape, parent: string): Promise<SharedFileMeasured> {
  using scratch = scratchFolder(parent);
  const task: SharedFileTask = { ...shape, file: scratch.file('shared.db') };
  await using programs = new AsyncDisposableStack();
  const started = Array.from({ length: processes }, () =>
    programs.use(startProgram('./programs/shared-file.ts', task)),
  );
  await Promise.all(started.map((program) => program.told()));
  const told = started.map((program) => program.told<SharedFileFigures>());
  for (const program of started) program.send({ begin: true });
  const figures = await Promise.all(told);
  const steps = processes * shape.runs * shape.stepsPerRun;
  return {
    stepsPerSecond: (1000 * steps) / Math.max(...figures.map(({ elapsedMs }) => elapsedMs)),
    loopDelayMaxMs: Math.max(...figures.map(({ loopDelayMaxMs }) => loopDelayMaxMs)),
  };
}

/** The most memory that a process took whose one run fanned out into so many steps. */
export async function measureFanOut(outputs: number, parent: string): Promise<FanOutFigures> {
  using scratch = scratchFolder(parent);
  const task: FanOutTask = { file: scratch.file('fan-out.db'), outputs, concurrency: 64 };
  return await runProgram<FanOutFigures>('./programs/fan-out.ts', task);
}

/** The same through the command line, with the files and all that it writes; undefined when nothing is built. */
export async function measureFanOutApp(steps: number, parent: string): Promise<FanOutAppFigures | undefined> {
  if (!existsSync(MAIN)) return undefined;
  using scratch = scratchFolder(parent);
  const task: FanOutAppTask = { folder: scratch.path, main: MAIN.href, steps, concurrency: 64 };
  return await runProgram<FanOutAppFigures>('./programs/fan-out-app.ts', task);
}
